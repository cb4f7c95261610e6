"""What one call of a limit's kernel moves."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from cnnprof.runtimes.ceiling_kernels import NEAR, PIECE, REPEATS, SIDES, near, products, streams


@pytest.mark.parametrize(("device", "moved"), [("cpu", PIECE), ("meta", 4 * PIECE)])
def test_an_accelerator_moves_the_whole_tensor_in_one_call(device: str, moved: int) -> None:
    """A piece would take as long as launching it."""
    assert [amount for _, amount, _ in streams(4 * PIECE, torch.device(device))] == [
        2 * moved,
        3 * moved,
        moved,
    ]


class Reads(TorchFunctionMode):
    """Notes the bytes of what is read."""

    def __init__(self) -> None:
        super().__init__()
        self.nbytes: list[int] = []

    def __torch_function__(
        self, function: Any, types: Any, arguments: Any = (), keywords: Any = None
    ) -> object:
        read = {Tensor.copy_: 1, Tensor.add_: 1, Tensor.sum: 0}.get(function)
        self.nbytes += [] if read is None else [arguments[read].nbytes]
        return function(*arguments, **(keywords or {}))


def test_as_many_bytes_move_whatever_the_default_dtype(other_defaults: None) -> None:
    """Under float64 twice as many moved as were counted."""
    with Reads() as reads:
        for _, _, kernel in streams(PIECE, torch.device("cpu")):
            kernel()
        for _, _, kernel in near(torch.device("cpu")):
            kernel()
    assert reads.nbytes == [PIECE] * 3 + [*NEAR[1:]] + [REPEATS * size for size in NEAR[:2]]


def test_products_are_those_of_the_device_asked_for(other_defaults: None) -> None:
    _, _, product = next(products(torch.float32, torch.device("cpu")))
    found = product()
    assert isinstance(found, Tensor)
    assert (found.dtype, found.device.type) == (torch.float32, "cpu")


@pytest.mark.parametrize(("device", "sides"), [("cpu", SIDES), ("meta", (*SIDES, 4096))])
def test_an_accelerator_has_a_larger_product(device: str, sides: tuple[int, ...]) -> None:
    """One that multiplies 150 Tmacs a second is done with 2048 in 57 us, a few times what launching it takes."""
    found = [name for name, _, _ in products(torch.float16, torch.device(device)) if "product" in name]
    assert found == [f"matrix product of {side}x{side}" for side in sides]
