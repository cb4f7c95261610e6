"""What was measured: every sample, what was witnessed while it was taken, and the statistics drawn from it."""

from __future__ import annotations

from dataclasses import dataclass, field

WIDE = 1.3  # times the low end: the high end of an interval that says little about size


@dataclass(frozen=True, slots=True)
class Witness:
    """What the machine did besides our work during one turn; the only grounds on which a round is dropped.

    ``stolen_s``: time the hypervisor gave to others; ``foreign_s``: core time that other processes used on
    the cores we may use (counted in ticks of 10 ms, so that a single turn's can be slightly negative);
    ``switches``: involuntary context switches of this process; ``throttled_s``: time held back by the
    cgroup's quota; ``waited_s``: time our threads were ready to run but had no core, summed over threads;
    ``faults``: page faults of this process; ``cores`` we may use, ``threads`` that compute. A reading the machine does
    not offer is None.
    """

    stolen_s: float | None = None
    foreign_s: float | None = None
    switches: int | None = None
    throttled_s: float | None = None
    waited_s: float | None = None
    faults: int | None = None
    cores: int | None = None
    threads: int | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One model's consecutive calls within one round: seconds of each call, in order.

    The first call finds the caches as another model left them: it is kept here and counted in no statistic.
    ``generation`` tells the processes apart: every model has a fresh one in each (from 0). ``core`` is the one that
    the calls were made from, None where it is not known. ``launch_s``: seconds that the host took to queue a call, on
    an accelerator.
    """

    round: int
    position: int
    seconds: tuple[float, ...]
    witness: Witness
    dropped: str = ""  # the witness that disqualified the round, or empty
    generation: int = 0
    lead_in: bool = False  # the witness was read after the first call
    core: int | None = None
    launch_s: float | None = None

    @property
    def watched(self) -> tuple[float, ...]:
        """The calls that the witness tells of."""
        return self.seconds[1:] if self.lead_in else self.seconds

    @property
    def counted(self) -> tuple[float, ...]:
        """The calls that statistics are drawn from: all but the first, unless it is the only one."""
        return self.seconds[1:] or self.seconds


@dataclass(frozen=True, slots=True)
class Outliers:
    """How many calls are far from the others of their process: beyond the fences of Tukey (1977), 1.5 (mild) or 3
    (severe) times the range of the middle half from its ends. They are counted, never dropped.
    """

    fast: int = 0
    slow: int = 0
    very_slow: int = 0


@dataclass(frozen=True, slots=True)
class Timing:
    """The latency of one model: all times are seconds of one forward pass of one batch.

    ``low_s`` to ``high_s`` is the median's 95% interval, without width where there are too few samples for one.
    ``samples`` counts the calls behind the statistics; ``turns`` holds those and all others. ``stable``: warmed up to a
    steady state and, for the most part, undisturbed since. ``spread`` is the largest over the smallest median of its
    processes, less 1 (0.02 is 2%), which the machine's drift between them is part of; None where there was one process.
    ``outliers`` are among the samples.
    """

    median_s: float
    low_s: float
    high_s: float
    min_s: float
    p90_s: float | None
    samples: int
    stable: bool
    warmup_calls: int
    warmup_s: float
    first_call_s: float
    turns: tuple[Turn, ...] = field(repr=False)
    warnings: tuple[str, ...] = ()
    spread: float | None = None
    outliers: Outliers = Outliers()


@dataclass(frozen=True, slots=True)
class Ratio:
    """Time of one model over time of the baseline, from paired turns of the same round.

    A round gives the log of the median of a model's ``counted`` calls less the baseline's, and less that of its twin
    where there is one. ``ratio`` is of the median of all means of two such (Hodges and Lehmann 1963), with a twin of
    the mean of both medians, of several processes the mean of theirs, weighted by how well each is known. ``low`` to
    ``high`` is its 95% interval, without width where there are too few pairs for one. ``verdict``: ``faster``,
    ``slower``, ``not resolved`` or ``baseline``.

    ``floor`` is the smallest deviation from 1 (0.02 is 2%) that this session could tell from a model compared with
    itself; ``needed_s`` the budget in seconds that would resolve it, None where none within reason would;
    ``needed_processes`` how many processes of each model, where it is they that differ. Without ``trusted`` too few
    rounds were undisturbed: no call counts for longer than the median of its model's turns, and the interval is of the
    neighbours too.
    """

    ratio: float
    low: float
    high: float
    verdict: str
    pairs: int
    floor: float | None = None
    needed_s: float | None = None
    needed_processes: int | None = None
    trusted: bool = True

    @property
    def is_resolved(self) -> bool:
        """Whether it is known which of the two is faster."""
        return self.verdict in ("faster", "slower")

    @property
    def is_wide(self) -> bool:
        """Whether the interval spans so much that a figure inside of it is no confirmation."""
        return self.high > WIDE * self.low


@dataclass(frozen=True, slots=True)
class Measurement:
    """All models of one interleaved session that could be timed, in the order given.

    ``ratios[i]`` sets model i against the baseline; there are none where the baseline could not be timed.
    ``processes`` is how many each model had, one after the other; ``process_sd`` is by what fraction (0.01 is 1%) two
    processes of a model differ, the machine's drift left out: the standard deviation that all models share, estimated
    with ``process_freedom`` degrees of freedom. ``spent_s`` counts against the budget; ``startup_s`` is what starting
    processes, making models ready and warming up took apart from it. ``twin`` holds the turns of the baseline's second
    instance, which ratios to the baseline draw on as well.
    """

    timings: tuple[Timing, ...]
    ratios: tuple[Ratio, ...]
    rounds: int
    dropped_rounds: int
    spent_s: float
    floor: float | None
    interrupted: bool = False
    warnings: tuple[str, ...] = ()
    processes: int = 1
    process_sd: float | None = None
    process_freedom: int = 0
    startup_s: float = 0.0
    twin: tuple[Turn, ...] = field(default=(), repr=False)
