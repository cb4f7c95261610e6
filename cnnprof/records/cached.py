"""What the cache of converted models holds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cached:
    """The entries of one kind: what they are conversions to, how many there are, and their bytes."""

    kind: str
    entries: int
    total_bytes: int
