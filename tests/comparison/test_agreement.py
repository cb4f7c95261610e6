"""Orders against orders: scipy's own figures, pairs counted by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from scipy.stats import kendalltau, spearmanr

from cnnprof.comparison.agreement import agreements, rank_devices
from cnnprof.comparison.correlation import rank_correlations
from cnnprof.records.counts import Counts
from cnnprof.records.elsewhere import Device
from cnnprof.records.experiment import Agreement, GroupResult
from cnnprof.records.profile import Comparison
from tests.comparison.experiments import experiment, result, row
from tests.factory import counts, measurement, profile

TIMES = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0]


def test_they_are_scipys() -> None:
    values = {"macs": [3.0, 1.0, 2.0, 6.0, 5.0, 4.0], "params": [1.0, 1.0, 2.0, 2.0, 3.0, 3.0]}
    found = {one.column: one for one in rank_correlations(values, TIMES)}
    for name, column in values.items():
        assert found[name].rho == pytest.approx(spearmanr(column, TIMES).statistic)
        assert found[name].tau == pytest.approx(kendalltau(column, TIMES).statistic)
        low, high = found[name].rho_low, found[name].rho_high
        assert low is not None
        assert high is not None
        assert low <= found[name].rho <= high
        assert found[name].models == 6


def test_few_networks_and_constant_counts_say_nothing() -> None:
    assert rank_correlations({"macs": [1.0, 2.0, 3.0, 4.0]}, TIMES[:4]) == ()
    assert rank_correlations({"macs": [1.0] * 6}, TIMES) == ()
    assert rank_correlations({"macs": TIMES}, [1.0] * 6) == ()


def network(macs: int) -> Counts:
    return replace(counts(), macs=macs, params=-macs)


def test_devices_are_ranked_by_each_count() -> None:
    names = "abcdef"
    device = Device("made up", "CPU", "nowhere", "one thread", dict(zip(names, TIMES, strict=True)))
    counted = {name: network(10 * place) for place, name in enumerate(names, 1)}
    (ranking,) = rank_devices([device], counted)
    rhos = {one.column: one.rho for one in ranking.correlations}
    assert rhos["macs"] == pytest.approx(1)
    assert rhos["params"] == pytest.approx(-1)
    assert "memory_bytes" not in rhos, "it is the same for all"
    (light,) = rank_devices([device], counted, 50)
    assert light.models == tuple("abcde")
    assert rank_devices([device], counted, 40) == (), "four are too few"


def test_a_published_device_has_its_batch_and_no_runtime_of_ours() -> None:
    names = "abcdef"
    device = Device("made up", "GPU", "nowhere", "batch 1024", dict(zip(names, TIMES, strict=True)), 1024)
    counted = {name: network(10 * place) for place, name in enumerate(names, 1)}
    (ranking,) = rank_devices([device], counted)
    assert {(one.runtime, one.batch) for one in ranking.correlations} == {("", 1024)}


def five(*runtimes: str, failed: str = "") -> tuple[Agreement, ...]:
    """Agreements over five networks timed here at batch 8, under each runtime in turn, and others that failed."""
    names = f"abcde{failed}"
    rows = tuple(row(name, 100 / (k + 1), 10 * k + 1) for k, name in enumerate(names))
    seconds = [None if name in failed else 0.1 * k + 0.1 for k, name in enumerate(names)]
    found = [replace(profile(name, seconds[k]), counts=network(k)) for k, name in enumerate(names)]
    timed = tuple(
        replace(one, request=replace(one.request, runtime=runtime, batch=8))
        for one, runtime in zip(found, runtimes * 6, strict=False)
    )
    made = experiment("", rows)
    group = made.groups[0]
    return agreements(made, (GroupResult(group, Comparison(timed, 0, measurement(timed))),))


def test_this_machine_s_order_is_of_its_setting_and_a_platform_s_of_none() -> None:
    found = {one.platform: one.correlations for one in five("onnxruntime")}
    assert {one.column for one in found["here"]} >= {"macs", "gpu", "phone"}
    assert {(one.runtime, one.batch) for one in found["here"]} == {("onnxruntime", 8)}
    assert {(one.runtime, one.batch) for one in (*found["gpu"], *found["phone"])} == {("", None)}
    mixed = {one.platform: one.correlations for one in five("eager", "onnxruntime")}
    assert {(one.runtime, one.batch) for one in mixed["here"]} == {("", None)}


def test_a_network_that_could_not_be_timed_is_only_in_the_published_order() -> None:
    found = {one.platform: one for one in five("eager", failed="f")}
    assert (found["here"].pairs, found["here"].alike) == (0, 0)
    assert {one.models for one in found["here"].correlations} == {5}
    assert {one.models for one in found["gpu"].correlations} == {6}


def test_pairs_within_a_group_that_both_tell_apart() -> None:
    made = experiment("")
    found = {one.platform: one for one in agreements(made, (result(made),))}
    # 1 and 2 against 0 are resolved here; both platforms have them slower too. 2 against 1 is not resolved.
    assert (found["gpu"].pairs, found["gpu"].alike) == (2, 2)
    assert (found["phone"].pairs, found["phone"].alike) == (2, 2)


def test_a_reversed_pair_is_not_alike() -> None:
    made = experiment("")
    rows = tuple(
        replace(one, speeds={"gpu": 100.0, "phone": 5.0}) if one.label == "uneven" else one
        for one in made.groups[0].rows
    )
    made = experiment("", rows)
    found = {one.platform: one for one in agreements(made, (result(made),))}
    assert (found["phone"].pairs, found["phone"].alike) == (2, 1)
    assert (found["gpu"].pairs, found["gpu"].alike) == (1, 1), "equal figures are no order"


def test_a_network_that_a_platform_does_not_print_is_in_none_of_its_pairs() -> None:
    made = experiment("")
    rows = tuple(
        replace(one, speeds={"gpu": 50}) if one.label == "uneven" else one for one in made.groups[0].rows
    )
    made = experiment("", rows)
    found = {one.platform: one for one in agreements(made, (result(made),))}
    assert (found["gpu"].pairs, found["gpu"].alike) == (2, 2)
    assert (found["phone"].pairs, found["phone"].alike) == (1, 1), "the third against the first"


def test_controlled_experiments_have_effects_instead() -> None:
    made = experiment()
    assert agreements(made, (result(made),)) == ()
