"""nn.Module to ONNX: paths of modules kept, what cannot be exported named, converters kept quiet."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import warnings
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn

from cnnprof.errors import MissingRuntimeError, ModelError
from cnnprof.runtimes.installed import installed_version
from cnnprof.runtimes.onnx import export as module
from cnnprof.runtimes.onnx.export import OnnxNode, check_exporter, export_onnx
from cnnprof.runtimes.quiet import kept_quiet
from cnnprof.runtimes.registry import Settings

SETTINGS = Settings(((1, 3, 8, 8),))


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU6())
        self.head = nn.Linear(4, 5)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.head(self.stem(x).mean((2, 3)))
        return y


def test_a_converter_is_kept_quiet(capfd: pytest.CaptureFixture[str]) -> None:
    with kept_quiet():
        warnings.warn("deprecated", FutureWarning, stacklevel=1)
        logging.getLogger("torch.onnx").error("no torchvision")
        sys.stdout.write("step 1 of 3")
        sys.stderr.write("step 2 of 3")
    assert capfd.readouterr() == ("", "")
    with pytest.raises(ValueError, match="heard"), kept_quiet():
        raise ValueError("heard")
    assert logging.root.manager.disable == logging.NOTSET


def test_a_missing_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "installed_version", lambda package: "" if package == "onnxscript" else "1")
    with pytest.raises(MissingRuntimeError, match="needs the package onnxscript") as refused:
        check_exporter()
    assert refused.value.hint == "pip install 'cnnprof[onnx]'"


def test_versions() -> None:
    # A package index may leave out the build: 2.9.1 for 2.9.1+cu128.
    assert installed_version("torch") in (torch.__version__, torch.__version__.partition("+")[0])
    assert installed_version("no-such-package") == ""


def node(scopes: str, *inputs: str | None) -> SimpleNamespace:
    """As much of a node as its row needs."""
    return SimpleNamespace(
        name="node_conv",
        op_type="Conv",
        metadata_props={module.SCOPES: scopes} if scopes else {},
        inputs=[None if name is None else SimpleNamespace(name=name) for name in inputs],
        outputs=[SimpleNamespace(name="conv")],
    )


@pytest.mark.parametrize(
    ("made", "paths"),
    [
        (node("['', 'stem', 'stem.2', 'relu']", "conv"), ["stem.2"]),
        (
            node("['', 'stem', 'stem.1', 'batch_norm']", "x", "stem.0.weight", "stem.1.bias"),
            ["stem.0", "stem.1"],
        ),
        (node("['', 'head', 'linear']", "mean", "head.weight"), ["head"]),
        (node("['', 'add']", "a", "b"), [""]),  # the network itself called it
        (node("['add']", "a", "b"), []),
        (node("", None, "c"), []),
    ],
)
def test_paths_of_a_node(made: SimpleNamespace, paths: list[str]) -> None:
    assert module._row(made) == ("node_conv", "Conv", paths, ["conv"])


def test_the_reason_is_what_the_exporter_met_and_not_which_step_it_was_at() -> None:
    step = torch.onnx.OnnxExporterError("Failed to decompose. \x1b[96mThis is step 2/3\x1b[0m.\nNext steps:")
    assert module._reason(step) == "Failed to decompose. This is step 2/3."
    node = torch.onnx.OnnxExporterError("Error when translating node %histc")
    step.__cause__, node.__cause__ = node, NotImplementedError("histc with min == max\nis not supported")
    node.__cause__.__cause__ = KeyError("histc")
    assert module._reason(step) == "histc with min == max"


@pytest.mark.runtimes
class TestExport:
    """With the real exporter."""

    def test_nodes_know_their_modules(self) -> None:
        pytest.importorskip("onnxscript")
        first = export_onnx(Net().eval(), SETTINGS)
        nodes = first.nodes()
        assert [(found.type, found.paths) for found in nodes] == [
            ("Conv", ("stem.0", "stem.1")),  # the batch norm is folded
            ("Clip", ("stem.2",)),
            ("ReduceMean", ("",)),
            ("Gemm", ("head",)),
        ]
        assert all(isinstance(found, OnnxNode) and found.outputs for found in nodes)
        assert not first.cached

    def test_nothing_is_written_elsewhere(
        self, tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pytest.importorskip("onnxscript")
        monkeypatch.delenv("TORCHINDUCTOR_CACHE_DIR", raising=False)
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        code = "from tests.runtimes.test_export import *; export_onnx(Net().eval(), SETTINGS)"
        places = {"HOME": str(elsewhere), "TMPDIR": str(elsewhere)}
        subprocess.run([sys.executable, "-c", code], env=os.environ | places, check=True)
        assert list(elsewhere.iterdir()) == []
        (entry,) = own_cache.iterdir()
        assert {path.name for path in entry.iterdir()} == {"manifest.json", "model.onnx", "nodes.json"}

    def test_found_again_by_what_it_computes(self) -> None:
        pytest.importorskip("onnxscript")
        torch.manual_seed(0)
        model = Net().eval()
        first, second = export_onnx(model, SETTINGS), export_onnx(model, Settings(((1, 3, 8, 8),), threads=2))
        assert (first.cached, second.cached, first.path) == (False, True, second.path)
        with torch.no_grad():
            model.head.weight[0, 0] += 1e-3
        assert not export_onnx(model, SETTINGS).cached

    @pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
    def test_another_dtype_leaves_the_model_in_its_own(self, dtype: str) -> None:
        onnx = pytest.importorskip("onnx")
        pytest.importorskip("onnxscript")
        model = Net().eval()
        exported = export_onnx(model, Settings(((1, 3, 8, 8),), dtype=dtype))
        kinds = {weight.name: weight.data_type for weight in onnx.load(exported.path).graph.initializer}
        assert kinds["head.weight"] == getattr(onnx.TensorProto, dtype.upper())
        assert model.head.weight.dtype is torch.float32

    def test_an_op_that_cannot_be_exported_is_named_with_its_layer(self) -> None:
        pytest.importorskip("onnxscript")

        class Bessel(nn.Module):
            def forward(self, x: Tensor) -> Tensor:
                y: Tensor = torch.special.bessel_j0(x)
                return y

        with pytest.raises(ModelError, match=r"ONNX has no op for prims.bessel_j0 \(layer 1.0\)"):
            export_onnx(nn.Sequential(nn.Conv2d(3, 4, 3), nn.Sequential(Bessel())), SETTINGS)

    def test_a_choice_that_depends_on_values_is_named_with_its_layer(self) -> None:
        pytest.importorskip("onnxscript")

        class Choice(nn.Module):
            def forward(self, x: Tensor) -> Tensor:
                return x * 2 if x.sum() > 0 else x

        with pytest.raises(ModelError, match=r"torch.export cannot trace it: .*\(layer 1\)") as refused:
            export_onnx(nn.Sequential(nn.Conv2d(3, 4, 3), Choice()), SETTINGS)
        assert "eager" in refused.value.hint
