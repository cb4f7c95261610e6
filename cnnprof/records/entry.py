"""What the zoo's catalogue says of one network: where it comes from and what was published of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Paper:
    """Where an architecture was published; ``arxiv`` is empty where there is no preprint."""

    title: str
    year: int
    arxiv: str = ""

    def __str__(self) -> str:
        number = f", arXiv:{self.arxiv}" if self.arxiv else ""
        return f"{self.title} ({self.year}{number})"


@dataclass(frozen=True, slots=True)
class Figure:
    """A published figure in base units (scalars, multiply-adds, percent), and where it stands.

    ``step`` is one unit in the last printed digit: "3.4 M" is ``Figure(3_400_000, 100_000, "Table 4")``.
    """

    value: float
    step: float
    where: str

    def agrees_with(self, counted: float) -> bool:
        """Whether ``counted`` would be printed as this figure, rounded or truncated."""
        return self.value - self.step / 2 <= counted < self.value + self.step


@dataclass(frozen=True, slots=True)
class Reference:
    """The public code whose layers this entry builds, and the exact counts of that code."""

    code: str
    params: int
    macs: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One network of the zoo. Torch-free: ``builder`` is imported only when the network is built.

    ``builder`` is ``module:function`` below ``cnnprof.zoo.networks``; ``arguments`` are what this entry passes to it.
    ``differs`` says why the network's exact counts are not the published figures, and is empty where they agree.
    ``notes`` name choices: which code was followed where sources disagree, what is left out.
    """

    name: str
    family: str
    paper: Paper
    builder: str
    reference: Reference
    arguments: Mapping[str, object] = field(default_factory=dict)
    task: str = "classification"
    input: tuple[int, int, int] = (3, 224, 224)
    params: Figure | None = None
    macs: Figure | None = None
    metric: Figure | None = None
    metric_name: str = "ImageNet top-1 %"
    differs: str = ""
    notes: tuple[str, ...] = ()
