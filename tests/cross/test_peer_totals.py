"""The real counters run on the zoo's classifiers, and a network of every other task: equal to the last unit.

Run with ``make peers``. Inputs are small and weights are zero: counters look at shapes, so nothing else matters.
DeepSpeed takes part where it is installed; its formulas are tested with written-out arithmetic elsewhere.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import io
import warnings
from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor, nn

from cnnprof.cost.conventions.registry import apply_all
from cnnprof.errors import ModelError
from cnnprof.records.graph import Graph
from cnnprof.trace.peers import run_peers
from cnnprof.trace.trace import trace_model
from cnnprof.zoo.build import build_entry, without_weights
from cnnprof.zoo.catalogue import catalogue
from tests.cost.counter_layers import LAYERS
from tests.cost.counter_nets import NETS, SHAPE

pytestmark = pytest.mark.peers
CLASSIFIERS = [name for name, entry in catalogue().items() if entry.task == "classification"]
OTHERS = ("bisenet_v2", "block:ghost_bottleneck", "controlled:g4", "nanodet_m", "nanodet_plus_m_320")
Shape = tuple[int, ...]

# What a counter prints beyond our figure, with the reason. torch.jit makes every product of two sizes that forward
# code computes (``h * w``) an operator of its own, which torchprofile counts as one: our trace has sizes as numbers.
SIZE_PRODUCTS = "products of sizes in forward code"
EXCEPTIONS: dict[tuple[str, str], tuple[int, str]] = {
    ("torchprofile", "mobilevit_xxs"): (24, SIZE_PRODUCTS),
    ("torchprofile", "mobilevit_xs"): (24, SIZE_PRODUCTS),
    ("torchprofile", "mobilevit_s"): (24, SIZE_PRODUCTS),
}


def thop_total(model: nn.Module, x: Tensor) -> int:
    import thop

    return int(thop.profile(model, (x,), verbose=False)[0])


def torchinfo_total(model: nn.Module, x: Tensor) -> int:
    import torchinfo

    return int(torchinfo.summary(model, input_data=x, verbose=0).total_mult_adds)


def torchprofile_total(model: nn.Module, x: Tensor) -> int:
    import torchprofile

    found = torchprofile.profile_macs(model, x)
    assert isinstance(found, int)
    return found


def ptflops_total(model: nn.Module, x: Tensor, backend: str = "pytorch") -> int:
    from ptflops import get_model_complexity_info

    # It prints what went wrong and returns None.
    macs, _ = get_model_complexity_info(
        model, tuple(x.shape[1:]), print_per_layer_stat=False, as_strings=False, backend=backend
    )
    return int(macs)


def ptflops_aten_total(model: nn.Module, x: Tensor) -> int:
    return ptflops_total(model, x, "aten")


def deepspeed_total(model: nn.Module, x: Tensor) -> int:
    profiler = importlib.import_module("deepspeed.profiling.flops_profiler")
    flops, _, _ = profiler.get_model_profile(
        model, tuple(x.shape), print_profile=False, as_string=False, warm_up=0
    )
    return int(flops)


COUNTERS: dict[str, Callable[[nn.Module, Tensor], int]] = {
    "ptflops": ptflops_total,
    "torchprofile": torchprofile_total,
    "torchinfo": torchinfo_total,
    "ptflops-aten": ptflops_aten_total,
    "thop": thop_total,
}
if importlib.util.find_spec("deepspeed"):
    COUNTERS["deepspeed"] = deepspeed_total


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Small layers gain nothing from a second thread, and lose a hundredfold where the cores are shared."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def small_graph(name: str, model: nn.Module) -> tuple[Graph, Shape]:
    """The graph at the smallest input that the network takes."""
    own = catalogue()[name].input
    for side in (64, 96, own[-1]):
        shape = (1, own[0], side, side)
        with contextlib.suppress(ModelError):
            return trace_model(model, [shape]), shape
    raise AssertionError(f"{name} takes none of these sizes")


@contextlib.contextmanager
def unhooked(model: nn.Module) -> Iterator[None]:
    """Counters leave hooks behind, which the next one would run into."""
    own = [(m, m._forward_hooks.copy(), m._forward_pre_hooks.copy()) for m in model.modules()]
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        yield
    for module, hooks, pre_hooks in own:
        module._forward_hooks = hooks
        module._forward_pre_hooks = pre_hooks
        module._buffers.pop("total_ops", None)
        module._buffers.pop("total_params", None)


def theirs_of(model: nn.Module, shape: Shape) -> dict[str, int]:
    """What every counter prints."""
    found = {}
    for counter, total in COUNTERS.items():
        with unhooked(model):
            found[counter] = total(model, torch.zeros(shape))
    peers = run_peers(model, [shape])
    return found | {peer.counter.split()[0]: sum(n for *_, n in peer.amounts) for peer in peers}


def test_a_network_of_every_task_is_counted() -> None:
    tasks = {catalogue()[name].task for name in (*CLASSIFIERS, *OTHERS)}
    assert tasks == {entry.task for entry in catalogue().values()}


@pytest.mark.parametrize("name", [*CLASSIFIERS, *OTHERS])
def test_every_counter_prints_what_we_say_it_prints(name: str) -> None:
    with without_weights():
        model = build_entry(catalogue()[name], {})
    graph, shape = small_graph(name, model)
    ours = {convention.name: convention.total for convention in apply_all(graph)}
    model.to_empty(device="cpu")
    with torch.no_grad():
        for tensor in (*model.parameters(), *model.buffers()):
            tensor.zero_()
    theirs = theirs_of(model, shape)
    assert theirs == {
        counter: ours[counter] + EXCEPTIONS.get((counter, name), (0, ""))[0] for counter in theirs
    }


@pytest.mark.parametrize("name", NETS)
def test_the_faults_of_counters_are_theirs(name: str) -> None:
    model = NETS[name]().eval()
    ours = {convention.name: convention.total for convention in apply_all(trace_model(model, [SHAPE]))}
    theirs = theirs_of(model, SHAPE)
    assert theirs == {counter: ours[counter] for counter in theirs}


@pytest.mark.parametrize("name", LAYERS)
def test_layers_count_as_we_say_they_do(name: str) -> None:
    build, shape = LAYERS[name]
    model = build().eval()
    ours = {convention.name: convention.total for convention in apply_all(trace_model(model, [shape]))}
    theirs = theirs_of(model, shape)
    assert theirs == {counter: ours[counter] for counter in theirs}
