"""What a network computes, as one digest: every op of a forward pass, what it reads and every weight's values.

The Python code that a network is written in says too little (a helper of another file, an attribute set afterwards).
But one that asks whether it is being exported or compiled computes something else then, which no forward pass shows: so
the files that its modules are written in are part of the digest as well, and the plain attributes that they may read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from inspect import unwrap
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.weak import WeakIdKeyDictionary

from cnnprof.runtimes.registry import Settings
from cnnprof.runtimes.tensors import lay_flat, random_inputs


def fingerprint(model: nn.Module, settings: Settings) -> str:
    """The digest of one forward pass at these shapes; module names are part of it, since profiles are named by them."""
    inputs = random_inputs(settings)
    recorder = Recorder()
    for name, module in model.named_modules():
        recorder.note(f"{name}:{type(module).__name__} {_plain_attributes(module)}")
    for content in sorted(_contents(_files_of(model))):
        recorder.note(content)
    with torch.no_grad(), recorder:
        output = model(*inputs)
    recorder.note(" ".join(map(recorder.describe, lay_flat(output))))
    return recorder.digest()


def _plain_attributes(module: nn.Module) -> list[tuple[str, object]]:
    """What a module was told or keeps, without what torch keeps in every module."""
    names = vars(module).keys() - vars(nn.Module()).keys()
    return [(name, vars(module)[name]) for name in sorted(names) if _is_plain(vars(module)[name])]


def _is_plain(value: object) -> bool:
    """Whether its text is the same in every process."""
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (bool, int, float, str))


def _files_of(model: nn.Module) -> set[str]:
    """Where the modules' functions are written, those that they inherit and those that these name included.

    Of torch no file: its version is known.
    """
    classes = {kind for module in model.modules() for kind in type(module).__mro__}
    own = [vars(kind).values() for kind in classes if not _is_torch(kind)]
    attributes = [*own, *(vars(module).values() for module in model.modules())]
    waiting = [called for values in attributes for value in values if (called := _function(value))]
    found: set[FunctionType] = set()
    while waiting:
        function = waiting.pop()
        if function not in found and not _is_torch(function):
            found.add(function)
            waiting += _named_in(function)
    return {function.__code__.co_filename for function in found}


def _named_in(function: FunctionType) -> Iterator[FunctionType]:
    """Functions that a function calls by a name of its file, or as ``file.function``."""
    names, world = function.__code__.co_names, function.__globals__
    for value in (world[name] for name in names if name in world):
        if isinstance(value, ModuleType) and not _is_torch(value):
            yield from filter(None, (_function(vars(value).get(name)) for name in names))
        elif called := _function(value):
            yield called


def _function(value: object) -> FunctionType | None:
    """The plain function, also of a bound method."""
    value = getattr(value, "__func__", value)
    value = unwrap(value) if isinstance(value, FunctionType) else None
    return value if isinstance(value, FunctionType) else None  # what is wrapped may be any callable


def _is_torch(thing: type | FunctionType | ModuleType) -> bool:
    home = thing.__name__ if isinstance(thing, ModuleType) else thing.__module__ or ""
    return home.partition(".")[0] == "torch"


def _contents(files: Iterable[str]) -> Iterator[str]:
    """The digest of each file, wherever it lies; none of code that is in no file."""
    for file in files:
        with suppress(OSError, ValueError):
            yield hashlib.sha256(Path(file).read_bytes()).hexdigest()


class Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Adds each op to a digest: its name, and each argument as its value or as the op or data it comes from."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._digest = hashlib.sha256()
        self._names: Any = WeakIdKeyDictionary()
        self._ops = 0

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """No: nothing is being compiled here, and being skipped imports dynamo, which takes longer than torch."""
        return False

    def note(self, text: str) -> None:
        """Add a line to the digest."""
        self._digest.update(f"{text}\n".encode())

    def digest(self) -> str:
        """The digest so far, in hexadecimal."""
        return self._digest.hexdigest()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Record the op, run it, and name what comes out."""
        given = kwargs or {}
        arguments = [self.describe(value) for value in args]
        arguments += [f"{name}={self.describe(given[name])}" for name in sorted(given)]
        self.note(f"{func} {' '.join(arguments)}")
        output = func(*args, **given)
        for place, tensor in enumerate(lay_flat(output)):
            self._names[tensor] = f"%{self._ops}.{place}"
        self._ops += 1
        return output

    def describe(self, value: object) -> str:
        """An argument in words that are the same in every process."""
        if isinstance(value, Tensor):
            return self._name(value)
        if isinstance(value, (list, tuple)):
            return f"[{' '.join(self._each(value))}]"
        return repr(value) if not isinstance(value, torch.Generator) else "generator"

    def _each(self, values: Iterable[object]) -> list[str]:
        return [self.describe(value) for value in values]

    def _name(self, tensor: Tensor) -> str:
        """The op that made it, or for what no op made (weights, inputs) its content."""
        if tensor not in self._names:
            layout = f"{tensor.dtype}{tuple(tensor.shape)}{tensor.stride()}"
            self._names[tensor] = f"{layout}:{_content(tensor)}"
        name: str = self._names[tensor]
        return name


def _content(tensor: Tensor) -> str:
    values = tensor.detach().cpu().contiguous().reshape(-1)
    return hashlib.sha256(values.view(torch.uint8).numpy().tobytes()).hexdigest()
