"""Which reports and rows of ``profile`` may be asked for together; refused before anything is measured."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from cnnprof.cli.output import asked_forms, check_shown
from cnnprof.cli.request import one_setting
from cnnprof.cli.values import at_least_one
from cnnprof.errors import UnknownNameError
from cnnprof.results.network import Rows

if TYPE_CHECKING:
    from cnnprof.cli.options import Options


def check_alone(reports: Mapping[str, bool], others: Mapping[str, object]) -> None:
    """UnknownNameError where a report of its own is asked for together with what would not be in it."""
    for report, asked in reports.items():
        for option, given in {**reports, **others}.items():
            if asked and given and option != report:
                raise UnknownNameError(
                    f"{report} is a report of its own, without {option}", "ask for one at a time"
                )


def check_measures(options: Options) -> None:
    """UnknownNameError for ``--time`` beside the option that forbids any."""
    if options.no_latency:
        raise UnknownNameError("--time measures, and --no-latency forbids it", "leave out one of the two")


def check_rows(depth: int | None, top: int | None) -> None:
    """UnknownNameError for a depth or a number of rows below 1."""
    for option, value in (("depth", depth), ("top", top)):
        if value is not None:
            at_least_one(option, value)


def check_rows_shown(options: Options, rows: Rows, forms: Collection[str] = ("table", "md", "csv")) -> None:
    """UnknownNameError for a depth or a number of rows where results are asked for in none of ``forms``."""
    for option, given in (("--depth", rows.depth), ("--top", rows.top)):
        if given:
            check_shown(option, asked_forms(options), forms)


def check_layers(options: Options, rows: Rows, roofline: bool) -> None:
    """UnknownNameError for rows of layers that would not be in the report.

    A report of several engines or batches has none, and that of ``--roofline`` sums up no modules.
    """
    if roofline and rows.depth and not rows.layers:
        raise UnknownNameError(
            "--depth sums up the rows of --layers, which --roofline alone has not",
            "add --layers, or leave out --depth",
        )
    asked = {"--layers": rows.layers, "--depth": rows.depth, "--top": rows.top}
    for option in [option for option, given in asked.items() if given][:1]:
        one_setting(options, f"profile {option}")
