"""The compiled network: what it needs, where it writes, and what it says of itself."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from collections import OrderedDict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from cnnprof.errors import MissingRuntimeError, ModelError
from cnnprof.runtimes.cache.entries import Cache, Stored, open_cache
from cnnprof.runtimes.compiled import here as module
from cnnprof.runtimes.compiled import runtime as compiled
from cnnprof.runtimes.compiled.ahead import LIBRARY
from cnnprof.runtimes.compiled.here import Compiled, compile_here
from cnnprof.runtimes.compiled.inductor import compiler_version
from cnnprof.runtimes.compiled.refusal import is_passing, why
from cnnprof.runtimes.compiled.runtime import CompiledRuntime
from cnnprof.runtimes.eager.runtime import CpuSession
from cnnprof.runtimes.ready import make_ready
from cnnprof.runtimes.registry import Settings

SETTINGS = Settings(((1, 3, 8, 8),), threads=1)
needs_headers = pytest.mark.skipif(
    not Path(sysconfig.get_path("include"), "Python.h").is_file(),
    reason="torch.compile needs Python's headers",
)
OPENED = """
import sys
from tests.runtimes.test_compiled import *
found = make_ready("compiled", net(), SETTINGS)
assert found.preparation.cached
assert "torch._dynamo" not in sys.modules
"""


def net() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Hardswish(), nn.Flatten(), nn.Linear(288, 5)
    )


class Undecided(nn.Module):
    """Torch.export cannot follow what depends on values; torch.compile cuts the graph there."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(3, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv(x)
        return y * 2 if y.sum() > 1e9 else y + 1


class Cut(nn.Module):
    """Torch.compile cuts its graph in the middle; each of its kind has weights of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv(x)
        torch._dynamo.graph_break()
        return y + self.conv.weight.sum()


def test_no_compiler_is_said_before_anything_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "/no/such/compiler")
    for ask in (
        lambda: CompiledRuntime().resolve_device("cpu"),
        lambda: CompiledRuntime().prepare(nn.Identity(), SETTINGS),
    ):
        with pytest.raises(MissingRuntimeError, match="needs a C\\+\\+ compiler, and none is found"):
            ask()


def test_a_device_that_torch_has_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: False)
    with pytest.raises(MissingRuntimeError, match="device cuda is not available"):
        CompiledRuntime().resolve_device("cuda")


def killed(*_: object, **__: object) -> None:
    """Stands for inductor where the compiler is ended for lack of memory."""
    from torch._inductor.exc import CppCompileError

    raise CppCompileError(["g++"], "fatal error: Killed signal terminated program cc1plus")


def test_headers_of_python_that_are_missing_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interpreter comes without them on Debian; a program that is compiled ahead needs none."""
    from torch._inductor.exc import CppCompileError, InductorError

    def without(*_: object) -> Compiled:
        compiler = CppCompileError(["g++"], "a.cpp:60:10: fatal error: Python.h: No such file or directory")
        raise InductorError(compiler, None)

    monkeypatch.setattr(module, "_compiled", without)
    with pytest.raises(MissingRuntimeError, match="needs Python's headers") as caught:
        compile_here(net(), (torch.zeros(1, 3, 8, 8),), tmp_path)
    assert "python3-dev" in str(caught.value.hint)


def test_what_may_go_well_the_next_time() -> None:
    from torch._inductor.exc import CppCompileError, InductorError

    compiler = CppCompileError(["g++"], "a.cpp:1:2: error: no")
    passing: list[Exception] = [
        MemoryError(),
        OSError(28, "No space left on device"),
        compiler,
        InductorError(compiler, None),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"),
    ]
    lasting = [ValueError("it changes its buffers"), InductorError(NotImplementedError("no op"), None)]
    assert all(map(is_passing, passing))
    assert not any(map(is_passing, lasting))
    assert why(compiler) == "a.cpp:1:2: error: no"
    assert why(ValueError("one\ntwo")) == "one"


