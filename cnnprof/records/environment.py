"""The machine and the software that a timing belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Environment:
    """What a latency depends on besides the model. A fact that the machine does not reveal is None.

    ``available_bytes`` is memory that can be had without swapping, within the control group's limit; ``stolen_share``
    the part of its cores' time that the hypervisor gave to others since the machine started.
    """

    cpu: str
    architecture: str
    cores: int
    cores_allowed: int
    quota_cores: float | None
    governor: str | None
    load_1min: float | None
    memory_bytes: int | None
    cache_bytes: Mapping[str, int]
    virtualised: bool | None
    system: str
    python: str
    accelerator: str | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, str] = field(default_factory=dict)
    available_bytes: int | None = None
    stolen_share: float | None = None
