from __future__ import annotations

from dataclasses import replace

from cnnprof.comparison.comparable import all_comparable, differences
from cnnprof.records.profile import Profile
from tests.comparison.builders import ENVIRONMENT, profile

ONE = profile("a", 1, 0.1)


def test_models_counts_and_runtimes_may_differ() -> None:
    other = profile("b", 2, 0.2)
    other = replace(other, request=replace(other.request, runtime="compiled", channels_last=True))
    assert differences(other, ONE) == ()
    assert all_comparable([ONE, other])
    assert all_comparable([])


def test_what_must_match_is_named() -> None:
    assert differences(profile("b", 1, threads=4), ONE) == ("threads 4 against 2",)
    assert differences(profile("b", 1, dtype="bfloat16", batch=8), ONE) == (
        "dtype bfloat16 against float32",
        "batch 8 against 1",
    )


def test_the_machine_must_match() -> None:
    elsewhere: Profile = replace(ONE, environment=replace(ENVIRONMENT, cpu="Other CPU"), device="cuda")
    assert differences(elsewhere, ONE) == ("cpu Other CPU against Some CPU", "device cuda against cpu")
    assert not all_comparable([ONE, ONE, elsewhere])
    assert not all_comparable([ONE, elsewhere, ONE])
    assert not all_comparable([elsewhere, ONE, ONE])