@pytest.mark.parametrize(
    ("name", "matters"),
    [("CXXFLAGS", True), ("TORCHINDUCTOR_CPP_WRAPPER", True), ("TORCHINDUCTOR_CACHE_DIR", False)],
)
def test_what_the_environment_tells_inductor_is_part_of_the_key(
    name: str, matters: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(name, raising=False)
    key = CompiledRuntime()._key(net(), SETTINGS)
    monkeypatch.setenv(name, "1")
    assert (CompiledRuntime()._key(net(), SETTINGS) != key) is matters


def test_another_process_that_could_not_compile_ahead_was_first(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This one could, and has nothing left of it: its folder gave way to the other's entry."""
    theirs, ours = own_cache / "theirs", own_cache / "ours"
    made = Compiled(lambda *_: None, graphs=3)

    def compile_ahead(model: object, inputs: object, folder: Path) -> str:
        (folder / LIBRARY).touch()
        return ""

    def fetch(self: Cache, kind: str, key: object, build: Callable[[Path], None]) -> Stored:
        for folder in (theirs, ours):
            folder.mkdir(parents=True)
        (theirs / compiled.REASON).write_text("no room", encoding="utf-8")
        build(ours)
        return Stored(theirs, False, 1.0)

    monkeypatch.setattr(Cache, "fetch", fetch)
    monkeypatch.setattr(compiled, "refused_ahead", compile_ahead)
    monkeypatch.setattr(compiled, "compile_here", lambda *_: made)
    found, _, why_not = compiled._compiled(net(), (), {}, SETTINGS)
    assert (found, why_not) == (made, "no room")


def test_it_is_compiled_as_it_is_called(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Dynamo guards by what CUDA may do to float32, which a network's own file may set: where it is not the same in
    the calls that are timed, they compile anew, and not with our options.
    """
    seen = []

    def made(model: nn.Module, inputs: tuple[Tensor, ...]) -> Compiled:
        seen.append(torch.backends.cuda.matmul.allow_tf32)
        return Compiled(model)

    class Called(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            seen.append(torch.backends.cuda.matmul.allow_tf32)
            return x

    monkeypatch.setattr(module, "_compiled", made)
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high")
    try:
        compile_here(nn.ReLU(), (torch.ones(1),), tmp_path)
        CpuSession(Called(), (torch.ones(1),)).time(1)
    finally:
        torch.set_float32_matmul_precision(before)
    assert seen == [False, False]


@pytest.mark.runtimes
class TestTorchCompile:
    """As far as dynamo, which is what has limits; what its graphs are compiled by does not matter."""

    @pytest.fixture(autouse=True)
    def dynamo_alone(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        torch.compiler.reset()
        monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="eager"))
        yield
        torch.compiler.reset()

    def compiled(self, model: nn.Module, folder: Path) -> Compiled:
        folder.mkdir(exist_ok=True)
        return compile_here(model, (torch.randn(1, 3, 8, 8),), folder)

    def test_a_class_of_which_there_are_many_blocks_is_compiled_for_each(self, tmp_path: Path) -> None:
        blocks = nn.Sequential(*(Cut() for _ in range(12)))
        first, second = (self.compiled(blocks, tmp_path / "work") for _ in "12")
        assert first.graphs == 24  # before and behind the cut
        assert first.warnings == second.warnings == ()
        assert second.graphs in (0, 24)  # its own, not all that this process has compiled

    def test_networks_of_one_class_one_after_another(self, tmp_path: Path) -> None:
        found = [self.compiled(Cut(), tmp_path / "work") for _ in range(12)]
        assert [each.graphs for each in found] == [2] * 12
        assert {each.warnings for each in found} == {()}

    def test_a_limit_that_is_reached_all_the_same(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "NO_LIMIT", 3)
        (told,) = self.compiled(nn.Sequential(*(Cut() for _ in range(5))), tmp_path / "work").warnings
        assert told == "torch.compile came to its limit: it leaves a part of the network to eager"

    def test_what_is_compiled_anew_in_every_call(self, tmp_path: Path) -> None:
        class Counting(nn.Module):
            calls = 0

            def forward(self, x: Tensor) -> Tensor:
                self.calls += 1
                return x * self.calls

        (told,) = self.compiled(Counting(), tmp_path / "work").warnings
        assert "torch.compile compiles in every call" in told


@pytest.mark.runtimes
class TestCompiled:
    """With the real compiler."""

    @pytest.fixture(autouse=True)
    def compiler(self) -> None:
        if not compiler_version():
            pytest.skip("no C++ compiler")
        torch.compiler.reset()

    def test_compiled_then_opened(self, own_cache: Path) -> None:
        first = make_ready("compiled", net(), SETTINGS)
        assert first.preparation.error is not None
        assert first.preparation.error < 1e-4
        assert not first.preparation.cached
        assert first.preparation.options["compiled_by"] == "AOTInductor"
        assert first.preparation.options["freezing"] == "on"
        assert len(first.time(3)) == 3
        (kind,) = open_cache().size()
        assert (kind.kind, kind.entries) == ("compiled", 1)
        (entry,) = own_cache.iterdir()
        assert {path.name for path in entry.iterdir()} == {"manifest.json", "network.so"}
        second = make_ready("compiled", net(), SETTINGS)
        assert second.preparation.cached
        assert second.preparation.warnings == ()
        assert second.preparation.error == first.preparation.error
        assert open_cache().size() == (kind,)
        # Importing dynamo and inductor takes longer than all else that a process does to be ready.
        subprocess.run([sys.executable, "-c", OPENED], check=True)

    def test_nothing_is_written_elsewhere(self, tmp_path: Path) -> None:
        code = "from tests.runtimes.test_compiled import *; make_ready('compiled', net(), SETTINGS)"
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        places = {"HOME": str(elsewhere), "TMPDIR": str(elsewhere)}
        subprocess.run([sys.executable, "-c", code], env=os.environ | places, check=True)
        assert list(elsewhere.iterdir()) == []
        assert [kind.kind for kind in open_cache().size()] == ["compiled"]

    def test_the_frozen_program_has_no_parameters_to_read(self) -> None:
        model = net()
        session = make_ready("compiled", model, SETTINGS)
        before = session.outputs()[0]
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.zero_()
        assert torch.equal(session.outputs()[0], before)

    @pytest.mark.parametrize("settings", [{"dtype": "bfloat16"}, {"channels_last": True}])
    def test_dtype_and_layout(self, settings: dict[str, object]) -> None:
        chosen = Settings(((1, 3, 8, 8),), threads=1, **settings)  # type: ignore[arg-type]
        found = make_ready("compiled", net(), chosen).preparation
        assert found.error is not None
        assert found.warnings == ()
        assert found.options["memory_format"] == ("channels_last" if chosen.channels_last else "contiguous")

    def test_outputs_in_a_structure(self) -> None:
        class Heads(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.conv = nn.Conv2d(3, 4, 1)

            def forward(self, x: Tensor) -> dict[str, object]:
                y = self.conv(x)
                return OrderedDict(z=y + 1, a=(y, [y.mean()]))

        found = make_ready("compiled", Heads(), SETTINGS)
        assert found.preparation.options["compiled_by"] == "AOTInductor"
        assert [tuple(output.shape) for output in found.outputs()] == [(1, 4, 8, 8), (1, 4, 8, 8), ()]

    @needs_headers
    def test_an_op_that_no_library_has_is_left_to_torch_compile(self) -> None:
        class Spectrum(nn.Module):
            def forward(self, x: Tensor) -> Tensor:
                values: Tensor = torch.linalg.svdvals(x)
                return values + x.mean()

        found = make_ready("compiled", Spectrum(), SETTINGS).preparation
        assert found.options["compiled_by"] == "torch.compile"

    @needs_headers
    def test_what_cannot_be_exported_is_left_to_torch_compile(self) -> None:
        first = make_ready("compiled", Undecided(), SETTINGS)
        assert first.preparation.options["compiled_by"] == "torch.compile"
        assert int(first.preparation.options["graphs"]) >= 2
        (kind,) = open_cache().size()
        (told,) = first.preparation.warnings
        assert "cannot be compiled ahead: Could not guard on data-dependent expression" in told
        torch.compiler.reset()
        second = make_ready("compiled", Undecided(), SETTINGS)
        assert second.preparation.warnings == (told,)
        assert second.preparation.cached
        assert second.preparation.options["compiled_by"] == "torch.compile"
        assert open_cache().size() == (kind,)  # nothing was added, and no copy is left
        with pytest.raises(MissingRuntimeError, match="compiled ahead: Could not guard"):
            second.profile(1)

    @needs_headers
    def test_calls_of_torch_compile_do_not_compile_again(self) -> None:
        from torch._dynamo.utils import counters

        session = make_ready("compiled", Undecided(), SETTINGS)
        counters.clear()
        session.time(2)
        session.outputs()
        assert counters["stats"]["unique_graphs"] == 0

    @needs_headers
    def test_a_network_that_changes_its_buffers_is_not_frozen(self) -> None:
        class Counting(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.register_buffer("calls", torch.zeros(()))
                self.calls: Tensor

            def forward(self, x: Tensor) -> Tensor:
                self.calls += 1
                return x.mean() + 0 * self.calls

        found = make_ready("compiled", Counting(), SETTINGS).preparation
        assert found.options["compiled_by"] == "torch.compile"

    @needs_headers
    def test_a_compiler_that_fails_is_told_and_tried_again(
        self, own_cache: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(torch._inductor, "aot_compile", killed)
            first = make_ready("compiled", net(), SETTINGS).preparation
        assert first.options["compiled_by"] == "torch.compile"
        assert "not compiled ahead this time: fatal error: Killed" in first.warnings[0]
        assert list(own_cache.iterdir()) == []
        second = make_ready("compiled", net(), SETTINGS).preparation
        assert (second.options["compiled_by"], second.warnings) == ("AOTInductor", ())

    def test_an_interrupt_leaves_no_half_entry(
        self, own_cache: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupt(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(torch._inductor, "aot_compile", interrupt)
        with pytest.raises(KeyboardInterrupt):
            make_ready("compiled", net(), SETTINGS)
        assert list(own_cache.iterdir()) == []

    def test_what_cannot_be_compiled(self) -> None:
        class Odd(nn.Module):
            def forward(self, x: Tensor) -> Tensor:
                if torch.compiler.is_compiling():
                    return torch.zeros(2) @ torch.zeros(3)
                return x

        with pytest.raises(ModelError, match=r"torch\.compile cannot compile it"):
            make_ready("compiled", Odd(), SETTINGS)
