"""Whether a published effect holds: direction first, then size."""

from __future__ import annotations

import pytest

from cnnprof.comparison.effects import effects, judge_effect
from cnnprof.records.timing import Ratio
from tests.comparison.experiments import experiment, result


@pytest.mark.parametrize(
    ("published", "here", "verdict", "said"),
    [
        (1.98, 1.2, "slower", "holds, smaller"),
        (1.98, 2.6, "slower", "holds, larger"),
        (1.98, 2.0, "slower", "holds, as large"),
        (0.85, 0.9, "faster", "holds, smaller"),
        (0.85, 0.7, "faster", "holds, larger"),
        (1.98, 0.8, "faster", "does not hold: the reverse"),
        (0.85, 1.2, "slower", "does not hold: the reverse"),
        (1.98, 1.5, "not resolved", "not resolved"),
        (1.01, 1.3, "slower", "no effect there, slower here"),
        (1.0, 0.7, "faster", "no effect there, faster here"),
        (0.99, 1.0, "not resolved", "no effect there nor here"),
        (1.98, 1.0, "not resolved", "does not hold: no effect here"),
        (0.85, 1.0, "not resolved", "does not hold: no effect here"),
        (1.04, 1.0, "not resolved", "not resolved"),  # as little as that is room left for
    ],
)
def test_judging(published: float, here: float, verdict: str, said: str) -> None:
    assert judge_effect(published, Ratio(here, here * 0.97, here * 1.03, verdict, 40)) == said


def test_an_interval_that_allows_much_confirms_little() -> None:
    assert judge_effect(1.98, Ratio(1.9, 1.2, 3.0, "slower", 40)) == "holds, size open"
    assert judge_effect(1.98, Ratio(1.2, 1.05, 1.5, "slower", 40)) == "holds, smaller"
    assert judge_effect(0.99, Ratio(1.0, 0.7, 1.4, "not resolved", 40)) == "not resolved"
    disturbed = Ratio(1.0, 0.98, 1.02, "not resolved", 40, trusted=False)
    assert judge_effect(0.99, disturbed) == judge_effect(1.98, disturbed) == "not resolved"
    for ends in ((0.9, 1.02), (0.98, 1.1)):  # each leaves room for an effect on one side
        assert judge_effect(0.99, Ratio(1.0, *ends, "not resolved", 40)) == "not resolved"
        assert judge_effect(1.98, Ratio(1.0, *ends, "not resolved", 40)) == "not resolved"


def test_one_effect_a_platform() -> None:
    made = experiment()
    gpu, phone = effects(made, (result(made),))
    # rates: 100 / 40; times: 25 / 10. Here the third takes twice as long as the first.
    assert (gpu.platform, gpu.published, gpu.here, gpu.verdict) == ("gpu", 2.5, 2.0, "holds, smaller")
    assert (phone.platform, phone.published, phone.verdict) == ("phone", 2.5, "holds, smaller")
    assert (gpu.scope, gpu.contrast, gpu.base) == ("Big GPU x1", "skewed", "even")


def test_the_contrast_is_what_counts() -> None:
    made = experiment("uneven")
    gpu, phone = effects(made, (result(made),))
    assert (gpu.published, gpu.verdict) == (2.0, "holds, smaller")
    assert (phone.published, phone.verdict) == (1.2, "holds, as large")


def test_without_timing_only_the_published_ratio_is_known() -> None:
    made = experiment()
    gpu, _ = effects(made, (result(made, timed=False),))
    assert (gpu.published, gpu.here, gpu.verdict) == (2.5, None, "")


def test_tables_without_a_contrast_have_no_effect() -> None:
    made = experiment("")
    assert effects(made, (result(made),)) == ()
