"""Models from files that hold a graph: what needs torch's modules is refused before it would print nonsense."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cnnprof.errors import CnnprofError, ModelError, UnknownNameError
from cnnprof.pipeline.conventions import count_conventions
from cnnprof.pipeline.flow import compare, profile
from cnnprof.pipeline.outside import in_one_runtime, settled_inputs
from cnnprof.pipeline.preparing import prepare
from cnnprof.pipeline.resolve import resolve, settle
from cnnprof.records.request import Request

onnx = pytest.importorskip("onnx")


def saved(folder: Path) -> Request:
    """One 1x1 convolution, 3 to 4 channels at 8x8, as a file."""
    from tests.trace.onnx_nets import model, weight

    node = onnx.helper.make_node("Conv", ["x", "w"], ["y"])
    path = folder / "net.onnx"
    onnx.save(model([node], [weight("w", 4, 3, 1, 1)], {"x": (1, 3, 8, 8)}, ["y"]), path)
    return Request(str(path), latency=False)


def test_macs_are_counted_from_the_file(tmp_path: Path) -> None:
    assert profile(saved(tmp_path)).counts.macs == 8 * 8 * 4 * 3


@pytest.mark.parametrize("convention", ["fvcore", "torchstat"])
def test_one_counter_of_modules_is_refused(tmp_path: Path, convention: str) -> None:
    with pytest.raises(ModelError, match=f"{convention} counts torch's .* an ONNX file has none") as refused:
        profile(replace(saved(tmp_path), convention=convention))
    assert "leave out --convention" in refused.value.hint


def test_the_counters_of_an_audit_are_refused_likewise(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="counters of --verify need a torch module"):
        profile(replace(saved(tmp_path), verify=True))


def test_all_counters_at_once_are_refused_likewise(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="an ONNX file has none"):
        count_conventions(saved(tmp_path))


def test_onnx_runtime_runs_a_file_unless_another_is_chosen(tmp_path: Path) -> None:
    asked = replace(saved(tmp_path), latency=True, device="cpu")
    assert settle(asked).runtime == "onnxruntime"
    assert settle(replace(asked, model="NET.ONNX")).runtime == "onnxruntime"
    assert settle(replace(asked, runtime="openvino")).runtime == "openvino"
    assert settle(replace(asked, model="mobilenet_v2")).runtime == "eager"


def test_beside_a_file_no_model_stays_in_eager(tmp_path: Path) -> None:
    asked = replace(saved(tmp_path), latency=True, device="cpu")
    network = replace(asked, model="mobilenet_v2")
    together, said = in_one_runtime([asked, network])
    assert [each.runtime for each in together] == ["onnxruntime"] * 2
    assert said == (f"{asked.model} cannot run in eager: all models are timed in onnxruntime",)
    assert in_one_runtime([network, network]) == ([network, network], ())
    assert in_one_runtime([asked, asked])[1] == (), "no model was moved for another"
    counted = [replace(each, latency=False) for each in (asked, network)]
    assert in_one_runtime(counted) == (counted, ())


def test_a_graph_has_nothing_to_fold(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="nothing to fold"):
        profile(replace(saved(tmp_path), deploy=True))


def test_eager_by_name_among_others_refuses_a_file(tmp_path: Path) -> None:
    asked = replace(saved(tmp_path), latency=True, device="cpu")
    with pytest.raises(UnknownNameError, match="eager runs torch modules"):
        compare([asked, replace(asked, runtime="onnxruntime")])


def test_a_runtime_of_modules_refuses_a_file(tmp_path: Path) -> None:
    timed = replace(saved(tmp_path), latency=True, device="cpu")
    source = resolve(timed)
    for changed, reason in (
        (replace(timed, runtime="compiled"), "compiled runs torch modules"),
        (replace(timed, runtime="onnxruntime", dtype="int8"), "int8 is made of torch modules only"),
    ):
        with pytest.raises(CnnprofError, match=reason):
            prepare(replace(changed, inputs=((3, 8, 8),)), source, alone=False)


def half(folder: Path) -> Request:
    """The file of ``saved`` in float16."""
    import numpy as np

    node = onnx.helper.make_node("Conv", ["x", "w"], ["y"])
    stored = onnx.numpy_helper.from_array(np.ones((4, 3, 1, 1), dtype=np.float16), "w")
    values = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT16, shape)
        for name, shape in (("x", (1, 3, 8, 8)), ("y", (1, 4, 8, 8)))
    ]
    graph = onnx.helper.make_graph([node], "net", values[:1], values[1:], [stored])
    opsets = [onnx.helper.make_opsetid("", 18)]
    path = folder / "half.onnx"
    onnx.save(onnx.helper.make_model(graph, opset_imports=opsets, ir_version=9), path)
    return Request(str(path), device="cpu", dtype="float16", budget_s=1.0, processes=1)


def test_a_dtype_that_a_file_is_not_timed_in(tmp_path: Path) -> None:
    asked = half(tmp_path)
    assert settle(asked).dtype == "float16"
    with pytest.raises(UnknownNameError, match="float16") as caught:
        settle(replace(asked, model="mobilenet_v2", runtime="onnxruntime"))
    assert "--no-latency" not in caught.value.hint
    with pytest.raises(UnknownNameError, match="bfloat16") as caught:
        settle(replace(asked, dtype="bfloat16"))
    assert "--no-latency" in caught.value.hint


@pytest.mark.runtimes
def test_a_file_in_float16_is_timed_and_said_to_compute_in_float32(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    found = profile(half(tmp_path))
    assert found.timing is not None
    assert found.preparation is not None
    assert "computes in float32" in " ".join(found.preparation.warnings)


@pytest.mark.runtimes
@pytest.mark.parametrize("runtime", ["eager", "openvino"])
def test_a_file_is_timed(tmp_path: Path, runtime: str) -> None:
    pytest.importorskip("onnxruntime" if runtime == "eager" else runtime)
    asked = replace(saved(tmp_path), latency=True, device="cpu", runtime=runtime, budget_s=1.0, processes=1)
    found = profile(asked)
    assert found.timing is not None
    assert found.preparation is not None
    assert found.preparation.options
    assert found.request.runtime == ("onnxruntime" if runtime == "eager" else runtime)


@pytest.mark.parametrize(
    ("declared", "given", "settled"),
    [
        ((None, None, None, 3), None, (224, 224, 3)),
        ((None, None, None, 1), None, (224, 224, 1)),
        ((None, None, 96, 4), None, (224, 96, 4)),
        ((None, None, None, 3), (64,), (64, 64, 3)),
        ((None, None, None, 3), (64, 48), (64, 48, 3)),
        ((None, 64, 64, 3), (64,), (64, 64, 3)),
        ((None, None, None, None), None, (3, 224, 224)),
        ((None, 3, None, None), (64,), (3, 64, 64)),
        ((None, 3, None, 3), None, (3, 224, 3)),
        ((None, 3, None, 3), (64, 3), (3, 64, 3)),
        ((None, None, None, None), (64,), (3, 64, 64)),
        ((None, 1, None, None), (64,), (1, 64, 64)),
        ((None, 3, None, None), (3, 64, 48), (3, 64, 48)),
        ((None, 10), (10,), (10,)),
        ((None, 10), None, (10,)),
    ],
)
def test_what_a_file_leaves_open_is_a_picture_with_channels_where_it_has_them(
    declared: tuple[int | None, ...], given: tuple[int, ...] | None, settled: tuple[int, ...]
) -> None:
    request = Request("net.onnx", inputs=None if given is None else (given,))
    assert settled_inputs(request, [declared]) == (settled,)
