"""The report of ``explain`` at the widths users have, its columns added up again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cnnprof.comparison.quotes import quotes
from cnnprof.records.explanation import Amount, Explanation, Part
from cnnprof.render.explain import explain_report, kinds_table
from cnnprof.render.text.console import plain_text
from tests.factory import comparison, ratio
from tests.golden import check_golden


def amount(ms: float) -> Amount:
    return Amount(ms / 1e3, (ms - 0.1) / 1e3, (ms + 0.1) / 1e3)


def part(kind: str, causes: tuple[float, float, float, float], times: tuple[float, float]) -> Part:
    arithmetic, memory, overhead, efficiency = map(amount, causes)
    return Part(
        kind,
        amount(sum(causes)),
        arithmetic,
        memory,
        overhead,
        efficiency,
        (times[0] / 1e3, times[1] / 1e3),
        (20, 31),
    )


PARTS = (
    replace(part("pointwise conv", (-0.5, 1.5, 0.25, 0.75), (6.0, 8.0)), layer_overhead_s=22.7e-6),
    replace(part("normalisation", (0.0, 2.0, 0.5, 1.5), (1.5, 5.5)), layer_overhead_s=9.1e-6),
    part("shuffle, concat", (0.0, -0.25, 0.0, -0.25), (2.0, 1.5)),
    replace(part("outside layers", (0.0, 0.0, 2.16, 0.0), (2.84, 5.0)), layers=(0, 0)),
)


def explanation() -> Explanation:
    total = replace(part("total", (-0.5, 3.25, 2.91, 2.0), (12.34, 20.0)), macs=(144_870_704, 141_200_000))
    found = Explanation(
        models=("shufflenet_v2", "ghostnet"),
        runtime="eager",
        ratio=ratio(1.62, "slower"),
        latencies=(0.01234, 0.02),
        total=total,
        parts=PARTS,
        slowdowns=(ratio(1.05, "slower"), ratio(1.04, "slower")),
        scales=(1.0, 0.98),
        macs_per_s=100e9,
        bytes_per_s=20e9,
        rounds=40,
    )
    return replace(found, sentences=quotes(found))


@pytest.mark.parametrize(("label", "width"), [("80", 80), ("100", 100), ("piped", None)])
def test_report(label: str, width: int | None) -> None:
    text = plain_text(explain_report(comparison(2).profiles, explanation()), width)
    check_golden(f"explain_{label}.txt", text)
    assert width is None or max(map(len, text.splitlines())) <= width


def test_every_column_adds_up_to_its_last_row() -> None:
    table = kinds_table(explanation())
    for index in range(2, len(table.columns)):
        cells = [float(row[index].split(" ")[0]) for row in table.rows]
        assert sum(cells[:-1]) == pytest.approx(cells[-1])


def test_the_largest_difference_stands_first_and_the_gap_last() -> None:
    rows = [row[0] for row in kinds_table(explanation()).rows]
    assert rows == ["normalisation", "outside layers", "pointwise conv", "shuffle, concat", "total"]


def test_layers_that_were_shrunk_are_named() -> None:
    text = plain_text(explain_report(comparison(2).profiles, explanation()))
    assert "ghostnet's layers scaled down by 2.0 % to fit the call without them" in text
    fits = replace(explanation(), scales=(1.0, 1.0))
    assert "uncounted" not in text
    odd = [
        replace(each, counts=replace(each.counts, uncounted_ops=(("aten.foo", 2),)))
        for each in comparison(2).profiles
    ]
    assert "aten.foo x2" in plain_text(explain_report(odd, explanation()))
    assert "scaled down" not in plain_text(explain_report(comparison(2).profiles, fits))
