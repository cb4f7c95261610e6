"""Machines of made-up time, for tests and demonstrations: not offered by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# They run nothing; by the bytes a second they move. On the second, memory access hardly matters, so that models can
# change their order.
FAKES: Mapping[str, float] = MappingProxyType({"fake": 20e9, "fake-wide": 500e9})
FAKE_MACS_PER_S = 100e9
