"""``--roofline``, ``--memory``, ``--plot``, pictures and ``env --measure``: made-up time through the real pipeline."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest

from cnnprof.render.plots import library
from tests.cli.conftest import Cnnprof, FakePipeline

FAKE = ("--runtime", "fake", "--threads", "1")


def rows(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_profile_under_its_roof(cnnprof: Cnnprof) -> None:
    ended = cnnprof("profile", "squeezenet1_1", "--roofline", "--top", "3", *FAKE)
    assert ended.code == 0
    assert ["peak", "100.0", "GMAC/s", "made", "up"] in rows(ended.out)
    assert "the 3 of " in ended.out
    assert "in the order they run" not in ended.out  # --top is the roofline's here


def test_the_flat_columns_are_filled(cnnprof: Cnnprof) -> None:
    text = cnnprof("compare", "squeezenet1_1", "resnet18", "--roofline", "--format", "csv", *FAKE).out
    for row in csv.DictReader(io.StringIO(text)):
        assert float(row["roofline_fraction"]) == pytest.approx(
            float(row["roofline_ms"]) / float(row["latency_ms"])
        )
    without = cnnprof("compare", "squeezenet1_1", "resnet18", "--format", "csv", *FAKE).out
    assert {row["roofline_ms"] for row in csv.DictReader(io.StringIO(without))} == {""}


def test_json_holds_limits_and_layers(cnnprof: Cnnprof) -> None:
    text = cnnprof("profile", "squeezenet1_1", "--roofline", "--format", "json", *FAKE).out
    (result,) = json.loads(text)["results"]
    assert result["roofline"]["ceilings"]["macs"] == {"per_s": 100e9, "by": "made up"}
    assert sum(layer["macs"] for layer in result["roofline"]["layers"]) == result["columns"]["macs"]


def test_compare_under_roofs_and_in_characters(cnnprof: Cnnprof) -> None:
    pytest.importorskip("plotext")
    out = cnnprof("compare", "squeezenet1_1", "resnet18", "--roofline", "--plot", *FAKE).out
    assert "Roofline of 2 networks" in out
    assert "intensity (MAC per byte)" in out
    speed = cnnprof("compare", "squeezenet1_1", "resnet18", "--plot", *FAKE).out
    assert "Multiply-adds and real speed" in speed
    assert "Roofline" not in speed


def test_layers_with_time_under_their_roofs(cnnprof: Cnnprof) -> None:
    out = cnnprof("profile", "squeezenet1_1", "--layers", "--time", "--roofline", "--top", "2", *FAKE).out
    assert "layers that take longest, measured" in out


def test_memory_needs_no_timing(cnnprof: Cnnprof) -> None:
    ended = cnnprof("profile", "mobilenet_v2", "--memory")
    # 96 channels of 112x112 floats, before and after the norm; overwritten, 96 of 112x112 and 96 of 56x56
    assert ["as", "executed", "9.63", "MB", "1.00x", "features.2.layers.0.1", "batch_norm"] in rows(ended.out)
    assert ["fused:", "6,021,120", "bytes"] in rows(ended.out)
    assert "latency" not in ended.out


def test_memory_as_csv_has_a_row_for_each_op_of_each_order(cnnprof: Cnnprof) -> None:
    text = cnnprof("profile", "squeezenet1_1", "--memory", "--format", "csv").out
    found = list(csv.DictReader(io.StringIO(text)))
    assert len({row["order"] for row in found}) == 3
    peaks = [int(row["live_bytes"]) for row in found if row["peak"] == "True"]
    assert peaks == [
        max(int(row["live_bytes"]) for row in found if row["order"] == order)
        for order in dict.fromkeys(row["order"] for row in found)
    ]


def test_memory_as_json(cnnprof: Cnnprof) -> None:
    (result,) = json.loads(cnnprof("profile", "squeezenet1_1", "--memory", "--format", "json").out)["results"]
    executed = result["peak"]["orders"][0]
    assert max(executed["live_bytes"]) == result["columns"]["peak_bytes"]


@pytest.mark.parametrize(
    "command",
    [
        ("compare", "squeezenet1_1", "resnet18", *FAKE),
        ("compare", "squeezenet1_1", "resnet18", "--roofline", *FAKE),
        ("profile", "squeezenet1_1", "--roofline", *FAKE),
        ("profile", "squeezenet1_1", "--memory"),
    ],
    ids=["speed", "rooflines", "roofline", "memory"],
)
def test_pictures_are_files(cnnprof: Cnnprof, tmp_path: Path, command: tuple[str, ...]) -> None:
    pytest.importorskip("matplotlib")
    png, svg = tmp_path / "a.png", tmp_path / "b.SVG"
    ended = cnnprof(*command, "-o", png, "-o", svg)
    assert ended.code == 0
    assert png.read_bytes().startswith(b"\x89PNG\r\n")
    assert svg.read_text().startswith("<?xml")
    assert f"saved {png}, {svg}" in ended.err


REFUSED = {
    ("profile", "squeezenet1_1", "-o", "x.png"): "add --roofline, or --memory",
    ("profile", "squeezenet1_1", "--plot"): "add --roofline, or --memory",
    ("profile", "squeezenet1_1", "--roofline", "--no-latency"): "leave out --no-latency",
    ("compare", "squeezenet1_1", "resnet18", "--no-latency", "-o", "x.svg"): "leave out --no-latency",
    ("compare", "squeezenet1_1", "resnet18", "--no-latency", "--plot"): "leave out --no-latency",
    ("guidelines", "squeezenet1_1", "-o", "x.png"): "the suffix decides the format",
    ("profile", "squeezenet1_1", "--conventions", "-o", "x.svg"): "",
    ("env", "--threads", "2"): "add --measure",
    ("env", "--measure", "--dtype", "float23"): "did you mean float32",
    ("env", "--measure", "--threads", "0"): "--threads 1 is the smallest",
}


@pytest.mark.parametrize("command", REFUSED, ids=" ".join)
def test_what_makes_no_sense_is_refused_before_measuring(
    cnnprof: Cnnprof,
    fake: FakePipeline,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = cnnprof(*command)
    assert ended.code == 3
    assert fake.requests == []
    assert REFUSED[command] in ended.err
    assert len(ended.lines) <= 2
    assert list(tmp_path.iterdir()) == []


def test_a_missing_library_is_told_before_measuring(
    cnnprof: Cnnprof, fake: FakePipeline, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def none(name: str, *_: Any) -> None:
        return None

    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(library, "find_spec", none)
    monkeypatch.setattr(library, "version", missing)
    ended = cnnprof("compare", "a", "b", "-o", tmp_path / "x.png")
    assert (ended.code, fake.requests) == (6, [])
    assert ended.lines[1] == "hint: pip install 'cnnprof[plot]'"
    plotted = cnnprof("compare", "a", "b", "--plot")
    assert plotted.code == 0
    told = "no plot: it is drawn by plotext 6, which is not installed: pip install 'cnnprof[plot]'"
    assert told in plotted.out


def test_too_many_threads_are_refused(cnnprof: Cnnprof) -> None:
    ended = cnnprof("env", "--measure", "--threads", "9999", "--runtime", "fake")
    assert ended.code == 3
    assert "9999" in ended.lines[0]


def test_env_measured(cnnprof: Cnnprof) -> None:
    ended = cnnprof("env", "--measure", "--runtime", "fake", "--threads", "1", "--dtype", "float32")
    assert ended.code == 0
    assert ["float32", "100.0", "20.0", "200.0", "1.0", "made", "up"] in rows(ended.out)
    assert "verdict: good for differences above " in ended.out


def test_env_interrupted_says_so(cnnprof: Cnnprof, monkeypatch: pytest.MonkeyPatch) -> None:
    from cnnprof.pipeline.machine import check_machine

    found = check_machine(("float32",), 1, runtime="fake")
    monkeypatch.setattr(
        "cnnprof.pipeline.machine.check_machine", lambda *a, **k: replace(found, interrupted=True)
    )
    ended = cnnprof("env", "--measure", "--threads", "1", "--dtype", "float32")
    assert ended.code == 130
    assert "float32" in ended.out
    assert ended.lines[-1] == "interrupted: this is what had been measured"


@pytest.mark.parametrize("form", ["json", "md"])
def test_env_measured_in_other_formats(cnnprof: Cnnprof, form: str) -> None:
    out = cnnprof("env", "--measure", "--runtime", "fake", "--threads", "1", "--format", form).out
    if form == "md":
        assert "## verdict: good for differences above " in out
        return
    (result,) = json.loads(out)["results"]
    assert [ceilings["dtype"] for ceilings in result["ceilings"]] == ["float32", "bfloat16", "float16"]
    assert result["resolution"] > 0
    assert result["environment"]["cores"] >= 1
