"""The whole way, from a name or a file to tables and files, through the real pipeline."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cnnprof import load
from tests.cli.conftest import Cnnprof

NET = """
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)

    def forward(self, x):
        return self.conv(x).mean((2, 3))


def net():
    return Net()


def broken():
    raise ValueError("no weights")


def needs(width):
    return Net()


def number():
    return 3


class Forgetful(nn.Module):
    def __init__(self):
        self.width = 3


class Silent(Exception):
    def __str__(self):
        return self.text


def silent():
    raise Silent()
"""


@pytest.fixture
def net(tmp_path: Path) -> Path:
    file = tmp_path / "net.py"
    file.write_text(NET)
    return file


def test_from_the_zoo_to_the_files(cnnprof: Cnnprof, tmp_path: Path) -> None:
    models = ("shufflenet_v2", "ghostnet", "mobilenet_v2")
    file = tmp_path / "a.json"
    done = cnnprof("compare", *models, "--runtime", "fake", "--budget", "2", "-o", file)
    assert done.code == 0, done.err
    for saved, model in zip(load(file), models, strict=True):
        (row,) = [line for line in done.out.splitlines() if line.startswith(f"{model} ")]
        assert f"{saved.counts.macs / 1e6:.1f} M" in row
        assert saved.timing is not None
        assert f"{saved.timing.median_s * 1e3:.2f} [" in row
    results = json.loads(file.read_text())["results"]
    assert [result["columns"]["macs"] for result in results] == [144_907_992, 141_150_512, 300_774_272]


@pytest.mark.real
def test_a_model_of_ones_own_counts_and_is_timed(cnnprof: Cnnprof, net: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    done = cnnprof("profile", f"{net}:net", "--input", "3x16x16", "--budget", "0.5", "-o", file)
    assert done.code == 0, done.err
    (found,) = load(file)
    assert found.counts.macs == 16 * 16 * 3 * 8 * 9
    assert found.timing is not None
    assert 0 < found.timing.low_s <= found.timing.median_s <= found.timing.high_s


def test_torchstat_prints_what_that_tool_printed(cnnprof: Cnnprof) -> None:
    out = cnnprof("profile", "shufflenet_v2", "--no-latency", "--convention", "torchstat").out
    for figure in ("2,278,604", "22.10", "297.76", "150.6", "51.57"):
        assert figure in out


def test_counts_only_are_null_where_nothing_was_timed(cnnprof: Cnnprof) -> None:
    done = cnnprof("profile", "squeezenet1_1", "--no-latency", "--format", "json")
    (result,) = json.loads(done.out)["results"]
    assert result["columns"]["latency_ms"] is None
    assert result["timing"] is None


def test_the_layers_of_a_real_network_add_up(cnnprof: Cnnprof) -> None:
    out = cnnprof("profile", "squeezenet1_1", "--no-latency", "--layers", "--format", "json").out
    (result,) = json.loads(out)["results"]
    for name in ("params", "macs", "flops", "memory_bytes"):
        assert sum(op[name] for op in result["counts"]["ops"]) == result["columns"][name]


@pytest.mark.parametrize(
    ("model", "options", "codes", "said"),
    [
        ("mobilenet_v22", "", {3}, "mobilenet_v2"),
        ("mobilenet_v2", "--input 1 --no-latency", {4}, "1x1"),
        ("mobilenet_v2", "--device mps", {6}, "mps"),
        ("mobilenet_v2", "--arg widht_mult=0.5 --no-latency", {3}, "widht_mult"),
        ("absent.py:net", "--no-latency", {5}, "absent.py"),
        ("{net}:broken", "--no-latency", {4}, "no weights"),
        ("{net}:absent", "--no-latency", {3}, "absent"),
        ("{net}:needs", "--no-latency", {4}, "width"),
        ("{net}:number", "--no-latency", {4}, "Module"),
    ],
)
def test_what_cannot_be_profiled(
    model: str, options: str, codes: set[int], said: str, cnnprof: Cnnprof, net: Path, tmp_path: Path
) -> None:
    file = tmp_path / "a.csv"
    done = cnnprof("profile", model.format(net=net), *options.split(), "-o", file)
    assert done.code in codes, done.err
    assert said in done.err
    assert done.out == ""
    assert len(done.lines) <= 2
    assert not file.exists()


@pytest.mark.parametrize("more", [(), ("--conventions",), ("--memory",)])
def test_json_stays_json_where_the_network_prints(
    more: tuple[str, ...], cnnprof: Cnnprof, tmp_path: Path
) -> None:
    file = tmp_path / "loud.py"
    file.write_text(NET + "\n\nprint('imported')\n\n\ndef loud():\n    print('built')\n    return Net()\n")
    done = cnnprof("profile", f"{file}:loud", "--input", 8, "--no-latency", "--format", "json", *more)
    assert done.code == 0, done.err
    assert len(json.loads(done.out)["results"]) == 1
    assert "imported" in done.err


def test_an_error_names_its_model_once(cnnprof: Cnnprof, net: Path) -> None:
    failed = cnnprof("profile", f"{net}:broken", "--no-latency")
    assert failed.code == 4
    assert failed.lines[0] == f"error: {net}:broken raised ValueError: no weights"
    failed = cnnprof("profile", "mobilenet_v2", "--no-latency", "--arg", f"num_classes={'9' * 20}")
    assert failed.lines[0].startswith(f"error: mobilenet_v2 cannot be built with num_classes={'9' * 20}: ")
    assert len(failed.lines) == 2  # and not what torch's own stack was


@pytest.mark.parametrize("width", ["0", "-1", "nan"])
def test_a_width_of_nothing_is_refused(width: str, cnnprof: Cnnprof) -> None:
    failed = cnnprof("profile", "mobilenet_v2", "--no-latency", "--arg", f"width_mult={width}")
    assert failed.code == 3
    assert failed.lines[0] == f"error: width_mult of mobilenet_v2 must be above 0, not {width}"


def test_a_switch_is_true_or_false(cnnprof: Cnnprof) -> None:
    failed = cnnprof("profile", "block:bsconv_u", "--no-latency", "--arg", "plain=maybe")
    assert failed.code == 3
    assert failed.lines[0] == "error: plain of block:bsconv_u is true or false, not 'maybe'"


@pytest.mark.parametrize(
    "command", [("profile", "--memory"), ("profile", "--conventions"), ("guidelines", "--quiet")]
)
def test_the_rows_in_a_file_are_those_of_standard_output(
    command: tuple[str, ...], cnnprof: Cnnprof, tmp_path: Path
) -> None:
    file = tmp_path / "rows.csv"
    name, *options = command
    done = cnnprof(name, "squeezenet1_1", *options, "--format", "csv", "-o", file)
    assert done.code == 0, done.err
    assert file.read_text() == done.out
    assert len(done.out.splitlines()) > 5


def test_what_the_authors_of_a_model_forgot_is_told(cnnprof: Cnnprof, net: Path) -> None:
    done = cnnprof("profile", f"{net}:Forgetful", "--no-latency")
    assert done.code == 4
    assert "its __init__ does not call super().__init__()" in done.err
    done = cnnprof("profile", f"{net}:silent", "--no-latency")
    assert done.code == 4
    assert "silent raised Silent" in done.err


def test_a_batch_has_a_largest_size_as_an_input_has(cnnprof: Cnnprof) -> None:
    done = cnnprof("profile", "mobilenet_v2", "--batch", "99999999999999999999", "--no-latency")
    assert (done.code, done.lines[-1]) == (3, "hint: 2147483647 is the most")
