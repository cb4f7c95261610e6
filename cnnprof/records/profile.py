"""The answer for one model, and for several set side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnprof.records.convention import Audit, Convention
from cnnprof.records.counts import Counts
from cnnprof.records.entry import Entry
from cnnprof.records.environment import Environment
from cnnprof.records.guidelines import Guidelines
from cnnprof.records.layer_times import LayerTimes
from cnnprof.records.peak import PeakMemory
from cnnprof.records.preparation import Preparation
from cnnprof.records.ranking import Correlation, Front, Misjudgement, Order, Pair
from cnnprof.records.request import Request
from cnnprof.records.roofline import Roofline
from cnnprof.records.timing import Measurement, Ratio, Timing

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True, slots=True)
class Profile:
    """Counts, memory access and latency of one model. ``timing`` is None where latency was not asked for.

    ``source`` says where the model came from (``zoo``, a file, a module); ``entry`` is its catalogue entry, if any.
    ``convention`` holds the figures of the counter asked for, ``conventions`` those of all where asked for,
    ``audits`` the independent counters of ``--verify``, ``guidelines`` what ``cnnprof guidelines`` finds;
    ``as_trained`` the counts before the branches were folded, where ``--deploy`` asked for that;
    ``preparation`` how the runtime was made ready, ``failure`` why it could not be timed, ``layer_times`` where its
    time goes by the runtime's own counters; ``roofline`` how far it is from what the machine can do, ``peak`` what is
    alive while it runs, both where asked for.
    """

    request: Request
    source: str
    counts: Counts
    environment: Environment
    entry: Entry | None = None
    timing: Timing | None = None
    ratio: Ratio | None = None
    device: str = "cpu"
    threads: int | None = None
    convention: Convention | None = None
    conventions: tuple[Convention, ...] = ()
    guidelines: Guidelines | None = None
    audits: tuple[Audit, ...] = ()
    as_trained: Counts | None = None
    preparation: Preparation | None = None
    failure: str = ""
    layer_times: LayerTimes | None = None
    roofline: Roofline | None = None
    peak: PeakMemory | None = None
    warnings: tuple[str, ...] = ()

    @property
    def published(self) -> Entry | None:
        """The catalogue entry, where its figures are of this very network: same input, no builder arguments."""
        return None if self.request.deploy else self._network_of()

    @property
    def published_metric(self) -> float | None:
        """The published accuracy, where it is this very network's: folded branches do not change it, int8 does."""
        entry = None if self.request.dtype == "int8" else self._network_of()
        return entry.metric.value if entry and entry.metric else None

    def _network_of(self) -> Entry | None:
        """The entry whose network this is, folded or not: same input, no builder arguments."""
        entry, request = self.entry, self.request
        same = entry is not None and request.inputs in (None, (entry.input,)) and not request.arguments
        return entry if same else None

    def to_frame(self) -> pandas.DataFrame:
        """One row with the columns of the CSV file."""
        from cnnprof.records.frame import frame

        return frame([self])


@dataclass(frozen=True, slots=True)
class Comparison:
    """Profiles in the order given, timed together; ``baseline`` is the index of the one that ratios refer to.

    Where engines or batches differ, the ratio of a profile is to the baseline's model at its own engine and batch.
    ``pairs``, ``orders``, ``correlations``, ``misjudged`` and ``fronts`` are as ``records.ranking`` describes them.
    ``warnings`` are about all of them, the session's among them.
    """

    profiles: tuple[Profile, ...]
    baseline: int
    measurement: Measurement | None
    sentences: tuple[str, ...] = ()
    correlations: tuple[Correlation, ...] = ()
    pairs: tuple[Pair, ...] = ()
    orders: tuple[Order, ...] = ()
    misjudged: tuple[Misjudgement, ...] = ()
    fronts: tuple[Front, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended the session before its time."""
        return self.measurement is not None and self.measurement.interrupted

    def to_frame(self) -> pandas.DataFrame:
        """One row a model, with the columns of the CSV file."""
        from cnnprof.records.frame import frame

        return frame(self.profiles)
