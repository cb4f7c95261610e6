"""What one call of a limit's kernel moves."""

from __future__ import annotations

import pytest
import torch

from cnnprof.runtimes.ceiling_kernels import PIECE, SIDES, products, streams


@pytest.mark.parametrize(("device", "moved"), [("cpu", PIECE), ("meta", 4 * PIECE)])
def test_an_accelerator_moves_the_whole_tensor_in_one_call(device: str, moved: int) -> None:
    """A piece would take as long as launching it."""
    assert [amount for _, amount, _ in streams(4 * PIECE, torch.device(device))] == [
        2 * moved,
        3 * moved,
        moved,
    ]


@pytest.mark.parametrize(("device", "sides"), [("cpu", SIDES), ("meta", (*SIDES, 4096))])
def test_an_accelerator_has_a_larger_product(device: str, sides: tuple[int, ...]) -> None:
    """One that multiplies 150 Tmacs a second is done with 2048 in 57 us, a few times what launching it takes."""
    found = [name for name, _, _ in products(torch.float16, torch.device(device)) if "product" in name]
    assert found == [f"matrix product of {side}x{side}" for side in sides]
