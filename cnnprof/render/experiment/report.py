"""The report of ``experiment``: the paper's figures beside this machine's, and whether the effect holds here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from cnnprof.records.experiment import Effect, Experiment, ExperimentResult, Group, Row
from cnnprof.records.profile import Profile
from cnnprof.render.comparison.report import failure_lines
from cnnprof.render.experiment.agreement import agreement_report
from cnnprof.render.experiment.table import DERIVED, MARKS, experiment_table, platforms_of
from cnnprof.render.text import numbers
from cnnprof.render.text.table import Report, notes
from cnnprof.render.text.words import MEMORY, PAPER, listed, machine, setting

UNMARKED = "macs without a mark print as the paper's, rounded or cut off"
CHANGED = "built otherwise than in the paper, as --arg or --input asks"
INTERVAL = (
    "in brackets: the 95 % interval; ratios are of times, to the first row of each group, there and here"
)


def experiment_report(result: ExperimentResult) -> Report:
    """Title, tables, effects, agreement of orders, decisions, and how the numbers were taken."""
    experiment, profiles = result.experiment, result.profiles
    timed = any(profile.timing for profile in profiles)
    return (
        *notes(f"{experiment.name}: {experiment.title}. {experiment.source}", style="heading"),
        *notes(f"the paper says: {experiment.claim}", f"here: {setting(profiles)}"),
        *_tables(result, timed),
        *notes(*failure_lines(profiles)),
        *notes(*_reasons(result)),
        *notes(*(_sentence(experiment, effect) for effect in result.effects), _summary(result.effects)),
        *agreement_report(result),
        *notes("left open by the paper, and decided here:", *(f"- {text}" for text in experiment.decisions)),
        *notes(*_circumstances(result, timed), style="dim"),
    )


def _tables(result: ExperimentResult, timed: bool) -> Report:
    """One table for each run of groups that share their platforms."""
    experiment = result.experiment
    runs = groupby(result.groups, lambda group: platforms_of(experiment, group.group))
    return tuple(experiment_table(experiment, list(groups), platforms, timed) for platforms, groups in runs)


def _reasons(result: ExperimentResult) -> Iterator[str]:
    """Why a count is not the printed one, and what is not built; each reason once."""
    groups = [group.group for group in result.groups]
    built = {id(row): profile for group in result.groups for row, profile in group.members}
    ruled: dict[tuple[str, str], list[str]] = {}
    marked: dict[tuple[str, str], list[str]] = {}
    missing: dict[str, list[str]] = {}
    for group in groups:
        for row in group.rows:
            label = _named(row, group, groups)
            if not row.model:
                missing.setdefault(row.differs, []).append(label)
                continue
            profile = built[id(row)]
            how = row.judge(profile.counts, profile.request.batch)
            if how == "rule" and row.rule:
                ruled.setdefault((row.rule.name, row.differs), []).append(f"{label} {_total(row, profile)}")
            elif how != "exact":
                marked.setdefault((how, row.differs or CHANGED), []).append(label)
    for (rule, reason), totals in ruled.items():
        yield f"+ as printed with {rule}: {listed(dict.fromkeys(totals))}; {reason}"
    for (how, reason), labels in sorted(marked.items(), key=lambda item: item[0][0] == "differs"):
        told = "as printed elsewhere: " if how == "elsewhere" else ""
        yield f"{MARKS[how]} {told}{listed(dict.fromkeys(labels))}: {reason}"
    yield from (f"not built: {listed(labels)} ({reason})" for reason, labels in missing.items())


def _total(row: Row, profile: Profile) -> str:
    """The multiply-adds of an image under the row's rule, with two digits more than the printed ones."""
    assert row.rule is not None
    assert row.macs is not None
    return numbers.closer(row.rule.total(profile.counts, profile.request.batch), row.macs)


