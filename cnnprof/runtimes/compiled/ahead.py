"""A network compiled ahead of time by AOTInductor: one shared library with the frozen weights inside.

torch.compile runs dynamo and inductor anew in every process, which takes 13 to 22 s even where all of its kernels are
cached, as inductor keeps no graph with frozen weights. The library is opened in milliseconds, where it lies.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from cnnprof.errors import MissingRuntimeError
from cnnprof.runtimes.allocator import mapped
from cnnprof.runtimes.compiled.calls import Call, calls_of
from cnnprof.runtimes.compiled.inductor import OPTIONS, known
from cnnprof.runtimes.inductor_folder import inductor_in
from cnnprof.runtimes.precision import exact_float32
from cnnprof.runtimes.quiet import kept_quiet

RECIPE = 3  # to be raised where this file changes what it writes
LIBRARY = "network.so"
CALLS = "calls.json"
AHEAD = {**OPTIONS, "aot_inductor.precompile_headers": False}
# What a call consists of is then known to torch.profiler, and what that comes from is written down. It makes a call of
# ShuffleNet V2 4 % longer, so that the library which is timed does without.
COUNTED = {"cpp.enable_kernel_profile": True, "trace.provenance_tracking_level": 1}


class Program:
    """The compiled network of an entry, called as the module is; it takes the shapes and strides it was made for.

    It copies its weights into one block from malloc. Where that begins at a line of the cache, a stack of 3x3
    convolutions takes 0.91 of the time that it takes from anywhere else, which must not be left to chance.
    """

    def __init__(self, folder: Path) -> None:
        self._runner = mapped(lambda: torch._C._aoti.AOTIModelContainerRunnerCpu(str(folder / LIBRARY), 1))
        self._structure = pytree.treespec_loads(self._runner.get_call_spec()[1])

    def __call__(self, *inputs: Tensor) -> object:
        """One forward pass."""
        return pytree.tree_unflatten(self._runner.run(list(inputs)), self._structure)


def is_compiled_ahead(folder: Path) -> bool:
    """Whether the entry holds a program."""
    return (folder / LIBRARY).is_file()


def read_calls(folder: Path) -> list[Call]:
    """What a call of a counted program consists of."""
    return [Call(*row) for row in json.loads((folder / CALLS).read_text(encoding="utf-8"))]


def compile_ahead(model: nn.Module, inputs: Sequence[Tensor], folder: Path, *, counted: bool = False) -> None:
    """Fill the folder with the program, which was called once; with ``counted`` torch.profiler sees its calls.

    Raises what torch.export and inductor raise, errors of any class, and ValueError for what cannot be frozen.
    """
    work = folder / "work"
    work.mkdir()
    try:
        with kept_quiet(), torch.no_grad(), exact_float32(), inductor_in(work):
            _check_buffers(model, inputs)
            program = _without_stacks(torch.export.export(model, tuple(inputs), strict=False))
            options = {
                **known({**AHEAD, **(COUNTED if counted else {})}),
                "aot_inductor.output_path": str(work / LIBRARY),
            }
            torch._inductor.aot_compile(program.module(), tuple(inputs), options=options)
            # Fails where an op has to be called through torch, which needs more than a library.
            Program(work)(*inputs)
        if counted:
            _keep_calls(program.graph, work / "kernel_information.json", folder / CALLS)
        (work / LIBRARY).rename(folder / LIBRARY)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _keep_calls(graph: torch.fx.Graph, information: Path, target: Path) -> None:
    if not information.is_file():
        raise MissingRuntimeError(
            f"torch {torch.__version__} does not tell which layers its kernels compute",
            "--runtime eager, or a newer torch",
        )
    rows = [call.row() for call in calls_of(graph, json.loads(information.read_text(encoding="utf-8")))]
    target.write_text(json.dumps(rows), encoding="utf-8")


def _without_stacks(program: torch.export.ExportedProgram) -> torch.export.ExportedProgram:
    """Where each node came from in Python: a library that can be profiled would parse that anew in every call."""
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)
    return program


def _check_buffers(model: nn.Module, inputs: Sequence[Tensor]) -> None:
    before = {name: buffer.clone() for name, buffer in model.named_buffers()}
    model(*inputs)
    if not all(torch.equal(before[name], buffer) for name, buffer in model.named_buffers()):
        raise ValueError("it changes its buffers, which cannot be constants then")
