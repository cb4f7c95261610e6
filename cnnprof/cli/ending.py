"""How every command ends: its results delivered, then its exit code, then the gate of ``--strict``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

import typer

from cnnprof.cli.failures import say
from cnnprof.cli.interrupts import interrupted_code
from cnnprof.cli.options import Options
from cnnprof.cli.output import deliver
from cnnprof.errors import GateError
from cnnprof.pipeline.interrupted import EarlyInterrupt
from cnnprof.results.formats import Results

if TYPE_CHECKING:
    from cnnprof.records.profile import Comparison, Profile

Found = TypeVar("Found")


def finish_measured(
    measure: Callable[[], Found],
    to_results: Callable[[Found], Results],
    options: Options,
    of_counts: Callable[[Comparison], Results] | None = None,
) -> None:
    """Measure and finish. After Ctrl-C before the first round, with what was counted: as ``of_counts`` makes it, or as
    ``to_results`` does.
    """
    try:
        found = measure()
    except EarlyInterrupt as early:
        finish((of_counts or to_results)(early.counted), options, interrupted=True)
    else:
        results = to_results(found)
        finish(results, options, results.comparison is not None and results.comparison.interrupted)


def finish(results: Results, options: Options, interrupted: bool = False) -> None:
    """Deliver, and end with the code of an interruption or of a file that could not be written, where there was one.

    GateError at ``--strict``, once everything is printed and saved.
    """
    code = deliver(results, options.format, options.output, options.quiet)
    if interrupted:
        timed = any(profile.timing for profile in results.profiles)
        say(
            f"interrupted: {'this is what had been measured' if timed else 'nothing was timed, only counted'}"
        )
        code = interrupted_code()
    if code:
        raise typer.Exit(code)
    if options.strict:
        check_all_counted(results.profiles)


def check_all_counted(profiles: Iterable[Profile]) -> None:
    """The gate of ``--strict``: GateError names the model and its uncounted ops."""
    from cnnprof.records.notation import uncounted_text

    for profile in profiles:
        if profile.counts.uncounted_ops:
            named = uncounted_text(profile.counts.uncounted_ops)
            raise GateError(
                f"{profile.request.model} has uncounted ops: {named}",
                "without --strict they count as nothing",
            )
