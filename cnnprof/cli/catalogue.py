"""``cnnprof list [PATTERN]``."""

from __future__ import annotations

from math import inf, nan
from typing import TYPE_CHECKING, Annotated

import typer

from cnnprof.cli.failures import reported
from cnnprof.cli.output import check_shown, print_results
from cnnprof.errors import UnknownNameError, shortened, unknown
from cnnprof.results.formats import Results, check_format

if TYPE_CHECKING:
    from cnnprof.records.entry import Entry

UNITS = {"": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "B": 1e9}


@reported
def list_models(
    pattern: Annotated[
        str, typer.Argument(metavar="PATTERN", help="Part of a name, or a shell pattern: 'shufflenet*'.")
    ] = "*",
    family: Annotated[str, typer.Option(metavar="NAME", help="Only this family.")] = "",
    task: Annotated[str, typer.Option(metavar="NAME", help="Only this task.")] = "",
    max_params: Annotated[
        str, typer.Option(metavar="N", help="At most N parameters, by the exact count, such as 2.5M.")
    ] = "",
    max_macs: Annotated[
        str, typer.Option(metavar="N", help="At most N multiply-adds, by the exact count, such as 150M.")
    ] = "",
    sort: Annotated[
        str, typer.Option(metavar="NAME", help="Sort by name, params, macs, metric or year.")
    ] = "",
    verbose: Annotated[
        bool,
        typer.Option("-v", "--verbose", help="Show sources, exact counts of the layers built, and notes."),
    ] = False,
    counts: Annotated[
        bool, typer.Option("--counts", help="Build and count each network at its default input.")
    ] = False,
    form: Annotated[
        str, typer.Option("--format", metavar="NAME", help="Standard output as table, csv, json or md.")
    ] = "table",
    traceback: Annotated[bool, typer.Option("--traceback", help="Show the traceback of an error.")] = False,
) -> None:
    """List the networks of the zoo with their published figures."""
    check_format(form)
    if verbose:
        check_shown("--verbose", [form], ("table", "md"))
    entries = select(
        pattern, family, task, parse_amount("params", max_params), parse_amount("macs", max_macs)
    )
    if sort:
        entries = ordered(entries, sort)
    if counts and verbose:
        raise UnknownNameError(
            "--counts is a table of its own, without --verbose", "leave out one of the two"
        )
    print_results(tallied(entries) if counts else listed(entries, verbose), form)


def listed(entries: list[Entry], verbose: bool) -> Results:
    """The entries with their published figures."""
    from cnnprof.render.catalogue import catalogue_report, details_report

    report = details_report(entries) if verbose else catalogue_report(entries)
    return Results((), report, csv=lambda: _written(entries, "csv"), json=lambda: _written(entries, "json"))


def _written(entries: list[Entry], form: str) -> str:
    # Only now: what writes results takes longer to import than all else that the list needs.
    from cnnprof.store.documents import entries_csv, entries_json

    return entries_csv(entries) if form == "csv" else entries_json(entries)


def tallied(entries: list[Entry]) -> Results:
    """Every entry counted; this needs torch, which the list itself does not."""
    from cnnprof.pipeline.flow import count_entries
    from cnnprof.render.tally import tally_report

    profiles = count_entries([entry.name for entry in entries])
    return Results(profiles, tally_report(profiles))


def parse_amount(name: str, text: str) -> float:
    """``150M`` as 150 million; no limit where nothing is given."""
    amount = text.strip()
    if not amount:
        return inf
    unit = amount[-1] if amount[-1] in UNITS else ""
    try:
        value = float(amount.removesuffix(unit)) * UNITS[unit]
    except ValueError:
        value = nan
    if not value > 0:
        raise UnknownNameError(
            f"--max-{name} {shortened(text)} is not a number above 0", "for example 150M or 1.5G"
        )
    return value


def ordered(entries: list[Entry], by: str) -> list[Entry]:
    """The entries in another order than that of their families; UnknownNameError for one that is not known."""
    from cnnprof.zoo.catalogue import ORDERS

    if by not in ORDERS:
        raise unknown("order", by, ORDERS, f"one of: {', '.join(ORDERS)}")
    return sorted(entries, key=ORDERS[by])


def select(pattern: str, family: str, task: str, max_params: float, max_macs: float) -> list[Entry]:
    """The entries that match; UnknownNameError names what matched nothing."""
    from cnnprof.zoo.catalogue import catalogue, select_entries

    known = catalogue()
    families = list(dict.fromkeys(entry.family for entry in known.values()))
    tasks = list(dict.fromkeys(entry.task for entry in known.values()))
    if family and family not in families:
        raise unknown("family", family, families)
    if task and task not in tasks:
        raise unknown("task", task, tasks)
    entries = select_entries(pattern, family, task, max_params, max_macs)
    if not entries and select_entries(pattern, family, task):
        raise UnknownNameError(
            "none of these networks is so small",
            "raise --max-params or --max-macs; --sort macs shows the range",
        )
    if not entries and select_entries(pattern):
        raise UnknownNameError(
            f"no model of that family and task matches {pattern!r}", "drop --family or --task"
        )
    if not entries:
        raise unknown("model", pattern, known, otherwise="cnnprof list shows the whole zoo")
    return entries
