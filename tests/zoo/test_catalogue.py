"""Every entry builds the network that it describes, with the counts of its reference."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from torch import nn

from cnnprof.cost.count import count_graph
from cnnprof.errors import UnknownNameError
from cnnprof.records.entry import Entry
from cnnprof.trace.trace import trace_model
from cnnprof.zoo.build import build_entry, builder_of, seeded, structure_of, without_weights
from cnnprof.zoo.catalogue import catalogue, find_entry, select_entries

ENTRIES = catalogue()
each_entry = pytest.mark.parametrize("entry", ENTRIES.values(), ids=lambda entry: entry.name)

FIRST = {
    "mobilenet_v1": ("", "_x0_75", "_x0_5", "_x0_25"),
    "mobilenet_v2": ("", "_x0_35", "_x0_5", "_x0_75", "_x1_4"),
    "mobilenet_v3": ("_large", "_small"),
    "shufflenet_v1": ("", "_g1", "_g2", "_g4", "_g8", "_g3_x0_5", "_g3_x0_25"),
    "shufflenet_v2": ("", "_x0_5", "_x1_5", "_x2_0"),
    "ghostnet": ("", "_x0_5", "_x1_3"),
    "squeezenet": ("1_0", "1_1"),
    "efficientnet": tuple(f"_b{size}" for size in range(8)),
    "xception": ("",),
    "resnet": ("18", "34", "50"),
    "vgg": ("16",),
    "alexnet": ("",),
}


@each_entry
def test_params_and_macs_are_those_of_the_reference(entry: Entry) -> None:
    with without_weights():
        model = build_entry(entry, {})
    assert all(p.is_meta for p in model.parameters())
    assert not any(module.training for module in model.modules())
    graph = trace_model(model, [(1, *entry.input)])
    counts = count_graph(graph)
    assert graph.method == "shapes"
    assert counts.uncounted_ops == ()
    assert counts.params == sum(p.numel() for p in model.parameters()) == entry.reference.params
    assert counts.macs == entry.reference.macs


@each_entry
def test_published_figures_agree_or_the_entry_says_why(entry: Entry) -> None:
    pairs = ((entry.params, entry.reference.params), (entry.macs, entry.reference.macs))
    off = [(figure.value, counted) for figure, counted in pairs if figure and not figure.agrees_with(counted)]
    assert not off or entry.differs, f"published and counted {off}: find out why, and say so in differs"


@each_entry
def test_every_entry_says_where_it_comes_from(entry: Entry) -> None:
    assert entry.paper.title
    assert 2012 <= entry.paper.year <= 2100
    assert entry.reference.code
    assert entry.family
    for figure in (entry.params, entry.macs, entry.metric):
        assert figure is None or (figure.where and figure.step > 0 and figure.value > 0)
    assert callable(builder_of(entry))


@pytest.mark.parametrize(
    "builder", sorted({entry.builder for entry in ENTRIES.values()}), ids=lambda builder: str(builder)
)
def test_builders_refuse_arguments_they_do_not_have(builder: str) -> None:
    entry = next(entry for entry in ENTRIES.values() if entry.builder == builder)
    with pytest.raises(UnknownNameError, match="no_such_argument"):
        build_entry(entry, {"no_such_argument": 1})


def test_names_are_unique_and_typeable() -> None:
    assert all(name == entry.name for name, entry in ENTRIES.items())
    assert all(
        name.removeprefix("block:").removeprefix("controlled:").replace("_", "").isalnum()
        and name == name.lower()
        for name in ENTRIES
    )


def test_the_first_families_are_there() -> None:
    wanted = {family + variant for family, variants in FIRST.items() for variant in variants}
    assert wanted <= ENTRIES.keys()


def test_both_layouts_of_shufflenet_v2() -> None:
    with without_weights():
        authors = build_entry(ENTRIES["shufflenet_v2"], {"layout": "authors"})
    counts = count_graph(trace_model(authors, [(1, 3, 224, 224)]))
    assert (counts.params, counts.macs) == (2_278_760, 145_814_296)
    assert ENTRIES["shufflenet_v2"].reference.params == 2_278_604
    assert ENTRIES["shufflenet_v2"].reference.macs == 144_907_992


# Their parameters are printed as 5.2 M and 7.3 M (GhostNet), 7.5 M (MobileNetV3) and, by EfficientNet, 60 M.
@pytest.mark.parametrize(
    ("name", "arguments", "params", "macs"),
    [
        ("ghostnet", {"layout": "tensorflow"}, 5_183_016, 141_149_744),
        ("ghostnet", {"layout": "tensorflow", "width_mult": 1.1}, 5_858_409, 164_483_640),
        ("ghostnet", {"layout": "tensorflow", "width_mult": 1.3}, 7_352_622, 226_995_784),
        ("mobilenet_v3_large", {"width_mult": 1.25, "head": 1280}, 7_551_976, 355_221_920),
        ("mobilenet_v3_large", {"width_mult": 1.25}, 8_256_296, 355_925_920),
        ("mobilenet_v2", {"depth_mult": 4}, 12_051_800, 1_219_587_776),
        ("resnet50", {"depth_mult": 4}, 89_824_040, 14_570_749_952),
        ("resnet50", {"width_mult": 2}, 98_004_072, 16_116_613_120),
        ("resnet50", {"stride_in_1x1": True}, 25_557_032, 3_857_973_248),
        ("resnet152", {"stride_in_1x1": True}, 60_192_808, 11_282_415_616),
    ],
)
def test_arguments_that_the_papers_tables_need(
    name: str, arguments: dict[str, object], params: int, macs: int
) -> None:
    with without_weights():
        model = build_entry(ENTRIES[name], arguments)
    counts = count_graph(trace_model(model, [(1, 3, 224, 224)]))
    assert (counts.params, counts.macs) == (params, macs)


def test_a_head_of_mobilenet_v3_by_hand() -> None:
    # 1200 channels into the head: 1600 or 1280 of them, weights and biases of both layers
    scaled, kept = 1200 * 1600 + 1600 * 1000 + 1600, 1200 * 1280 + 1280 * 1000 + 1280
    assert 8_256_296 - 7_551_976 == scaled - kept == 704_320


def test_condensenet_by_hand() -> None:
    # what the layers before the last block have: 1x1 of i inputs to 4k maps and 3x3 of 4k to k, both in G groups
    layers, channels, sides = [], 16, (112, 56, 28, 14, 7)
    for count, growth, side in zip((4, 6, 8, 10, 8), (8, 16, 32, 64, 128), sides, strict=True):
        for _ in range(count):
            layers.append((channels * 4 * growth + 9 * 4 * growth * growth) * side * side)
            channels += growth
    assert channels == 2064
    for groups in (4, 8):
        macs = 27 * 16 * 112 * 112 + sum(layers) // groups + 1032 * 1000
        assert ENTRIES[f"condensenet_g{groups}"].reference.macs == macs


@pytest.mark.parametrize("name", ["shufflenet_v2_x0_5", "mobilenet_v3_small", "ghostnet_x0_5"])
def test_weights_are_decided_by_the_seed(name: str) -> None:
    def weights(seed: int) -> list[torch.Tensor]:
        with seeded(seed):
            return list(build_entry(ENTRIES[name], {}).state_dict().values())

    before = torch.get_rng_state()
    first, same, other = weights(1), weights(1), weights(2)
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(a, b) for a, b in zip(first, same, strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(first, other, strict=True))


def test_whatever_a_network_is_drawn_with_is_decided_by_the_seed() -> None:
    def drawn(seed: int) -> tuple[float, float, float]:
        with seeded(seed):
            return random.random(), float(np.random.rand()), float(torch.rand(()))

    states = random.getstate(), np.random.get_state(legacy=False)["state"]["key"].tolist()
    assert drawn(1) == drawn(1)
    assert all(a != b for a, b in zip(drawn(1), drawn(2), strict=True))
    assert (random.getstate(), np.random.get_state(legacy=False)["state"]["key"].tolist()) == states


def test_a_structure_is_classes_and_shapes() -> None:
    def structure(*layers: nn.Module) -> str:
        return structure_of(nn.Sequential(*layers))

    assert structure(nn.Conv2d(3, 4, 3)) == structure(nn.Conv2d(3, 4, 3))  # whatever its weights are
    others = (
        nn.Conv2d(3, 5, 3),
        nn.Conv2d(3, 4, 3, bias=False),
        nn.ConvTranspose2d(4, 3, 3),
        nn.LazyConv2d(4, 3),
    )
    assert len({structure(nn.Conv2d(3, 4, 3)), *map(structure, others)}) == 5


def test_the_narrowest_mobilenext_is_rounded_to_fours() -> None:
    widths = [build_entry(ENTRIES["mobilenext"], {"width_mult": width}) for width in (0.1, 0.2)]
    assert [next(model.parameters()).shape[0] for model in widths] == [4, 8]


def test_arguments_of_the_caller_win() -> None:
    with without_weights():
        model = build_entry(ENTRIES["mobilenet_v2_x0_5"], {"width_mult": 1.0, "num_classes": 10})
    params = ENTRIES["mobilenet_v2"].reference.params
    assert sum(p.numel() for p in model.parameters()) == params - 1280 * 990 - 990


def test_values_that_a_builder_refuses() -> None:
    with pytest.raises(UnknownNameError, match="width"):
        build_entry(ENTRIES["shufflenet_v2"], {"width_mult": 0.77})


def test_selecting() -> None:
    assert [entry.name for entry in select_entries("mobilenet_v2_x*")] == [
        name for name in ENTRIES if name.startswith("mobilenet_v2_x")
    ]
    assert {entry.family for entry in select_entries(family="vgg")} == {"vgg"}
    assert find_entry("vgg16") in select_entries("gg1")
    assert select_entries("nothing_like_it") == []
    assert all(entry.task == "block" for entry in select_entries(task="block"))


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("shufflenet_v1_g3", "shufflenet_v1"),
        ("ghostnet_x1_0", "ghostnet"),
        ("mobilenet_v2_x1_0", "mobilenet_v2"),
        ("efficientnet", "efficientnet_b0"),
        ("mobilenet_v22", "mobilenet_v2"),
        ("shufflenet_v2_x_0_5", "shufflenet_v2"),
    ],
)
def test_a_name_with_too_much_or_too_little_gets_the_plain_one_first(asked: str, first: str) -> None:
    with pytest.raises(UnknownNameError) as refused:
        find_entry(asked)
    assert refused.value.hint.startswith(f"did you mean {first} or ")
    assert refused.value.hint.count(" or ") == 2


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(UnknownNameError) as refused:
        find_entry("mobilnet_v2")
    assert "mobilenet_v2" in refused.value.hint
    with pytest.raises(UnknownNameError) as refused:
        find_entry("zzzzzz")
    assert "cnnprof list" in refused.value.hint
