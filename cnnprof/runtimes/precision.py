"""What float32 is computed in: a network's own file may have asked torch for less, as training scripts do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

OLDER, NEWER, EXACT = "allow_tf32", "fp32_precision", "ieee"


@contextmanager
def exact_float32() -> Iterator[None]:
    """Inside, float32 is computed in float32.

    Left alone, torch has CUDA's convolutions round to TF32's ten bits; ``torch.set_float32_matmul_precision`` has CUDA
    round products to them, and ``medium`` has a CPU that can compute products in bfloat16.
    """
    processor = _of_processor()
    asked = [getattr(part, NEWER) for part in processor]
    with _exact_on_cuda():
        for part in processor:
            setattr(part, NEWER, EXACT)
        try:
            yield
        finally:
            for part, precision in zip(processor, asked, strict=True):
                setattr(part, NEWER, precision)


@contextmanager
def _exact_on_cuda() -> Iterator[None]:
    """Torch has two sets of switches for it, and refuses to read the older once the newer has been used."""
    parts, name, exact = _switches()
    before = [getattr(part, name) for part in parts]
    precision = torch.get_float32_matmul_precision() if name == OLDER else None
    try:
        for part in parts:
            setattr(part, name, exact)
        yield
    finally:
        for part, allowed in zip(parts, before, strict=True):
            setattr(part, name, allowed)
        if precision == "medium":  # which the switch does not know
            torch.set_float32_matmul_precision(precision)


def _of_processor() -> list[Any]:
    """Where torch keeps what oneDNN may do to float32, as far as this torch lets it."""
    parts = (getattr(torch.backends.mkldnn, name, None) for name in ("conv", "rnn", "matmul"))
    return [part for part in parts if hasattr(part, NEWER)]


def _switches() -> tuple[tuple[Any, ...], str, object]:
    """Where torch keeps what CUDA may do to float32, the switch's name, and its position for nothing."""
    backends: Any = torch.backends
    older = (backends.cudnn, backends.cuda.matmul)
    try:
        for part in older:
            getattr(part, OLDER)
        torch.get_float32_matmul_precision()
    except RuntimeError:
        return (backends.cudnn.conv, backends.cudnn.rnn, backends.cuda.matmul), NEWER, EXACT
    return older, OLDER, False
