"""Reports as they were last looked at, one file each.

CNNPROF_RENEW_GOLDENS=1 writes them anew: then read the diff.
"""

from __future__ import annotations

import os
from pathlib import Path

from cnnprof.render.text.console import plain_text
from cnnprof.render.text.table import Report

FOLDER = Path(__file__).parent


def check_golden(name: str, text: str) -> None:
    """Fail unless ``text`` is what the file ``name`` holds."""
    file = FOLDER / name
    if os.environ.get("CNNPROF_RENEW_GOLDENS"):
        file.write_text(text, encoding="utf-8")
        raise AssertionError(f"{name} was renewed: read the diff")
    assert text == file.read_text(encoding="utf-8"), f"{name} has changed"


def check_report(name: str, report: Report, width: int | None) -> None:
    """The report as text is what the file ``name`` holds, and no line is wider than ``width``."""
    text = plain_text(report, width)
    check_golden(name, text)
    assert width is None or max(map(len, text.splitlines())) <= width
