"""``cnnprof env``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from cnnprof.cli.failures import INTERRUPTED, reported, say
from cnnprof.cli.output import check_format, print_table
from cnnprof.cli.progress import shown_progress
from cnnprof.errors import UnknownNameError, unknown

if TYPE_CHECKING:
    from cnnprof.records.machine import MachineCheck

FORMATS = ("table", "json", "md")
FLOATS = ("float32", "bfloat16", "float16")


@reported
def show_environment(
    measure: Annotated[
        bool,
        typer.Option(
            "--measure", help="Measure its limits and what it can resolve now: about half a minute."
        ),
    ] = False,
    threads: Annotated[
        int | None, typer.Option(metavar="N", help="With --measure: CPU threads. Default: the cores allowed.")
    ] = None,
    dtype: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="With --measure: limits of float32, bfloat16, float16 or int8."),
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
        _show(form)
        return
    check = measured(threads, dtype or FLOATS, runtime, quiet)
    _show_measured(check, form)
    for warning in check.warnings:
        say(f"warning: {warning}")
    if check.interrupted:
        say("interrupted: this is what had been measured")
        raise typer.Exit(INTERRUPTED)


def measured(
    threads: int | None, dtypes: list[str] | tuple[str, ...], runtime: str, quiet: bool
) -> MachineCheck:
    """The machine's limits and resolution; UnknownNameError for a thread count or dtype that will not do."""
    from cnnprof import pipeline

    for dtype in dtypes:
        if dtype not in pipeline.DTYPES:
            raise unknown("dtype", dtype, pipeline.DTYPES)
    if threads is not None and threads < 1:
        raise UnknownNameError(f"threads must be at least 1, not {threads}", "--threads 1 is the smallest")
    with shown_progress(quiet) as on_progress:
        return pipeline.check_machine(
            tuple(dict.fromkeys(dtypes)), threads, runtime=runtime, on_progress=on_progress
        )


def _show(form: str) -> None:
    from cnnprof import pipeline
    from cnnprof.render.environment import environment_report
    from cnnprof.render.markdown import to_markdown
    from cnnprof.store.documents import environment_json

    environment = pipeline.describe_environment()
    if form == "table":
        print_table(environment_report(environment))
    elif form == "md":
        sys.stdout.write(to_markdown(environment_report(environment)))
    else:
        sys.stdout.write(environment_json(environment))


def _show_measured(check: MachineCheck, form: str) -> None:
    from cnnprof.render.machine import machine_report
    from cnnprof.render.markdown import to_markdown
    from cnnprof.store.documents import machine_json

    if form == "table":
        print_table(machine_report(check))
    elif form == "md":
        sys.stdout.write(to_markdown(machine_report(check)))
    else:
        sys.stdout.write(machine_json(check))
