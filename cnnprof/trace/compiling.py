"""Functions under ``torch.compile`` inside of a network: a count runs what they were made of."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def compiled_run_plainly() -> Iterator[None]:
    """Inside nothing is compiled: it would take seconds a function, and then hide the ops.

    Whoever has compiled anything has loaded torch's compiler, which takes longer to load than a network to count.
    """
    if "torch._dynamo" not in sys.modules:
        yield
        return
    with torch.compiler.set_stance("force_eager"):
        yield
