"""The values of options as they are typed: what they mean, or why they will not do."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress

import typer

from cnnprof.errors import UnknownNameError, shortened

SHAPE = re.compile(r"\d+(x\d+)*", re.ASCII | re.IGNORECASE)
THOUSANDS = re.compile(r"[+-]?\d{1,3}(_\d{3})+", re.ASCII)


def each_once(names: Sequence[str] | None, standard: str) -> tuple[str, ...]:
    """The names in the order given; the standard one where none is."""
    return tuple(dict.fromkeys(names or (standard,)))


def parse_batches(texts: Sequence[str] | None) -> tuple[int, ...]:
    """Each batch once, in the order given; 1 where none is."""
    return tuple(dict.fromkeys(_batch(text.strip()) for text in texts)) if texts else (1,)


def _batch(text: str) -> int:
    if not text or "," in text:
        raise UnknownNameError(
            f"batch {shortened(text)} is not a number of images",
            "for example --batch 1; repeat it for several: --batch 1 --batch 8",
        )
    try:
        return int(text)
    except ValueError:
        raise typer.BadParameter(f"{shortened(text)} is not a whole number", param_hint="'--batch'") from None


def parse_inputs(texts: Collection[str] | None) -> tuple[tuple[int, ...], ...] | None:
    """Sizes without the batch; None where none is given."""
    return tuple(parse_shape(text) for text in texts) if texts else None


def parse_shape(text: str) -> tuple[int, ...]:
    """``224`` -> (224,), the side of the picture that the model takes; ``64x56x56`` -> (64, 56, 56)."""
    if not SHAPE.fullmatch(text):
        raise UnknownNameError(
            f"input {shortened(text)} is not a size", "write 224 or 3x224x224, whole numbers above 0"
        )
    from cnnprof.records.request import LARGEST_SIZE

    # Of more digits than Python reads the first are too many as well.
    sizes = tuple(int(size[:20]) for size in text.lower().split("x"))
    if min(sizes) < 1 or max(sizes) > LARGEST_SIZE:
        raise UnknownNameError(
            f"input {shortened(text)} has a size out of range", f"each is 1 to {LARGEST_SIZE}"
        )
    return sizes


def parse_arguments(texts: Collection[str] | None) -> Mapping[str, object]:
    """``NAME=VALUE`` pairs; a value is an int, a float, true/false, none, or text."""
    arguments: dict[str, object] = {}
    for text in texts or ():
        name, sign, value = text.partition("=")
        if not sign or not name.isidentifier():
            raise UnknownNameError(f"--arg {text!r} is not NAME=VALUE", "for example --arg width_mult=0.5")
        if name in arguments:
            raise UnknownNameError(f"--arg {name} is given twice", "give it once")
        arguments[name] = parse_value(value)
    return arguments


def parse_value(text: str) -> object:
    """The Python value that ``text`` writes, but for 1_1: Python reads 11, and who types it means a version."""
    words: dict[str, object] = {"true": True, "false": False, "none": None}
    if text.lower() in words:
        return words[text.lower()]
    if "_" in text and not THOUSANDS.fullmatch(text):
        return text
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return text


def parse_precision(text: str) -> float:
    """``2%`` or ``0.02``: the half-width of the interval as a fraction, between 0 and 1."""
    percent = text.endswith("%")
    try:
        value = float(text.removesuffix("%")) / (100 if percent else 1)
    except ValueError:
        raise UnknownNameError(f"precision {text!r} is not a number", "write 2% or 0.02") from None
    if not 0 < value < 1:
        raise UnknownNameError(f"precision {text} is out of range", "above 0 and below 100%: 2% or 0.02")
    return value


def at_least_one(option: str, value: int) -> int:
    """The value; UnknownNameError below 1."""
    if value < 1:
        raise UnknownNameError(f"{option} must be at least 1, not {value}", f"--{option} 1 is the smallest")
    return value
