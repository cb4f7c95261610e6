"""OpenVINO: its devices, what it is told, and what it says of itself; the marked tests convert and run."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from cnnprof.errors import CnnprofError, FileError, MissingRuntimeError, ModelError
from cnnprof.runtimes.onnx.export import OnnxNode
from cnnprof.runtimes.openvino import compile as openvino_compile
from cnnprof.runtimes.openvino import runtime as openvino
from cnnprof.runtimes.openvino import session as openvino_session
from cnnprof.runtimes.openvino.precision import describe_precision
from cnnprof.runtimes.openvino.runtime import OpenVinoRuntime, load_openvino
from cnnprof.runtimes.ready import make_ready
from cnnprof.runtimes.registry import Settings
from tests.runtimes.small_nets import SHAPE, Around, SmallNet, seeded

needs_openvino = pytest.mark.skipif(
    importlib.util.find_spec("openvino") is None, reason="openvino is not installed"
)


class FakeCore:
    """Lists devices and what they can do."""

    def __init__(self, devices: Sequence[str], capabilities: Sequence[str] = ("FP32",)) -> None:
        self.available_devices = devices
        self.capabilities = capabilities

    def get_property(self, device: str, name: str) -> object:
        assert name == "OPTIMIZATION_CAPABILITIES"
        return self.capabilities


def pretend(monkeypatch: pytest.MonkeyPatch, core: FakeCore) -> None:
    package = SimpleNamespace(Core=lambda: core, __version__="1.0-fake")
    monkeypatch.setattr(openvino, "load_openvino", lambda: package)


def test_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, FakeCore(["CPU"]))
    runtime = OpenVinoRuntime()
    assert runtime.resolve_device("auto") == runtime.resolve_device("cpu") == "cpu"
    with pytest.raises(MissingRuntimeError, match=r"device cuda is not available: OpenVINO .* finds cpu"):
        runtime.resolve_device("cuda")


@pytest.mark.parametrize("listed", [["CPU", "GPU"], ["CPU", "GPU.0", "GPU.1"]])
def test_a_gpu_that_is_listed_is_taken(monkeypatch: pytest.MonkeyPatch, listed: list[str]) -> None:
    pretend(monkeypatch, FakeCore(listed))
    runtime = OpenVinoRuntime()
    assert runtime.resolve_device("auto") == "gpu"
    assert runtime.resolve_device("gpu") == "gpu"  # what was resolved stays what it is
    assert runtime.resolve_device("cpu") == "cpu"


def test_a_dtype_that_would_silently_become_another_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, FakeCore(["CPU"], ["FP32", "BF16", "INT8"]))
    with pytest.raises(MissingRuntimeError, match="no float16 on this CPU") as refused:
        OpenVinoRuntime().prepare(SmallNet(), Settings((SHAPE,), dtype="float16"))
    assert refused.value.hint == "--dtype float32 or bfloat16 or int8"


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(MissingRuntimeError) as refused:
        OpenVinoRuntime().resolve_device("cpu")
    assert refused.value.hint == "pip install 'cnnprof[openvino]'"
    assert "openvino_telemetry" not in sys.modules or sys.modules["openvino_telemetry"] is not None


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "Exception from core.cpp:84:\nCheck 'false' failed at report.cpp:151:\nModel wasn't fully converted.\n"
            "-- No conversion rule found for operations: DFT-18\n",
            "OpenVINO has no op for DFT (layer body.1)",
        ),
        (
            "Exception from core.cpp:95:\nOpenVINO does not support the following ONNX operations: DFT\n"
            "While validating ONNX node '<Node(Conv): y>': its rank has to be known\n",  # as 2025 has it
            "OpenVINO has no op for DFT (layer body.1)",
        ),
        (
            "-- No conversion rule found for operations: my.domain.Foo\n",
            "OpenVINO has no op for my.domain.Foo",
        ),
        (
            "Exception from core.cpp:84:\n-- Conv-20 with a message:\nWhile validating ONNX node '<Node(Conv): y>': "
            "no\n-- Conversion is failed for: Conv-20\n",
            "OpenVINO cannot convert Conv (layer body.0)",
        ),
        (
            "Exception from core.cpp:84:\nUnable to read the model: net.onnx\n",
            "OpenVINO cannot read the network: Unable to read the model: net.onnx",
        ),
        ("-- No conversion rule found for operations: Det-3\n", "OpenVINO has no op for Det"),
        ("", "OpenVINO cannot read the network: no reason given"),
    ],
)
def test_a_refusal_names_the_op_and_its_layer(said: str, told: str) -> None:
    nodes = [
        OnnxNode("n0", "Conv", ("body.0",), ("y",)),
        OnnxNode("n1", "DFT", ("body.1",), ("z",)),
        OnnxNode("n2", "Det", ("",), ("d",)),
    ]
    assert openvino_compile._refused("read", RuntimeError(said), nodes).message == told


class FakeCompiled:
    """A network whose layers have the precisions that a test gives them."""

    def __init__(self, layers: Sequence[tuple[str, str, str]]) -> None:
        self._layers = layers

    def get_runtime_model(self) -> Any:
        return SimpleNamespace(get_ordered_ops=lambda: [self._op(*layer) for layer in self._layers])

    def _op(self, kind: str, precision: str, kernel: str) -> Any:
        said = {
            "layerType": kind,
            "runtimePrecision": precision,
            "primitiveType": kernel,
            "originalLayersNames": f"node_{kind}",
        }
        info = {name: SimpleNamespace(value=value) for name, value in said.items()}
        return SimpleNamespace(get_friendly_name=lambda: kind, get_rt_info=lambda: info)


def test_a_matrix_product_is_one_where_only_its_addition_is_named() -> None:
    known = {"node_linear": OnnxNode("node_linear", "Add", ("fc",), ("linear",))}
    for kind, types in (("FullyConnected", ("Add", "FullyConnected")), ("Eltwise", ("Add",))):
        said = {"layerType": kind, "originalLayersNames": "node_linear"}
        row = openvino_session._layer("node_linear", said, [1.0], known)
        assert (row.paths, row.types) == (("fc",), types)


def test_a_change_of_layout_goes_by_its_type() -> None:
    said = {"layerType": "Reorder", "originalLayersNames": ""}
    row = openvino_session._layer("node_cat_3_acdb_abcd_node_Transpose", said, [1.0], {})
    assert (row.name, row.paths, row.types) == ("Reorder", (), ("Reorder",))


def test_another_precision_than_was_asked_for_is_told() -> None:
    layers = [
        ("Convolution", "bf16", "jit_bf16"),
        ("Convolution", "f32", "jit_f32"),
        ("Reorder", "f32", "jit_f32"),
    ]
    found = describe_precision(FakeCompiled(layers), "float32", ())
    assert found.warnings == ("1 of 2 layers compute in another precision than float32: 1 bf16, 1 f32",)
    assert describe_precision(FakeCompiled(layers[1:]), "float32", ()).warnings == ()


def test_what_int8_leaves_in_float() -> None:
    nodes = [OnnxNode("node_Math", "HardSigmoid", (), ()), OnnxNode("node_Reorder", "Conv", (), ())]
    layers = [("Convolution", "u8", "jit_I8"), ("Math", "f32", "ref_any_f32"), ("Reorder", "f32", "jit_f32")]
    found = describe_precision(FakeCompiled(layers), "int8", nodes)
    assert found.warnings == ()
    assert found.options == {"computes_in": "1 u8", "int8": "speed only", "left_in_float": "1 HardSigmoid"}


@pytest.mark.runtimes
@needs_openvino
def test_nothing_is_sent_and_no_file_appears(tmp_path: Path) -> None:
    code = (
        "import socket, sys\n"
        "def refuse(*given): sys.exit('a socket was opened')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from cnnprof.runtimes.openvino.runtime import load_openvino\n"
        "print(load_openvino().Core().available_devices)\n"
        "print([name for name in sys.modules if name.startswith('openvino_telemetry')])\n"
    )
    home = tmp_path / "home"
    home.mkdir()
    there = {"HOME": str(home), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=home,
        env=os.environ | there,
        check=True,
    )
    assert "CPU" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"
    assert done.stderr == ""
    assert list(home.rglob("*")) == []


@pytest.mark.runtimes
@needs_openvino
@pytest.mark.parametrize("batch", [1, 3])
def test_it_computes_what_eager_computes(batch: int) -> None:
    ready = make_ready("openvino", seeded(SmallNet), Settings(((batch, *SHAPE[1:]),), threads=1))
    assert ready.preparation.error is not None
    assert ready.preparation.error < 1e-5
    assert ready.preparation.warnings == ()
    assert ready.preparation.convert_s > 0
    assert ready.preparation.options["inference_precision_hint"] == "f32"
    assert ready.preparation.options["inference_num_threads"] == "1"
    assert ready.preparation.options["num_streams"] == "1"
    assert ready.preparation.options["computes_in"] == "4 f32"  # three convolutions and the classifier
    assert len(ready.time(3)) == 3
    assert [tuple(each.shape) for each in ready.outputs()] == [(batch, 10)]


@pytest.mark.runtimes
@needs_openvino
def test_its_own_choice_of_precision_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    if "BF16" not in load_openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        pytest.skip("this CPU has no bfloat16")
    monkeypatch.setattr(
        openvino_compile, "config_of", lambda *_: {"PERFORMANCE_HINT": "LATENCY"}
    )  # no precision by name
    ready = make_ready("openvino", seeded(SmallNet), Settings((SHAPE,)))
    assert ready.preparation.options["computes_in"] == "4 bf16"
    assert any("4 of 4 layers compute in another precision" in told for told in ready.preparation.warnings)
    assert ready.preparation.error is None or ready.preparation.error > 1e-4


@pytest.mark.runtimes
@needs_openvino
def test_the_counters_name_modules_and_stay_below_the_whole() -> None:
    settings = Settings(((1, 3, 224, 224),), threads=1)
    rows, walls = make_ready("openvino", seeded(SmallNet), settings).profile(6)
    assert len(walls) == 6
    assert all(len(row.seconds) == 6 for row in rows)
    assert all(0 < sum(row.seconds[call] for row in rows) < walls[call] for call in range(6))
    named = {row.paths: row.types for row in rows if "Conv" in row.types}
    assert named[("block.conv", "block.norm", "block.act")] == ("Conv", "Clip")
    assert any(paths[:1] == ("shortcut",) for paths in named)
    assert any("Add" in types for types in named.values())  # the shortcut is fused into a convolution


@pytest.mark.runtimes
@needs_openvino
def test_int8_is_int8() -> None:
    pytest.importorskip("onnxruntime")
    settings = Settings((SHAPE,), dtype="int8")
    ready = make_ready("openvino", seeded(SmallNet), settings)
    options = ready.preparation.options
    assert set(options["computes_in"].split(", ")) <= {"4 u8", "4 i8", "3 u8", "1 i8", "1 u8"}
    assert options["int8"] == "speed only"
    assert any("int8" in told for told in ready.preparation.warnings)
    assert make_ready("openvino", seeded(SmallNet), settings).preparation.cached


@pytest.mark.runtimes
@needs_openvino
def test_an_op_that_openvino_lacks_is_named_with_its_layer(own_cache: Path) -> None:
    model = seeded(lambda: Around(lambda x: x * torch.linalg.det(x[..., :4, :4])[..., None, None]))
    with pytest.raises(ModelError, match=r"OpenVINO has no op for Det \(layer middle\)"):
        OpenVinoRuntime().prepare(model, Settings((SHAPE,)))
    assert list(own_cache.glob("building-*")) == []


@pytest.mark.runtimes
@needs_openvino
def test_a_file_of_the_users_own(tmp_path: Path) -> None:
    from cnnprof.runtimes.onnx.export import export_onnx

    settings = Settings((SHAPE,))
    path = export_onnx(seeded(SmallNet), settings).path
    session = OpenVinoRuntime().prepare_file(path, settings)
    with torch.inference_mode():
        expected = seeded(SmallNet)(torch.randn(SHAPE, generator=torch.Generator().manual_seed(0)))
    torch.testing.assert_close(session.outputs()[0], expected)
    with pytest.raises(ModelError, match="1x3x17x23, not 2x3x17x23"):
        OpenVinoRuntime().prepare_file(path, Settings(((2, *SHAPE[1:]),)))
    with pytest.raises(FileError):
        OpenVinoRuntime().prepare_file(tmp_path / "none.onnx", settings)
    (tmp_path / "junk.onnx").write_bytes(b"junk")
    with pytest.raises(CnnprofError, match="OpenVINO cannot read the network"):
        OpenVinoRuntime().prepare_file(tmp_path / "junk.onnx", settings)


@pytest.mark.runtimes
@needs_openvino
@pytest.mark.parametrize("text", ["{", '["some", "other", "program"]', '[["n", "Conv", ["wrong"], []]]'])
def test_a_list_of_nodes_beside_a_users_file_is_not_read(tmp_path: Path, text: str) -> None:
    from cnnprof.runtimes.onnx.export import export_onnx

    settings = Settings((SHAPE,))
    path = Path(shutil.copy(export_onnx(seeded(SmallNet), settings).path, tmp_path / "net.onnx"))
    (tmp_path / "nodes.json").write_text(text, encoding="utf-8")
    rows, _ = OpenVinoRuntime().prepare_file(path, settings).profile(1)
    assert all(row.paths == () for row in rows)


@pytest.mark.runtimes
@needs_openvino
def test_what_has_no_effect_is_said() -> None:
    found = make_ready(
        "openvino", seeded(SmallNet), Settings((SHAPE,), threads=4096, channels_last=True)
    ).preparation
    assert any("channels_last changes nothing" in told for told in found.warnings)
    assert any("threads, not 4096" in told for told in found.warnings)
