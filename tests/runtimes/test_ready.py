"""Everything that happens to a model before it is timed, on a runtime made for the test."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from cnnprof.errors import MissingRuntimeError, ModelError, UnknownNameError
from cnnprof.records.layer_times import RuntimeLayer
from cnnprof.records.preparation import Preparation
from cnnprof.runtimes import ready, registry
from cnnprof.runtimes.ready import make_file_ready, make_ready
from cnnprof.runtimes.registry import Settings
from cnnprof.runtimes.tensors import random_inputs, to_compare

SETTINGS = Settings(((1, 3, 8, 8),), threads=1)


class ScaledSession:
    """Answers what eager does, times ``scale``."""

    def __init__(self, model: nn.Module, settings: Settings, scale: float) -> None:
        self.preparation = Preparation(convert_s=2.0, options={"scale": str(scale)}, warnings=("as asked",))
        self.log: list[str] = []
        self._model, self._settings, self._scale = model, settings, scale

    def time(self, calls: int) -> Sequence[float]:
        self.log.append(f"time {calls}")
        return [0.5] * calls

    def outputs(self) -> Sequence[Tensor]:
        self.log.append("outputs")
        with torch.inference_mode():
            return [
                tensor * self._scale for tensor in to_compare(self._model(*random_inputs(self._settings)))
            ]

    def profile(self, calls: int) -> tuple[Sequence[RuntimeLayer], Sequence[float]]:
        return [RuntimeLayer("conv", (), (), (0.1,) * calls)], [0.5] * calls


class ScaledRuntime:
    """Keeps the session that it made."""

    dtypes = ("float32", "int8")
    dtypes_on = {"cuda": ("float32", "float16")}  # noqa: RUF012

    def __init__(self, scale: float = 1.0) -> None:
        self.scale = scale
        self.session: ScaledSession | None = None

    def resolve_device(self, device: str) -> str:
        if device == "mps":
            raise MissingRuntimeError("no mps here")
        return device

    def prepare(self, model: nn.Module, settings: Settings) -> ScaledSession:
        assert all(parameter.dtype is torch.float32 for parameter in model.parameters())
        self.session = ScaledSession(model, settings, self.scale)
        return self.session

    def versions(self) -> dict[str, str]:
        return {}


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> ScaledRuntime:
    made = ScaledRuntime()
    monkeypatch.setattr(ready, "find_runtime", lambda name: made)
    monkeypatch.setattr(registry, "find_runtime", lambda name: made)
    return made


def net() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))


def test_called_once_then_checked(runtime: ScaledRuntime) -> None:
    found = make_ready("scaled", net(), SETTINGS)
    assert runtime.session is not None
    assert runtime.session.log == ["time 1", "outputs"]
    assert found.preparation == Preparation(
        convert_s=2.0, first_call_s=0.5, error=0.0, options={"scale": "1.0"}, warnings=("as asked",)
    )
    assert found.time(3) == [0.5] * 3
    assert len(found.profile(2)[0][0].seconds) == 2
    assert len(found.outputs()) == 1


def test_a_small_difference_is_an_error_and_a_larger_one_a_warning_too(runtime: ScaledRuntime) -> None:
    runtime.scale = 1 + 1e-4
    found = make_ready("scaled", net(), SETTINGS).preparation
    assert found.error == pytest.approx(1e-4, rel=0.01)
    assert found.warnings == ("as asked",)
    runtime.scale = 1 + 1e-2
    found = make_ready("scaled", net(), SETTINGS).preparation
    assert found.error == pytest.approx(1e-2, rel=0.01)
    assert "scaled computes in another precision" in found.warnings[1]


def test_a_runtime_that_computes_something_else(runtime: ScaledRuntime) -> None:
    runtime.scale = -1
    with pytest.raises(ModelError, match="something other"):
        make_ready("scaled", net(), SETTINGS)


def test_a_model_that_came_in_another_dtype_is_compared_in_float32(runtime: ScaledRuntime) -> None:
    assert make_ready("scaled", net().to(torch.bfloat16), SETTINGS).preparation.error == 0


def test_what_the_runtime_lacks_is_refused_before_anything_runs(runtime: ScaledRuntime) -> None:
    class Untouchable(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            raise AssertionError

    with pytest.raises(UnknownNameError, match="scaled does not compute in float16 on cpu") as refused:
        make_ready("scaled", Untouchable(), Settings(((1, 3, 8, 8),), dtype="float16"))
    assert refused.value.hint == "--dtype float32 or int8"
    with pytest.raises(UnknownNameError, match="int8 on cuda") as refused:
        make_ready("scaled", Untouchable(), Settings(((1, 3, 8, 8),), dtype="int8", device="cuda"))
    assert refused.value.hint == "--dtype float32 or float16, or --device cpu"
    with pytest.raises(MissingRuntimeError):
        make_ready("scaled", Untouchable(), Settings(((1, 3, 8, 8),), device="mps"))


def test_threads_are_set_before_the_reference(runtime: ScaledRuntime) -> None:
    seen = []

    class Watched(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            seen.append(torch.get_num_threads())
            return x

    torch.set_num_threads(2)
    make_ready("scaled", Watched(), SETTINGS)
    assert set(seen) == {1}


def test_a_file_needs_a_runtime_that_opens_it(runtime: ScaledRuntime) -> None:
    with pytest.raises(MissingRuntimeError, match="scaled runs torch modules, not ONNX files") as refused:
        make_file_ready("scaled", Path("net.onnx"), SETTINGS)
    assert "--runtime onnxruntime" in refused.value.hint


def test_eager_agrees_with_itself() -> None:
    found = make_ready("eager", net(), SETTINGS).preparation
    assert found.error == 0
    assert found.first_call_s is not None
    assert found.convert_s == 0
    assert found.options["threads"] == "1"
