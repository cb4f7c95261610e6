"""``profile --layers --time`` through the real pipeline, on made-up time."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from cnnprof.pipeline import explain as explaining
from cnnprof.pipeline import layer_times
from cnnprof.store.readers import load
from tests.cli.conftest import Cnnprof

FAKE = ("--runtime", "fake", "--quiet")


def test_the_table_and_what_the_counters_cost(cnnprof: Cnnprof) -> None:
    outcome = cnnprof("profile", "mobilenet_v2", "--layers", "--time", "--top", "3", *FAKE)
    assert outcome.code == 0
    assert "layers, the 3 that take most time" in outcome.out
    assert "(148 others)" in outcome.out
    assert "(outside layers)" in outcome.out
    assert "without the counters; with them " in outcome.out


def test_csv_of_every_op_adds_up_to_the_call(cnnprof: Cnnprof, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("layers.csv", "net.json")]
    outputs = [part for file in files for part in ("-o", file)]
    outcome = cnnprof("profile", "mobilenet_v2", "--layers", "--time", "--format", "csv", *FAKE, *outputs)
    assert outcome.out == files[0].read_text()
    rows = list(csv.DictReader(io.StringIO(outcome.out)))
    assert rows[0]["path"] == "features.0.0"
    assert rows[-1]["layer"] == "(outside layers)"
    profile = load(files[1])[0]
    times = profile.layer_times
    assert times is not None
    assert len(rows) == len(profile.counts.ops) + 1
    told = [float(row["seconds"]) for row in rows if row["seconds"]]
    assert sum(told) == pytest.approx(times.typical(times.total))
    assert sum(int(row["macs"]) for row in rows if row["macs"]) == profile.counts.macs
    conv = rows[0]
    assert float(conv["gmacs_per_s"]) == pytest.approx(int(conv["macs"]) / float(conv["seconds"]) / 1e9)
    assert float(conv["gbytes_per_s"]) == pytest.approx(
        int(conv["memory_bytes"]) / float(conv["seconds"]) / 1e9
    )


def test_csv_of_modules(cnnprof: Cnnprof) -> None:
    out = cnnprof("profile", "mobilenet_v2", "--time", "--depth", "1", "--format", "csv", *FAKE).out
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["path"] for row in rows] == ["features", "(network)", "classifier", "(outside layers)"]
    row = rows[0]
    assert float(row["gmacs_per_s"]) == pytest.approx(int(row["macs"]) / float(row["seconds"]) / 1e9)
    assert float(row["gbytes_per_s"]) == pytest.approx(int(row["memory_bytes"]) / float(row["seconds"]) / 1e9)
    assert rows[-1]["gmacs_per_s"] == ""


def test_an_interrupt_before_the_first_round_keeps_the_counts(
    cnnprof: Cnnprof, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def ended(*_: object) -> None:
        raise KeyboardInterrupt

    for room in (layer_times, explaining):
        monkeypatch.setattr(room, "make_rig", ended)
    file = tmp_path / "a.json"
    for command in (
        ("profile", "mobilenet_v2", "--time"),
        ("profile", "mobilenet_v2", "--time", "--roofline"),
        ("explain", "mobilenet_v2", "squeezenet1_1"),
        ("guidelines", "mobilenet_v2", "--time"),
    ):
        outcome = cnnprof(*command, *FAKE, "-o", file)
        assert outcome.code == 130, command
        assert outcome.lines[-1] == "interrupted: nothing was timed, only counted"
        assert outcome.out
        found = load(file)
        assert all(profile.counts.macs and profile.timing is None for profile in found)
        file.unlink()


def test_json_has_every_sample(cnnprof: Cnnprof) -> None:
    out = cnnprof("profile", "mobilenet_v2", "--layers", "--time", "--format", "json", *FAKE).out
    (result,) = json.loads(out)["results"]
    times = result["layer_times"]
    assert len(times["layers"][0]["seconds"]) == len(times["total"]) > len(times["counted"])
    assert times["slowdown"]["ratio"] == pytest.approx(1.045, abs=0.01)


def test_what_cannot_be_timed_is_refused_early(cnnprof: Cnnprof) -> None:
    outcome = cnnprof("profile", "mobilenet_v2", "--time", "--no-latency")
    assert outcome.code == 3
    assert "--no-latency forbids it" in outcome.err
