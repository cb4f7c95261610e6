"""ONNX Runtime: its session's options, its devices, and what it refuses."""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy
import pytest
import torch
from torch import nn

from cnnprof.errors import MissingRuntimeError, ModelError, UnknownNameError
from cnnprof.runtimes.onnxruntime import runtime as onnxruntime
from cnnprof.runtimes.onnxruntime import session as module
from cnnprof.runtimes.onnxruntime.runtime import OnnxRuntime
from cnnprof.runtimes.onnxruntime.session import OnnxFile, OnnxRuntimeSession, session_options
from cnnprof.runtimes.ready import make_file_ready, make_ready
from cnnprof.runtimes.registry import Settings, check_dtype

SETTINGS = Settings(((1, 3, 8, 8),), threads=2)


class FakeOptions:
    """Session options that remember their entries."""

    def __init__(self) -> None:
        self.entries: dict[str, str] = {}

    def add_session_config_entry(self, name: str, value: str) -> None:
        self.entries[name] = value


class FakeInference:
    """A loaded graph of one input, on the provider that was asked for or the one it falls back to."""

    def __init__(
        self, path: str, options: FakeOptions, providers: list[str], provider_options: list[dict[str, str]]
    ) -> None:
        self.path, self.options, self.providers = path, options, providers
        self.provider_options = provider_options
        self.calls: list[dict[str, numpy.ndarray[Any, Any]]] = []

    def get_providers(self) -> list[str]:
        return self.providers

    def get_inputs(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(name="x", type="tensor(float)")]

    def run(self, names: object, feeds: dict[str, numpy.ndarray[Any, Any]]) -> list[Any]:
        self.calls.append(feeds)
        return [feeds["x"] * 2, numpy.float32(3)]


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Stands for the package; its import is counted as one with telemetry off."""
    made = SimpleNamespace(
        SessionOptions=FakeOptions,
        InferenceSession=FakeInference,
        ExecutionMode=SimpleNamespace(ORT_SEQUENTIAL="sequential"),
        GraphOptimizationLevel=SimpleNamespace(ORT_ENABLE_ALL="all"),
        get_available_providers=lambda: ["CPUExecutionProvider"],
        disable_telemetry_events=lambda: None,
        set_default_logger_severity=lambda level: None,
    )
    monkeypatch.setitem(sys.modules, "onnxruntime", made)
    monkeypatch.setattr(onnxruntime, "precisions_of", lambda path: Counter({"float32": 1}))
    return made


def test_the_package_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingRuntimeError, match="the package onnxruntime is not installed") as refused:
        OnnxRuntime().resolve_device("auto")
    assert refused.value.hint == "pip install 'cnnprof[onnx]'"


def test_telemetry_is_off_before_the_import(
    package: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ORT_DISABLE_TELEMETRY", raising=False)
    OnnxRuntime().resolve_device("auto")
    assert os.environ["ORT_DISABLE_TELEMETRY"] == "1"


def test_devices(package: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = OnnxRuntime()
    assert runtime.resolve_device("auto") == runtime.resolve_device("cpu") == "cpu"
    with pytest.raises(MissingRuntimeError, match="has no CUDAExecutionProvider") as refused:
        runtime.resolve_device("cuda")
    assert "onnxruntime-gpu" in refused.value.hint
    with pytest.raises(MissingRuntimeError, match="does not run on mps"):
        runtime.resolve_device("mps")
    package.get_available_providers = lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert runtime.resolve_device("auto") == "cpu"  # the build could, the machine cannot
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert runtime.resolve_device("auto") == "cuda"


def test_a_provider_that_falls_back_is_not_believed(package: SimpleNamespace) -> None:
    package.InferenceSession = lambda path, options, providers, provider_options: FakeInference(
        path, options, ["CPUExecutionProvider"], [{}]
    )
    with pytest.raises(MissingRuntimeError, match="cannot start CUDAExecutionProvider"):
        OnnxFile(Path("net.onnx"), Settings(SETTINGS.shapes, device="cuda")).open()


def test_float32_on_cuda_is_float32(package: SimpleNamespace) -> None:
    opened = OnnxFile(Path("net.onnx"), Settings(SETTINGS.shapes, device="cuda")).open()
    assert opened.provider_options == [{"use_tf32": "0"}]
    assert OnnxFile(Path("net.onnx"), SETTINGS).open().provider_options == [{}]


@pytest.mark.parametrize(("spinning", "entry"), [(False, "0"), (True, "1")])
def test_session_options(package: SimpleNamespace, spinning: bool, entry: str) -> None:
    options = session_options(package, Settings(SETTINGS.shapes, threads=3, spinning=spinning))
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (3, 1)
    assert (options.execution_mode, options.graph_optimization_level) == ("sequential", "all")
    assert options.entries["session.intra_op.allow_spinning"] == entry
    assert options.entries["session.set_denormal_as_zero"] == "1"


def test_a_file_is_loaded_called_and_recorded(package: SimpleNamespace) -> None:
    session = OnnxRuntime().prepare_file(Path("net.onnx"), SETTINGS)
    assert isinstance(session, OnnxRuntimeSession)
    assert len(session.time(3)) == 3
    assert len(session.session.calls) == 3
    assert all(feeds["x"] is session.inputs["x"] for feeds in session.session.calls)
    doubled, three = session.outputs()
    assert torch.equal(doubled, torch.from_numpy(session.inputs["x"]) * 2)
    assert float(three) == 3
    options = session.preparation.options
    assert options["provider"] == "CPUExecutionProvider"
    assert options["intra_op.allow_spinning"] == "0"
    assert options["threads"] == "2"
    assert options["call"] == "run"


def test_channels_last_changes_nothing_and_is_said_so(package: SimpleNamespace) -> None:
    settings = Settings(SETTINGS.shapes, channels_last=True)
    (warning,) = OnnxRuntime().prepare_file(Path("net.onnx"), settings).preparation.warnings
    assert "channels_last changes nothing" in warning


def test_inputs_of_another_type_or_number(package: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelError, match=r"takes 1 input\(s\), not 2"):
        OnnxRuntime().prepare_file(Path("net.onnx"), Settings(SETTINGS.shapes * 2))
    half = [SimpleNamespace(name="x", type="tensor(float16)")]
    monkeypatch.setattr(FakeInference, "get_inputs", lambda self: half)
    session = OnnxRuntime().prepare_file(Path("net.onnx"), SETTINGS)
    assert session.preparation.warnings == ("the file takes its input in float16, not in float32",)
    words = [SimpleNamespace(name="ids", type="tensor(string)")]
    monkeypatch.setattr(FakeInference, "get_inputs", lambda self: words)
    with pytest.raises(ModelError, match="input ids is a string: only") as refused:
        OnnxRuntime().prepare_file(Path("net.onnx"), SETTINGS)
    assert refused.value.hint == "--no-latency counts it without running it"


@pytest.mark.parametrize(
    ("dtype", "found", "told"),
    [
        ("float32", Counter(float32=4), ()),
        ("float16", Counter(float16=4), (onnxruntime.HALF,)),
        (
            "float32",
            Counter(int8=3, float32=1),
            ("3 of 4 layers are in another precision than float32: 3 int8, 1 float32",),
        ),
        (
            "float32",
            Counter(float16=4),
            (f"4 of 4 layers are in another precision than float32: 4 float16. {onnxruntime.HALF}",),
        ),
    ],
)
def test_a_file_in_another_precision_is_told_once(
    package: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
    dtype: str,
    found: Counter[str],
    told: tuple[str, ...],
) -> None:
    half = [SimpleNamespace(name="x", type=f"tensor({'float' if dtype == 'float32' else dtype})")]
    monkeypatch.setattr(FakeInference, "get_inputs", lambda self: half)
    monkeypatch.setattr(onnxruntime, "precisions_of", lambda path: found)
    session = OnnxRuntime().prepare_file(Path("net.onnx"), Settings(SETTINGS.shapes, dtype=dtype))
    assert session.preparation.warnings == told


@pytest.mark.parametrize(
    ("device", "dtype", "offered"),
    [
        ("cpu", "float16", "float32 or int8, or --runtime eager or compiled or openvino or ncnn"),
        ("cpu", "bfloat16", "float32 or int8, or --runtime eager or compiled or openvino or ncnn"),
        ("cuda", "int8", "float32 or float16, or --device cpu"),
    ],
)
def test_dtypes_that_it_would_only_emulate(device: str, dtype: str, offered: str) -> None:
    with pytest.raises(
        UnknownNameError, match=f"onnxruntime does not compute in {dtype} on {device}"
    ) as refused:
        check_dtype("onnxruntime", dtype, device)
    assert refused.value.hint == f"--dtype {offered}"
    check_dtype("onnxruntime", "float32", device)


def test_the_reason_of_an_error() -> None:
    error = RuntimeError("[ONNXRuntimeError] : 2 : INVALID_ARGUMENT : Got: 3 Expected: 4\nmore")
    assert module.reason(error) == "Got: 3 Expected: 4"
    assert module.reason(RuntimeError("plain: words")) == "plain: words"


@pytest.mark.runtimes
class TestOnnxRuntime:
    """With the real package."""

    @pytest.fixture(autouse=True)
    def packages(self) -> None:
        pytest.importorskip("onnxruntime")
        pytest.importorskip("onnxscript")

    def net(self) -> nn.Module:
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU6(), nn.Flatten(), nn.Linear(288, 5)
        )

    def test_exported_loaded_and_checked(self, capfd: pytest.CaptureFixture[str]) -> None:
        found = make_ready("onnxruntime", self.net(), SETTINGS)
        assert found.preparation.error is not None
        assert found.preparation.error < 1e-4
        assert found.preparation.warnings == ()
        assert not found.preparation.cached
        assert len(found.time(3)) == 3
        assert make_ready("onnxruntime", self.net(), SETTINGS).preparation.cached
        assert capfd.readouterr() == ("", "")

    def test_what_is_bound_to_a_device_runs_there(self) -> None:
        """The CPU stands for CUDA, whose calls are the same but for its name."""
        session: Any = make_ready("onnxruntime", self.net(), SETTINGS)
        call = module._bound_call(session.session, session.inputs, "cpu")
        found = call().copy_outputs_to_cpu()
        assert torch.equal(torch.from_numpy(found[0]), session.outputs()[0])

    def test_a_file(self, tmp_path: Path) -> None:
        session: Any = make_ready("onnxruntime", self.net(), SETTINGS)
        found = make_file_ready("onnxruntime", session.file.path, SETTINGS)
        assert found.preparation.error is None
        assert torch.equal(found.outputs()[0], session.outputs()[0])

    def test_a_file_of_int8(self) -> None:
        ready: Any = make_ready("onnxruntime", self.net(), Settings(SETTINGS.shapes, dtype="int8"))
        found = make_file_ready("onnxruntime", ready.file.path, SETTINGS).preparation
        assert found.warnings == ("2 of 2 layers are in another precision than float32: 2 int8",)

    def test_a_file_that_is_none(self, tmp_path: Path) -> None:
        (tmp_path / "net.onnx").write_text("no graph")
        with pytest.raises(ModelError, match="ONNX Runtime cannot load it"):
            make_file_ready("onnxruntime", tmp_path / "net.onnx", SETTINGS)

    def test_a_size_that_the_file_does_not_take(self) -> None:
        session: Any = make_ready("onnxruntime", self.net(), SETTINGS)
        with pytest.raises(ModelError, match=r"ONNX Runtime cannot run it: .*dimensions"):
            make_file_ready("onnxruntime", session.file.path, Settings(((1, 3, 9, 9),)))

    def test_int8(self) -> None:
        found = make_ready("onnxruntime", self.net(), Settings(SETTINGS.shapes, dtype="int8")).preparation
        assert found.error is not None
        assert 0 < found.error < 1
        assert found.warnings == ("int8: for speed only, its output means nothing",)
