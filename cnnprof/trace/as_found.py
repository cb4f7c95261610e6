"""A pass over a network in eval mode that leaves all of it, and what it keeps elsewhere, as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import MethodType

import torch
from torch import nn

from cnnprof.trace.autocast import autocast_noticed
from cnnprof.trace.compiling import compiled_run_plainly
from cnnprof.trace.modules import places, recorder
from cnnprof.trace.tape import Tape, UndecidedError
from cnnprof.trace.untouched.caches import caches_kept
from cnnprof.trace.untouched.containers import keep_contents, put_back
from cnnprof.trace.untouched.hooks import hooks_kept
from cnnprof.trace.untouched.randomness import draws_undone

put_attributes = vars(nn.Module)["__dict__"].__set__  # nn.Module's own way looks for parameters in everything


@contextmanager
def as_found(tape: Tape) -> Iterator[None]:
    """Eval mode inside, on a copy of every module's attributes; the originals are back afterwards, also after an error.

    So a pass may change what it likes: the dictionaries that the model came with are out of its reach, and what it
    changes in their lists and dicts, in hooks and in caches is changed back.
    """
    inventory = tape.inventory
    if any(issubclass(cls, torch.jit.ScriptModule) for cls in inventory.classes):
        raise UndecidedError("TorchScript runs outside of Python")
    with (
        draws_undone(bool(inventory.spaces)),  # where there are none, no code runs that would draw
        compiled_run_plainly(),
        caches_kept(inventory.spaces),
        _attributes_kept(tape),
        places(tape),
        autocast_noticed(tape),
        hooks_kept(inventory.modules, inventory.hooked),  # after ``places``, which registers its own
    ):
        yield


@contextmanager
def _attributes_kept(tape: Tape) -> Iterator[None]:
    call = recorder(tape)
    found = [(module, module.__dict__) for module in tape.inventory.modules]
    kept = keep_contents(found)
    children = tape.inventory.unwrapped if tape.inventory.has_compiled else dict
    try:
        for module, own in found:
            copied = own.copy()
            copied["_parameters"] = own["_parameters"].copy()
            copied["_buffers"] = own["_buffers"].copy()
            copied["_modules"] = children(own["_modules"])
            copied["training"] = False
            if call is not None:
                # torch looks here for what ``module.compile()`` has made of it before it goes to _call_impl.
                copied["_compiled_call_impl"] = MethodType(call, module)
            put_attributes(module, copied)
        yield
    finally:
        for module, own in found:
            put_attributes(module, own)
        put_back(kept)
