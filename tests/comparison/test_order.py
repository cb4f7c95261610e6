"""Orders say only what is resolved, and a change of order is one that is resolved both ways."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cnnprof.comparison.engines import grid_sentences
from cnnprof.comparison.order import order_sentences, orders
from cnnprof.records.profile import Profile
from cnnprof.records.ranking import Pair
from tests.grids import cell, grid, pairs_of, ratio_of


def profiles(*nets: int) -> list[Profile]:
    return [cell(net, runtime) for runtime in ("eager", "onnxruntime") for net in nets]


def test_orders_from_the_fastest_with_what_is_resolved() -> None:
    # Eager: shufflenet_v2 15.34, squeezenet1_1 15.41 (0.5 % apart, below the floor), mobilenet_v2 17.18 ms.
    found = profiles(0, 2, 3)
    eager, ort = orders(found, pairs_of(found))
    assert (eager.runtime, eager.batch) == ("eager", 1)
    assert eager.models == ("shufflenet_v2", "squeezenet1_1", "mobilenet_v2")
    assert eager.places == (0, 2, 1)
    assert eager.resolved == (False, True)
    assert ort.models == ("shufflenet_v2", "squeezenet1_1", "mobilenet_v2")
    assert ort.resolved == (True, True)


def test_beside_a_baseline_that_failed_medians_decide() -> None:
    found = [cell(net) for net in (0, 2, 3)]
    found[0] = replace(found[0], timing=None, failure="out of memory")
    (order,) = orders(found, pairs_of(found))
    assert order.models == ("squeezenet1_1", "mobilenet_v2")


def test_a_pair_that_was_not_compared_stands_by_its_medians() -> None:
    found = [cell(net) for net in (0, 2, 3)]
    # 15.41 / 15.34 = 1.005, 17.18 / 15.34 = 1.120
    (order,) = orders(found, ())
    assert (order.models, order.resolved) == (
        ("shufflenet_v2", "squeezenet1_1", "mobilenet_v2"),
        (False, False),
    )


def test_a_change_of_order_names_the_pair() -> None:
    # GhostNet 23.42 against MobileNet V2 17.18 ms in eager, 6.51 against 6.99 in the other.
    found = profiles(0, 1, 2)
    assert order_sentences(found, pairs_of(found)) == [
        "the order changes with the engine: "
        "mobilenet_v2 is faster than ghostnet under eager and slower under onnxruntime"
    ]


def test_paired_turns_decide_the_order_and_not_the_medians() -> None:
    # By their medians 15.34, 23.42 and 17.18 ms; in turns the second took 0.9 times as long as the first.
    found = profiles(0, 1, 2)[:3]
    paired = {(1, 0): 0.9, (2, 0): 1.12, (2, 1): 1.24}
    pairs = tuple(Pair(*places, ratio_of(value)) for places, value in paired.items())
    (order,) = orders(found, pairs)
    assert order.models == ("ghostnet", "shufflenet_v2", "mobilenet_v2")
    assert order.resolved == (True, True)


def test_three_changes_of_order_are_named_and_the_others_counted() -> None:
    def told(*nets: int) -> str:
        """All but the first network gain by half in int8, and so pass it."""
        return grid(nets, ("onnxruntime",), dtypes=("float32", "int8")).sentences[0]

    assert told(0, 1, 2, 3).count("is faster than") == told(0, 1, 2, 3, 4).count("is faster than") == 3
    assert "more pair" not in told(0, 1, 2, 3)
    assert told(0, 1, 2, 3, 4).endswith("; and 1 more pair")
    # Eager over the other, each way: GhostNet and MnasNet 1.37 and 1.05, GhostNet and MobileNet V2 1.36 and 1.07.
    assert [
        name in grid((0, 1, 4, 2)).sentences[0].split("; ")[0] for name in ("mobilenet_v2", "mnasnet1_0")
    ] == [
        True,
        False,
    ]


def test_dtypes_of_one_runtime_are_called_so() -> None:
    # In int8 the first network gains nothing and every other one half: 6.99 / 2 against 4.12 ms.
    found = grid((0, 2), ("onnxruntime",), dtypes=("float32", "int8"))
    assert [(order.runtime, order.dtype) for order in found.orders] == [
        ("onnxruntime", "float32"),
        ("onnxruntime", "int8"),
    ]
    assert found.sentences == (
        "the order changes with the dtype: shufflenet_v2 is faster than mobilenet_v2 in float32 and slower in int8",
        "int8 takes 0.50x (mobilenet_v2) the time of float32",
        "mobilenet_v2, 2.08x the multiply-adds of shufflenet_v2: slower, but by less than the multiply-adds promised "
        "(float32: 1.70x); the multiply-adds misled: more of them, yet faster (int8: 0.85x)",
        "1 pair is not resolved",
    )


def test_no_change_is_claimed_only_where_all_is_resolved() -> None:
    found = profiles(0, 1, 5)
    assert order_sentences(found, pairs_of(found)) == [
        "the order of the models does not change with the engine"
    ]
    found = profiles(0, 3, 5)  # the first two are not told apart in eager
    assert order_sentences(found, pairs_of(found)) == [
        "no change of order with the engine is resolved: 2 of 3 pairs of models are resolved under every engine, "
        "the others could go either way"
    ]


def test_nothing_is_said_of_one_runtime_or_one_model() -> None:
    one = [cell(net) for net in (0, 1, 2)]
    assert order_sentences(one, pairs_of(one)) == []
    assert order_sentences(profiles(1), pairs_of(profiles(1))) == []
    assert orders(profiles(1), pairs_of(profiles(1))) == ()


def test_models_that_ran_under_one_engine_only() -> None:
    found = grid((0, 1), failing="onnxruntime")
    assert order_sentences(found.profiles, found.pairs) == [
        "no two models were timed under more than one engine: their order cannot be compared"
    ]
    assert [order.runtime for order in found.orders] == ["eager"]
    # Where the baseline itself was not timed there are no ratios to it, and the medians are what is left.
    _, other = orders(grid((0, 1, 2), failing="onnxruntime").profiles, (), baseline=1)
    assert other.models == ("shufflenet_v2", "mobilenet_v2")


def test_how_each_engine_compares_and_what_became_of_the_multiply_adds() -> None:
    found = profiles(0, 1, 2)
    assert grid((0, 1, 2)).sentences[1:] == (
        # 4.12 / 15.34 = 0.269, 6.99 / 17.18 = 0.407
        "onnxruntime takes 0.27x (shufflenet_v2) to 0.41x (mobilenet_v2) the time of eager",
        # 23.42 / 15.34 = 1.527, 6.51 / 4.12 = 1.580
        "ghostnet, 0.97x the multiply-adds of shufflenet_v2: "
        "as many multiply-adds, yet slower (eager: 1.53x, onnxruntime: 1.58x)",
        # 17.18 / 15.34 = 1.120, 6.99 / 4.12 = 1.697; 300.8 / 144.9 = 2.076
        "mobilenet_v2, 2.08x the multiply-adds of shufflenet_v2: "
        "slower, but by less than the multiply-adds promised (eager: 1.12x, onnxruntime: 1.70x)",
    )
    assert len(grid_sentences(found, pairs_of(found), baseline=1)) == 2  # ratios are to another model there


def test_a_range_of_times_ends_at_pairs_that_are_resolved() -> None:
    found = profiles(0, 1, 2)
    pairs = pairs_of(found)

    def told(*unresolved: int) -> str:
        """With no answer for the networks at these places, each beside itself under the other runtime."""
        opened = [
            replace(pair, ratio=replace(pair.ratio, verdict="not resolved"))
            if abs(pair.place - pair.base) == 3 and min(pair.place, pair.base) in unresolved
            else pair
            for pair in pairs
        ]
        return next(line for line in grid_sentences(found, opened) if line.startswith("onnxruntime takes"))

    assert told(2) == "onnxruntime takes 0.27x (shufflenet_v2) to 0.28x (ghostnet) the time of eager"
    assert told(0, 1, 2) == (
        "onnxruntime takes 0.27x (shufflenet_v2, not resolved) to 0.41x (mobilenet_v2, not resolved) the time of eager"
    )


@pytest.mark.parametrize("baseline", [0, 1, 2])
def test_the_order_does_not_depend_on_the_baseline(baseline: int) -> None:
    found = profiles(0, 1, 2)
    assert orders(found, pairs_of(found), baseline)[0].models == ("shufflenet_v2", "mobilenet_v2", "ghostnet")


def test_a_sweep_of_batches_is_told_batch_by_batch() -> None:
    told = grid((0, 1, 2), batches=(1, 8)).sentences
    assert [line.split(":")[0] for line in told[:2]] == ["batch 1", "batch 8"]
    assert told[2].endswith("at batch 1")
    assert told[3].endswith("at batch 8")


def test_each_batch_has_an_order_of_its_own() -> None:
    found = [
        cell(net, runtime, batch)
        for runtime in ("eager", "onnxruntime")
        for batch in (1, 8)
        for net in (1, 2)
    ]
    # Eager: ghostnet 23.42, mobilenet 17.18. The other: 6.51 and 6.99; eight images 60 and 6.99 x 8 x 0.9 = 50.3.
    timing = found[6].timing
    assert timing is not None
    found[6] = replace(found[6], timing=replace(timing, median_s=0.06))
    assert order_sentences(found, pairs_of(found)) == [
        "batch 1: the order changes with the engine: "
        "mobilenet_v2 is faster than ghostnet under eager and slower under onnxruntime",
        "batch 8: the order of the models does not change with the engine",
    ]


@pytest.mark.parametrize(
    ("net", "promised"),
    [
        (0, []),
        # 23.42 / 15.34 = 1.527, 6.51 / 4.12 = 1.580
        (1, ["ghostnet, 0x the multiply-adds of shufflenet_v2: slower (eager: 1.53x, onnxruntime: 1.58x)"]),
    ],
)
def test_without_multiply_adds_nothing_is_promised(net: int, promised: list[str]) -> None:
    found = [
        replace(one, counts=replace(one.counts, macs=0)) if place % 2 == net else one
        for place, one in enumerate(grid((0, 1)).profiles)
    ]
    told = grid_sentences(found, pairs_of(found))
    assert [line for line in told if "multiply-adds" in line] == promised


def test_what_is_left_open_says_what_it_takes() -> None:
    found = profiles(0, 3)
    assert grid_sentences(found, pairs_of(found))[-1] == "1 pair is not resolved"
    pairs = pairs_of(profiles(0, 2, 3, 4))
    close = [pair for pair in pairs if pair.ratio.verdict == "not resolved"]
    others = [pair for pair in pairs if pair.ratio.verdict != "not resolved"]

    def told(*needs: dict[str, Any]) -> str:
        known = [
            replace(pair, ratio=replace(pair.ratio, **needed))
            for pair, needed in zip(close, needs, strict=True)
        ]
        return grid_sentences(profiles(0, 2, 3, 4), [*others, *known])[-1]

    assert told({"needed_s": 63.2}, {"needed_processes": 9}) == (
        "2 of 16 pairs are not resolved; a budget of about 63 s would resolve 1 of them; "
        "about 9 processes of each model would resolve 1"
    )
    # What is enough for all of them is what the hardest takes.
    assert told({"needed_s": 63.2}, {"needed_s": 20.0}).endswith("about 63 s would resolve 2 of them")
    assert told({"needed_processes": 4}, {"needed_processes": 9}).endswith(
        "about 9 processes of each model would resolve 2"
    )
