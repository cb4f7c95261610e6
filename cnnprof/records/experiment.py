"""A published experiment: its rows as data, and what came of running them here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cnnprof.records.counts import Counts
from cnnprof.records.entry import Figure
from cnnprof.records.profile import Comparison, Profile
from cnnprof.records.ranking import Correlation


@dataclass(frozen=True, slots=True)
class Platform:
    """A device that speed was published for. ``unit`` is of the printed figures: ``ms``, ``s``, ``images/s``, ...

    ``title`` heads its column, ``details`` say what ran on it and how.
    """

    key: str
    title: str
    unit: str
    details: str = ""

    @property
    def is_rate(self) -> bool:
        """Whether more is faster."""
        return self.unit.endswith("/s")

    def time_ratio(self, value: float, base: float) -> float:
        """Time of one over time of the other, from two printed figures."""
        return base / value if self.is_rate else value / base


@dataclass(frozen=True, slots=True)
class Rule:
    """What printed multiply-adds count besides those of convolutions, linear layers and matrix products.

    Of the ``kinds`` of ops every ``per`` floating-point operations that are no multiply-adds count as one.
    """

    name: str
    kinds: tuple[str, ...]
    per: int = 1

    def total(self, counts: Counts, images: int = 1) -> int:
        """The multiply-adds of each of so many images under this rule."""
        others = sum((op.flops - 2 * op.macs) // self.per for op in counts.ops if op.kind in self.kinds)
        return (counts.macs + others) // images


@dataclass(frozen=True, slots=True)
class Row:
    """One network of a table: what the paper prints of it, and how it is built here.

    ``model`` is empty for what is not built, and ``differs`` then says why; for what is built, ``differs`` says why the
    exact multiply-adds are not the ``macs`` that the paper prints, or why they are under ``rule``. ``macs_elsewhere``
    is another figure that is printed of the same network. ``speeds`` are printed figures by platform key.
    """

    label: str
    model: str = ""
    arguments: Mapping[str, object] = field(default_factory=dict)
    input: tuple[int, ...] = (3, 224, 224)
    macs: Figure | None = None
    speeds: Mapping[str, float] = field(default_factory=dict)
    metric: float | None = None
    differs: str = ""
    rule: Rule | None = None
    macs_elsewhere: Figure | None = None

    def reproduced_by(self, counted: int) -> bool:
        """Whether the count is printed as ``macs``, rounded or cut off; also where nothing is printed."""
        return self.macs is None or self.macs.agrees_with(counted)

    def judge(self, counts: Counts, images: int = 1) -> str:
        """``exact`` where ``macs``, of one image, are printed as counted, ``rule`` where under ``rule``, ``elsewhere``
        where ``macs_elsewhere`` are, else ``differs``; ``counts`` are of so many images.
        """
        counted = counts.macs // images
        if self.reproduced_by(counted):
            return "exact"
        if self.rule is not None and self.reproduced_by(self.rule.total(counts, images)):
            return "rule"
        printed = self.macs_elsewhere
        return "elsewhere" if printed is not None and printed.agrees_with(counted) else "differs"


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that take turns with each other; ratios are to the first one built.

    ``contrast`` is the label of the row whose ratio the experiment is about, empty where it is about all of them.
    ``scope`` names the group in a sentence.
    """

    title: str
    source: str
    rows: tuple[Row, ...]
    contrast: str = ""
    scope: str = ""

    @property
    def built(self) -> tuple[Row, ...]:
        """The rows that are networks here."""
        return tuple(row for row in self.rows if row.model)


@dataclass(frozen=True, slots=True)
class Experiment:
    """A table (or a few) of one paper. ``claim`` is what it says there, ``metric_name`` what ``Row.metric`` is.

    ``decisions`` state what the paper leaves open and what is done here; ``options`` are the builder arguments that
    change it, ``open_input`` whether the size of the input is among what is open. ``notes`` are on the figures.
    """

    name: str
    title: str
    source: str
    claim: str
    platforms: tuple[Platform, ...]
    groups: tuple[Group, ...]
    decisions: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    open_input: bool = False
    metric_name: str = ""
    notes: tuple[str, ...] = ()

    def platform(self, key: str) -> Platform:
        """The platform of that key."""
        return next(platform for platform in self.platforms if platform.key == key)


@dataclass(frozen=True, slots=True)
class Effect:
    """The ratio that a group is about: published of one platform, and what was measured here of the same networks.

    ``here`` to ``high`` are a ratio of times with its interval, None where it was not timed. ``verdict`` starts with
    ``holds``, ``does not hold``, ``not resolved`` or ``no effect``.
    """

    scope: str
    contrast: str
    base: str
    platform: str
    published: float
    here: float | None = None
    low: float | None = None
    high: float | None = None
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well each count orders the networks as a platform does, or (``platform`` is ``here``) as this machine does.

    ``pairs`` are those within a group that the platform tells apart and that were resolved here; ``alike`` of them
    have the same order on both. Of this machine there are also correlations with each platform, by its key.
    """

    platform: str
    pairs: int
    alike: int
    correlations: tuple[Correlation, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupResult:
    """One group as it was run: ``comparison.profiles[i]`` is ``rows[i]``."""

    group: Group
    comparison: Comparison

    @property
    def rows(self) -> tuple[Row, ...]:
        """Those of the group that are networks here."""
        return self.group.built

    @property
    def members(self) -> tuple[tuple[Row, Profile], ...]:
        """Each row with its profile."""
        return tuple(zip(self.rows, self.comparison.profiles, strict=True))


@dataclass(frozen=True, slots=True)
class ExperimentResult:
    """An experiment as it was run here."""

    experiment: Experiment
    groups: tuple[GroupResult, ...]
    effects: tuple[Effect, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    interrupted: bool = False
    failure: str = ""  # why the groups end before the last: the error of one of which nothing could be timed
    failure_hint: str = ""
    failure_code: int = 0

    @property
    def profiles(self) -> tuple[Profile, ...]:
        """All profiles, group by group."""
        return tuple(profile for result in self.groups for profile in result.comparison.profiles)
