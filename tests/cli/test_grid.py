"""Several runtimes and batches on the command line, from what is typed to tables and files."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from cnnprof.records.columns import COLUMNS
from cnnprof.records.profile import Comparison
from cnnprof.records.request import Request
from cnnprof.store.readers import load
from tests.cli.conftest import Cnnprof, FakePipeline
from tests.grids import grid, prepared

NETS = ("shufflenet_v2_x0_5", "squeezenet1_1")
SMALL = ("--input", "64", "--device", "cpu", "--threads", "1", "--budget", "2")


def asked(fake: FakePipeline) -> list[tuple[str, str, int]]:
    return [(request.model, request.runtime, request.batch) for request in fake.requests]


def test_all_pairs_are_asked_for_together(cnnprof: Cnnprof, fake: FakePipeline) -> None:
    options = "--runtime eager --runtime onnxruntime --runtime eager --batch 8 --batch 1 --batch 8"
    cnnprof("compare", "a", "b", "--baseline", "b", *options.split())
    assert asked(fake) == [
        (model, runtime, batch)
        for runtime in ("eager", "onnxruntime")
        for batch in (8, 1)
        for model in ("a", "b")
    ]
    assert fake.baseline == 1


def test_every_dtype_is_asked_for(cnnprof: Cnnprof, fake: FakePipeline) -> None:
    options = "--runtime onnxruntime --dtype float32 --dtype int8 --dtype int8"
    cnnprof("compare", "a", "b", *options.split())
    assert [(request.model, request.dtype) for request in fake.requests] == [
        ("a", "float32"),
        ("b", "float32"),
        ("a", "int8"),
        ("b", "int8"),
    ]


def test_one_model_on_several(cnnprof: Cnnprof, fake: FakePipeline) -> None:
    cnnprof("profile", "a", "--runtime", "openvino", "--batch", "4", "--batch", "2")
    assert asked(fake) == [("a", "openvino", 4), ("a", "openvino", 2)]


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ("--runtime eager --runtime onxruntime", 3, "did you mean onnxruntime?"),
        ("--runtime fake --runtime eager", 3, "made-up time"),
        ("--dtype float32 --dtype int4", 3, "did you mean int8"),
        ("--batch 1 --batch 0", 3, "batch must be a whole number of at least 1, not 0"),
        ("--batch -3", 3, "batch must be a whole number of at least 1, not -3"),
        ("--batch=", 3, "batch '' is not a number of images"),
        ("--batch 1,8", 3, "--batch 1 --batch 8"),
        ("--batch 1 --batch many", 2, "'many' is not a whole number"),
    ],
)
@pytest.mark.parametrize("command", [("compare", "a", "b"), ("profile", "a")])
def test_values_that_will_not_do(
    command: tuple[str, ...], options: str, code: int, said: str, cnnprof: Cnnprof, fake: FakePipeline
) -> None:
    outcome = cnnprof(*command, *options.split())
    assert outcome.code == code
    assert said in outcome.err
    assert outcome.out == ""
    assert fake.requests == []


@pytest.mark.parametrize(
    "options", ["--batch 1 --batch 2", "--runtime eager --runtime ncnn", "--dtype int8 --dtype float32"]
)
@pytest.mark.parametrize("command", ["scale", "guidelines"])
def test_commands_that_take_one_say_so(command: str, options: str, cnnprof: Cnnprof) -> None:
    outcome = cnnprof(command, "efficientnet_b0", *options.split())
    assert outcome.code == 3
    assert outcome.lines == [
        f"error: {options.split()[0]} is given 2 times: {command} takes one",
        f"hint: compare and a plain profile measure several; give one {options.split()[0]} here",
    ]


def test_a_grid_from_names_to_files(cnnprof: Cnnprof, tmp_path: Path) -> None:
    table, document = tmp_path / "a.csv", tmp_path / "a.json"
    runtimes = ("--runtime", "fake", "--runtime", "fake-wide")
    done = cnnprof("compare", *NETS, *SMALL, *runtimes, "-o", table, "-o", document)
    assert done.code == 0, done.err
    for part in ("latency in ms", "same model's under fake", "order under fake-wide", "with the engine"):
        assert part in done.out
    rows = list(csv.DictReader(StringIO(table.read_text())))
    assert list(rows[0]) == list(COLUMNS)
    assert [(row["model"], row["runtime"], row["batch"]) for row in rows] == [
        (net, runtime, "1") for runtime in ("fake", "fake-wide") for net in NETS
    ]
    assert [row["verdict"] == "baseline" for row in rows] == [True, False, True, False]
    for row, base in ((rows[1], rows[0]), (rows[3], rows[2])):
        expected = float(row["latency_ms"]) / float(base["latency_ms"])
        assert float(row["ratio"]) == pytest.approx(expected, rel=0.02)
    assert len(load(document)) == 4
    told = json.loads(document.read_text())["comparison"]
    assert [(order["runtime"], set(order["models"])) for order in told["orders"]] == [
        ("fake", set(NETS)),
        ("fake-wide", set(NETS)),
    ]
    assert told["session"]["rounds"] > 0


def test_a_batch_sweep_is_one_table(cnnprof: Cnnprof) -> None:
    done = cnnprof("profile", NETS[0], *SMALL, "--runtime", "fake", "--batch", "1", "--batch", "4")
    assert done.code == 0, done.err
    timed = done.out[done.out.index("timed:") :]
    assert timed.count("latency") == 1
    rows = [line.split() for line in timed.splitlines() if line.startswith(f"{NETS[0]}  ")]
    assert [row[1] for row in rows] == ["1", "4"]


def test_rows_of_several_batches_say_which_is_which(cnnprof: Cnnprof) -> None:
    batches = ("--batch", "1", "--batch", "4")
    out = cnnprof(
        "compare", *NETS, *SMALL[:2], "--no-latency", *batches, "--convention", "thop", "--verify"
    ).out
    places = [(net, batch) for batch in ("1", "4") for net in NETS]
    printed = out[out.index("as thop counts") :].splitlines()
    rows = [line.split() for line in printed if line.startswith(tuple(f"{net}  " for net in NETS))]
    assert [(row[0], row[1]) for row in rows] == places
    names = [f"{net} (batch {batch})" for net, batch in places]
    assert [line for line in printed if line in names] == names, "headings of what was verified"


def test_each_batch_of_one_model_is_verified_and_counted(cnnprof: Cnnprof) -> None:
    options = (*SMALL, "--runtime", "fake", "--runtime", "fake-wide", "--batch", "1", "--batch", "4")
    out = cnnprof("profile", NETS[0], *options, "--convention", "thop", "--verify").out
    lines = out.splitlines()
    names = [f"{NETS[0]} (batch {batch})" for batch in (1, 4)]
    assert [line for line in lines if line in names] == names, "runtimes change no count"
    printed = lines[lines.index("as thop counts") : lines.index("timed: 3x64x64, float32, on cpu, 1 thread")]
    assert [line.split()[1] for line in printed if line.startswith(NETS[0])] == ["1", "4"]
    assert out.count("verified against") == 2


def test_counts_alone_stand_batch_by_batch(cnnprof: Cnnprof) -> None:
    out = cnnprof("compare", *NETS, *SMALL[:2], "--no-latency", "--batch", "1", "--batch", "4").out
    rows = [line.split() for line in out.splitlines() if line.startswith(NETS)]
    assert [(row[0], row[1], row[-1]) for row in rows][::2] == [
        (NETS[0], "1", "1.00x"),
        (NETS[0], "4", "1.00x"),
    ]
    assert rows[1][-1] == rows[3][-1]  # the ratio of macs is to the same batch


def test_a_failure_is_a_row_and_the_rest_goes_on(
    cnnprof: Cnnprof, fake: FakePipeline, tmp_path: Path
) -> None:
    def answer(requests: Sequence[Request]) -> Comparison:
        return grid((0, 1), failing="onnxruntime")

    fake.answer = answer
    file = tmp_path / "a.csv"
    done = cnnprof("compare", "shufflenet_v2", "ghostnet", "-o", file)
    assert done.code == 0
    assert "not timed: ghostnet (onnxruntime): the worker was killed: out of memory" in done.out
    assert [row["latency_ms"] == "" for row in csv.DictReader(StringIO(file.read_text()))] == [
        False,
        False,
        False,
        True,
    ]
    assert "out of memory" not in done.err


def test_warnings_name_the_runtime(cnnprof: Cnnprof, fake: FakePipeline) -> None:
    def answer(requests: Sequence[Request]) -> Comparison:
        found = grid((0, 1))
        odd = replace(found.profiles[3], warnings=("not steady",))
        return replace(found, profiles=(*found.profiles[:3], odd))

    fake.answer = answer
    assert cnnprof("compare", "a", "b").lines == ["warning: ghostnet (onnxruntime): not steady"]


def test_what_making_ready_took_is_shown(cnnprof: Cnnprof, fake: FakePipeline) -> None:
    def answer(requests: Sequence[Request]) -> Comparison:
        found = grid((0,))
        return replace(found, profiles=tuple(map(prepared, found.profiles)))

    fake.answer = answer
    out = cnnprof("profile", "shufflenet_v2", "--runtime", "eager", "--runtime", "onnxruntime").out
    assert "preparation" in out
    assert "5.23 s" in out
