"""Where results go, and how a command ends."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import signal
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest

from cnnprof.cli import output
from cnnprof.errors import FileError, ModelError
from cnnprof.pipeline.guidelines import assess_guidelines
from cnnprof.pipeline.interrupted import EarlyInterrupt
from cnnprof.records.columns import COLUMNS
from cnnprof.records.profile import Comparison
from cnnprof.records.request import Request
from cnnprof.store.readers import load
from tests.cli.conftest import Cnnprof, FakePipeline
from tests.factory import audit, comparison, convention, counts


def test_a_second_ctrl_c_waits_until_everything_is_handed_over(
    cnnprof: Cnnprof, fake: FakePipeline, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def write(contents: object) -> dict[Path, FileError]:
        signal.raise_signal(signal.SIGINT)
        return {}

    monkeypatch.setattr("cnnprof.store.files.write_files", write)
    before = signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # a job in the background has it ignored
    try:
        outcome = cnnprof("profile", "shufflenet_v2", "-o", str(tmp_path / "x.json"))
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert outcome.code == 0
    assert "1,300,360" in outcome.out


def test_a_file_that_failed_is_told_though_the_reader_left(
    cnnprof: Cnnprof, fake: FakePipeline, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "x.json"
    monkeypatch.setattr(
        "cnnprof.store.files.write_files", lambda _: {path: FileError("cannot write x", "why")}
    )
    monkeypatch.setattr(output, "silence_standard_output", lambda: None)

    def gone(*_: object) -> None:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr(output, "print_results", gone)
    outcome = cnnprof("profile", "shufflenet_v2", "-o", str(path))
    assert outcome.code == FileError.exit_code
    assert "cannot write x" in outcome.err


@pytest.mark.parametrize(
    "command",
    [
        ("profile", "squeezenet1_1", "--no-latency", "-o", "a" * 300 + ".csv"),
        ("profile", "a" * 300 + ".py:net", "--no-latency"),
        ("profile", "a" * 300 + ".pt2", "--no-latency"),
        ("profile", "a" * 300 + ".onnx", "--no-latency"),
    ],
)
def test_a_path_that_the_system_refuses_is_no_bug(cnnprof: Cnnprof, command: Sequence[str]) -> None:
    outcome = cnnprof(*command)
    assert outcome.code == FileError.exit_code
    # To Python 3.14 what has such a name is not there.
    assert "File name too long" in outcome.err or "no such file" in outcome.err
    assert "bug" not in outcome.err


def test_profile_prints_counts_and_latency(cnnprof: Cnnprof, fake: FakePipeline) -> None:
    outcome = cnnprof("profile", "shufflenet_v2")
    assert outcome.code == 0
    assert "1,300,360" in outcome.out
    assert "12.34 [12.11, 12.56] ms" in outcome.out
    assert "layers, in the order" not in outcome.out
    assert outcome.err == ""
    assert "\x1b" not in outcome.out


def test_layers_audits_and_convention_are_added(cnnprof: Cnnprof, fake: FakePipeline) -> None:
    def answer(requests: Sequence[Request]) -> Comparison:
        found = comparison(1)
        full = replace(found.profiles[0], audits=(audit(),), convention=convention())
        return replace(found, profiles=(full,))

    fake.answer = answer
    out = cnnprof("profile", "shufflenet_v2", "--layers", "--verify", "--convention", "torchstat").out
    assert "features.1.conv" in out
    assert "fvcore counts batch norm" in out
    assert "22.10MB" in out
    assert "modules to depth 1" in cnnprof("profile", "shufflenet_v2", "--depth", "1").out
    assert "(4 others)" in cnnprof("profile", "shufflenet_v2", "--top", "1").out


def test_compare_prints_the_table_and_audits_by_model(cnnprof: Cnnprof, fake: FakePipeline) -> None:
    def answer(requests: Sequence[Request]) -> Comparison:
        found = comparison(2)
        audited = tuple(replace(profile, audits=(audit(),)) for profile in found.profiles)
        return replace(found, profiles=audited, warnings=("one core was busy",))

    fake.answer = answer
    outcome = cnnprof("compare", "shufflenet_v2", "ghostnet")
    assert "1.62x [1.58, 1.66]" in outcome.out
    assert outcome.out.count("verified against") == 2
    assert outcome.lines == ["warning: one core was busy"]


def test_a_warning_of_several_models_is_said_once(cnnprof: Cnnprof, fake: FakePipeline) -> None:
    def answer(requests: Sequence[Request]) -> Comparison:
        found = comparison(3)
        first, *others = found.profiles
        warned = (first, *(replace(profile, warnings=("not steady",)) for profile in others))
        return replace(found, profiles=warned)

    fake.answer = answer
    outcome = cnnprof("compare", "shufflenet_v2", "ghostnet", "mobilenet_v2")
    assert outcome.lines == ["warning: ghostnet, mobilenet_v2: not steady"]


@pytest.mark.parametrize("form", ["csv", "json", "md"])
def test_formats_of_standard_output_are_those_of_files(
    form: str, cnnprof: Cnnprof, fake: FakePipeline, tmp_path: Path
) -> None:
    file = tmp_path / f"a.{form}"
    outcome = cnnprof("compare", "shufflenet_v2", "ghostnet", "--format", form, "-o", file, "--quiet")
    assert outcome.code == 0
    assert outcome.out == file.read_text(encoding="utf-8")
    assert outcome.err == ""


def test_files_hold_what_was_measured(cnnprof: Cnnprof, fake: FakePipeline, tmp_path: Path) -> None:
    names = [tmp_path / name for name in ("a.csv", "a.json", "a.md")]
    outcome = cnnprof("compare", "shufflenet_v2", "ghostnet", *(f"-o{name}" for name in names))
    assert outcome.code == 0
    rows = list(csv.DictReader(io.StringIO(names[0].read_text())))
    assert [row["verdict"] for row in rows] == ["baseline", "slower"]
    assert list(rows[0]) == list(COLUMNS)
    assert load(names[1]) == comparison(2).profiles
    assert "| ghostnet |" in names[2].read_text()
    assert outcome.lines == [f"saved {', '.join(map(str, names))}"]


def test_layers_as_csv(cnnprof: Cnnprof, fake: FakePipeline) -> None:
    out = cnnprof("profile", "shufflenet_v2", "--layers", "--format", "csv").out
    rows = list(csv.DictReader(io.StringIO(out)))
    assert sum(int(row["macs"]) for row in rows) == counts().macs
    assert [row["function"] for row in rows] == [op.function for op in counts().ops], (
        "every op, not the table's"
    )
    out = cnnprof("profile", "shufflenet_v2", "--depth", "1", "--format", "csv").out
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["path"] for row in rows] == ["features", "classifier"]
    assert sum(int(row["macs"]) for row in rows) == counts().macs


def test_layers_in_a_file_are_those_on_standard_output(
    cnnprof: Cnnprof, fake: FakePipeline, tmp_path: Path
) -> None:
    for rows in (("--layers",), ("--top", "3")):
        file = tmp_path / "layers.csv"
        out = cnnprof("profile", "shufflenet_v2", *rows, "--format", "csv", "-o", file).out
        assert file.read_text() == out
        assert out.startswith("path,")


def test_rows_of_counts_alone_are_not_timed_for(cnnprof: Cnnprof, fake: FakePipeline) -> None:
    cnnprof("profile", "shufflenet_v2", "--layers", "--format", "csv")
    assert not fake.requests[0].latency
    cnnprof("profile", "shufflenet_v2", "--layers")
    assert fake.requests[0].latency


def test_an_interrupt_before_the_first_round_keeps_the_counts(
    cnnprof: Cnnprof, fake: FakePipeline, tmp_path: Path
) -> None:
    counted = comparison(1)
    counted = replace(
        counted,
        measurement=None,
        profiles=tuple(replace(each, timing=None, ratio=None) for each in counted.profiles),
    )
    fake.answer = raising(EarlyInterrupt(counted)).answer
    file = tmp_path / "a.csv"
    outcome = cnnprof("profile", "shufflenet_v2", "-o", file)
    assert outcome.code == 130
    assert outcome.lines == [f"saved {file}", "interrupted: nothing was timed, only counted"]
    (row,) = csv.DictReader(io.StringIO(file.read_text()))
    assert (row["macs"], row["latency_ms"]) == (str(counts().macs), "")


def test_a_disk_that_fills_up_keeps_the_table_and_the_other_files(
    cnnprof: Cnnprof, fake: FakePipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_file = os.replace

    def full_for_csv(scratch: str, target: Path) -> None:
        if target.suffix == ".csv":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        replace_file(scratch, target)

    monkeypatch.setattr(os, "replace", full_for_csv)
    outcome = cnnprof("profile", "ghostnet", "-o", tmp_path / "a.csv", "-o", tmp_path / "a.json")
    assert outcome.code == 5
    assert "No space left on device" in outcome.err
    assert f"saved {tmp_path / 'a.json'}\n" in outcome.err
    assert [found.name for found in tmp_path.iterdir()] == ["a.json"]
    assert "1,300,360" in outcome.out


def test_a_file_of_one_network_tells_of_its_session(
    cnnprof: Cnnprof, fake: FakePipeline, tmp_path: Path
) -> None:
    def answer(requests: Sequence[Request]) -> Comparison:
        found = comparison(1)
        assert found.measurement is not None
        measurement = replace(found.measurement, interrupted=True)
        return replace(found, measurement=measurement, warnings=("5 of 6 rounds disturbed",))

    fake.answer = answer
    outcome = cnnprof("profile", "shufflenet_v2", "-o", tmp_path / "a.json", "-o", tmp_path / "a.csv")
    assert outcome.code == 130
    assert json.loads((tmp_path / "a.json").read_text())["comparison"]["session"]["interrupted"] is True
    (row,) = csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text()))
    assert row["warnings"].startswith("5 of 6 rounds disturbed; interrupted: ")
    assert outcome.err.count("5 of 6 rounds disturbed") == 1


def test_a_picture_that_fails_keeps_the_table_and_the_other_files(
    cnnprof: Cnnprof, fake: FakePipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("matplotlib")

    def broken(*_: object) -> bytes:
        raise ValueError("'nonsense' is not a valid backend")

    monkeypatch.setattr("cnnprof.render.plots.picture.draw_picture", broken)
    outcome = cnnprof("compare", "a", "b", "-o", tmp_path / "a.png", "-o", tmp_path / "a.csv")
    assert outcome.code == 5
    assert "ValueError: 'nonsense' is not a valid backend" in outcome.err
    assert [found.name for found in tmp_path.iterdir()] == ["a.csv"]
    assert "shufflenet_v2" in outcome.out


def test_an_interrupted_session_is_printed_and_saved(
    cnnprof: Cnnprof, fake: FakePipeline, tmp_path: Path
) -> None:
    def answer(requests: Sequence[Request]) -> Comparison:
        found = comparison(2)
        assert found.measurement is not None
        return replace(found, measurement=replace(found.measurement, interrupted=True))

    fake.answer = answer
    outcome = cnnprof("compare", "shufflenet_v2", "ghostnet", "-o", tmp_path / "a.json", "--strict")
    assert outcome.code == 130
    assert "interrupted" in outcome.out
    assert outcome.lines[-1] == "interrupted: this is what had been measured"
    assert len(load(tmp_path / "a.json")) == 2


def test_interrupted_guidelines_are_no_success(cnnprof: Cnnprof, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut_short(request: Request, on_progress: object = None) -> Comparison:
        measurement = comparison(1).measurement
        assert measurement is not None
        told = replace(measurement, interrupted=True)
        warnings = ("half of the rounds were disturbed",)
        return Comparison((assess_guidelines(request),), 0, told, warnings=warnings)

    monkeypatch.setattr("cnnprof.pipeline.guidelines.assess_guidelines_by_time", cut_short)
    outcome = cnnprof("guidelines", "squeezenet1_1", "--time")
    assert outcome.code == 130
    assert "warning: half of the rounds were disturbed" in outcome.lines


def raising(error: BaseException) -> FakePipeline:
    def answer(requests: Sequence[Request]) -> NoReturn:
        raise error

    return FakePipeline(answer=answer)


@pytest.mark.parametrize(("platform", "code"), [("win32", 0), ("linux", 1)])
def test_on_windows_a_reader_that_left_is_an_invalid_argument(
    platform: str, code: int, cnnprof: Cnnprof, fake: FakePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setattr("cnnprof.cli.failures.may_block", lambda _: True)
    fake.answer = raising(OSError(errno.EINVAL, "Invalid argument")).answer
    assert cnnprof("profile", "ghostnet").code == code


@pytest.mark.parametrize(
    ("error", "code", "lines"),
    [
        (ModelError("no such layer", "look again"), 4, ["error: no such layer", "hint: look again"]),
        (ModelError("no such layer"), 4, ["error: no such layer"]),
        (ModelError("node a\nb\x1b[2K"), 4, [r"error: node a\nb\x1b[2K"]),  # so called in a file
        (KeyboardInterrupt(), 130, ["interrupted: nothing had been measured yet"]),
        (
            ZeroDivisionError("by\nzero"),
            1,
            ["error: ZeroDivisionError: by zero", "hint: a bug of cnnprof; --traceback shows where"],
        ),
        (BrokenPipeError(errno.EPIPE, "gone"), 0, []),
    ],
)
def test_errors_are_one_or_two_lines(
    error: BaseException, code: int, lines: list[str], cnnprof: Cnnprof, fake: FakePipeline
) -> None:
    fake.answer = raising(error).answer
    outcome = cnnprof("profile", "ghostnet")
    assert (outcome.code, outcome.lines) == (code, lines)


def test_traceback_shows_where(cnnprof: Cnnprof, fake: FakePipeline) -> None:
    fake.answer = raising(ZeroDivisionError("by zero")).answer
    outcome = cnnprof("profile", "ghostnet", "--traceback")
    assert outcome.code == 1
    assert "Traceback" in outcome.err
    assert "raise error" in outcome.err


def test_strict_fails_after_printing(cnnprof: Cnnprof, fake: FakePipeline) -> None:
    assert cnnprof("profile", "shufflenet_v2", "--strict").code == 0

    def answer(requests: Sequence[Request]) -> Comparison:
        found = comparison(1)
        odd = replace(found.profiles[0], counts=counts(uncounted=(("aten.foo", 2),)))
        return replace(found, profiles=(odd,))

    fake.answer = answer
    outcome = cnnprof("profile", "shufflenet_v2", "--strict")
    assert outcome.code == 7
    assert "shufflenet_v2 has uncounted ops: aten.foo x2" in outcome.err
    assert "1,300,360" in outcome.out
    assert cnnprof("profile", "shufflenet_v2").code == 0


def test_env(cnnprof: Cnnprof, fake: FakePipeline) -> None:
    assert "Example 9000" in cnnprof("env").out
    assert "| CPU | Example 9000" in cnnprof("env", "--format", "md").out
    document = json.loads(cnnprof("env", "--format", "json").out)
    assert document["results"][0]["environment"]["cores"] == 16
    refused = cnnprof("env", "--format", "csv")
    assert (refused.code, refused.out) == (3, "")


STRICT = {
    "profile": ("profile", "odd.py:net", "--no-latency"),
    "layers": ("profile", "odd.py:net", "--layers", "--time", "--runtime", "fake"),
    "roofs": ("profile", "odd.py:net", "--layers", "--time", "--roofline", "--runtime", "fake"),
    "memory": ("profile", "odd.py:net", "--memory"),
    "conventions": ("profile", "odd.py:net", "--conventions"),
    "compare": ("compare", "odd.py:net", "squeezenet1_1", "--runtime", "fake"),
    "explain": ("explain", "odd.py:net", "squeezenet1_1", "--runtime", "fake"),
    "guidelines": ("guidelines", "odd.py:net"),
}
ODD = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        return torch.fft.fft(self.conv(x)).real

net = Net
"""


@pytest.mark.parametrize("command", STRICT.values(), ids=STRICT)
def test_strict_is_the_gate_of_every_command(
    command: tuple[str, ...], cnnprof: Cnnprof, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "odd.py").write_text(ODD)
    options = ("--input", "32", "--budget", "1") if command[0] != "guidelines" else ("--input", "32")
    assert cnnprof(*command, *options).code == 0
    ended = cnnprof(*command, *options, "--strict")
    assert ended.code == 7
    assert "odd.py:net has uncounted ops" in ended.err
    assert ended.out
