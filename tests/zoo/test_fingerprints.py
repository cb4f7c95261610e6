"""Every network computes what it computed when its fingerprint was taken."""

from __future__ import annotations

from math import isfinite

import pytest

from cnnprof.zoo.catalogue import catalogue
from tests.zoo.fingerprints import FILE, numbers, pool, read, take

KNOWN = read()
# torchvision's name for the published network.
TWINS = [["mnasnet_b1", "mnasnet1_0"]]
RENEW = "python -m tests.zoo.fingerprints"
# Six digits are on file, and double precision keeps them: convolutions sum in an order that depends on the processor's
# vector units. The few networks that stay in single precision are shallow, and differ in the sixth digit at most.
TOLERANCE = 1e-4


@pytest.mark.parametrize("name", catalogue())
def test_a_network_computes_what_it_did(name: str) -> None:
    if name not in KNOWN:
        pytest.fail(f"{name} has no fingerprint in {FILE.name}: add it with `{RENEW} {name}`")
    expected, found = KNOWN[name], take(catalogue()[name])
    assert (found.input, found.elements) == (expected.input, expected.elements)
    allowed = TOLERANCE * expected.rms
    for figure in ("rms", "mean", "projection"):
        difference = abs(getattr(found, figure) - getattr(expected, figure))
        assert difference <= allowed, (
            f"{figure}: {found.row()} against {expected.row()}; renew with `{RENEW} {name}`"
        )


def test_no_fingerprint_is_left_over() -> None:
    assert sorted(KNOWN.keys() - catalogue().keys()) == [], f"remove with `{RENEW}`"


def test_every_output_lives() -> None:
    for fingerprint in KNOWN.values():
        assert isfinite(fingerprint.rms)
        assert fingerprint.rms > 1e-6, fingerprint


def test_no_two_networks_are_one() -> None:
    # Another name for the same layers at the same input would be counted twice in every comparison.
    found: dict[object, list[str]] = {}
    for f in KNOWN.values():
        if f.name in catalogue():
            found.setdefault((catalogue()[f.name].input, f.rms, f.mean, f.projection), []).append(f.name)
    assert [names for names in found.values() if len(names) > 1] == TWINS


def test_the_pool_is_the_same_everywhere() -> None:
    # By hand: 1 x 2654435761 is its own remainder, then the two rounds of mixing.
    mixed = 2_654_435_761
    mixed = (mixed ^ (mixed >> 15)) * 73_244_475 % 2**32
    mixed = (mixed ^ (mixed >> 13)) * 40_503_001 % 2**32
    assert float(pool()[0]) == pytest.approx((mixed + 0.5) / 2**31 - 1, rel=1e-6)
    assert abs(float(pool().mean())) < 1e-2
    assert float(pool().std()) == pytest.approx(3**-0.5, rel=1e-2)
    assert len(set(pool().tolist())) > 990_000
    assert numbers((2, 3), 5).flatten().tolist() == pool()[5:11].tolist()
