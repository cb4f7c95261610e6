"""``cnnprof cache [clear]``."""

from __future__ import annotations

from typing import Annotated

import typer

from cnnprof.cli.failures import reported
from cnnprof.cli.output import print_table
from cnnprof.errors import FileError, unknown

ACTIONS = ("show", "clear")


@reported
def cache(
    action: Annotated[
        str, typer.Argument(metavar="clear", show_default=False, help="Remove them all.")
    ] = "show",
    traceback: Annotated[bool, typer.Option("--traceback", help="Show the traceback of an error.")] = False,
) -> None:
    """Show the converted models that are kept, or remove them."""
    if action not in ACTIONS:
        raise unknown("action", action, ACTIONS)
    from cnnprof.render.cached import cache_report, cleared_report
    from cnnprof.runtimes.cache.entries import open_cache

    found = open_cache()
    if found.root.exists() and not found.root.is_dir():
        raise FileError(f"the cache {found.root} is not a folder", "name another with CNNPROF_CACHE")
    try:
        if action == "clear":
            report = cleared_report(str(found.root), found.clear())
        else:
            report = cache_report(str(found.root), found.size())
    except OSError as error:
        path = error.filename or found.root
        raise FileError(
            f"cannot {action} the cache: {path}: {error.strerror}", "check its permissions"
        ) from error
    print_table(report)
