"""``cnnprof env``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from cnnprof.cli.failures import reported
from cnnprof.cli.output import check_format, print_table

FORMATS = ("table", "json", "md")


@reported
def show_environment(
    form: Annotated[
        str, typer.Option("--format", metavar="NAME", help="Standard output as table, json or md.")
    ] = "table",
    traceback: Annotated[bool, typer.Option("--traceback", help="Show the traceback of an error.")] = False,
) -> None:
    """Show what this machine is and how far to trust its timings."""
    check_format(form, FORMATS)
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
