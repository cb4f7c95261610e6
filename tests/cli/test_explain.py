"""``explain A B`` through the real pipeline, on made-up time."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Cnnprof

FAKE = ("--runtime", "fake", "--quiet")
PAIR = ("explain", "shufflenet_v2_x0_5", "mobilenet_v3_small")


def test_three_sentences_then_the_tables(cnnprof: Cnnprof) -> None:
    outcome = cnnprof(*PAIR, *FAKE)
    assert outcome.code == 0, outcome.err
    lines = outcome.out.splitlines()
    assert lines[0].startswith("why mobilenet_v3_small differs from shufflenet_v2_x0_5: ")
    assert [line.split(":")[0] for line in lines[3:5]] == ["By kind of op", "By cause"]
    assert "by kind of op; A is shufflenet_v2_x0_5, B is mobilenet_v3_small" in lines


def test_csv_adds_up_by_kind_and_by_cause(cnnprof: Cnnprof, tmp_path: Path) -> None:
    file = tmp_path / "gap.csv"
    out = cnnprof(*PAIR, *FAKE, "--format", "csv", "-o", file).out
    assert out == file.read_text()
    rows = list(csv.DictReader(io.StringIO(out)))
    assert {(row["first"], row["second"]) for row in rows} == {
        PAIR[1:3]
    }  # so that files of several pairs can be joined
    gap = next(float(row["seconds"]) for row in rows if (row["kind"], row["cause"]) == ("total", "all"))
    kinds = [row for row in rows if row["kind"] != "total"]
    for chosen in (
        [row for row in kinds if row["cause"] == "all"],
        [row for row in kinds if row["cause"] != "all"],
        [row for row in rows if row["kind"] == "total" and row["cause"] != "all"],
    ):
        assert sum(float(row["seconds"]) for row in chosen) == pytest.approx(gap)
    whole = next(row for row in rows if (row["kind"], row["cause"]) == ("total", "all"))
    assert float(whole["second_s"]) - float(whole["first_s"]) == pytest.approx(gap)
    assert float(whole["seconds_low"]) <= gap <= float(whole["seconds_high"])


def test_json_has_the_explanation_and_both_profiles(cnnprof: Cnnprof) -> None:
    document = json.loads(cnnprof(*PAIR, *FAKE, "--format", "json").out)
    assert [result["layer_times"]["runtime"] for result in document["results"]] == ["fake", "fake"]
    assert document["explanation"]["models"] == ["shufflenet_v2_x0_5", "mobilenet_v3_small"]
    assert len(document["explanation"]["sentences"]) == 3


def test_a_model_does_not_differ_from_itself(cnnprof: Cnnprof) -> None:
    out = cnnprof("explain", "shufflenet_v2_x0_5", "shufflenet_v2_x0_5", *FAKE).out
    assert "the difference is not resolved" in out


@pytest.mark.parametrize(
    "options", [("--no-latency",), ("--runtime", "fake", "--runtime", "eager"), ("--format", "xml")]
)
def test_what_makes_no_sense_is_refused(cnnprof: Cnnprof, options: tuple[str, ...]) -> None:
    assert cnnprof(*PAIR, *options).code == 3


def test_two_models_are_needed(cnnprof: Cnnprof) -> None:
    assert cnnprof("explain", "shufflenet_v2").code == 2
