"""Where results go: standard output in the format asked for, and the files of ``-o``."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from cnnprof.cli.failures import say, say_error, silence_standard_output
from cnnprof.cli.interrupts import ignore_interrupts, interrupted_code, listen_to_interrupts, may_block
from cnnprof.errors import FileError, UnknownNameError
from cnnprof.interrupts import without_interrupts
from cnnprof.results.formats import SUFFIXES, Results, check_format
from cnnprof.results.pictures import PICTURES, pictures_among

if TYPE_CHECKING:
    from cnnprof.cli.options import Options
    from cnnprof.render.text.table import Report


def check_outputs(options: Options, pictures: bool = False) -> None:
    """Refuse a format that is not offered and files that could not be written, before anything is measured."""
    check_format(options.format)
    if paths := options.output:
        from cnnprof.store.files import check_files

        if not pictures:
            check_tables(paths)
        check_files(paths, (*SUFFIXES, *PICTURES) if pictures else SUFFIXES)


def check_tables(paths: Sequence[Path]) -> None:
    """UnknownNameError for a picture, where nothing can be drawn whatever else is asked for."""
    for path in pictures_among(paths):
        raise UnknownNameError(
            f"-o {path}: no picture is drawn here",
            f"the suffix decides the format: {' '.join(SUFFIXES)}; "
            "compare, profile --roofline and profile --memory draw",
        )


def check_shown(option: str, asked: Sequence[str], forms: Collection[str]) -> None:
    """UnknownNameError for an option that is seen in ``forms`` alone, where results are asked for in none of them."""
    if not set(asked) & set(forms):
        raise UnknownNameError(
            f"{option} changes nothing in {' and '.join(asked)}", f"it is seen in {', '.join(forms)}"
        )


def asked_forms(options: Options) -> list[str]:
    """The formats of standard output and of the files, but for pictures."""
    files = (SUFFIXES.get(path.suffix.lower(), "") for path in options.output or ())
    return list(dict.fromkeys((options.format, *filter(None, files))))


def deliver(results: Results, form: str, paths: Sequence[Path] | None, quiet: bool) -> int:
    """Save first, so that nothing is lost with a pipe; print; then tell of warnings and of files that failed.

    Returns the exit code: that of a file that could not be written, else 0.
    """
    with without_interrupts():  # a second one waits
        failures = _save(results, paths or ())
    if may_block(sys.stdout):
        listen_to_interrupts()
    try:
        print_results(results, form)
    except BrokenPipeError:  # its reader has what it wanted; what follows is for the user
        silence_standard_output()
    except KeyboardInterrupt:  # while nobody reads: the files are saved
        silence_standard_output()
        raise typer.Exit(interrupted_code()) from None
    ignore_interrupts()
    for warning in results.warnings:
        say(f"warning: {warning}")
    saved = [str(path) for path in paths or () if path not in failures]
    if saved and not quiet:
        say(f"saved {', '.join(saved)}")
    for failure in failures.values():
        say_error(failure)
    return FileError.exit_code if failures else 0


def _save(results: Results, paths: Sequence[Path]) -> dict[Path, FileError]:
    if not paths:
        return {}
    from cnnprof.store.files import write_files

    return write_files({path: results.content(path) for path in paths})


def print_results(results: Results, form: str) -> None:
    """The results on standard output."""
    if form == "table":
        print_table(results.report)
    else:
        sys.stdout.write(results.text(form))
    sys.stdout.flush()  # before anything goes to standard error


def print_table(report: Report) -> None:
    """A report on standard output."""
    from cnnprof.render.text.console import print_report

    print_report(report, sys.stdout)