def _named(row: Row, group: Group, groups: Sequence[Group]) -> str:
    """The label, with the group's title where another network has the same label."""
    others = [other for one in groups for other in one.rows if other.label == row.label]
    told = len(others) == 1 or (row.model and all(other.model == row.model for other in others))
    return row.label if told else f"{group.title} {row.label}"


def _timed(effects: Sequence[Effect]) -> list[Effect]:
    return [effect for effect in effects if effect.here is not None]


def _sentence(experiment: Experiment, effect: Effect) -> str:
    """``GTX 1080Ti x1: 1:12 takes 1.98x the time of 1:1 there, 1.21x [1.18, 1.25] here: holds, smaller``."""
    if effect.here is None or effect.low is None or effect.high is None:
        return ""
    title = experiment.platform(effect.platform).title
    where = "there" if title in effect.scope else f"on the {title}"
    here = numbers.with_interval(effect.here, effect.low, effect.high, "x")
    return (
        f"{effect.scope}: {effect.contrast} takes {numbers.ratio(effect.published)} the time of "
        f"{effect.base} {where}, {here} here: {effect.verdict}"
    )


def _summary(effects: Sequence[Effect]) -> str:
    """In how many columns the effect holds; empty where there is only one, or none was timed."""
    timed = _timed(effects)
    if len(timed) < 2:
        return ""
    resolved = [effect.verdict for effect in timed if effect.verdict != "not resolved"]
    if not resolved:
        return f"not resolved here in any of the {len(timed)} columns: a longer --budget or a quieter machine may tell"
    holds = [verdict for verdict in resolved if verdict.startswith("holds")]
    sizes = [f"{size.removeprefix('holds, ')} in {holds.count(size)}" for size in dict.fromkeys(holds)]
    others = [verdict for verdict in resolved if verdict not in holds]
    rest = [f"{verdict} in {others.count(verdict)}" for verdict in dict.fromkeys(others)]
    held = f"the effect holds here in {len(holds)} of the {len(resolved)} columns that were resolved"
    return "; ".join([held + (f" ({listed(sizes)})" if sizes else ""), *rest])


def _circumstances(result: ExperimentResult, timed: bool) -> list[str]:
    experiment, profiles = result.experiment, result.profiles
    rows = [row for group in result.groups for row in group.group.rows]
    used = {key for row in rows if row.model for key in row.speeds}
    return [
        *experiment.notes,
        UNMARKED if any(row.macs and row.macs.step > DERIVED for row in rows if row.model) else "",
        *(f"{p.title}: {p.unit}; {p.details}" for p in experiment.platforms if p.key in used),
        INTERVAL if timed else "ratios are of times, to the first row of each group",
        *(_sessions(result) if timed else []),
        f"{MEMORY}; {PAPER}",
        machine(profiles[0].environment) if timed else "",
    ]


def _sessions(result: ExperimentResult) -> list[str]:
    """How the groups were timed: turns, rounds, floor."""
    measured = [group.comparison.measurement for group in result.groups]
    sessions = [measurement for measurement in measured if measurement is not None]
    rounds = sum(session.rounds for session in sessions)
    dropped = sum(session.dropped_rounds for session in sessions)
    spent = sum(session.spent_s for session in sessions)
    floors = [session.floor for session in sessions if session.floor is not None]
    several = f"{len(sessions)} groups, each timed in turns of its own" if len(sessions) > 1 else "one group"
    return [
        f"{several}: {numbers.number_of(rounds, 'interleaved round')} in "
        f"{numbers.duration(spent)}, {dropped} dropped"
        + (" (other work disturbed them)" if dropped else "")
        + (", interrupted" if result.interrupted else ""),
        f"a model against itself came within {_span(floors)}: smaller differences are not resolved"
        if floors
        else "",
    ]


def _span(floors: Sequence[float]) -> str:
    """The floors of all groups: ``1.2 to 1.8 %``."""
    low, high = numbers.deviation(min(floors)), numbers.deviation(max(floors))
    return high if low == high else f"{low.removesuffix(' %') if high.endswith('%') else low} to {high}"
