"""Values of ``--arg``: refused in the argument's own name, before torch refuses them in its words."""

from __future__ import annotations

import numpy as np
import pytest

from cnnprof.errors import UnknownNameError
from cnnprof.zoo.build import build_entry, without_weights
from cnnprof.zoo.catalogue import find_entry


def refusal(name: str, arguments: dict[str, object]) -> UnknownNameError:
    with pytest.raises(UnknownNameError) as refused, without_weights():
        build_entry(find_entry(name), arguments)
    assert "\n" not in refused.value.message + refused.value.hint
    return refused.value


@pytest.mark.parametrize("value", [10.0, "a", float("inf"), float("nan"), True, None])
def test_a_count_is_a_whole_number(value: object) -> None:
    error = refusal("mobilenet_v2", {"num_classes": value})
    assert error.message == f"num_classes of mobilenet_v2 is a whole number, not {value!r}"
    assert error.hint == "for example --arg num_classes=1000"


@pytest.mark.parametrize(
    ("name", "argument", "value", "says"),
    [
        ("block:conv", "stride", 0, "must be at least 1, not 0"),
        ("block:conv", "kernel_size", 0, "must be at least 1, not 0"),
        ("block:micro_factorized", "groups", 0, "must be at least 1, not 0"),
        ("yolov2_tiny", "last_width", 0, "must be at least 1, not 0"),
        ("yolov8n", "max_channels", 0, "must be at least 1, not 0"),
        ("bisenet_v2", "num_classes", 1.5, "is a whole number, not 1.5"),
        ("efficientnet_b0", "eps", "x", "is a number, not 'x'"),
        ("efficientnet_b0", "dropout", float("nan"), "is a number, not nan"),
        ("mobilenet_v2", "width_mult", float("inf"), "is a number, not inf"),
        ("mobilenet_v2", "width_mult", "big", "is a number, not 'big'"),
        ("mobilenet_v2", "width_mult", True, "is a number, not True"),
    ],
)
def test_a_value_is_refused_by_its_argument(name: str, argument: str, value: object, says: str) -> None:
    assert refusal(name, {argument: value}).message == f"{argument} of {name} {says}"


def test_a_value_without_end_is_cut() -> None:
    assert refusal("mobilenet_v2", {"num_classes": "a" * 5000}).message.endswith(f"not '{'a' * 79}...'")


def test_a_network_may_have_no_classes_and_not_fewer() -> None:
    for classes in (0, np.int64(7)):
        with without_weights():
            model = build_entry(find_entry("mobilenet_v2"), {"num_classes": classes, "width_mult": 1})
        assert [*model.parameters()][-1].shape == (classes,)
    assert "must be at least 0, not -3" in refusal("mobilenet_v2", {"num_classes": -3}).message


def test_none_is_a_value_where_the_builder_says_so() -> None:
    with without_weights():
        build_entry(find_entry("block:conv"), {"out_channels": None})
    error = refusal("block:conv", {"kernel_size": None})
    assert error.message == "kernel_size of block:conv is a whole number, not None"


@pytest.mark.parametrize(
    ("name", "arguments", "says"),
    [
        ("grouped_conv", {"in_channels": 65}, "2 groups do not divide 65 channels"),
        ("grouped_conv", {"in_channels": 64, "out_channels": 63}, "2 groups do not divide 64, 63 channels"),
        ("shuffle_v1", {"in_channels": 65}, "4 groups do not divide 65, 16 channels"),
        ("shuffle_v1", {"in_channels": 2, "groups": 1}, "1 groups do not divide 2, 0 channels"),
        ("resnext_bottleneck", {"in_channels": 66}, "32 groups do not divide 33 channels"),
        ("micro_factorized", {"in_channels": 65}, "4 groups do not divide 65, 16 channels"),
        ("resnet_bottleneck", {"in_channels": 3}, "3 out_channels leave none in the middle at expansion 4"),
    ],
)
def test_channels_that_do_not_divide_are_named(name: str, arguments: dict[str, object], says: str) -> None:
    assert refusal(f"block:{name}", arguments).message == says
