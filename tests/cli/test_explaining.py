"""``profile --conventions`` and ``guidelines``: through the real pipeline, without timing."""

from __future__ import annotations

import csv
import io
import json

from tests.cli.conftest import Cnnprof


def test_conventions_print_a_total_and_its_parts_for_each_counter(cnnprof: Cnnprof) -> None:
    out = cnnprof("profile", "mobilenet_v2", "--conventions").out
    rows = [line.split() for line in out.splitlines()]
    assert ["thop", "327,486,720", "+26,712,448"] in rows
    assert ["ptflops-aten", "300,775,272", "+1,000"] in rows
    assert ["normalisation:", "4", "an", "element", "+26,712,448"] in rows
    assert "torchstat prints Total params 3,504,872" in out


def test_conventions_as_csv_add_up(cnnprof: Cnnprof) -> None:
    text = cnnprof("profile", "shufflenet_v2", "--conventions", "--format", "csv").out
    totals: dict[str, int] = {}
    parts: dict[str, int] = {}
    for row in csv.DictReader(io.StringIO(text)):
        if row["reason"]:
            parts[row["convention"]] = parts.get(row["convention"], 0) + int(row["amount"])
        else:
            totals[row["convention"]] = int(row["amount"])
    assert len(totals) == 10
    assert {name: totals["paper"] + parts.get(name, 0) for name in totals} == totals


def test_conventions_as_json_hold_the_records(cnnprof: Cnnprof) -> None:
    (result,) = json.loads(cnnprof("profile", "mobilenet_v2", "--conventions", "--format", "json").out)[
        "results"
    ]
    found = {convention["name"]: convention for convention in result["conventions"]}
    assert found["torch"]["per_mac"] == 2
    assert found["thop"]["parts"] == [{"reason": "normalisation: 4 an element", "amount": 26_712_448}]
    assert result["timing"] is None


def test_guidelines_print_the_four_and_the_findings(cnnprof: Cnnprof) -> None:
    out = cnnprof("guidelines", "googlenet", "--top", "5").out
    assert all(f"{guideline}: " in out for guideline in ("G1", "G2", "G3", "G4"))
    assert "none of them has groups" in out
    assert "4 parallel branches of 7 convolutions and poolings, 20 operations" in out
    assert "the 5 of " in out
    assert "each pointwise convolution" not in out


def test_guidelines_of_each_layer(cnnprof: Cnnprof) -> None:
    out = cnnprof("guidelines", "shufflenet_v1", "--layers").out
    rows = [line.split() for line in out.splitlines()]
    assert ["60", "to", "240", "3", "784", "240,000", "113,434", "2.116", "125,440"] in [
        row[1:] for row in rows
    ]


def test_guidelines_as_csv_are_the_findings(cnnprof: Cnnprof) -> None:
    text = cnnprof("guidelines", "shufflenet_v1", "--format", "csv").out
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["guideline"] for row in rows} == {"G1", "G2", "G4"}
    saved = [int(row["saved_bytes"]) for row in rows]
    assert saved == sorted(saved, reverse=True)


def test_a_network_that_departs_from_nothing_has_a_header_all_the_same(cnnprof: Cnnprof) -> None:
    text = cnnprof("guidelines", "block:conv", "--format", "csv").out
    assert text.startswith("guideline,path,module,")
    assert list(csv.DictReader(io.StringIO(text))) == []


def test_guidelines_refuse_no_rows(cnnprof: Cnnprof) -> None:
    assert cnnprof("guidelines", "googlenet", "--top", "0").code == 3


def test_guidelines_by_time(cnnprof: Cnnprof) -> None:
    fake = ("--time", "--runtime", "fake", "--quiet")
    out = cnnprof("guidelines", "ghostnet", *fake, "--top", "6").out
    assert "the 6 of 221 findings that could save most time" in out
    assert "nothing was timed" not in out
    rows = list(csv.DictReader(io.StringIO(cnnprof("guidelines", "ghostnet", *fake, "--format", "csv").out)))
    saved = [float(row["saved_s"]) for row in rows]
    assert saved == sorted(saved, reverse=True)
    assert saved[0] > 0
    assert cnnprof("guidelines", "ghostnet", "--time", "--no-latency").code == 3
