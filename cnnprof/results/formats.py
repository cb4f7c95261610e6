"""The results of a command or a call in each of the formats."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cnnprof.errors import unknown
from cnnprof.results.pictures import PICTURES, picture

if TYPE_CHECKING:
    from cnnprof.records.profile import Comparison, Profile
    from cnnprof.render.plots.chart import Chart
    from cnnprof.render.text.table import Report

FORMATS = ("table", "csv", "json", "md")
SUFFIXES = {".csv": "csv", ".json": "json", ".md": "md"}


def check_format(name: str, known: Collection[str] = FORMATS) -> None:
    """UnknownNameError for a format that is not offered."""
    if name not in known:
        raise unknown("format", name, known)


@dataclass(frozen=True)
class Results:
    """What a command or a call found, ready for any format.

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
        """The results in one of the formats; a table in full, as in a pipe, with the warnings below it."""
        writers: Mapping[str, Callable[[], str]] = {
            "table": self._table,
            "csv": self.csv or self._csv,
            "json": self.json or self._json,
            "md": self._markdown,
        }
        return writers[form]()

    def content(self, path: Path) -> Callable[[], str | bytes]:
        """What makes a file's content, whose suffix says in which form."""
        suffix = path.suffix.lower()
        if suffix in PICTURES:
            return lambda: picture(self.chart() if self.chart else None, path)
        return lambda: self.text(SUFFIXES[suffix])

    def _table(self) -> str:
        from cnnprof.render.text.console import plain_text

        return plain_text(self._with_warnings())

    def _csv(self) -> str:
        from cnnprof.store.documents import profiles_csv

        return profiles_csv(self._told())

    def _json(self) -> str:
        from cnnprof.store.documents import profiles_json

        return profiles_json(self._told(), self.comparison)

    def _told(self) -> Sequence[Profile]:
        """Of one network alone, the warnings of its session are saved as its own."""
        if self.comparison is None or len(self.profiles) > 1:
            return self.profiles
        from cnnprof.pipeline.flow import told_of_session

        return [told_of_session(self.comparison)]

    def _markdown(self) -> str:
        from cnnprof.render.text.markdown import to_markdown

        return to_markdown(self._with_warnings())

    def _with_warnings(self) -> Report:
        from cnnprof.render.text.table import notes

        return (*self.report, *notes(*(f"warning: {warning}" for warning in self.warnings)))
