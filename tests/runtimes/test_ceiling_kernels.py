"""What one call of a limit's kernel moves."""

from __future__ import annotations

import pytest
import torch

from cnnprof.runtimes.ceiling_kernels import PIECE, streams


@pytest.mark.parametrize(("device", "moved"), [("cpu", PIECE), ("meta", 4 * PIECE)])
def test_an_accelerator_moves_the_whole_tensor_in_one_call(device: str, moved: int) -> None:
    """A piece would take as long as launching it."""
    assert [amount for _, amount, _ in streams(4 * PIECE, torch.device(device))] == [
        2 * moved,
        3 * moved,
        moved,
    ]
