"""torch.compile: what it needs, where it writes, and what it says of itself."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from cnnprof.errors import MissingRuntimeError, ModelError
from cnnprof.runtimes import compiled as module
from cnnprof.runtimes.cache import open_cache
from cnnprof.runtimes.compiled import CompiledRuntime, inductor_in
from cnnprof.runtimes.ready import make_ready
from cnnprof.runtimes.registry import Settings

SETTINGS = Settings(((1, 3, 8, 8),), threads=1)


def test_no_compiler_is_named_with_the_way_to_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_compiler", lambda: "")
    for ask in (
        lambda: CompiledRuntime().resolve_device("cpu"),
        lambda: CompiledRuntime().prepare(nn.Identity(), SETTINGS),
    ):
        with pytest.raises(
            MissingRuntimeError, match="needs a C\\+\\+ compiler, and none is found"
        ) as refused:
            ask()
        assert "apt install g++" in refused.value.hint


def test_a_device_that_torch_has_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: False)
    with pytest.raises(MissingRuntimeError, match="device cuda is not there"):
        CompiledRuntime().resolve_device("cuda")


def test_inductor_writes_where_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "/the/users/own")
    monkeypatch.delenv("TRITON_CACHE_DIR", raising=False)
    place = tempfile.gettempdir()
    with inductor_in(tmp_path):
        assert os.environ["TORCHINDUCTOR_CACHE_DIR"] == os.environ["TRITON_CACHE_DIR"] == str(tmp_path)
        assert tempfile.gettempdir() == os.environ["TMPDIR"] == str(tmp_path)
        for name in ("locks", "kernels"):
            (tmp_path / name).mkdir()
    assert [path.name for path in tmp_path.iterdir()] == ["kernels"]
    assert tempfile.gettempdir() == place
    assert os.environ["TORCHINDUCTOR_CACHE_DIR"] == "/the/users/own"
    assert "TRITON_CACHE_DIR" not in os.environ


@pytest.mark.runtimes
class TestCompiled:
    """With the real compiler."""

    @pytest.fixture(autouse=True)
    def compiler(self) -> None:
        if not module.find_compiler():
            pytest.skip("no C++ compiler")
        torch.compiler.reset()

    def net(self) -> nn.Module:
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Hardswish(), nn.Flatten(), nn.Linear(288, 5)
        )

    def test_compiled_then_found(self, own_cache: Path) -> None:
        first = make_ready("compiled", self.net(), SETTINGS)
        assert first.preparation.error is not None
        assert first.preparation.error < 1e-4
        assert not first.preparation.cached
        assert first.preparation.options["graphs"] == "1"
        assert first.preparation.options["freezing"] == "on"
        assert len(first.time(3)) == 3
        (kind,) = open_cache().size()
        assert (kind.kind, kind.entries) == ("compiled", 1)
        torch.compiler.reset()
        second = make_ready("compiled", self.net(), SETTINGS)
        assert second.preparation.cached
        assert second.preparation.warnings == ()
        assert open_cache().size() == (kind,)  # nothing was added, and no copy is left

    def test_nothing_is_written_elsewhere(self, tmp_path: Path) -> None:
        code = "from tests.runtimes.test_compiled import *; make_ready('compiled', TestCompiled().net(), SETTINGS)"
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        places = {"HOME": str(elsewhere), "TMPDIR": str(elsewhere)}
        subprocess.run([sys.executable, "-c", code], env=os.environ | places, check=True)
        assert list(elsewhere.iterdir()) == []
        assert [kind.kind for kind in open_cache().size()] == ["compiled"]

    def test_calls_do_not_compile_again(self) -> None:
        from torch._dynamo.utils import counters

        session = make_ready("compiled", self.net(), SETTINGS)
        counters.clear()
        session.time(2)
        session.outputs()
        assert counters["stats"]["unique_graphs"] == 0

    def test_the_frozen_program_has_no_parameters_to_read(self) -> None:
        session = make_ready("compiled", self.net(), SETTINGS).session
        before = session.outputs()[0]
        with torch.no_grad():
            for parameter in session.model.parameters():  # type: ignore[attr-defined]
                parameter.zero_()
        assert torch.equal(session.outputs()[0], before)

    @pytest.mark.parametrize("settings", [{"dtype": "bfloat16"}, {"channels_last": True}])
    def test_dtype_and_layout(self, settings: dict[str, object]) -> None:
        chosen = Settings(((1, 3, 8, 8),), threads=1, **settings)  # type: ignore[arg-type]
        found = make_ready("compiled", self.net(), chosen).preparation
        assert found.error is not None
        assert found.warnings == ()
        assert found.options["memory_format"] == ("channels_last" if chosen.channels_last else "contiguous")

    def test_what_cannot_be_compiled(self) -> None:
        class Odd(nn.Module):
            def forward(self, x: Tensor) -> Tensor:
                if torch.compiler.is_compiling():
                    return torch.zeros(2) @ torch.zeros(3)
                return x

        with pytest.raises(ModelError, match=r"torch\.compile cannot compile it"):
            make_ready("compiled", Odd(), SETTINGS)
