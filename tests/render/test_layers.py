"""Layers add up to the totals, and audits say where counters differ."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cnnprof.render.audits import audits_report, verified_report
from cnnprof.render.layers.costs import layer_rows, layers_report, total_row
from cnnprof.render.text.console import plain_text
from tests.factory import OPS, audit, counts, profile


def test_an_audit_names_what_it_cannot_explain_or_run() -> None:
    off = replace(audit(), theirs=1300)
    assert "+10 are not explained by these ops" in plain_text(audits_report([off]))
    failed = replace(audit(), problem="needs real tensors", differences=())
    assert "could not run: needs real tensors" in plain_text(audits_report([failed]))
    same = replace(audit(), theirs=1000, differences=())
    assert "the same" in plain_text(audits_report([same]))
    assert audits_report([]) == ()


def test_audits_stand_under_the_name_of_what_was_counted() -> None:
    found = replace(profile(), audits=(audit(),))
    elsewhere = replace(found, request=replace(found.request, runtime="onnxruntime"))
    assert verified_report([found, elsewhere]) == audits_report([audit()]), "one network, which is known"
    named = plain_text(verified_report([found, elsewhere], named=True)).splitlines()
    assert named[:3] == ["shufflenet_v2", "", "verified against"]
    several = plain_text(verified_report([found, replace(profile("ghostnet"), audits=(audit(),))]))
    assert [line for line in several.splitlines() if "net" in line and "network" not in line] == [
        "shufflenet_v2",
        "ghostnet",
    ]


def numbers_of(line: str) -> list[int]:
    return [int(word.replace(",", "")) for word in line.split() if word.replace(",", "").isdigit()]


def test_the_printed_layers_add_up_to_the_printed_total() -> None:
    lines = plain_text(layers_report(counts())).splitlines()
    rules = [index for index, line in enumerate(lines) if line.startswith("---")]
    rows = [numbers_of(line) for line in lines[rules[0] + 1 : rules[1]]]
    sums = [sum(column) for column in zip(*rows, strict=True)]
    assert len(rows) == 5  # the view is left out
    assert sums == numbers_of(lines[rules[1] + 1])
    assert sums == [sum(getattr(op, name) for op in OPS) for name in ("params", "macs", "memory_bytes")]


@pytest.mark.parametrize("depth", [None, 1, 2, 9])
@pytest.mark.parametrize("top", [None, 1, 3, 99])
def test_layers_add_up_at_any_depth_and_length(depth: int | None, top: int | None) -> None:
    found = replace(counts(), params=counts().params + 17)  # 17 are never read
    rows, total = layer_rows(found, depth, top), total_row(found)
    for name in ("params", "macs", "flops", "memory_bytes"):
        assert sum(getattr(row, name) for row in rows) == getattr(total, name) == getattr(found, name)
    assert top is None or len(rows) <= top + 1


def test_depth_sums_up_modules() -> None:
    ops = (
        replace(OPS[0], input_shapes=((1, 3, 9, 9),)),
        OPS[1],
        replace(OPS[2], output_shapes=((1, 8, 7, 7),)),
        *OPS[3:],
    )
    rows = layer_rows(counts(ops), depth=2)
    assert [(row.path, row.op, row.shapes) for row in rows] == [
        ("features.0", "3 ops", "1x3x9x9 -> 1x8x7x7"),
        ("features.1", "conv", "1x32x112x112 -> 1x64x112x112"),
        ("classifier", "linear", "1x32x112x112 -> 1x64x112x112"),
    ]
    assert rows[0].macs == OPS[0].macs


def test_top_is_the_most_costly_first() -> None:
    rows = layer_rows(counts(), top=2)
    assert [row.path for row in rows] == ["features.1.conv", "features.0.conv", "(3 others)"]


def test_an_uncounted_op_shows_in_the_layers() -> None:
    odd = replace(
        OPS[1], kind="other", status="uncounted", function="torch.fft.fft", memory_bytes=0, params=0
    )
    found = counts((OPS[0], odd))
    assert "torch.fft.fft (uncounted)" in plain_text(layers_report(found))


@pytest.mark.parametrize(("width", "total"), [(80, "18.7 MB"), (None, "18,658,112 B")])
def test_bytes_have_their_unit_at_every_width(width: int | None, total: str) -> None:
    lines = plain_text(layers_report(counts()), width).splitlines()
    assert total in next(line for line in lines if line.startswith("total"))
