"""Whether a network asks for autocast while it runs: a pass on shapes does not follow it, and says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident
from typing import Any

import torch

from cnnprof.trace.tape import Tape

IGNORED = "autocast inside the network is not followed: counted in the dtype of its input and weights"


@contextmanager
def autocast_noticed(tape: Tape) -> Iterator[None]:
    """A warning on the tape if it is switched on inside: seen as it is entered, since asking at every op takes long."""
    enter: Any = torch.autocast.__enter__
    thread = get_ident()

    def noted(autocast: Any) -> Any:
        entered = enter(autocast)
        if (
            get_ident() == thread
            and IGNORED not in tape.warnings
            and torch.is_autocast_enabled(autocast.device)
        ):
            tape.warnings.append(IGNORED)
        return entered

    torch.autocast.__enter__ = noted  # type: ignore[method-assign]
    try:
        yield
    finally:
        torch.autocast.__enter__ = enter  # type: ignore[method-assign]
