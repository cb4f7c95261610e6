"""ncnn by way of pnnx; the marked tests convert and run."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cnnprof.errors import MissingRuntimeError, ModelError
from cnnprof.runtimes.ncnn import pnnx
from cnnprof.runtimes.ncnn import runtime as ncnn
from cnnprof.runtimes.ncnn.layers import time_layers
from cnnprof.runtimes.ncnn.pnnx import TracedCall
from cnnprof.runtimes.ncnn.runtime import NcnnRuntime
from cnnprof.runtimes.ready import make_ready
from cnnprof.runtimes.registry import Settings
from tests.runtimes.small_nets import SHAPE, Around, SmallNet, seeded

needs_ncnn = pytest.mark.skipif(
    not (importlib.util.find_spec("ncnn") and importlib.util.find_spec("pnnx")),
    reason="ncnn is not installed",
)


@pytest.mark.parametrize("package", ["ncnn", "pnnx"])
def test_without_a_package(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    for each in ("ncnn", "pnnx"):
        here = SimpleNamespace(EXEC_PATH="/nowhere")
        monkeypatch.setitem(sys.modules, each, None if each == package else here)
    with pytest.raises(MissingRuntimeError, match=package) as refused:
        NcnnRuntime().resolve_device("cpu")
    assert refused.value.hint == "pip install 'cnnprof[ncnn]'"


def test_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ncnn, "import_ncnn", lambda: None)
    monkeypatch.setattr(ncnn, "find_pnnx", lambda: "")
    assert NcnnRuntime().resolve_device("auto") == NcnnRuntime().resolve_device("cpu") == "cpu"
    with pytest.raises(MissingRuntimeError, match="ncnn does not run on cuda here"):
        NcnnRuntime().resolve_device("cuda")


def test_a_batch_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ncnn, "import_ncnn", lambda: None)
    with pytest.raises(ModelError, match="one image at a time") as refused:
        NcnnRuntime().prepare(SmallNet(), Settings(((2, *SHAPE[1:]),)))
    assert refused.value.hint == "--batch 1"


def test_a_dtype_without_kernels_is_refused() -> None:
    """On most CPUs ncnn takes the option and computes in float32."""
    layers = [SimpleNamespace(type="Convolution", support_fp16_storage=False, support_bf16_storage=True)] * 2
    net = SimpleNamespace(layers=lambda: layers)
    with pytest.raises(MissingRuntimeError, match="no float16 kernels"):
        ncnn._describe_precision(net, "float16")
    assert ncnn._describe_precision(net, "bfloat16") == "2 bfloat16"
    assert ncnn._describe_precision(net, "float32") == "2 float32"


CALLS = [
    TracedCall("fft_rfft2", "body.0", ()),
    TracedCall("erfinv_", "body.1", ()),
    TracedCall("sort", "", ()),
]


@pytest.mark.parametrize(
    ("kind", "layer"),
    [
        ("torch.fft.rfft2", "body.0"),
        ("aten::erfinv", "body.1"),
        ("torch.sort", ""),
        ("nn.Hardsigmoid", "block.act"),
        ("F.unheard_of", ""),
    ],
)
def test_the_layer_of_an_op(kind: str, layer: str) -> None:
    assert pnnx._layer_of(kind, CALLS, SmallNet(nn.Hardsigmoid)) == layer


def program(folder: Path, body: str) -> str:
    """A converter of our own."""
    path = folder / "pnnx.py"
    path.write_text(f"#!{sys.executable}\nimport os, sys\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            "print('pass_level5')\nprint('unknown type 9')\nprint('-----')\nsys.exit(1)",
            "network: unknown type 9",
        ),
        ("print('x', flush=True)\nos.kill(os.getpid(), 9)", "it was ended by signal 9"),
        ("", "it says nothing"),
    ],
)
def test_a_converter_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_cache: Path, body: str, told: str
) -> None:
    monkeypatch.setattr(pnnx, "find_pnnx", lambda: program(tmp_path, body))
    with pytest.raises(ModelError, match=told):
        pnnx.convert_to_ncnn(seeded(SmallNet), Settings((SHAPE,)))
    assert list(own_cache.iterdir()) == []


WRITES = "for name in ('net.ncnn.param', 'net.ncnn.bin'): open(name, 'w').write('7767517\\n0 0\\n')\n"


def test_files_of_a_converter_that_ended_badly_are_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_cache: Path
) -> None:
    body = WRITES + "print('killed', flush=True)\nos.kill(os.getpid(), 9)"
    monkeypatch.setattr(pnnx, "find_pnnx", lambda: program(tmp_path, body))
    monkeypatch.setattr(pnnx, "import_ncnn", lambda: SimpleNamespace(Net=lambda: None))
    monkeypatch.setattr(pnnx, "load_net", lambda *_: None)
    with pytest.raises(ModelError, match="ended by signal 9"):
        pnnx.convert_to_ncnn(seeded(SmallNet), Settings((SHAPE,)))
    monkeypatch.setattr(pnnx, "find_pnnx", lambda: program(tmp_path, WRITES + "sys.exit(3)"))
    with pytest.raises(ModelError, match="cannot convert the network"):
        pnnx.convert_to_ncnn(seeded(SmallNet), Settings((SHAPE,)))
    assert list(own_cache.iterdir()) == []


@pytest.mark.runtimes
@needs_ncnn
def test_weights_that_were_cut_off_are_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_cache: Path
) -> None:
    """A full disk makes pnnx write less, and say nothing."""
    body = (
        f"import subprocess\nsubprocess.run([{pnnx.find_pnnx()!r}, *sys.argv[1:]])\n"
        "os.truncate('net.ncnn.bin', os.path.getsize('net.ncnn.bin') // 2)"
    )
    monkeypatch.setattr(pnnx, "find_pnnx", lambda: program(tmp_path, body))
    with pytest.raises(ModelError, match="ncnn cannot load what pnnx made of the network"):
        pnnx.convert_to_ncnn(seeded(SmallNet), Settings((SHAPE,)))
    assert list(own_cache.iterdir()) == []


def test_a_converter_that_cannot_be_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pnnx, "find_pnnx", lambda: str(tmp_path / "none"))
    with pytest.raises(MissingRuntimeError, match="pnnx cannot be started"):
        pnnx.convert_to_ncnn(seeded(SmallNet), Settings((SHAPE,)))


class Untraceable(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        raise ValueError("no such luck")


def test_a_model_that_cannot_be_traced(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="torch cannot trace it for ncnn: no such luck"):
        pnnx._trace(Untraceable(), Settings((SHAPE,)), tmp_path / "net.pt")


@pytest.mark.runtimes
@needs_ncnn
def test_it_computes_what_eager_computes(capfd: pytest.CaptureFixture[str], own_cache: Path) -> None:
    ready = make_ready("ncnn", seeded(SmallNet), Settings((SHAPE,)))
    assert ready.preparation.error is not None
    assert ready.preparation.error < 1e-5
    assert ready.preparation.warnings == ()
    options = ready.preparation.options
    assert {options[name] for name in ("use_fp16_storage", "use_fp16_packed", "use_fp16_arithmetic")} == {
        "False"
    }
    assert options["use_bf16_storage"] == options["use_vulkan_compute"] == "False"
    assert options["num_threads"] == "1"
    assert options["computes_in"] == "4 float32"
    assert len(ready.time(3)) == 3
    assert [tuple(each.shape) for each in ready.outputs()] == [(1, 10)]
    assert tuple(capfd.readouterr()) == ("", "")  # nothing of what pnnx says
    kept = [path.name for path in own_cache.rglob("*") if path.is_file()]
    assert sorted(kept) == ["calls.json", "manifest.json", "net.ncnn.bin", "net.ncnn.param"]
    # 3x16x3x3 + 16x3x3 + 3x16 + 16x10 weights and 16+16+16+10 biases in four bytes, not in two; with two tags
    weights = 432 + 144 + 48 + 160 + 58
    assert next(own_cache.rglob("*.bin")).stat().st_size >= 4 * weights
    assert make_ready("ncnn", seeded(SmallNet), Settings((SHAPE,))).preparation.cached


class Heads(nn.Module):
    """Two outputs, of which the first is computed from the second, and half of a tensor that nobody wants."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Conv2d(3, 8, 3, stride=2)
        self.head = nn.Conv2d(8, 2, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y = torch.relu(self.body(x))
        return self.head(y), y


class HalfUsed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Conv2d(3, 8, 3, stride=2)
        self.head = nn.Conv2d(4, 2, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y = self.body(x).chunk(2, 1)[1]
        return self.head(y), torch.relu(y)


@pytest.mark.runtimes
@needs_ncnn
@pytest.mark.parametrize("build", [Heads, HalfUsed])
def test_outputs_are_the_networks_own_in_their_order(build: type[nn.Module]) -> None:
    ready = make_ready("ncnn", seeded(build), Settings((SHAPE,)))
    assert ready.preparation.error is not None
    assert ready.preparation.error < 1e-5
    assert [each.shape[1] for each in ready.outputs()] == ([2, 8] if build is Heads else [2, 4])


def test_outputs_without_pnnxs_names_are_all_taken() -> None:
    def named(*names: str) -> Any:
        return SimpleNamespace(output_names=lambda: list(names))

    assert ncnn._outputs(named("out10", "split_1", "out2", "out0")) == ["out0", "out2", "out10"]
    assert ncnn._outputs(named("prob", "output0")) == ["prob", "output0"]


@pytest.mark.runtimes
@needs_ncnn
def test_it_leaves_nothing_in_the_current_folder(tmp_path: Path, own_cache: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    code = (
        "from cnnprof.runtimes.ready import make_ready\n"
        "from cnnprof.runtimes.registry import Settings\n"
        "from tests.runtimes.small_nets import SHAPE, SmallNet\n"
        "make_ready('ncnn', SmallNet(), Settings((SHAPE,)))\n"
    )
    there = {"HOME": str(here), "PYTHONPATH": os.pathsep.join(sys.path), "CNNPROF_CACHE": str(own_cache)}
    subprocess.run([sys.executable, "-c", code], cwd=here, env=os.environ | there, check=True)
    assert list(here.rglob("*")) == []
    assert list(own_cache.glob("ncnn-*"))


@pytest.mark.runtimes
@needs_ncnn
def test_bfloat16_is_not_float32() -> None:
    try:
        ready = make_ready("ncnn", seeded(SmallNet), Settings((SHAPE,), dtype="bfloat16"))
    except MissingRuntimeError as refused:
        pytest.skip(refused.message)
    exact = make_ready("ncnn", seeded(SmallNet), Settings((SHAPE,))).outputs()[0]
    difference = float((ready.outputs()[0] - exact).abs().max() / exact.abs().max())
    assert 1e-4 < difference < 0.2  # 8 bits of mantissa
    assert ready.preparation.options["use_bf16_storage"] == "True"


@pytest.mark.runtimes
@needs_ncnn
def test_layer_times_name_modules_and_add_up() -> None:
    ready = make_ready("ncnn", seeded(SmallNet), Settings(((1, 3, 224, 224),)))
    rows, walls = ready.profile(4)
    assert len(walls) == 4
    assert all(len(row.seconds) == 4 for row in rows)
    assert all(0 < sum(row.seconds[call] for row in rows) < walls[call] for call in range(4))
    types = {row.paths: row.types for row in rows if row.paths}
    assert types[("block.conv", "block.norm", "block.act")] == ("Convolution", "Clip")
    assert types[("block.depthwise", "block.norm2")] == ("ConvolutionDepthWise",)
    assert types[("fc",)] == ("InnerProduct",)


@pytest.mark.runtimes
@needs_ncnn
def test_layer_by_layer_computes_each_layer_once() -> None:
    """What a layer has read is gone when it is done: asking for it again would compute everything before it again."""
    import numpy

    session: Any = NcnnRuntime().prepare(seeded(SmallNet), Settings((SHAPE,)))
    net, layers = session._net, session._net.layers()
    inputs = session._inputs
    extractor = net.create_extractor()
    for name, values in inputs.items():
        extractor.input(name, values)
    for layer in layers[1:-1]:
        assert extractor.extract(layer.tops[-1], 1)[0] == 0
    code, last = extractor.extract(net.output_names()[0])
    assert code == 0
    torch.testing.assert_close(torch.from_numpy(numpy.array(last))[None], session.outputs()[0])
    assert len(time_layers(net, layers, inputs)) == len(layers) - 1


@pytest.mark.runtimes
@needs_ncnn
def test_an_op_that_ncnn_lacks_is_named_with_its_layer(own_cache: Path) -> None:
    model = seeded(lambda: Around(lambda x: torch.fft.rfft2(x).abs()))
    with pytest.raises(ModelError, match=r"ncnn has no layer for torch\.fft\.rfft2 \(layer middle\)"):
        NcnnRuntime().prepare(model, Settings((SHAPE,)))
    assert list(own_cache.iterdir()) == []
