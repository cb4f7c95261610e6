"""How a model was made ready to call, and how its output was checked against torch eager in float32."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Preparation:
    """What it took to prepare one model on one runtime; all times are seconds.

    ``convert_s`` is the export, conversion or compilation, 0 where nothing is converted; ``cached`` says that a former
    one was used and ``convert_s`` is only what finding it took. ``first_call_s`` is the first forward pass, in which
    many runtimes still compile or choose kernels. ``error`` is the largest difference from eager float32 over the
    largest magnitude of eager's output, None where it was not checked. ``options`` holds every setting that changes
    speed or numerics, versions included.
    """

    convert_s: float = 0.0
    cached: bool = False
    first_call_s: float | None = None
    error: float | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
