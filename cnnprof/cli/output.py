"""Where results go: standard output in the format asked for, and the files of ``-o``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from cnnprof.cli.failures import INTERRUPTED, say, say_error, silence_standard_output
from cnnprof.cli.interrupts import ignore_interrupts, listen_to_interrupts, may_block
from cnnprof.cli.pictures import PICTURES, picture
from cnnprof.errors import FileError, UnknownNameError, unknown

if TYPE_CHECKING:
    from cnnprof.cli.options import Settings
    from cnnprof.records.profile import Comparison, Profile
    from cnnprof.render.plots.chart import Chart
    from cnnprof.render.text.table import Report

FORMATS = ("table", "csv", "json", "md")
SUFFIXES = {".csv": "csv", ".json": "json", ".md": "md"}


def check_format(name: str, known: Collection[str] = FORMATS) -> None:
    """UnknownNameError for a format that is not offered."""
    if name not in known:
        raise unknown("format", name, known)


def check_outputs(settings: Settings, pictures: bool = False) -> None:
    """Refuse a format that is not offered and files that could not be written, before anything is measured."""
    check_format(settings.format)
    if paths := settings.output:
        from cnnprof.store.files import check_files

        if not pictures:
            check_tables(paths)
        check_files(paths, (*SUFFIXES, *PICTURES) if pictures else SUFFIXES)


def check_tables(paths: Sequence[Path]) -> None:
    """UnknownNameError for a picture, where nothing can be drawn whatever else is asked for."""
    for path in paths:
        if path.suffix.lower() in PICTURES:
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


def asked_forms(settings: Settings) -> list[str]:
    """The formats of standard output and of the files, but for pictures."""
    files = (SUFFIXES.get(path.suffix.lower(), "") for path in settings.output or ())
    return list(dict.fromkeys((settings.format, *filter(None, files))))


@dataclass(frozen=True)
class Results:
    """What a command found, ready for any format.

    CSV has the profiles' flat columns and JSON their whole records, with what ``comparison`` says of them together;
    ``csv`` and ``json`` stand for them where a command's files hold something else. ``chart`` is what a picture shows.
    """

    profiles: Sequence[Profile]
    report: Report
    warnings: Sequence[str] = ()
    csv: Callable[[], str] | None = None
    json: Callable[[], str] | None = None
    comparison: Comparison | None = None
    chart: Callable[[], Chart | None] | None = None

    def text(self, form: str) -> str:
        """The results in one of the formats other than ``table``."""
        writers: Mapping[str, Callable[[], str]] = {
            "csv": self.csv or self._csv,
            "json": self.json or self._json,
            "md": self._markdown,
        }
        return writers[form]()

    def _csv(self) -> str:
        from cnnprof.store.documents import profiles_csv

        return profiles_csv(self._told())

    def _json(self) -> str:
        from cnnprof.store.documents import profiles_json

        return profiles_json(self._told(), self.comparison)

    def _told(self) -> Sequence[Profile]:
        """One network's warnings are also its session's."""
        if self.comparison is None or len(self.profiles) > 1:
            return self.profiles
        from cnnprof.pipeline.flow import told_of_session

        return [told_of_session(self.comparison)]

    def _markdown(self) -> str:
        from cnnprof.render.text.markdown import to_markdown
        from cnnprof.render.text.table import notes

        return to_markdown((*self.report, *notes(*(f"warning: {warning}" for warning in self.warnings))))


def deliver(results: Results, form: str, paths: Sequence[Path] | None, quiet: bool) -> int:
    """Save first, so that nothing is lost with a pipe; print; then tell of warnings and of files that failed.

    Returns the exit code: that of a file that could not be written, else 0.
    """
    from cnnprof.measure.interrupts import without_interrupts

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
        raise typer.Exit(INTERRUPTED) from None
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

    return write_files({path: _content(results, path) for path in paths})


def _content(results: Results, path: Path) -> Callable[[], str | bytes]:
    suffix = path.suffix.lower()
    if suffix in PICTURES:
        return lambda: picture(results.chart() if results.chart else None, path)
    return lambda: results.text(SUFFIXES[suffix])


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
