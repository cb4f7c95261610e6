"""What every test leaves as it found it."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

# The same examples every time, however slow or busy the machine is.
settings.register_profile("cnnprof", deadline=None, derandomize=True)
settings.load_profile("cnnprof")


@pytest.fixture(autouse=True)
def processor_state_as_before() -> Iterator[None]:
    """Making a model ready in this process flushes denormal numbers, which other libraries' arithmetic relies on."""
    yield
    if "torch" in sys.modules:
        sys.modules["torch"].set_flush_denormal(False)
