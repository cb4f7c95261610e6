"""ONNX files that are damaged, incomplete or hostile get one clear answer, and nothing outside them is read."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("onnx", reason="the onnx package is not installed")

from onnx import helper

from cnnprof.cost.count import count_graph
from cnnprof.errors import FileError, ModelError
from cnnprof.pipeline.flow import profile
from cnnprof.records.request import Request
from cnnprof.trace.onnx import open_onnx, reading
from tests.trace.onnx_nets import external, model, numbers, save, weight

CONV = helper.make_node("Conv", ["x", "w"], ["o"])


def plain(path: Path, **options: Any) -> int:
    return profile(Request(str(path), latency=False, **options)).counts.macs


def command(monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    from cnnprof.cli import main

    monkeypatch.setattr(sys, "argv", ["cnnprof", *words])
    main()


def good(folder: Path) -> Path:
    return save(model([CONV], [weight("w", 6, 3, 3, 3)]), folder)


@pytest.mark.parametrize("content", [b"", b"\x00" * 50, b"not a network at all", b"\x08\x08"])
def test_other_files_are_no_networks(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        open_onnx(path)
    assert "\n" not in caught.value.message
    assert caught.value.hint


def test_every_truncation_is_answered(tmp_path: Path) -> None:
    path = good(tmp_path)
    whole = path.read_bytes()
    refused = 0
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        try:
            plain(path)
        except ModelError:
            refused += 1
    assert refused > 0.9 * len(whole) / 7


def test_missing_files_and_directories(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no such file"):
        open_onnx(tmp_path / "absent.onnx")
    (tmp_path / "folder.onnx").mkdir()
    with pytest.raises(FileError, match="is a directory"):
        open_onnx(tmp_path / "folder.onnx")


def test_too_large_a_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    with path.open("wb") as file:
        file.truncate(reading.LARGEST_BYTES + 1)  # a hole: takes no disk
    with pytest.raises(FileError, match="less than 2 GiB"):
        open_onnx(path)


def test_a_file_above_1_gib_is_read(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    with path.open("wb") as file:
        file.truncate(2**30 + 2**20)
    reading._check_size(path)


def test_external_data_is_checked_and_not_read(tmp_path: Path) -> None:
    (tmp_path / "weights").mkdir()
    with (tmp_path / "weights" / "w.bin").open("wb") as file:
        file.truncate(2**40)  # a hole: takes no disk, and no memory would hold it
    tensor = external("w", (6, 3, 3, 3), location="weights/w.bin", offset="0", length=str(2**40))
    path = save(model([CONV], [tensor]), tmp_path)
    counts = count_graph(open_onnx(path).graph([(1, 3, 8, 8)], "float32"))
    assert counts.macs == 6 * 6 * 6 * 27
    assert counts.params == 6 * 27


@pytest.mark.parametrize(
    "location",
    [
        "../w.bin",
        "a/../../w.bin",
        "/etc/passwd",
        "..\\w.bin",
        "C:\\w.bin",
        "C:w.bin",
        "\\\\host\\w.bin",
        "link.bin",
        "",
    ],
)
def test_external_data_outside_the_folder_is_refused(location: str, tmp_path: Path) -> None:
    folder = tmp_path / "inside"
    folder.mkdir()
    (tmp_path / "w.bin").write_bytes(b"\0" * 648)
    (folder / "link.bin").symlink_to(tmp_path / "w.bin")
    path = save(model([CONV], [external("w", (6, 3, 3, 3), location=location)]), folder)
    with pytest.raises(ModelError, match="outside the model's folder"):
        open_onnx(path)


def test_external_data_in_a_branch_is_checked_too(tmp_path: Path) -> None:
    value = helper.make_tensor_value_info("b", 1, None)
    constant = helper.make_node("Constant", [], ["b"], value=external("t", (9,), location="../w.bin"))
    branch = helper.make_graph([constant], "branch", [], [value])
    nodes = [helper.make_node("If", ["flag"], ["o"], then_branch=branch, else_branch=branch)]
    with pytest.raises(ModelError, match="outside the model's folder"):
        open_onnx(save(model(nodes, [numbers("flag", 1)]), tmp_path))


def test_external_data_that_is_missing_or_short(tmp_path: Path) -> None:
    tensor = external("w", (6, 3, 3, 3), location="w.bin", offset="0", length="648")
    path = save(model([CONV], [tensor]), tmp_path)
    with pytest.raises(FileError, match=r"w\.bin.*is not there"):
        open_onnx(path)
    (tmp_path / "w.bin").write_bytes(b"\0" * 647)
    with pytest.raises(FileError, match="ends at byte 648 of 647"):
        open_onnx(path)


def test_a_stored_weight_of_the_wrong_length(tmp_path: Path) -> None:
    tensor = weight("w", 6, 3, 3, 3)
    tensor.raw_data = tensor.raw_data[:-4]
    with pytest.raises(ModelError, match="'w' holds 644 bytes where its shape needs 648"):
        open_onnx(save(model([CONV], [tensor]), tmp_path))


def test_operators_of_a_later_version(tmp_path: Path) -> None:
    made = model([CONV], [weight("w", 6, 3, 3, 3)], opset=18)
    made.opset_import[0].version = 999
    with pytest.raises(ModelError, match="version 999") as caught:
        open_onnx(save(made, tmp_path))
    assert "pip install --upgrade onnx" in caught.value.hint


def test_batch_and_sizes_come_from_the_request(tmp_path: Path) -> None:
    open_sizes = model([CONV], [weight("w", 6, 3, 3, 3)], inputs={"x": ("N", 3, "H", "W")})
    path = save(open_sizes, tmp_path)
    assert plain(path) == 6 * 222 * 222 * 27  # open sizes are those of every other model
    assert plain(path, batch=4, inputs=((3, 10, 12),)) == 4 * 6 * 8 * 10 * 27


def test_fixed_sizes_that_differ_are_refused(tmp_path: Path) -> None:
    path = save(model([CONV], [weight("w", 6, 3, 3, 3)], inputs={"x": (1, 3, 8, 8)}), tmp_path)
    assert plain(path) == 6 * 6 * 6 * 27
    with pytest.raises(ModelError, match="exported for a batch of 1, not 2"):
        plain(path, batch=2)
    with pytest.raises(ModelError, match="its input is 3x8x8, not 3x9x9"):
        plain(path, inputs=((3, 9, 9),))
    with pytest.raises(ModelError, match=r"takes 1 input.*2 were given"):
        plain(path, inputs=((3, 8, 8), (3, 8, 8)))
    with pytest.raises(ModelError, match="'x' is float32, not float16"):
        plain(path, dtype="float16")


def test_an_open_size_that_no_default_fits(tmp_path: Path) -> None:
    made = model([helper.make_node("Relu", ["x"], ["o"])], inputs={"x": ("N", "length")})
    with pytest.raises(ModelError, match="not fixed") as caught:
        plain(save(made, tmp_path))
    assert "--input" in caught.value.hint


def test_timing_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = good(tmp_path)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(SystemExit) as caught:
        command(monkeypatch, "profile", str(path))
    assert caught.value.code == 6
    assert "pip install 'cnnprof[onnx]'" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "code"), [("absent.onnx", 5), ("empty.onnx", 4), ("folder.onnx", 5)])
def test_exit_codes(
    name: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty.onnx").touch()
    (tmp_path / "folder.onnx").mkdir()
    with pytest.raises(SystemExit) as caught:
        command(monkeypatch, "profile", str(tmp_path / name))
    assert caught.value.code == code
    assert name in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "reason"), [({"verify": True}, "need a torch module"), ({"convention": "thop"}, "has none")]
)
def test_what_needs_a_module_is_refused(option: dict[str, Any], reason: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=reason):
        plain(good(tmp_path), **option)
