"""The report of ``--verify``: independent counters run on the same network, and where they differ."""

from __future__ import annotations

from collections.abc import Sequence

from cnnprof.records.convention import Audit, Difference
from cnnprof.records.grid import counted_once
from cnnprof.records.labels import labels
from cnnprof.records.profile import Profile
from cnnprof.render.text import numbers
from cnnprof.render.text.table import Column, Report, Row, Table, notes

TOTALS = (
    Column("counter", align="left"),
    Column("version", align="left", priority=1),
    Column("counts"),
    Column("cnnprof"),
    Column("result", align="left"),
)
DIFFERENCES = (
    Column("module", align="left"),
    Column("op", align="left"),
    Column("counter"),
    Column("cnnprof"),
    Column("difference", priority=1),
)


def verified_report(profiles: Sequence[Profile], named: bool = False) -> Report:
    """What was verified of each profile; under its name where there are several, or where ``named``."""
    counted = counted_once(profiles)
    headed = named or len(counted) > 1
    return tuple(
        block
        for profile, label in zip(counted, labels(counted), strict=True)
        if profile.audits
        for block in (*notes(label if headed else "", style="heading"), *audits_report(profile.audits))
    )


def audits_report(audits: Sequence[Audit]) -> Report:
    """A row a counter, then for each that differs the ops on which it does, with the reason."""
    if not audits:
        return ()
    totals = Table(TOTALS, tuple(map(_total, audits)), title="verified against")
    details = [block for audit in audits if audit.differences for block in _differences(audit)]
    return (totals, *details)


def _total(audit: Audit) -> Row:
    if audit.problem:
        return (
            audit.counter,
            audit.version,
            "",
            numbers.exact(audit.ours),
            f"could not run: {audit.problem}",
        )
    off = audit.theirs - audit.ours
    result = "the same" if off == 0 else f"{off:+,}"
    return (audit.counter, audit.version, numbers.exact(audit.theirs), numbers.exact(audit.ours), result)


def _differences(audit: Audit) -> Report:
    """Rows of one reason stand together below it."""
    reasons = dict.fromkeys(difference.reason for difference in audit.differences)
    ordered = [found for reason in reasons for found in audit.differences if found.reason == reason]
    groups = {_first(ordered, reason): reason for reason in reasons}
    title = f"where {audit.counter} and cnnprof differ, in multiply-adds"
    unexplained = audit.theirs - audit.ours - sum(found.theirs - found.ours for found in audit.differences)
    remark = f"{unexplained:+,} are not explained by these ops" if unexplained else ""
    return (Table(DIFFERENCES, tuple(map(_difference, ordered)), title=title, groups=groups), *notes(remark))


def _first(differences: Sequence[Difference], reason: str) -> int:
    return next(i for i, difference in enumerate(differences) if difference.reason == reason)


def _difference(difference: Difference) -> Row:
    return (
        difference.path or "(network)",
        difference.kind,
        numbers.exact(difference.theirs),
        numbers.exact(difference.ours),
        f"{difference.theirs - difference.ours:+,}",
    )
