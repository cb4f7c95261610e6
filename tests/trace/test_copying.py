"""Networks that are counted on a copy: of another dtype, on a real pass, with layers that have no weights yet."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.nn.utils import prune, spectral_norm, weight_norm

import cnnprof
from cnnprof.cost.count import count_graph
from cnnprof.errors import ModelError
from cnnprof.trace.trace import trace_model
from cnnprof.trace.untouched.copying import copied
from tests.trace.nets import PICTURE, Net

MACS = 2 * 4 * 10 * 8 * 4 * 9


def pruned() -> nn.Module:
    layer = nn.Conv2d(4, 4, 3)
    prune.l1_unstructured(layer, "weight", amount=0.3)  # type: ignore[no-untyped-call]
    return layer


HOOKED: dict[str, Callable[[], nn.Module]] = {
    "weight norm": lambda: weight_norm(nn.Conv2d(4, 4, 3)),
    "spectral norm": lambda: spectral_norm(nn.Conv2d(4, 4, 3)),
    "pruned": pruned,
}
pytestmark = pytest.mark.filterwarnings("ignore:.*weight_norm.*is deprecated:FutureWarning")


@pytest.mark.parametrize("name", HOOKED)
def test_weights_that_a_hook_makes_are_copied(name: str) -> None:
    model = Net(lambda n, x: n.conv(x) * float(x.sum()), conv=HOOKED[name]())
    graph = trace_model(model, [PICTURE])
    assert graph.method == "forward"
    assert max(op.macs for op in count_graph(graph).ops) == MACS
    x = torch.ones(PICTURE)
    assert torch.equal(copied(model)(x), model(x))


@pytest.mark.parametrize("name", HOOKED)
def test_and_counted_in_another_dtype(name: str) -> None:
    model = HOOKED[name]()
    counts = cnnprof.count(model, input=PICTURE[1:], batch=2, dtype="float16")
    assert counts.ops[-1].macs == MACS
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}


def test_what_cannot_be_copied_is_told() -> None:
    model = Net(lambda n, x: n.conv(x) * float(x.sum()), conv=nn.Conv2d(4, 4, 3), lock=threading.Lock())
    with pytest.raises(ModelError, match=r"the network cannot be copied: .*lock") as refused:
        trace_model(model, [PICTURE])
    assert "copy" in refused.value.hint


def test_layers_that_have_no_weights_yet() -> None:
    lazy = nn.Sequential(nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d(), nn.Flatten(), nn.LazyLinear(5))
    known = nn.Sequential(nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4 * 10 * 8, 5))
    graph, expected = trace_model(lazy, [PICTURE]), trace_model(known, [PICTURE])
    assert count_graph(graph) == count_graph(expected)
    assert "real forward pass" in graph.warnings[0]
    assert isinstance(lazy[0], nn.LazyConv2d)
    assert lazy[0].has_uninitialized_params()
    with pytest.raises(ModelError, match="cannot run at input 2x4"):
        trace_model(lazy, [(2, 4)])
