"""Records made quickly are the records that the constructor makes."""

from __future__ import annotations

from copy import copy
from dataclasses import FrozenInstanceError, dataclass, replace
from pickle import dumps, loads

import pytest

from cnnprof.records.graph import Op, Parameter, Value
from cnnprof.records.making import maker


@dataclass(frozen=True, slots=True)
class Point:
    """Two numbers."""

    x: int
    y: int = 2


def test_a_made_record_is_the_record() -> None:
    made = maker(Point)(1, 5)
    assert type(made) is Point
    assert made == Point(1, 5)
    assert hash(made) == hash(Point(1, 5))
    assert repr(made) == "Point(x=1, y=5)"
    assert replace(made, x=3) == Point(3, 5)
    assert copy(made) == loads(dumps(made)) == made


def test_it_is_as_frozen() -> None:
    made = maker(Point)(1, 5)
    with pytest.raises(FrozenInstanceError):
        made.x = 2  # type: ignore[misc]
    assert not hasattr(made, "__dict__")


def test_every_field_needs_a_value() -> None:
    with pytest.raises(TypeError, match="y"):
        maker(Point)(1)


def test_elements_are_the_product_of_the_shape() -> None:
    assert Value(0, (2, 3, 5), "float32").elements == 2 * 3 * 5
    assert Value(0, (), "float32").elements == 1
    assert Parameter("weight", (4, 0), "float32", True).elements == 0
    assert replace(Value(0, (2, 3), "float32"), shape=(7,)).elements == 7
    assert maker(Value)(0, (2, 3), "float32", 6, 24) == Value(0, (2, 3), "float32")


def test_bytes_are_those_of_the_elements() -> None:
    assert Value(0, (2, 3, 5), "float32").nbytes == 4 * 2 * 3 * 5
    assert Parameter("weight", (4, 3), "float16", True).nbytes == 2 * 4 * 3
    assert replace(Parameter("weight", (4, 3), "float32", True), dtype="int8").nbytes == 4 * 3
    sliced = Parameter("weight", (4, 3), "float32", True, part=3)
    assert (sliced.nbytes, sliced.read_bytes, replace(sliced, dtype="int8").read_bytes) == (4 * 12, 4 * 3, 3)
    assert Parameter("weight", (4, 3), "float32", True).read_bytes == 4 * 12


def test_a_view_of_a_weight_is_that_weight() -> None:
    weight = Parameter("weight", (4, 3), "float32", True)
    turned, row = weight.seen_as((3, 4)), weight.seen_as((3,))
    assert (turned.shape, turned.given, turned.read_bytes) == ((4, 3), (3, 4), weight.read_bytes)
    assert turned.seen_as((4, 3)) == weight.seen_as((4, 3)) == weight
    assert (row.elements, row.given, row.read_bytes) == (12, (3,), 4 * 3)
    expanded = row.seen_as((4, 3))
    assert (expanded.given, expanded.read_bytes) == ((4, 3), 4 * 3)


def test_an_op_of_weights_alone_works_on_them_as_they_were_given() -> None:
    weight = Parameter("weight", (4, 3), "float32", True)
    turned = Op("mean", "mean", "", "", (), (), (weight.seen_as((2, 4, 3)),)).source
    assert (turned.shape, turned.elements, turned.nbytes) == ((2, 4, 3), 24, 4 * 24)
    assert Op("mean", "mean", "", "", (), (), (weight,)).source is weight
    assert Value(0, (7,), "float4").nbytes == 4 * 7  # a dtype that no table knows is taken for float32
