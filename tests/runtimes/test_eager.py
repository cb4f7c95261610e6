"""torch eager on the CPU, and the refusal of devices that are not there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from cnnprof.errors import MissingRuntimeError, UnknownNameError
from cnnprof.runtimes.eager.runtime import EagerRuntime
from cnnprof.runtimes.registry import Settings, find_runtime

SHAPE = (2, 3, 8, 8)


class Watched(nn.Module):
    """Keeps what it was called with."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.norm = nn.BatchNorm2d(4)
        self.inputs: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        assert torch.is_inference_mode_enabled()
        assert not self.training
        self.inputs.append(x)
        y: Tensor = self.norm(self.conv(x))
        return y


@pytest.fixture(autouse=True)
def threads_as_before() -> Iterator[None]:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)
    torch.set_flush_denormal(False)


def prepared(**settings: object) -> tuple[Watched, list[float]]:
    model = Watched()
    session = find_runtime("eager").prepare(model, Settings((SHAPE,), **settings))  # type: ignore[arg-type]
    return model, list(session.time(3))


def test_as_many_times_as_calls() -> None:
    model, seconds = prepared()
    assert len(seconds) == len(model.inputs) == 3
    assert all(each > 0 for each in seconds)


def test_every_call_gets_the_same_random_input() -> None:
    model, _ = prepared(seed=4)
    assert all(x is model.inputs[0] for x in model.inputs)
    assert tuple(model.inputs[0].shape) == SHAPE
    assert len(set(model.inputs[0].flatten().tolist())) == 2 * 3 * 64  # normal numbers, never constants
    again, _ = prepared(seed=4)
    other, _ = prepared(seed=5)
    assert torch.equal(again.inputs[0], model.inputs[0])
    assert not torch.equal(other.inputs[0], model.inputs[0])


def test_the_random_state_is_the_callers() -> None:
    model = Watched()
    before = torch.get_rng_state()
    find_runtime("eager").prepare(model, Settings((SHAPE,)))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_the_dtype(dtype: str) -> None:
    model, _ = prepared(dtype=dtype)
    assert {x.dtype for x in (*model.parameters(), model.inputs[0])} == {getattr(torch, dtype)}


def test_channels_last() -> None:
    model, _ = prepared(channels_last=True)
    assert model.inputs[0].is_contiguous(memory_format=torch.channels_last)
    assert model.conv.weight.is_contiguous(memory_format=torch.channels_last)
    model, _ = prepared()
    assert model.inputs[0].is_contiguous()


def test_inputs_of_other_ranks_have_no_layout() -> None:
    session = EagerRuntime().prepare(nn.Linear(3, 2), Settings(((5, 3),), channels_last=True))
    assert len(session.time(1)) == 1


def test_threads() -> None:
    prepared(threads=1)
    assert torch.get_num_threads() == 1


def test_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = EagerRuntime()
    assert runtime.resolve_device("cpu") == "cpu"
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: False)
    assert runtime.resolve_device("auto") == "cpu"
    with pytest.raises(
        MissingRuntimeError, match=r"device cuda is not available: .*no accelerator"
    ) as refused:
        runtime.resolve_device("cuda")
    assert refused.value.exit_code == 6
    assert "--device cpu" in refused.value.hint


def test_an_accelerator_is_found_by_auto_and_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: torch.device("mps"))
    runtime = EagerRuntime()
    assert runtime.resolve_device("auto") == runtime.resolve_device("mps") == "mps"
    assert runtime.resolve_device("cpu") == "cpu"
    with pytest.raises(MissingRuntimeError, match="only mps"):
        runtime.resolve_device("cuda")


def test_versions_that_change_speed_are_told() -> None:
    versions = EagerRuntime().versions()
    assert versions["torch"] == torch.__version__
    assert all(isinstance(value, str) and value for value in versions.values())


def test_an_unknown_runtime_gets_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="unknown runtime 'eagre'") as refused:
        find_runtime("eagre")
    assert "eager" in refused.value.hint


@pytest.mark.gpu
def test_a_real_accelerator() -> None:
    device = EagerRuntime().resolve_device("auto")
    session = EagerRuntime().prepare(Watched(), Settings((SHAPE,), device=device))
    assert len(session.time(4)) == 4
