"""The words of ``cnnprof cache``."""

from __future__ import annotations

from cnnprof.records.cached import Cached
from cnnprof.render.cached import cache_report, cleared_report
from cnnprof.render.text.markdown import to_markdown

KINDS = (Cached("ncnn", 1, 1_500_000), Cached("onnx", 2, 28_000_000))


def test_kinds_and_their_sum() -> None:
    text = to_markdown(cache_report("/home/me/.cache/cnnprof", KINDS))
    assert "/home/me/.cache/cnnprof" in text
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if "|" in line]
    assert rows[2:] == [["ncnn", "1", "1.50 MB"], ["onnx", "2", "28.0 MB"], ["all", "3", "29.5 MB"]]


def test_an_empty_cache() -> None:
    assert "/c: empty" in to_markdown(cache_report("/c", ()))
    assert "/c: nothing to remove" in to_markdown(cleared_report("/c", ()))


def test_what_was_freed() -> None:
    assert "/c: removed 3 conversions, freed 29.5 MB" in to_markdown(cleared_report("/c", KINDS))
    assert "/c: removed 1 conversion, freed 1.50 MB" in to_markdown(cleared_report("/c", KINDS[:1]))
