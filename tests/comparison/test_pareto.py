"""Who is worth choosing, by macs and by the clock."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnprof.comparison.pairing import both_ways, is_faster, is_resolved
from cnnprof.comparison.pareto import fronts
from cnnprof.records.entry import Figure
from cnnprof.records.profile import Profile
from cnnprof.records.ranking import FrontMember
from tests.grids import cell, pairs_of


def members(profiles: list[Profile]) -> dict[str, FrontMember]:
    (front,) = fronts(profiles, pairs_of(profiles))
    assert (front.task, front.metric_name) == ("classification", "ImageNet top-1 %")
    return {one.model: one for one in front.members}


def network(place: int, metric: int, macs: int, ms: int) -> Profile:
    found = cell(0)
    assert found.entry is not None
    assert found.timing is not None
    return replace(
        found,
        request=replace(found.request, model=f"net{place}"),
        counts=replace(found.counts, macs=macs),
        entry=replace(found.entry, metric=Figure(metric, 0.1, "Table 1")),
        timing=replace(found.timing, median_s=ms / 1e3),
    )


def test_the_fronts_by_hand() -> None:
    # top-1:   ghostnet 73.9, mnasnet 73.456, mobilenet 72.0, resnet18 69.758, shufflenet 69.4, squeezenet 58.178
    # macs:    141            314             301             1814             145              349
    # seconds: 23.42          17.05           17.18           44.23            15.34            15.41
    # By macs ghostnet alone. By the clock ghostnet, mnasnet (faster, less accurate), shufflenet; mobilenet is not told
    # apart from mnasnet, which is more accurate; squeezenet not from shufflenet.
    found = members([cell(net) for net in range(6)])
    assert list(found) == [
        "ghostnet",
        "mnasnet1_0",
        "mobilenet_v2",
        "resnet18",
        "shufflenet_v2",
        "squeezenet1_1",
    ]
    assert {model for model, one in found.items() if one.by_macs == "on"} == {"ghostnet"}
    assert {model: one.by_latency for model, one in found.items()} == {
        "ghostnet": "on",
        "mnasnet1_0": "on",
        "mobilenet_v2": "undecided",
        "resnet18": "off",
        "shufflenet_v2": "on",
        "squeezenet1_1": "undecided",
    }
    assert found["resnet18"].behind_latency == "mnasnet1_0"  # the fastest of those as accurate
    assert found["mobilenet_v2"].behind_latency == "mnasnet1_0"
    assert {one.behind_macs for one in found.values()} == {"", "ghostnet"}


NETS = st.tuples(st.integers(60, 63), st.integers(1, 4), st.integers(100, 108))


@settings(max_examples=40)
@given(st.lists(NETS, min_size=5, max_size=7))
def test_against_the_definition(nets: list[tuple[int, int, int]]) -> None:
    """Models of so many per cent, multiply-adds and milliseconds."""
    found = [network(place, *net) for place, net in enumerate(nets)]
    metric, macs, ms = zip(*nets, strict=True)
    ratios = both_ways(pairs_of(found))
    for one in members(found).values():
        own = one.place
        as_good = [other for other in range(len(nets)) if other != own and metric[other] >= metric[own]]
        cheaper = [
            other
            for other in as_good
            if macs[other] <= macs[own] and (metric[other], macs[other]) != (metric[own], macs[own])
        ]
        fewest = {f"net{other}" for other in cheaper if macs[other] == min(macs[each] for each in cheaper)}
        assert one.by_macs == ("off" if cheaper else "on")
        assert one.behind_macs in (fewest or {""})
        faster = [other for other in as_good if is_faster(ratios, other, own)]
        fastest = {f"net{other}" for other in faster if ms[other] == min(ms[each] for each in faster)}
        perhaps = {f"net{other}" for other in as_good if not is_resolved(ratios, other, own)}
        assert one.by_latency == ("off" if faster else "undecided" if perhaps else "on")
        assert one.behind_latency in (fastest or perhaps or {""})


def test_who_is_slower_and_less_accurate_leaves() -> None:
    # Under the other engine squeezenet (5.21) is told apart from shufflenet (4.12), and leaves for certain.
    found = members([cell(net, "onnxruntime") for net in range(6)])
    assert (found["squeezenet1_1"].by_latency, found["squeezenet1_1"].behind_latency) == (
        "off",
        "shufflenet_v2",
    )


def test_of_two_as_accurate_that_are_not_told_apart_neither_is_known_to_stand_on_the_front() -> None:
    nets = {one.request.model: one for one in map(cell, range(6))}
    shufflenet, squeezenet = nets["shufflenet_v2"], nets["squeezenet1_1"]
    assert shufflenet.entry is not None
    assert squeezenet.entry is not None
    alike = replace(squeezenet, entry=replace(squeezenet.entry, metric=shufflenet.entry.metric))
    found = members(list({**nets, "squeezenet1_1": alike}.values()))
    assert {found[name].by_latency for name in ("shufflenet_v2", "squeezenet1_1")} == {"undecided"}


def test_only_this_very_network_s_accuracy_counts() -> None:
    first = cell(0)
    assert first.published_metric == 69.4
    assert replace(first, request=replace(first.request, deploy=True)).published_metric == 69.4
    for change in ({"arguments": {"width_mult": 2.0}}, {"inputs": ((3, 320, 320),)}, {"dtype": "int8"}):
        assert replace(first, request=replace(first.request, **change)).published_metric is None
    assert replace(first, entry=None).published_metric is None


def test_metrics_of_other_tasks_do_not_mix() -> None:
    found = [cell(net) for net in range(6)]
    detectors = [
        replace(one, entry=replace(one.entry, task="detection", metric_name="COCO AP %"))
        for one in found
        if one.entry is not None
    ]
    assert "resnet18" not in members([*found[:5], detectors[5]])
    told = fronts([*found[:2], *detectors[2:5]], pairs_of(found[:5]))
    assert [(front.task, len(front.members)) for front in told] == [("detection", 3)], "of two there is none"


@pytest.mark.parametrize("count", [2, 4])
def test_few_models_have_no_front(count: int) -> None:
    found = [cell(net) for net in range(count)]
    assert fronts(found, pairs_of(found)) == ()
