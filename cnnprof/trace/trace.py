"""The graph of a network: from shapes alone where they decide, from one real forward pass where they do not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from threading import RLock
from traceback import clear_frames

import torch
from torch import Tensor, nn

from cnnprof.errors import ModelError, correction, first_line
from cnnprof.records.graph import Graph
from cnnprof.trace.activations import META
from cnnprof.trace.aten.recorder import AtenRecorder
from cnnprof.trace.compiling import compiled_run_plainly
from cnnprof.trace.inventory import Inventory
from cnnprof.trace.modules import places
from cnnprof.trace.naming import CallNamer
from cnnprof.trace.results import tensors_in, unrolled
from cnnprof.trace.rules.shapes import ShapeError, text
from cnnprof.trace.scripted import refuse_hidden, scripted_run_plainly
from cnnprof.trace.tape import Tape
from cnnprof.trace.tracer import run_without_compute
from cnnprof.trace.untouched.copying import copied
from cnnprof.trace.untouched.left_behind import take_out
from cnnprof.trace.untouched.randomness import draws_undone

# Hooks of modules and autocast are the whole program's: two passes at a time would see each other's.
ONE_AT_A_TIME = RLock()
NO_INPUT_CURES = (AttributeError, NameError, ImportError, KeyError, NotImplementedError)
RECURRENT = (nn.RNNBase, torch.jit.ScriptModule)  # a scripted one may be of any kind
LAZY = "layers without weights got theirs on one real forward pass of a copy, which was then counted"


def trace_model(
    model: nn.Module, shapes: Sequence[tuple[int, ...]], dtype: str = "float32", calls: bool = True
) -> Graph:
    """Every op of one forward pass in eval mode, as ``trace`` finds it."""
    return trace(Inventory(model), shapes, dtype, calls)


def trace(inventory: Inventory, shapes: Sequence[tuple[int, ...]], dtype: str, calls: bool) -> Graph:
    """Every op of one forward pass in eval mode of what was listed just now; the model is left as it was.

    ``shapes`` are those of the inputs, batch included. Nothing is computed unless the network decides by values or
    has an op that torch cannot run without data: then it is run once, and the graph's ``method`` and warnings say so.
    ``calls``: also the calls of modules and the names that functions were called by.
    Raises ModelError, naming the layer and the shape, where the network cannot run at these inputs.
    """
    with ONE_AT_A_TIME:
        return _trace(inventory, shapes, dtype, calls)


def _trace(inventory: Inventory, shapes: Sequence[tuple[int, ...]], dtype: str, calls: bool) -> Graph:
    if inventory.is_lazy:
        graph = trace(Inventory(_filled_in(inventory, shapes, dtype)), shapes, dtype, calls)
        return replace(graph, warnings=(*graph.warnings, LAZY))
    if inventory.switches_modes:
        return trace(Inventory(_copy_to_run(inventory.model)), shapes, dtype, calls)
    model, tape = inventory.model, Tape(inventory, calls)
    problem: BaseException | None = None
    try:
        graph = _on_shapes(tape, shapes, dtype)
    except (Exception, SystemExit) as error:  # ours, or whatever the model's own code raises
        problem = error
        clear_frames(error.__traceback__)  # they hold tensors that nobody needs any longer
    finally:
        if inventory.has_data:
            take_out(tape.seen())
    _refuse_other_threads(tape)
    if problem is None:
        return graph
    if any(tensor.is_meta for tensor in (*model.parameters(), *model.buffers())):
        raise _cannot_run(tape, shapes, problem) from problem
    return _trace_for_real(model, shapes, dtype, tape, problem)


def _on_shapes(tape: Tape, shapes: Sequence[tuple[int, ...]], dtype: str) -> Graph:
    inputs = [torch.empty(shape, dtype=getattr(torch, dtype), device=META) for shape in shapes]
    outputs = run_without_compute(tape.inventory.model, inputs, tape)
    return tape.graph(inputs, outputs, "shapes")


def _filled_in(inventory: Inventory, shapes: Sequence[tuple[int, ...]], dtype: str) -> nn.Module:
    """A copy whose lazy layers have got their weights, as only a pass can give them: making them is no part of it."""
    copy = _copy_to_run(inventory.model)
    try:
        with draws_undone(), torch.no_grad():
            copy(*[_random(shape, dtype, _device(copy)) for shape in shapes])
    except (Exception, SystemExit) as error:
        raise _cannot_run(Tape(inventory), shapes, error) from error
    return copy


def _copy_to_run(model: nn.Module) -> nn.Module:
    """A copy in eval mode. Not by what ``eval`` returns: some have a ``train`` of their own that returns nothing."""
    copy = copied(model)
    copy.eval()
    return copy


def _trace_for_real(
    model: nn.Module, shapes: Sequence[tuple[int, ...]], dtype: str, failed: Tape, problem: BaseException
) -> Graph:
    refuse_hidden(failed.inventory.modules)
    copy = _copy_to_run(model)
    tape = Tape(Inventory(copy), failed.with_calls)
    if tape.inventory.has_compiled:
        for module in tape.inventory.modules:
            module.__dict__["_modules"] = tape.inventory.unwrapped(module._modules)
    try:
        with (
            draws_undone(),
            compiled_run_plainly(),
            scripted_run_plainly(),
            torch.no_grad(),
            composed(tape.inventory),
        ):
            inputs = [_random(shape, dtype, _device(copy)) for shape in shapes]
            for tensor in inputs:
                tape.add(tensor)
            with places(tape), CallNamer(tape), AtenRecorder(tape):
                result = unrolled(copy(*inputs))
    except (Exception, SystemExit) as error:
        known = isinstance(problem, ShapeError)
        raise _cannot_run(failed if known else tape, shapes, problem if known else error) from error
    _refuse_other_threads(tape)
    tape.warnings.append(
        f"counted on one real forward pass, as shapes alone did not decide: {_first_line(problem)}"
    )
    return tape.graph(inputs, tensors_in(result), "forward")


def _refuse_other_threads(tape: Tape) -> None:
    """ModelError where one ran a layer meanwhile: unseen if the network began it, and in eval mode if it trains."""
    if tape.elsewhere:
        path, kind = tape.elsewhere[0]
        layer = f"layer {path} ({kind})" if path else f"the network itself ({kind})"
        raise ModelError(
            f"{layer} runs in another thread, where nothing sees its ops",
            "have the network call its layers one after another; of one in use meanwhile, count a copy.deepcopy",
        )


@contextmanager
def composed(inventory: Inventory) -> Iterator[None]:
    """Attention and recurrent layers run as the ops that they consist of, not as one fused kernel each.

    Other networks keep oneDNN: without it a convolution takes several times as long.
    """
    fused, onednn = torch.backends.mha.get_fastpath_enabled(), torch._C._get_mkldnn_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    if any(issubclass(cls, RECURRENT) for cls in inventory.classes):
        torch._C._set_mkldnn_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fused)
        torch._C._set_mkldnn_enabled(onednn)


def _random(shape: tuple[int, ...], dtype: str, device: torch.device) -> Tensor:
    return torch.randn(shape, dtype=getattr(torch, dtype), device=device)


def _device(model: nn.Module) -> torch.device:
    first = next(model.parameters(), None)
    return torch.device("cpu") if first is None else first.device


def _cannot_run(tape: Tape, shapes: Sequence[tuple[int, ...]], problem: BaseException) -> ModelError:
    path, module = tape.stack[-1] if tape.stack else ("", "")
    where = f"layer {path} ({module}): " if path else f"in the forward of {module}: " if module else ""
    asked = " and ".join(text(shape) for shape in shapes)
    return ModelError(
        f"the network cannot run at input {asked}: {where}{_first_line(problem)}", _advice(problem)
    )


def _advice(problem: BaseException) -> str:
    if isinstance(problem, SystemExit):
        return "take sys.exit() out of its code"
    if isinstance(problem, TypeError) and "forward() missing" in first_line(problem):
        return "repeat --input for each tensor; for the rest write a factory of a network that passes it on"
    if isinstance(problem, NO_INPUT_CURES) and (hint := correction(problem)):
        return hint
    return (
        "choose another --input (224, or 3x224x224: channels first, no batch; repeat it for several inputs)"
    )


def _first_line(problem: BaseException) -> str:
    """Its text; under the name of its type where the text says little alone: ``KeyError: 'x'``."""
    line, name = first_line(problem), type(problem).__name__
    says_little = isinstance(problem, (LookupError, AssertionError, SystemExit)) and line != name
    return f"{name}: {line}" if says_little else line
