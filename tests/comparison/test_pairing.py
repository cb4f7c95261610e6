from __future__ import annotations

from cnnprof.comparison.pairing import both_ways, is_faster, is_resolved
from cnnprof.records.ranking import Pair
from cnnprof.records.timing import Ratio


def test_a_pair_seen_from_the_other_model() -> None:
    """Seen from there, the far end of the interval is the near one."""
    ratios = both_ways([Pair(4, 2, Ratio(2.0, 1.25, 4.0, "slower", 40, floor=0.01))])
    assert ratios[4, 2] == Ratio(2.0, 1.25, 4.0, "slower", 40, floor=0.01)
    assert ratios[2, 4] == Ratio(0.5, 0.25, 0.8, "faster", 40, floor=0.01)
    assert is_faster(ratios, 2, 4)
    assert not is_faster(ratios, 4, 2)
    assert is_resolved(ratios, 4, 2)
    assert not is_resolved(ratios, 4, 3), "of these nothing is known"
