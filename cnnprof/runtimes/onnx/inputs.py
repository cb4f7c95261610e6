"""What an ONNX file is fed: real numbers as any network is, and integers that are made up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy

from cnnprof.errors import ModelError
from cnnprof.runtimes.registry import Settings
from cnnprof.runtimes.tensors import random_inputs

REAL = ("float16", "float32", "float64")
BYTES = {"uint8": (0, 255), "int8": (-128, 127)}  # pictures
FLAGS = (0, 1)  # an index or a token of any network, which knows no more values for certain
WHOLE = ("bool", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)))


def file_inputs(settings: Settings, wanted: Sequence[tuple[str, str]]) -> tuple[list[Any], tuple[str, ...]]:
    """An array for each input that is ``wanted``, given by name and type; a warning where values are made up.

    The real numbers are those of every runtime. ModelError for a type that is neither.
    """
    generator = numpy.random.default_rng(settings.seed)
    arrays, made_up = [], []
    for (name, kind), tensor in zip(wanted, random_inputs(settings), strict=True):
        if kind in REAL:
            arrays.append(tensor.numpy().astype(kind))
            continue
        if kind not in WHOLE:
            raise ModelError(
                f"its input {name} is a {kind}: only real numbers, integers and bool are timed",
                "--no-latency counts it without running it",
            )
        lowest, highest = BYTES.get(kind, FLAGS)
        arrays.append(generator.integers(lowest, highest + 1, tuple(tensor.shape)).astype(kind))
        made_up.append(f"{name} ({kind}) from {lowest} to {highest}")
    return arrays, (f"random integers are made up for its inputs: {', '.join(made_up)}",) if made_up else ()
