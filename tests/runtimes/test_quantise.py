"""int8: what is quantised, what stays in float, and that it is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from torch import nn

from cnnprof.errors import MissingRuntimeError, ModelError
from cnnprof.runtimes.onnx.export import Exported, export_onnx
from cnnprof.runtimes.onnxruntime import quantise
from cnnprof.runtimes.onnxruntime.quantise import describe_int8, quantise_onnx
from cnnprof.runtimes.registry import Settings
from tests.runtimes.small_nets import SHAPE, SmallNet, seeded

SETTINGS = Settings((SHAPE,), dtype="int8")


def test_without_onnxruntime(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(quantise, "installed_version", lambda package: "1" if package == "onnx" else "")
    source = Exported(tmp_path / "model.onnx", {}, cached=False, seconds=0.0)
    with pytest.raises(MissingRuntimeError, match="int8 needs the package onnxruntime") as refused:
        quantise_onnx(source, SETTINGS)
    assert refused.value.hint == "pip install 'cnnprof[onnx]'"
    assert list(tmp_path.iterdir()) == []


def test_batches_are_random_and_none_is_the_one_that_is_timed() -> None:
    from cnnprof.runtimes.tensors import random_inputs

    batches = [batch["x"] for batch in quantise._Batches(["x"], SETTINGS)]
    assert len(batches) == 4
    assert {batch.shape for batch in batches} == {SHAPE}
    timed = random_inputs(SETTINGS)[0].numpy()
    kinds = {batch.tobytes() for batch in (*batches, timed)}
    assert len(kinds) == 5
    assert all(abs(float(batch.mean())) < 0.1 and 0.9 < float(batch.std()) < 1.1 for batch in batches)


@pytest.mark.runtimes
def test_convolutions_are_quantised_for_each_channel_and_kept(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    exported = export_onnx(seeded(lambda: SmallNet(nn.Hardsigmoid)), SETTINGS)
    found = quantise_onnx(exported, SETTINGS)
    assert not found.cached
    assert found.seconds > 0
    assert [node.name for node in found.nodes()] == [node.name for node in exported.nodes()]
    graph = onnx.load(found.path).graph
    kinds = {tensor.name: (tensor.data_type, tuple(tensor.dims)) for tensor in graph.initializer}
    signed = [dims for kind, dims in kinds.values() if kind == onnx.TensorProto.INT8 and len(dims) == 4]
    assert sorted(signed) == [(16, 1, 3, 3), (16, 3, 1, 1), (16, 3, 3, 3)]
    scales = [dims for name, (_, dims) in kinds.items() if name.endswith("_scale") and dims == (16,)]
    assert len(scales) >= 3  # one scale for each of the 16 output channels
    # ONNX Runtime has int8 kernels for the rest of this network, but none for the hard sigmoid.
    assert "1 HardSigmoid" in describe_int8(found.path)["left_in_float"]
    assert "Conv" not in describe_int8(found.path)["left_in_float"]
    assert describe_int8(found.path)["int8"] == "speed only"
    assert sorted(path.name for path in found.path.parent.iterdir()) == [
        "left_in_float.json",
        "manifest.json",
        "model.onnx",
        "nodes.json",
    ]
    assert quantise_onnx(exported, SETTINGS).cached


@pytest.mark.runtimes
def test_what_cannot_be_quantised_leaves_nothing(tmp_path: Path, own_cache: Path) -> None:
    pytest.importorskip("onnxruntime")
    (tmp_path / "model.onnx").write_bytes(b"junk")
    with pytest.raises(ModelError, match="cannot be quantised to int8"):
        quantise_onnx(Exported(tmp_path / "model.onnx", {"file": "junk"}, False, 0.0), SETTINGS)
    assert list(own_cache.iterdir()) == []
