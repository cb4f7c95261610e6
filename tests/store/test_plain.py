"""Plain values as a record: what fits each kind of field, and the place that is named where one does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isnan
from typing import Any

import pytest

from cnnprof.store.plain import MalformedError, from_plain, to_plain


@dataclass(frozen=True)
class Inner:
    name: str


@dataclass(frozen=True)
class Record:
    count: int = 0
    share: float = 0.0
    figure: int | float = 0
    pair: tuple[int, str] = (0, "")
    many: tuple[float, ...] = ()
    inner: Inner | None = None
    named: Mapping[str, int] = field(default_factory=dict)
    anything: object = None
    flag: bool = False
    maybe: int | None = None


FULL = Record(7, 0.5, 1.5, (1, "a"), (1.0, 2.5, 4.0), Inner("x"), {"a": 1}, [1, {"b": None}], True)


@pytest.mark.parametrize("record", [Record(), FULL, Record(figure=2, anything=True)])
def test_there_and_back(record: Record) -> None:
    found = from_plain(Record, to_plain(record))
    assert found == record
    assert type(found.figure) is type(record.figure)


def test_a_whole_number_will_do_for_a_float_and_null_for_one_that_json_cannot_hold() -> None:
    found = from_plain(Record, {"share": 1, "many": [2, None]})
    assert (found.share, type(found.share), found.many[0]) == (1.0, float, 2.0)
    assert isnan(found.many[1])


@pytest.mark.parametrize(
    ("plain", "said"),
    [
        ([], "Record is not an object"),
        ({"count": None}, "count is None, not int"),
        ({"count": True}, "count is True, not int"),
        ({"count": 1.5}, "count is 1.5, not int"),
        ({"share": False}, "share is False, not float"),
        ({"figure": None}, "figure is None, not int"),
        ({"pair": [1]}, "pair has 1 values, not 2"),
        ({"pair": [1, 2]}, r"pair\[1\] is 2, not str"),
        ({"pair": "1a"}, "pair is not a list"),
        ({"many": [1, "2"]}, r"many\[1\] is '2', not float"),
        ({"inner": {}}, "inner.name is missing"),
        ({"inner": "x"}, "inner is not an object"),
        ({"named": []}, "named is not an object"),
        ({"named": {"a": "b"}}, "named.a is 'b', not int"),
        ({"flag": 1}, "flag is 1, not bool"),
        ({"maybe": 1.5}, "maybe is 1.5, not int"),
    ],
)
def test_what_does_not_fit_is_named(plain: Any, said: str) -> None:
    with pytest.raises(MalformedError, match=f"^{said}$"):
        from_plain(Record, plain)
