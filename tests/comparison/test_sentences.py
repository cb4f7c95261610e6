from __future__ import annotations

from dataclasses import replace

import pytest

from cnnprof.comparison.sentences import judgement, sentences
from cnnprof.records.timing import Ratio
from tests.comparison.builders import profile, ratio

BASE = profile("shufflenet_v2", 100, 0.010, ratio(1.0, 1.0, 1.0, "baseline"))


def told(
    macs: int, against: Ratio | None, seconds: float | None = 0.02, memory_bytes: int = 4000, threads: int = 2
) -> str:
    model = profile("ghostnet", macs, seconds, against, memory_bytes=memory_bytes, threads=threads)
    (found,) = sentences([BASE, model])
    return found


@pytest.mark.parametrize(
    ("macs", "against", "sentence"),
    [
        (
            96,
            ratio(1.90, 1.85, 1.95, "slower"),
            "ghostnet: 0.96x the multiply-adds of shufflenet_v2, 1.90x the time [1.85, 1.95]: "
            "as many multiply-adds, yet slower",
        ),
        (
            103,
            ratio(1.04, 1.02, 1.06, "slower"),
            "ghostnet: 1.03x the multiply-adds of shufflenet_v2, 1.04x the time [1.02, 1.06]: "
            "the multiply-adds told the truth",
        ),
        (
            50,
            ratio(1.30, 1.25, 1.35, "slower"),
            "ghostnet: 0.50x the multiply-adds of shufflenet_v2, 1.30x the time [1.25, 1.35]: "
            "the multiply-adds misled: fewer of them, yet slower",
        ),
        (
            1500,
            ratio(0.80, 0.75, 0.85, "faster"),
            "ghostnet: 15.0x the multiply-adds of shufflenet_v2, 0.80x the time [0.75, 0.85]: "
            "the multiply-adds misled: more of them, yet faster",
        ),
        (
            200,
            ratio(2.10, 2.05, 2.15, "slower"),
            "ghostnet: 2.00x the multiply-adds of shufflenet_v2, 2.10x the time [2.05, 2.15]: "
            "the multiply-adds told the truth",
        ),
        (
            50,
            ratio(0.80, 0.78, 0.82, "faster"),
            "ghostnet: 0.50x the multiply-adds of shufflenet_v2, 0.80x the time [0.78, 0.82]: "
            "faster, but by less than the multiply-adds promised",
        ),
        (
            200,
            ratio(1.20, 1.15, 1.25, "slower"),
            "ghostnet: 2.00x the multiply-adds of shufflenet_v2, 1.20x the time [1.15, 1.25]: "
            "slower, but by less than the multiply-adds promised",
        ),
        (
            200,
            ratio(3.00, 2.90, 3.10, "slower"),
            "ghostnet: 2.00x the multiply-adds of shufflenet_v2, 3.00x the time [2.90, 3.10]: "
            "slower, and by more than the multiply-adds promised",
        ),
    ],
)
def test_a_resolved_pair(macs: int, against: Ratio, sentence: str) -> None:
    assert told(macs, against) == sentence


@pytest.mark.parametrize(("promised", "time"), [(0.952, 1.30), (0.50, 0.553), (2.0, 2.21), (1.06, 0.9)])
def test_either_of_the_two_may_be_the_baseline(promised: float, time: float) -> None:
    """What is said of the multiply-adds is of the pair, not of which of them is divided by the other."""

    def said(promised: float, time: float) -> str:
        verdict = "slower" if time > 1 else "faster"
        text = judgement(promised, ratio(time, time * 0.99, time * 1.01, verdict))
        return text.replace(verdict, "").replace("fewer", "").replace("more of them", " of them")

    assert said(promised, time) == said(1 / promised, 1 / time)


def test_a_pair_that_is_not_resolved() -> None:
    assert told(101, ratio(1.01, 0.98, 1.04, "not resolved")).endswith(
        ", 1.01x the time [0.98, 1.04]: not resolved"
    )
    assert told(101, ratio(1.01, 0.98, 1.04, "not resolved", needed_s=63.2)).endswith(
        "not resolved (a budget of about 63 s would resolve it)"
    )
    # The interval leaves out the promise of half the time.
    assert told(50, ratio(1.01, 0.98, 1.04, "not resolved")).endswith(
        "not resolved, but not the 0.50x that the multiply-adds promised"
    )
    many = replace(ratio(1.01, 0.98, 1.04, "not resolved"), needed_processes=14)
    assert told(101, many).endswith("not resolved (about 14 processes of each model would resolve it)")
    # A single round has no interval.
    assert told(50, ratio(1.01, 1.01, 1.01, "not resolved")).endswith(", 1.01x the time: not resolved")
    assert told(99, ratio(1.5, 0.5, 2.5, "not resolved")).endswith("[0.50, 2.50]: not resolved")


def test_an_interval_that_allows_much_confirms_nothing() -> None:
    wide = ratio(0.60, 0.30, 0.95, "faster")
    for macs in (31, 58, 94):
        assert told(macs, wide).endswith(
            ": faster, but whether by as much as the multiply-adds promised is not resolved"
        )
    assert told(150, wide).endswith("the multiply-adds misled: more of them, yet faster")


def test_disturbed_rounds_refute_nothing() -> None:
    disturbed = replace(ratio(1.94, 1.7, 2.2, "not resolved"), trusted=False)
    assert told(150, disturbed).endswith("[1.70, 2.20]: not resolved")


def test_without_timing_the_counts_alone() -> None:
    assert told(50, None, seconds=None, memory_bytes=6000) == (
        "ghostnet: 0.50x the multiply-adds and 1.50x the memory access of shufflenet_v2; not timed"
    )


def test_a_baseline_that_was_not_timed() -> None:
    base = profile("shufflenet_v2", 100, None)
    (found,) = sentences([base, profile("ghostnet", 96, 0.02, None)])
    assert found.endswith("of shufflenet_v2; shufflenet_v2 was not timed")


def test_an_interval_beside_one_shows_on_which_side() -> None:
    assert "[1.003, 1.200]" in told(200, ratio(1.09, 1.003, 1.2, "slower"))
    assert "[0.9998, 1.0400]" in told(200, ratio(1.01, 0.9998, 1.04, "not resolved"))


def test_times_that_do_not_compare_are_not_compared() -> None:
    assert told(50, ratio(0.5, 0.5, 0.5, "faster"), threads=4).endswith(
        "; times not compared (threads 4 against 2)"
    )
    assert told(50, None).endswith("of shufflenet_v2; not timed together")


def test_a_baseline_without_multiply_adds() -> None:
    base = profile("identity", 0, 0.001)
    (found,) = sentences([base, profile("net", 10, 0.002, ratio(2.0, 1.9, 2.1, "slower"))])
    assert found == "net: identity has no multiply-adds, 2.00x the time [1.90, 2.10]: slower"


def test_one_sentence_for_every_model_but_the_baseline() -> None:
    nets = [profile(name, 10, 0.01, ratio(1, 1, 1, "not resolved")) for name in ("a", "b", "c")]
    found = sentences(nets, baseline=1)
    assert [sentence.split(":")[0] for sentence in found] == ["a", "c"]
    assert all("of b" in sentence for sentence in found)
    assert sentences([BASE]) == ()
