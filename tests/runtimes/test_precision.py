"""float32 is float32, whatever a network's own file has asked torch for."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cnnprof.runtimes.reference import take_reference
from cnnprof.runtimes.registry import Settings, find_runtime

SETTINGS = Settings(((1, 8),))
MKLDNN: Any = torch.backends.mkldnn
PROCESSOR = MKLDNN.matmul


class Asking(nn.Module):
    """Keeps what a product in float32 may be computed in while it is called."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(8, 8)
        self.seen: set[str] = set()

    def forward(self, x: Tensor) -> Tensor:
        self.seen.add(PROCESSOR.fp32_precision)
        y: Tensor = self.layer(x)
        return y


@pytest.fixture(autouse=True)
def asked_for_less() -> Iterator[None]:
    """As a training script does, before anything is built."""
    threads, before = torch.get_num_threads(), torch.get_float32_matmul_precision()
    own = PROCESSOR.fp32_precision
    torch.set_float32_matmul_precision("medium")
    yield
    torch.set_float32_matmul_precision(before)
    PROCESSOR.fp32_precision = own
    torch.set_num_threads(threads)
    torch.set_flush_denormal(False)


def test_calls_that_are_timed_checked_or_taken_apart_compute_in_it() -> None:
    model = Asking()
    session = find_runtime("eager").prepare(model, SETTINGS)
    session.time(2)
    session.outputs()
    session.profile(1)
    assert model.seen == {"ieee"}
    assert PROCESSOR.fp32_precision == "bf16"


def test_what_they_are_held_against_is_computed_in_it() -> None:
    model = Asking()
    take_reference(model, SETTINGS)
    assert model.seen == {"ieee"}


EITHER = """
import torch; from cnnprof.runtimes.precision import exact_float32
matmul, conv, processor = torch.backends.cuda.matmul, torch.backends.cudnn.conv, torch.backends.mkldnn.matmul
if {newer}: matmul.fp32_precision = 'tf32'; conv.fp32_precision = 'tf32'
else: torch.set_float32_matmul_precision('medium')
with exact_float32():
    if {newer}: print(matmul.fp32_precision, conv.fp32_precision, processor.fp32_precision)
    else: print(matmul.allow_tf32, torch.backends.cudnn.allow_tf32, processor.fp32_precision)
if {newer}: print(matmul.fp32_precision, conv.fp32_precision)
else: print(matmul.allow_tf32, torch.get_float32_matmul_precision(), processor.fp32_precision)
"""


@pytest.mark.parametrize(
    ("newer", "printed"),
    [(True, ["ieee ieee ieee", "tf32 tf32"]), (False, ["False False ieee", "True medium bf16"])],
)
def test_either_set_of_switches_is_left_as_it_was(newer: bool, printed: list[str]) -> None:
    """Torch remembers which set was used, so each has a process of its own."""
    command = [sys.executable, "-c", EITHER.format(newer=newer)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines() == printed
