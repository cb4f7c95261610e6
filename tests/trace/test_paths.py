"""A graph from shapes alone is the graph of a real forward pass."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnnprof.cost.count import count_graph
from cnnprof.records.counts import Counts
from cnnprof.trace.inventory import Inventory
from cnnprof.trace.rules.functions import RULES
from cnnprof.trace.tape import Tape
from cnnprof.trace.trace import _trace_for_real, trace_model
from cnnprof.trace.tracer import run_without_compute
from tests.trace.nets import EQUAL, PICTURE, SAME_MACS, UNDECIDED, Net

pytestmark = [
    pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning"),
    pytest.mark.filterwarnings("ignore:There is a performance drop because:UserWarning"),
]
TOTALS = ("params", "macs", "flops", "activations", "memory_bytes", "peak_bytes", "uncounted_ops")
# 2 pictures of 12 x 10 through a 1x1 convolution of 4 channels
CONV_MACS = 2 * 4 * 12 * 10 * 4


def by_shapes(model: nn.Module, shapes: list[tuple[int, ...]]) -> Counts:
    graph = trace_model(model.eval(), shapes)
    assert graph.method == "shapes", graph.warnings
    return count_graph(graph)


def for_real(model: nn.Module, shapes: list[tuple[int, ...]]) -> Counts:
    return count_graph(_trace_for_real(model.eval(), shapes, "float32", Tape(Inventory(model)), Exception()))


@pytest.mark.parametrize("name", EQUAL)
def test_shapes_alone_give_the_counts_of_a_forward_pass(name: str) -> None:
    model, shapes = EQUAL[name]()
    expected, found = for_real(model, shapes), by_shapes(model, shapes)
    for total in TOTALS:
        assert getattr(found, total) == getattr(expected, total), total


@pytest.mark.parametrize("name", SAME_MACS)
def test_multiply_adds_do_not_depend_on_how_torch_composes_a_layer(name: str) -> None:
    model, shapes = SAME_MACS[name]()
    expected, found = for_real(model, shapes), by_shapes(model, shapes)
    assert (found.macs, found.params) == (expected.macs, expected.params)
    assert found.macs > 0
    assert found.uncounted_ops == expected.uncounted_ops == ()


@pytest.mark.parametrize("name", UNDECIDED)
def test_one_real_pass_where_shapes_do_not_decide(name: str) -> None:
    model, shapes = UNDECIDED[name]()
    graph = trace_model(model.eval(), shapes)
    assert graph.method == "forward"
    assert "one real forward pass" in graph.warnings[0]
    assert count_graph(graph).macs == CONV_MACS


def test_no_work_of_a_script_function_is_lost() -> None:
    model, shapes = UNDECIDED["script function"]()
    kinds = [op.kind for op in trace_model(model, shapes).ops if op.kind != "view"]
    assert kinds == ["conv", "relu", "add"]


def test_recurrent_layers_by_hand() -> None:
    # Each step: 4 gates of (8 inputs + 6 states) by 6 units; 5 steps, 2 sequences.
    assert by_shapes(nn.LSTM(8, 6), [(5, 2, 8)]).macs == 5 * 2 * 4 * 6 * (8 + 6)
    assert by_shapes(nn.GRU(8, 6), [(5, 2, 8)]).macs == 5 * 2 * 3 * 6 * (8 + 6)


def test_multi_head_attention_by_hand() -> None:
    model, shapes = SAME_MACS["multi-head"]()
    # 2 sequences of 5 tokens of 8: in 8 -> 24, out 8 -> 8; 2 heads of 4: scores and their use.
    products = 2 * 5 * 8 * 24 + 2 * 5 * 8 * 8 + 2 * (2 * 2 * 5 * 5 * 4)
    assert by_shapes(model, shapes).macs == products


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_a_real_pass_in_every_dtype(dtype: str) -> None:
    model, shapes = UNDECIDED["value as a number"]()
    counts = count_graph(trace_model(model.to(getattr(torch, dtype)), shapes, dtype))
    assert counts.macs == CONV_MACS
    assert counts.ops[0].memory_bytes == (2 * 2 * 4 * 120 + 4 * 4 + 4) * (4 if dtype == "float32" else 2)


def test_a_compiled_network_counts_as_what_it_compiles() -> None:
    model = nn.Sequential(nn.Conv2d(4, 4, 1))
    compiled = torch.compile(model, backend="eager")
    assert isinstance(compiled, nn.Module)
    assert trace_model(compiled, [PICTURE]) == trace_model(model, [PICTURE])


@pytest.mark.parametrize("values", [False, True])
def test_and_so_does_one_inside_of_a_network(values: bool) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("compiled")

    def run(net: Net, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = net.head(net.block(x))
        return y * float(y.sum()) if values else y

    block, head = nn.Sequential(nn.Conv2d(4, 4, 3), nn.ReLU()), nn.Conv2d(4, 2, 1)
    model = Net(run, block=torch.compile(block, backend=refuse), head=head)
    graph = trace_model(model, [PICTURE])
    assert graph == trace_model(Net(run, block=block, head=head), [PICTURE])
    assert graph.ops[0].path == "block.0"
    assert isinstance(model.block, torch._dynamo.OptimizedModule)


def in_inference_mode(net: Net, x: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        y: torch.Tensor = net.block(x)
    return y


# Spellings that torch takes and no rule has.
SPELLINGS: list[Callable[[torch.Tensor], torch.Tensor]] = [
    lambda x: torch.bmm(x, mat2=x.mT),
    lambda x: torch.matmul(x, x.mT, out=torch.empty(2, 12, 12)),
    lambda x: torch.layer_norm(x, (10,), None, None, 1e-5, True),
    lambda x: torch.dropout(x + 1, 0.5, train=False),
    lambda x: x * 1j,
    lambda x: torch.mul(x, other=1j),
    lambda x: 1j + x,
]


@pytest.mark.parametrize("call", SPELLINGS)
def test_a_spelling_that_no_rule_has_is_left_to_torch(call: Callable[[torch.Tensor], torch.Tensor]) -> None:
    model, shape = Net(lambda _, x: call(x)), (2, 12, 10)
    expected, found = for_real(model, [shape]), by_shapes(model, [shape])
    for total in TOTALS:
        assert getattr(found, total) == getattr(expected, total), total
    result = call(torch.ones(shape))
    (output,) = trace_model(model, [shape]).outputs
    assert (output.shape, f"torch.{output.dtype}") == (tuple(result.shape), str(result.dtype))


def test_a_type_error_from_within_a_rule_is_not_taken_for_a_spelling(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(tape: Tape, input: torch.Tensor, *others: object) -> None:
        raise TypeError("a fault of the rule's own")

    monkeypatch.setitem(RULES, torch.matmul, fail)
    model = Net(lambda _, x: torch.matmul(x, x.mT))
    with pytest.raises(TypeError, match="of the rule's own"):
        run_without_compute(model, [torch.empty(3, 4, device="meta")], Tape(Inventory(model)))


# Autograd takes these apart, and inference mode leaves it out.
COMPOSED: dict[str, Callable[[], nn.Module]] = {
    "transposed": lambda: nn.ConvTranspose2d(4, 6, 3, 2),
    "circular": lambda: nn.Conv2d(4, 6, 3, padding=1, padding_mode="circular"),
    "instance norm": lambda: nn.InstanceNorm2d(4, affine=True),
    "einsum": lambda: Net(lambda _, x: torch.einsum("nchw,ncxw->nhx", x, x)),
    "pool of vectors": lambda: Net(lambda _, x: F.avg_pool1d(x[0], 2)),
    "dropout": lambda: nn.Dropout3d(),
    "nearest": lambda: Net(lambda _, x: F.interpolate(x[0], scale_factor=2, mode="nearest-exact")),
}


@pytest.mark.parametrize("name", COMPOSED)
def test_inference_mode_counts_as_what_it_runs(name: str) -> None:
    block = COMPOSED[name]()
    expected = by_shapes(block, [PICTURE])
    assert expected.uncounted_ops == ()
    inside = Net(in_inference_mode, block=block)
    counted = [by_shapes(inside, [PICTURE]), for_real(inside, [PICTURE])]
    with torch.inference_mode():
        counted += [by_shapes(block, [PICTURE]), for_real(block, [PICTURE])]
    for found in counted:
        for total in TOTALS:
            assert getattr(found, total) == getattr(expected, total), total


def test_tensors_of_inference_mode_count_outside_of_it_too() -> None:
    model = Net(lambda n, x: torch.einsum("nchw,ncxw->nhx", *[in_inference_mode(n, x)] * 2), block=nn.ReLU())
    # 2 pictures of 4 channels, 12 x 10
    assert by_shapes(model, [PICTURE]).macs == for_real(model, [PICTURE]).macs == 2 * 12 * 12 * (4 * 10)


def test_a_real_pass_in_inference_mode() -> None:
    def run(net: Net, x: torch.Tensor) -> torch.Tensor:
        with torch.inference_mode():
            y: torch.Tensor = net.conv(x)
            return y * float(y.sum())

    graph = trace_model(Net(run, conv=nn.Conv2d(4, 4, 1)), [PICTURE])
    assert graph.method == "forward"
    assert count_graph(graph).macs == CONV_MACS
