"""What the experiments of the ShuffleNet V2 paper share: its devices, how it measured, and how figures are written."""

from __future__ import annotations

from cnnprof.records.entry import Figure
from cnnprof.records.experiment import Platform

PAPER = "ShuffleNet V2 (2018, arXiv:1807.11164)"
MEASURED = "100 runs averaged, tensor fusion and the like switched on (section 2)"
GPU = Platform("gpu", "GTX 1080Ti", "batches/s", f"one GeForce GTX 1080Ti, cuDNN 7.0; {MEASURED}")
ARM = Platform("arm", "Snapdragon 810", "images/s", f"one thread, own Neon code; {MEASURED}")
HW = 56 * 56
BLOCKS = 10
PLAIN = (
    "between the convolutions: nothing; the paper names no batch norm, bias or activation "
    "(--arg norm=true --arg bias=true --arg relu=true add them)"
)
BATCH = (
    "batch 1; the paper does not give the GPU's: with 8, the 1480 batches per s of table 1's first row would be 12 T "
    "multiply-adds per s, twice what that GPU can do (--batch 8 sets it)"
)
THREADS = "threads as asked for, all cores by default; the paper's ARM device ran one (--threads 1)"
OPTIONS = ("norm", "bias", "relu")


def derived(macs: int, formula: str) -> Figure:
    """Multiply-adds that the paper does not print but gives the formula of; exact."""
    return Figure(macs, 1, formula)


def millions(value: float, where: str, step: float = 1) -> Figure:
    """A figure printed in millions of multiply-adds."""
    return Figure(value * 1e6, step * 1e6, where)


def billions(value: float, where: str, step: float = 0.1) -> Figure:
    """A figure printed in billions of multiply-adds."""
    return Figure(value * 1e9, step * 1e9, where)
