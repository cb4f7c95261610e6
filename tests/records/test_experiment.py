from __future__ import annotations

from dataclasses import replace

import pytest

from cnnprof.records.counts import Counts
from cnnprof.records.entry import Figure
from cnnprof.records.experiment import Row, Rule
from tests.factory import OPS, counts

MACS = sum(op.macs for op in OPS)
# Of the factory's batch norm 64 operations are no multiply-adds, of its linear layer 1,281,000.
UNDER = {
    Rule("batch norm", ("batch_norm",), per=2): 64 // 2,
    Rule("batch norm and biases", ("batch_norm", "linear")): 64 + 1_281_000,
}


def of_images(images: int) -> Counts:
    """The factory's network on so many images."""
    ops = [replace(op, macs=images * op.macs, flops=images * op.flops) for op in OPS]
    return counts(ops)


@pytest.mark.parametrize("images", [1, 8])
def test_a_count_of_a_batch_is_judged_by_the_image(images: int) -> None:
    found = of_images(images)
    for rule, extra in UNDER.items():
        assert rule.total(found, images) == MACS + extra
        row = Row("a", macs=Figure(MACS + extra, 1, "table 1"))
        assert row.judge(found, images) == "differs"
        assert replace(row, rule=rule).judge(found, images) == "rule"
        assert replace(row, macs_elsewhere=Figure(MACS, 1, "the code")).judge(found, images) == "elsewhere"
        assert replace(row, macs_elsewhere=Figure(MACS + 9, 1, "the code")).judge(found, images) == "differs"
    exact = Row("a", macs=Figure(MACS, 1, "table 1"), rule=next(iter(UNDER)))
    assert exact.judge(found, images) == "exact"
    assert Row("a").judge(found, images) == "exact", "nothing is printed that it could differ from"
