"""``torch.export`` archives: counted and run as the module that they were made from, and never unpickled."""

from __future__ import annotations

import json
import pickle
import sys
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import cnnprof
from cnnprof.errors import CnnprofError, FileError, ModelError
from cnnprof.zoo.exported import Exported


def command(monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    from cnnprof.cli import main

    monkeypatch.setattr(sys, "argv", ["cnnprof", *words])
    main()


class Net(nn.Module):
    """A convolution used twice, a branch without a module, a buffer, an open batch."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1)
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU6())
        self.head = nn.Linear(8, 5)
        self.register_buffer("scale", torch.full((4, 1, 1), 0.5))

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = self.conv(self.conv(x) * self.scale)
        a, b = x.chunk(2, dim=1)
        pooled = torch.cat((a, b, a.sigmoid(), b), dim=1).mean((2, 3))
        result: Tensor = self.head(pooled.reshape(x.shape[0], -1))
        return result


@pytest.fixture(scope="module")
def net() -> nn.Module:
    torch.manual_seed(0)
    return Net().eval()


@pytest.fixture(scope="module")
def archive(net: nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pt2") / "net.pt2"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own
        batch = torch.export.Dim("batch")
        program = torch.export.export(net, (torch.randn(2, 3, 8, 8),), dynamic_shapes=({0: batch},))
        torch.export.save(program, path)
    return path


def edited(archive: Path, folder: Path, edit: Callable[[dict[str, bytes]], None]) -> Path:
    """The archive with its entries changed."""
    with zipfile.ZipFile(archive) as file:
        entries = {name: file.read(name) for name in file.namelist()}
    edit(entries)
    path = folder / "edited.pt2"
    with zipfile.ZipFile(path, "w") as file:
        for name, content in entries.items():
            file.writestr(name, content)
    return path


def program(entries: dict[str, bytes], change: Callable[[Any], None]) -> None:
    name = next(name for name in entries if name.endswith("models/model.json"))
    graph = json.loads(entries[name])
    change(graph["graph_module"]["graph"])
    entries[name] = json.dumps(graph).encode()


def test_counts_are_the_modules(net: nn.Module, archive: Path) -> None:
    own = cnnprof.profile(net, (3, 8, 8), latency=False, batch=3).counts
    found = cnnprof.profile(str(archive), latency=False, batch=3).counts
    assert found.macs == own.macs == 3 * 64 * (4 * 27 + 2 * 4 * 36) + 3 * 8 * 5
    assert found.params == own.params == 4 * 27 + 8 + 4 * 36 + 4 + 8 * 5 + 5
    assert (found.flops, found.memory_bytes, found.memory_paper_bytes) == (
        own.flops, own.memory_bytes, own.memory_paper_bytes,
    )  # fmt: skip
    assert found.peak_bytes == own.peak_bytes
    assert [(op.path, op.module) for op in found.ops if op.macs] == [
        ("stem.0", "Conv2d"), ("conv", "Conv2d"), ("conv", "Conv2d"), ("head", "Linear"),
    ]  # fmt: skip


def test_outputs_are_the_modules(net: nn.Module, archive: Path) -> None:
    x = torch.randn(3, 3, 8, 8)
    with torch.no_grad():
        assert torch.equal(cnnprof.load_model(str(archive))(x), net(x))


def test_sizes_that_export_fixed_are_kept(archive: Path) -> None:
    with pytest.raises(ModelError, match="its input is 3x8x8, not 3x9x9"):
        cnnprof.profile(str(archive), (3, 9, 9), latency=False)


@pytest.mark.parametrize("held", ["[]", "{}", '{"config": 3}', "null"])
def test_a_list_of_weights_that_is_none(archive: Path, tmp_path: Path, held: str) -> None:
    def damage(entries: dict[str, bytes]) -> None:
        config = next(name for name in entries if name.endswith("model_weights_config.json"))
        entries[config] = held.encode()

    with pytest.raises(ModelError, match="lists no tensors"):
        cnnprof.profile(str(edited(archive, tmp_path, damage)), latency=False)


class Trap:
    """Unpickling this creates a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_pickles_in_it_are_not_opened(archive: Path, tmp_path: Path) -> None:
    trap = tmp_path / "trapped"

    def poison(entries: dict[str, bytes]) -> None:
        config = next(name for name in entries if name.endswith("model_weights_config.json"))
        weights = json.loads(entries[config])
        for payload in weights["config"].values():
            payload["use_pickle"] = True
        entries[config] = json.dumps(weights).encode()
        for name in entries:
            if name.endswith(".pt") or "/weight_" in name or "/tensor_" in name:
                entries[name] = pickle.dumps(Trap(trap))

    path = edited(archive, tmp_path, poison)
    assert cnnprof.profile(str(path), latency=False).counts.macs == 64 * (4 * 27 + 2 * 4 * 36) + 8 * 5
    with pytest.raises(ModelError, match="does not unpickle") as caught:
        cnnprof.load_model(str(path))
    assert "--no-latency" in caught.value.hint
    assert not trap.exists()
    pickle.loads(pickle.dumps(Trap(trap)))
    assert trap.exists()  # the trap works


@pytest.mark.parametrize(
    "target",
    [
        "os.system", "builtins.eval", "torch.ops.aten.from_file.default", "torch.ops.aten.save.default",
        "torch.ops.aten.__class__.default", "torch.ops.aten._unsafe_index_put.default", "torch.ops.mine.op.default",
        "torch.ops.higher_order.cond", "torch.load", "_operator.attrgetter", "torch.ops.aten.set_.source_Tensor",
        # memory that is not theirs, by indices out of a file
        "torch.ops.aten.max_pool2d_with_indices_backward.default", "torch.ops.aten.segment_reduce.default",
        "torch.ops.aten.ctc_loss.IntList", "torch.ops.aten.mkldnn_rnn_layer.default",
        "torch.ops.aten.native_batch_norm.default",
    ],
)  # fmt: skip
def test_only_harmless_ops_run(target: str, archive: Path, tmp_path: Path) -> None:
    def point_elsewhere(graph: Any) -> None:
        graph["nodes"][0]["target"] = target

    path = edited(archive, tmp_path, lambda entries: program(entries, point_elsewhere))
    with pytest.raises(ModelError, match="which cnnprof does not run"):
        cnnprof.profile(str(path), latency=False)


def test_texts_are_options_only(archive: Path, tmp_path: Path) -> None:
    def add_text(graph: Any) -> None:
        graph["nodes"][0]["inputs"].append({"name": "filename", "arg": {"as_string": "/tmp/x"}, "kind": 2})

    path = edited(archive, tmp_path, lambda entries: program(entries, add_text))
    with pytest.raises(ModelError, match="takes a text as 'filename'"):
        cnnprof.profile(str(path), latency=False)


def test_every_truncation_is_answered(archive: Path, tmp_path: Path) -> None:
    whole, path = archive.read_bytes(), tmp_path / "cut.pt2"
    for length in range(0, len(whole) - 1, len(whole) // 40):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelError, match=r"cut\.pt2"):
            Exported(path)


@pytest.mark.parametrize("missing", ["nodes", "inputs", "tensor_values", "outputs"])
def test_a_graph_with_a_part_missing(missing: str, archive: Path, tmp_path: Path) -> None:
    path = edited(archive, tmp_path, lambda entries: program(entries, lambda graph: graph.pop(missing)))
    if missing == "inputs":  # the signature names them too
        assert cnnprof.profile(str(path), latency=False).counts.macs
        return
    with pytest.raises(ModelError, match="damaged"):
        cnnprof.profile(str(path), latency=False)


def test_what_is_wrong_with_a_graph_is_told_in_one_line(archive: Path, tmp_path: Path) -> None:
    def rename(graph: Any) -> None:
        graph["tensor_values"] = {"a": "b" * 1000}
        graph["inputs"][0]["as_tensor"]["name"] = "x\ny"

    path = edited(archive, tmp_path, lambda entries: program(entries, rename))
    with pytest.raises(ModelError, match=r"its inputs cannot be read \(KeyError: ") as caught:
        Exported(path)
    assert "\n" not in caught.value.message
    path = edited(
        archive, tmp_path, lambda entries: entries.update({"net/data/weights/x\ny_config.json": b"[]"})
    )
    with pytest.raises(ModelError, match="a damaged one") as caught:
        Exported(path)
    assert caught.value.message.endswith("a damaged one: net/data/weights/x")
    assert "\n" not in caught.value.message


def test_weights_shorter_than_their_shape(archive: Path, tmp_path: Path) -> None:
    def cut(entries: dict[str, bytes]) -> None:
        for name in entries:
            if "/weight_" in name:
                entries[name] = entries[name][:4]

    with pytest.raises(ModelError, match="shorter than its shape"):
        cnnprof.load_model(str(edited(archive, tmp_path, cut)))


def test_other_zip_files(tmp_path: Path) -> None:
    path = tmp_path / "other.pt2"
    torch.save({"a": torch.ones(1)}, path)
    with pytest.raises(ModelError, match=r"a pickle \(torch.save\)"):
        Exported(path)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("readme.txt", "hello")
    with pytest.raises(ModelError, match="another kind of zip file"):
        Exported(path)


def test_missing_files_and_directories(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no such file"):
        Exported(tmp_path / "absent.pt2")
    with pytest.raises(FileError, match="is a directory"):
        Exported(tmp_path)


@pytest.mark.parametrize(("name", "code"), [("absent.pt2", 5), ("empty.pt2", 4), ("net.pth", 4)])
def test_exit_codes(
    name: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty.pt2").touch()
    with pytest.raises(SystemExit) as caught:
        command(monkeypatch, "profile", str(tmp_path / name), "--no-latency")
    assert caught.value.code == code
    assert name in capsys.readouterr().err


def test_builder_arguments_do_not_apply(archive: Path) -> None:
    with pytest.raises(CnnprofError, match="takes no --arg"):
        cnnprof.load_model(str(archive), num_classes=3)
