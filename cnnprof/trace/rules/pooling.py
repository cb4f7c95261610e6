"""Shape rules of pooling: each has the signature of the torch function it stands for; see ``layers``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from cnnprof.trace.rules.shapes import Shape, adaptive_shape, window_result
from cnnprof.trace.tape import Tape


def max_pool2d(
    tape: Tape,
    input: Tensor,
    kernel_size: int | Shape,
    stride: int | Shape | None = None,
    padding: int | Shape = 0,
    dilation: int | Shape = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest of each window."""
    if return_indices:
        return NotImplemented
    return _window(tape, "max_pool", input, kernel_size, stride, padding, dilation, ceil_mode)[0]


def max_pool2d_with_indices(
    tape: Tape,
    input: Tensor,
    kernel_size: int | Shape,
    stride: int | Shape | None = None,
    padding: int | Shape = 0,
    dilation: int | Shape = 1,
    ceil_mode: bool = False,
    return_indices: bool = True,
) -> tuple[Tensor, ...]:
    """The largest of each window, and where it stood."""
    return _window(tape, "max_pool", input, kernel_size, stride, padding, dilation, ceil_mode, torch.int64)


def avg_pool2d(
    tape: Tape,
    input: Tensor,
    kernel_size: int | Shape,
    stride: int | Shape | None = None,
    padding: int | Shape = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window."""
    return _window(tape, "avg_pool", input, kernel_size, stride, padding, 1, ceil_mode)[0]


def _window(
    tape: Tape,
    kind: str,
    input: Tensor,
    kernel_size: int | Shape,
    stride: int | Shape | None,
    padding: int | Shape,
    dilation: int | Shape,
    ceil_mode: bool,
    *besides: torch.dtype,
) -> tuple[Tensor, ...]:
    options = (kernel_size, stride, padding, dilation, ceil_mode)
    shape, attributes = window_result(tuple(input.shape), *options)
    results = tuple([tape.fresh_after(shape, input, dtype) for dtype in (input.dtype, *besides)])
    tape.emit(kind, f"{kind}2d", (input,), results, attributes)
    return results


def adaptive_avg_pool2d(tape: Tape, input: Tensor, output_size: int | Sequence[int | None] | None) -> Tensor:
    """The mean of each of ``output_size`` nearly equal windows."""
    out = tape.fresh_after(adaptive_shape(tuple(input.shape), output_size), input)
    tape.emit("adaptive_avg_pool", "adaptive_avg_pool2d", (input,), (out,))
    return out
