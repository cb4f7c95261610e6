"""Builders called: with real weights from a seed, or on the meta device without any."""

from __future__ import annotations

import hashlib
import inspect
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import UninitializedParameter
from torch.utils._device import DeviceContext

from cnnprof.errors import ModelError, UnknownNameError, first_line
from cnnprof.records.entry import Entry
from cnnprof.zoo.arguments import check_arguments, check_values

Builder = Callable[..., nn.Module]


class Unfilled(DeviceContext):
    """``torch.device(...)`` under which weights are created and not filled: on the meta device there is nothing to
    fill, and filling takes most of the time that building does.

    As a mode beside the device's, every call of torch would go through two, and building took 1.3 times as long.
    """

    FILLING = frozenset(
        [getattr(nn.init, name) for name in dir(nn.init) if name.endswith("_") and not name.startswith("_")]
        + [
            getattr(Tensor, name)
            for name in ("uniform_", "normal_", "fill_", "zero_", "copy_", "clamp_", "mul_")
        ]
    )

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Return the tensor as it is where the function would only fill it."""
        if func in self.FILLING:
            return args[0] if args else (kwargs or {})["tensor"]
        return super().__torch_function__(func, types, args, kwargs)  # type: ignore[no-untyped-call]


@contextmanager
def without_weights() -> Iterator[None]:
    """Modules built inside have shapes and no data; a detector's builder asks for that within its own building."""
    if torch.empty(0).is_meta:  # in torch 2.9 these cannot be nested
        yield
        return
    with Unfilled("meta"):
        yield


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Modules built inside are the same every time, whichever of Python's, numpy's and torch's random numbers they are
    made of; the caller's random states are left alone.
    """
    numpy = sys.modules.get("numpy")  # torch has imported it where it is installed
    drawn = random.getstate(), numpy and numpy.random.get_state()
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            random.seed(seed)
            if numpy:
                numpy.random.seed(seed)
            yield
    finally:
        random.setstate(drawn[0])
        if numpy:
            numpy.random.set_state(drawn[1])


def structure_of(model: nn.Module) -> str:
    """What a network is made of, as one digest: each module's class and the shapes of its weights, by name."""
    digest = hashlib.sha256()
    for path, module in model.named_modules():
        digest.update(f"{path} {type(module).__qualname__}\n".encode())
        for name, weight in module.named_parameters(recurse=False):
            shape = None if isinstance(weight, UninitializedParameter) else tuple(weight.shape)
            digest.update(f"{name} {shape}\n".encode())
    return digest.hexdigest()[:16]


def builder_of(entry: Entry) -> Builder:
    """The function that builds an entry of the zoo."""
    module, _, name = entry.builder.partition(":")
    builder: Builder = getattr(import_module(f"cnnprof.zoo.networks.{module}"), name)
    return builder


def takes_argument(entry: Entry, name: str) -> bool:
    """Whether the builder of an entry has an argument of that name."""
    return name in inspect.signature(builder_of(entry)).parameters


def build_entry(entry: Entry, arguments: Mapping[str, object]) -> nn.Module:
    """An entry's network with the caller's arguments over the entry's own.

    Raises UnknownNameError for an argument that the builder does not take or a value that it refuses.
    """
    builder = builder_of(entry)
    check_arguments(entry.name, builder, arguments)
    merged = {**entry.arguments, **arguments}
    check_values(entry.name, builder, merged)
    try:
        model = builder(**merged)
    except ValueError as error:
        raise UnknownNameError(
            first_line(error), f"about {entry.name}: see --arg in cnnprof profile --help"
        ) from error
    except (TypeError, ArithmeticError, RuntimeError) as error:
        shown = ", ".join(f"{name}={value!r}" for name, value in merged.items())
        raise ModelError(
            f"{entry.name} cannot be built with {shown}: {first_line(error)}", "check the --arg values"
        ) from error
    return model.eval()


def cast(model: nn.Module, dtype: str) -> nn.Module:
    """The same network, its weights in ``dtype`` from now on."""
    return model.to(getattr(torch, dtype))
