"""Counting leaves the model, and torch, as they were; also after an error."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.modules import module as hooks
from torch.utils._python_dispatch import TorchDispatchMode

from cnnprof.errors import ModelError
from cnnprof.trace.inventory import Inventory
from cnnprof.trace.tape import Tape
from cnnprof.trace.trace import trace_model
from cnnprof.trace.tracer import run_without_compute
from tests.trace.nets import EQUAL, PICTURE, UNDECIDED, Counter, Net, Residual

GLOBAL_HOOKS = [
    value for name, value in vars(hooks).items() if name.startswith("_global_") and hasattr(value, "keys")
]


def state(model: nn.Module) -> list[Any]:
    """Every attribute of every module, tensors by identity and value, and what torch keeps for the whole process."""
    found: list[Any] = []
    for module in model.modules():
        for table in (module.__dict__, module._parameters, module._buffers, module._modules):
            found.append([(name, id(value), _value(value)) for name, value in table.items()])
    return [
        *found,
        [dict(table) for table in GLOBAL_HOOKS],
        torch.get_rng_state().tolist(),
        torch.get_default_dtype(),
        torch.get_default_device(),
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
        torch.backends.mha.get_fastpath_enabled(),
        torch.backends.mkldnn.enabled,
        torch._C._len_torch_function_stack(),
    ]


def _value(value: object) -> object:
    if isinstance(value, Tensor):
        return value.tolist(), value._version, value.requires_grad, value.grad
    if isinstance(value, dict):
        return {key: id(entry) for key, entry in value.items()}
    return value if isinstance(value, (bool, int, str)) else None


@contextmanager
def untouched(model: nn.Module) -> Iterator[None]:
    before = state(model)
    yield
    assert state(model) == before


@pytest.mark.parametrize("name", EQUAL)
def test_a_count_leaves_the_model_as_it_was(name: str) -> None:
    model, shapes = EQUAL[name]()
    model.train()
    with untouched(model):
        trace_model(model, shapes)


@pytest.mark.parametrize("name", [name for name in UNDECIDED if "script module" not in name])
def test_and_so_does_a_real_pass(name: str) -> None:
    model, shapes = UNDECIDED[name]()
    model.train()
    with untouched(model):
        assert trace_model(model, shapes).method == "forward"


def test_hooks_of_the_user_stay_and_run() -> None:
    model = Residual()
    calls: list[str] = []
    model.shared.register_forward_hook(lambda *_: calls.append("hook"))
    model.register_forward_pre_hook(lambda *_: calls.append("pre-hook"))
    with untouched(model):
        trace_model(model, [PICTURE])
    assert calls == ["pre-hook", "hook", "hook", "hook"]


def test_buffers_and_attributes_changed_by_forward_are_put_back() -> None:
    model = Counter()
    calls = model.calls
    trace_model(model, [PICTURE])
    assert model.calls is calls
    assert model.runs == 0
    assert model.seen.flatten().tolist() == [0.0] * 4


def test_children_and_attributes_made_by_forward_are_gone() -> None:
    def grow(net: Net, x: Tensor) -> Tensor:
        net.made = nn.Conv2d(4, 4, 1)
        net.last = x
        del net.conv
        return x + 1

    model = Net(grow, conv=nn.Conv2d(4, 4, 1))
    with untouched(model):
        trace_model(model, [PICTURE])


def cached(net: Net, x: Tensor) -> Tensor:
    width = x.shape[-1]
    if width not in net.cache:
        net.cache[width] = torch.linspace(0, 1, width)
    net.grid[0] = x * net.cache[width]
    net.nested[0]["runs"].append(x)
    net.seen.add(width)
    y: Tensor = net.conv(net.grid[0])
    return y


@pytest.mark.parametrize("values", [False, True])
def test_what_forward_keeps_in_lists_and_dicts_is_gone(values: bool) -> None:
    def run(net: Net, x: Tensor) -> Tensor:
        y = cached(net, x)
        return y * float(y.sum()) if values else y

    old = torch.ones(3)
    cache, grid, nested, seen = {"old": old}, [old, old], [{"runs": deque([1])}], {3}
    model = Net(run, conv=nn.Conv2d(4, 4, 1), cache=cache, grid=grid, nested=nested, seen=seen)
    for _ in range(2):
        with untouched(model):
            assert trace_model(model, [PICTURE]).method == ("forward" if values else "shapes")
        assert model.cache is cache
        assert list(cache.items()) == [("old", old)]
        assert [id(each) for each in grid] == [id(old), id(old)]
        assert (nested, seen) == ([{"runs": deque([1])}], {3})
    with torch.no_grad():
        assert model(torch.ones(PICTURE)).shape == PICTURE


def test_a_list_that_a_hook_fills_is_the_one_that_forward_reads() -> None:
    seen: list[Tensor] = []

    def run(net: Net, x: Tensor) -> Tensor:
        net.conv(x)
        last: Tensor = net.seen[-1]
        return last + 1

    model = Net(run, conv=nn.Conv2d(4, 4, 1), seen=seen)
    model.conv.register_forward_hook(lambda *args: seen.append(args[-1]))
    assert [op.kind for op in trace_model(model, [PICTURE]).ops] == ["conv", "add"]
    assert seen == []


class Sudden(BaseException):
    """Not an Exception, as KeyboardInterrupt is not."""


@pytest.mark.parametrize("error", [RuntimeError("out of order"), Sudden()])
def test_an_error_in_the_middle(error: BaseException) -> None:
    def fail(net: Net, x: Tensor) -> Tensor:
        net.__dict__["left_behind"] = True
        net.conv(x)
        raise error

    model = Net(fail, conv=nn.Conv2d(4, 4, 1))
    model.train()
    with untouched(model), pytest.raises((ModelError, Sudden)):
        trace_model(model, [PICTURE])


def test_the_callers_modes_and_defaults_stay() -> None:
    model = Residual()
    torch.manual_seed(3)
    with torch.inference_mode(), untouched(model):
        trace_model(model, [PICTURE])
    with torch.device("meta"):
        trace_model(model, [PICTURE])
        assert torch.empty(1).is_meta


class OnlyMeta(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Refuses every op that makes or fills a tensor with data."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for leaf in torch.utils._pytree.tree_leaves(result):
            assert not isinstance(leaf, Tensor) or leaf.is_meta, func
        return result


@pytest.mark.parametrize(
    "make",
    [
        lambda n, x: torch.randn(x.shape, device=n.conv.weight.device),
        lambda n, x: torch.rand(x.shape, device="cpu"),
        lambda n, x: torch.randn_like(x, device=n.conv.weight.device),
        lambda n, x: torch.empty(x.shape, device=n.conv.weight.device).normal_(),
        lambda n, x: torch.ones_like(x).to(n.conv.weight.device),
        lambda n, x: x.new_zeros(x.shape, device="cpu"),
        lambda n, x: torch.tensor(1.0, device=n.conv.weight.device),
    ],
)
def test_what_forward_makes_on_a_device_is_not_made(make: Any) -> None:
    model = Net(lambda n, x: n.conv(x) + make(n, x), conv=nn.Conv2d(4, 4, 1))
    tape = Tape(Inventory(model))
    with untouched(model), OnlyMeta():  # type: ignore[no-untyped-call]
        run_without_compute(model, [torch.empty(PICTURE, device="meta")], tape)
    assert [op.kind for op in tape.ops if op.kind in ("conv", "add")] == ["conv", "add"]
    assert trace_model(model, [PICTURE]).method == "shapes"


@pytest.mark.parametrize("side", [224, 4096])
def test_no_tensor_has_data_whatever_the_input(side: int) -> None:
    model = Residual()
    shape = (1, 4, side, side)
    tape = Tape(Inventory(model))
    with OnlyMeta():  # type: ignore[no-untyped-call]
        inputs = [torch.empty(shape, device="meta")]
        outputs = run_without_compute(model, inputs, tape)
    assert all(out.is_meta for out in outputs)
    assert not any(isinstance(kept, Tensor) and not kept.is_meta for kept in tape._alive)
    assert len(tape.ops) == 3 + 3 * 3 + 3  # stem; three times conv, relu, add; pool, flatten, linear
