"""What a choice by multiply-adds gets wrong: only what is resolved counts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnprof.comparison.misjudged import misjudgements, ranks
from cnnprof.records.profile import Profile
from tests.comparison.builders import profile
from tests.grids import cell, pairs_of


def eager(*nets: int) -> list[Profile]:
    return [cell(net) for net in nets]


def test_pairs_counted_by_hand() -> None:
    # macs:    ghostnet 141, shufflenet 145, mobilenet 301, mnasnet 314, squeezenet 349, resnet18 1814
    # seconds: 23.42,        15.34,          17.18,         17.05,       15.41,          44.23
    # Not told apart (1.8 %): shufflenet-squeezenet, mobilenet-mnasnet. Wrong: ghostnet above the four after it,
    # squeezenet below mobilenet and mnasnet.
    found = eager(0, 1, 2, 3, 4, 5)
    (told,) = misjudgements(found, pairs_of(found))
    assert (told.models, told.pairs, told.wrong, told.unresolved) == (6, 13, 6, 2)
    ghostnet, squeezenet = told.worst[:2]
    assert (ghostnet.model, ghostnet.macs_rank, ghostnet.latency_rank) == ("ghostnet", 1, 5)
    assert ghostnet.against == "shufflenet_v2"
    assert ghostnet.time.ratio == pytest.approx(15.34 / 23.42)
    assert ghostnet.macs_ratio == pytest.approx(144_907_992 / 141_150_512)
    assert ghostnet.seconds == pytest.approx(0.01534 - 0.02342)
    assert (squeezenet.model, squeezenet.macs_rank, squeezenet.latency_rank) == ("squeezenet1_1", 5, 2)
    assert squeezenet.against == "ghostnet"
    assert squeezenet.time.ratio == pytest.approx(23.42 / 15.41)


def test_the_same_two_are_named_once() -> None:
    found = eager(0, 1, 2, 4, 5)
    (told,) = misjudgements(found, pairs_of(found))
    named = [frozenset((one.model, one.against)) for one in told.worst]
    assert len(named) == len(set(named))


def test_a_swap_that_is_not_resolved_is_no_misjudgement() -> None:
    found = eager(
        0, 2, 3, 4, 5
    )  # shufflenet and squeezenet stand as macs say, mobilenet and mnasnet are too close
    (told,) = misjudgements(found, pairs_of(found))
    assert (told.wrong, told.unresolved) == (2, 2)
    assert {one.model for one in told.worst} <= {"squeezenet1_1", "mobilenet_v2", "mnasnet1_0"}


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from((0, 1, 2, 3, 5)), st.integers(100, 120)), min_size=5, max_size=8))
def test_against_brute_force(nets: list[tuple[int, int]]) -> None:
    """Models of so many multiply-adds and milliseconds; one without multiply-adds is ranked and in no pair."""
    found = [profile(f"net{place}", macs, ms / 1e3) for place, (macs, ms) in enumerate(nets)]
    pairs = pairs_of(found)
    (told,) = misjudgements(found, pairs)
    (macs, ms), places = zip(*nets, strict=True), range(len(nets))
    apart = {frozenset((pair.place, pair.base)) for pair in pairs if pair.ratio.is_resolved}
    differing = [(a, b) for a in places for b in places if 0 < macs[a] < macs[b]]
    resolved = [pair for pair in differing if frozenset(pair) in apart]
    wrong = [(a, b) for a, b in resolved if ms[b] < ms[a]]  # less of them, yet slower
    assert (told.pairs, told.wrong, told.unresolved) == (
        len(resolved),
        len(wrong),
        len(differing) - len(resolved),
    )

    moves = [one.latency_rank - one.macs_rank for one in told.worst]
    assert 0 not in moves
    assert [abs(move) for move in moves] == sorted((abs(move) for move in moves), reverse=True)
    assert len({frozenset((one.model, one.against)) for one in told.worst}) == len(told.worst) <= 3
    for one, move in zip(told.worst, moves, strict=True):
        own, other = one.place, int(one.against.removeprefix("net"))
        assert one.macs_rank == 1 + sum(each < macs[own] for each in macs)
        assert one.latency_rank == 1 + sum(each < ms[own] for each in ms)
        # A model slower than its place by multiply-adds stands beside the fastest of more, and the other way round.
        fastest = min((ms[b] for a, b in wrong if a == own), default=None)
        slowest = max((ms[a] for a, b in wrong if b == own), default=None)
        assert ms[other] == (fastest if move > 0 else slowest)
        assert one.time.ratio == pytest.approx(ms[other] / ms[own])
        assert one.macs_ratio == macs[other] / macs[own]


def test_fewer_than_five_models_have_none() -> None:
    found = eager(0, 1, 2, 3)
    assert misjudgements(found, pairs_of(found)) == ()


def test_equals_share_a_rank() -> None:
    assert ranks({7: 30, 8: 10, 9: 30, 4: 50}) == {8: 1, 7: 2, 9: 2, 4: 4}
