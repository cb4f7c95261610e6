"""The report of ``--conventions`` at the width of a terminal."""

from __future__ import annotations

from dataclasses import replace

from cnnprof.records.convention import Convention, ConventionPart
from cnnprof.render.counters import counters_report
from cnnprof.render.text.console import plain_text
from tests.factory import profile

LONG = "activations counted again in the function the module calls: 1 an element"


def test_a_long_reason_is_continued_in_rows_below() -> None:
    macs = profile("mobilenet_v2").counts.macs
    made = Convention("ptflops", "", (), macs + 1488032, parts=(ConventionPart(LONG, 1488032),))
    report = counters_report(replace(profile("mobilenet_v2"), conventions=(made,)))
    whole, narrow = plain_text(report), plain_text(report, 80)
    assert f"  {LONG} " in whole
    table = narrow.splitlines()[1:]  # below the title
    assert max(map(len, table)) <= 80
    assert LONG in " ".join(narrow.replace("+1,488,032", " ").split())
