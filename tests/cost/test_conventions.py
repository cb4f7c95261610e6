"""What other counters print, from our graph: known figures, and the counters themselves run beside."""

from __future__ import annotations

import pytest
from torch import nn

from cnnprof.cost.conventions.registry import REGISTRY, apply_convention
from cnnprof.errors import UnknownNameError
from cnnprof.trace.peers import run_peers
from cnnprof.trace.trace import trace_model
from cnnprof.zoo.catalogue import find_entry
from cnnprof.zoo.sources import find_source
from tests.trace.nets import EQUAL, Net, Residual

IMAGE = (1, 3, 224, 224)
# A counter sees these otherwise than as they are written: fvcore skips fused attention and knows no in-place batch.
PEER_CASES = sorted(
    {"functional", "residual", "shared", "subclass", "transposed", "conv1d", "conv3d", "group norm", "layer norm",
     "linear of pictures", "bilinear", "nearest", "bicubic", "antialiased", "resized rows", "instance norm",
     "batch norm by batch", "einsum", "batched matrices", "adaptive", "tied", "same", "attention", "several inputs"}
)  # fmt: skip


def printed(name: str, model: str) -> dict[str, str]:
    graph = trace_model(find_source(model, {}).build(False, 0), [IMAGE])
    return {figure.label: figure.printed for figure in apply_convention(name, graph).figures}


def test_torchstats_five_figures_of_shufflenet_v2() -> None:
    assert printed("torchstat", "shufflenet_v2") == {
        "Total params": "2,278,604",
        "Total memory": "22.10 MB",
        "Total MAdd": "297.76MMAdd",
        "Total Flops": "150.6MFlops",
        "Total MemR+W": "51.57MB",
    }


@pytest.mark.parametrize(
    ("convention", "label", "total"),
    [("paper", "macs", 300_774_272), ("fvcore", "flops", 314_193_216), ("torch", "flops", 601_548_544)],
)
def test_the_totals_of_mobilenet_v2(convention: str, label: str, total: int) -> None:
    assert printed(convention, "mobilenet_v2")[label] == f"{total:,}"


@pytest.mark.parametrize("name", ["starnet_s1", "starnet_s2", "starnet_s3"])
def test_the_flops_that_starnets_authors_print_are_fvcores(name: str) -> None:
    published, paper = find_entry(name).macs, printed("paper", name)["macs"]
    assert published is not None
    assert published.agrees_with(float(printed("fvcore", name)["flops"].replace(",", "")))
    assert not published.agrees_with(float(paper.replace(",", "")))


@pytest.mark.parametrize("name", PEER_CASES)
def test_fvcore_and_torch_print_what_we_say_they_print(name: str) -> None:
    model, shapes = EQUAL[name]()
    graph = trace_model(model.eval(), shapes)
    fvcore, flop_counter = run_peers(model, shapes)
    for convention, peer in (("fvcore", fvcore), ("torch", flop_counter)):
        assert peer.problem == ""
        said = apply_convention(convention, graph).figures[0].value
        assert said == sum(amount for *_, amount in peer.amounts), convention


def test_torchstat_adds_up_leaf_modules_by_class() -> None:
    model = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.AvgPool2d(2), nn.Flatten(),
        nn.Linear(32, 5), nn.Softmax(1),
    )  # fmt: skip
    graph = trace_model(model, [(1, 3, 8, 8)])
    figures = {figure.label: figure.value for figure in apply_convention("torchstat", graph).figures}
    picture, pooled, small = 8 * 64, 8 * 16, 8 * 4
    assert figures["Total params"] == 8 * 27 + 8 + 16 + 32 * 5 + 5
    assert figures["Total MAdd"] == (
        picture * (2 * 27 - 1 + 1)
        + 4 * picture
        + picture
        + pooled * 3
        + small * 4
        + 5 * (2 * 32 - 1)
        + (3 * 5 - 1)
    )
    assert figures["Total Flops"] == (
        picture * 27
        + picture
        + 2 * picture
        + picture
        + picture
        + pooled
        + 5 * 32  # pools: one an input element
    )
    assert figures["Total memory"] == (3 * picture + pooled + small + small + 5 + 5) * 4 / 1024**2
    weights = (8 * 27 + 8) + 16 + (32 * 5 + 5)
    moved = (
        (3 * 64 + picture) + 2 * picture + 2 * picture + (picture + pooled) + (pooled + small) + (small + 5)
    )
    assert figures["Total MemR+W"] == 4 * (moved + weights)


def test_torchstat_takes_a_class_for_what_it_derives_from() -> None:
    class Own(nn.Conv2d):
        """A convolution by another name."""

    layers = (Own(3, 4, 1, bias=False), nn.UpsamplingNearest2d(scale_factor=2), nn.Upsample(size=3))
    graph = trace_model(nn.Sequential(*layers), [(2, 3, 8, 8)])
    figures = {figure.label: figure.value for figure in apply_convention("torchstat", graph).figures}
    assert figures["Total Flops"] == 2 * 64 * 12 + 2 * 16 * 16 + 2 * 3 * 3
    assert figures["Total MAdd"] == 64 * 4 * (2 * 3 - 1)
    assert figures["Total MemR+W"] == 4 * (2 * (3 * 64 + 12) + 2 * 4 * 64)


def test_torchstat_passes_over_what_its_classes_do_not_say() -> None:
    class Conv2d(nn.Module):
        """Called as torchstat's own, and no convolution."""

        def forward(self, x: object) -> object:
            return x * 2  # type: ignore[operator]

    graph = trace_model(nn.Sequential(Conv2d(), nn.Conv2d(3, 4, 1)), [(1, 3, 8, 8)])
    figures = {figure.label: figure.value for figure in apply_convention("torchstat", graph).figures}
    assert figures["Total Flops"] == 4 * 64 * 3 + 4 * 64


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_every_convention_takes_every_graph(name: str) -> None:
    for case in EQUAL.values():
        model, shapes = case()
        convention = apply_convention(name, trace_model(model, shapes))
        assert convention.name == name
        assert convention.counts
        assert all(figure.printed for figure in convention.figures)


def test_paper_is_our_macs() -> None:
    graph = trace_model(Residual(), [(1, 4, 6, 6)])
    assert apply_convention("paper", graph).figures[0].value == 36 * (8 * 4 * 9 + 3 * 64) + 8 * 5


def test_an_unknown_convention_is_refused_with_the_nearest() -> None:
    graph = trace_model(Net(lambda _, x: x), [(1,)])
    with pytest.raises(UnknownNameError, match="unknown convention 'torchstatt'") as refused:
        apply_convention("torchstatt", graph)
    assert "torchstat" in refused.value.hint
