"""What the machine's limits are measured with: products, tensors moved from memory and from cache."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import cycle

import torch
from torch import Tensor
from torch.nn import functional

SIDES = (256, 512, 1024, 2048)  # of the matrices
LARGE = 4096  # of those of an accelerator, some of which are done with the others before they are launched
PICTURES = ((256, 28, 3), (512, 28, 1))  # channels, height and width, kernel
PIECE = 8 * 2**20  # of it, moved by one call on a CPU: about a millisecond
NEAR = (16 * 2**10, 256 * 2**10, 2**20)  # bytes of tensors that stay in cache
REPEATS = 512  # of a small tensor within one call, so that the call itself takes no part

Kernel = tuple[str, float, Callable[[], object]]
"""What is called, how many macs or bytes a call is, and the call."""


def products(dtype: torch.dtype, device: torch.device) -> Iterator[Kernel]:
    """Matrix products from small to large, and convolutions: some machines are faster at those."""
    if dtype == torch.int8:
        yield from (_integer_product(side, device) for side in SIDES)
        return
    for side in SIDES if device.type == "cpu" else (*SIDES, LARGE):
        yield _product(side, dtype, device)
    for channels, size, kernel in PICTURES:
        yield _convolution(channels, size, kernel, dtype, device)


def _product(side: int, dtype: torch.dtype, device: torch.device) -> Kernel:
    left, right = _normal((side, side), dtype, device), _normal((side, side), dtype, device)
    out = torch.empty_like(left)
    return f"matrix product of {side}x{side}", side**3, lambda: torch.mm(left, right, out=out)


def _integer_product(side: int, device: torch.device) -> Kernel:
    left, right = (torch.randint(-128, 128, (side, side), device=device).to(torch.int8) for _ in range(2))
    return f"integer matrix product of {side}x{side}", side**3, lambda: torch._int_mm(left, right)


def _convolution(channels: int, size: int, kernel: int, dtype: torch.dtype, device: torch.device) -> Kernel:
    layout = torch.channels_last
    picture = _normal((1, channels, size, size), dtype, device).to(memory_format=layout)
    weight = _normal((channels, channels, kernel, kernel), dtype, device).to(memory_format=layout)
    name = f"{kernel}x{kernel} convolution of {channels} channels at {size}x{size}"
    macs = size**2 * channels**2 * kernel**2
    return name, macs, lambda: functional.conv2d(picture, weight, padding=kernel // 2)


def _normal(shape: tuple[int, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    values = torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float32, device="cpu")
    return values.to(device=device, dtype=dtype)


def _floats(*shape: int, device: torch.device) -> Tensor:
    """Four bytes each, whatever the caller's default is."""
    return torch.ones(shape, dtype=torch.float32, device=device)


def streams(nbytes: int, device: torch.device) -> Iterator[Kernel]:
    """Read and write in the mixes that ops have; a tensor read and one written count once each.

    A call moves a piece, on an accelerator all of it: there a piece takes no longer than launching and waiting for it.
    """
    size = f"{round(nbytes / 1e6)} MB"
    piece = PIECE if device.type == "cpu" else nbytes
    source, target = (_floats(nbytes // piece, piece // 4, device=device) for _ in range(2))
    pairs = cycle(zip(source, target, strict=True))  # by rows

    def copy() -> None:
        read, written = next(pairs)
        written.copy_(read)

    def add() -> None:
        read, changed = next(pairs)
        changed.add_(read)

    yield f"copy of {size}, read and written", 2 * piece, copy
    yield f"addition to {size}, two tensors read and one written", 3 * piece, add
    yield f"reading {size}", piece, lambda: next(pairs)[0].sum()


def near(device: torch.device) -> Iterator[Kernel]:
    """Copies within the second cache; and few values read again and again in one call, which the first cache holds."""
    for nbytes in NEAR[1:]:
        source, target = _floats(nbytes // 4, device=device), _floats(nbytes // 4, device=device)
        yield f"copy of {nbytes // 1024} KiB", 2 * nbytes, lambda a=source, b=target: b.copy_(a)  # type: ignore[misc]
    for nbytes in NEAR[:2]:
        repeated = _floats(nbytes // 4, device=device).expand(REPEATS, -1)
        name = f"reading {nbytes // 1024} KiB again and again"
        yield name, REPEATS * nbytes, lambda x=repeated: x.sum(1)  # type: ignore[misc]
