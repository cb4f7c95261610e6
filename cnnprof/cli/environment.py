"""``cnnprof env``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from cnnprof.cli.failures import reported, say
from cnnprof.cli.interrupts import interrupted_code
from cnnprof.cli.output import print_results
from cnnprof.cli.progress import shown_progress
from cnnprof.cli.values import at_least_one
from cnnprof.errors import UnknownNameError
from cnnprof.results.formats import Results, check_format

if TYPE_CHECKING:
    from cnnprof.records.machine import MachineCheck

FORMATS = ("table", "json", "md")
FLOATS = ("float32", "bfloat16", "float16")


@reported
def show_environment(
    measure: Annotated[
        bool,
        typer.Option(
            "--measure",
            help="Measure its limits, and what difference it can resolve now: half a minute or more.",
        ),
    ] = False,
    threads: Annotated[
        int | None, typer.Option(metavar="N", help="With --measure: CPU threads. Default: the cores allowed.")
    ] = None,
    dtype: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="With --measure: limits of float32, bfloat16, float16 or int8. Default: all but int8. Repeatable.",
        ),
    ] = None,
    runtime: Annotated[str, typer.Option(hidden=True)] = "eager",
    form: Annotated[
        str, typer.Option("--format", metavar="NAME", help="Standard output as table, json or md.")
    ] = "table",
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")] = False,
    traceback: Annotated[bool, typer.Option("--traceback", help="Show the traceback of an error.")] = False,
) -> None:
    """Show what this machine is and how far to trust its timings."""
    check_format(form, FORMATS)
    if not measure:
        if threads is not None or dtype:
            raise UnknownNameError("--threads and --dtype are for what is measured", "add --measure")
        print_results(described(), form)
        return
    check = measured(threads, dtype or FLOATS, runtime, quiet)
    print_results(tested(check), form)
    for warning in check.warnings:
        say(f"warning: {warning}")
    if check.interrupted:
        say("interrupted: this is what had been measured")
        raise typer.Exit(interrupted_code())


def measured(threads: int | None, dtypes: Sequence[str], runtime: str, quiet: bool) -> MachineCheck:
    """The machine's limits and resolution; UnknownNameError for a thread count or dtype that will not do."""
    from cnnprof.pipeline.asked import check_settings
    from cnnprof.pipeline.machine import check_machine

    check_settings([runtime], dtypes, [])
    if threads is not None:
        at_least_one("threads", threads)
    with shown_progress(quiet) as on_progress:
        return check_machine(tuple(dict.fromkeys(dtypes)), threads, runtime=runtime, on_progress=on_progress)


def described() -> Results:
    """The machine as the system tells of it."""
    from cnnprof.pipeline.flow import describe_environment
    from cnnprof.render.environment import environment_report
    from cnnprof.store.documents import environment_json

    environment = describe_environment()
    return Results((), environment_report(environment), json=lambda: environment_json(environment))


def tested(check: MachineCheck) -> Results:
    """The machine with what was measured of it."""
    from cnnprof.render.machine import machine_report
    from cnnprof.store.documents import machine_json

    return Results((), machine_report(check), json=lambda: machine_json(check))
