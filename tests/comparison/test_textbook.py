"""The textbook's ratios beside counted ones: exact for the plain blocks."""

from __future__ import annotations

import pytest

from cnnprof.comparison.textbook import textbook_ratio
from cnnprof.pipeline.flow import compare
from cnnprof.records.profile import Profile
from cnnprof.records.request import Request


def profiles(name: str, channels: int, **arguments: object) -> tuple[Profile, Profile]:
    """The block and the plain convolution, each with the arguments that it takes."""
    shared = {key: value for key, value in arguments.items() if key in ("out_channels", "kernel_size")}
    if name == "block:ghost_module":
        shared.pop("kernel_size", None)
    requests = [
        Request(model, ((channels, 14, 14),), arguments=given, latency=False)
        for model, given in ((name, arguments), ("block:conv", shared))
    ]
    block, conv = compare(requests).profiles
    return block, conv


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("block:depthwise_separable", {"out_channels": 128}, 1 / 128 + 1 / 9),
        ("block:depthwise_separable", {"out_channels": 32, "kernel_size": 5}, 1 / 32 + 1 / 25),
        ("block:bsconv_u", {"out_channels": 128, "plain": True}, 1 / 64 + 1 / 9),
        ("block:grouped_conv", {"out_channels": 128, "groups": 4}, 1 / 4),
        ("block:ghost_module", {"out_channels": 128}, 1 / (2 * 9) + 9 / (2 * 64 * 9)),
        ("block:ghost_module", {"out_channels": 128, "ratio": 4}, 1 / (4 * 9) + 3 * 9 / (4 * 64 * 9)),
    ],
)
def test_the_formula_is_what_is_counted(name: str, arguments: dict[str, object], expected: float) -> None:
    block, conv = profiles(name, 64, **arguments)
    found = textbook_ratio(block, conv)
    assert found is not None
    assert found[1] == pytest.approx(expected)
    assert block.counts.macs / conv.counts.macs == pytest.approx(expected)


def test_a_stride_that_comes_after_the_pointwise_convolution_is_beyond_the_formula() -> None:
    blocks = {}
    for name in ("block:bsconv_u", "block:depthwise_separable", "block:conv"):
        request = Request(name, ((64, 14, 14),), arguments={"stride": 2}, latency=False)
        (blocks[name],) = compare([request]).profiles
    conv = blocks["block:conv"]
    assert textbook_ratio(blocks["block:bsconv_u"], conv) is None
    assert textbook_ratio(blocks["block:depthwise_separable"], conv) == ("1/N + 1/K^2", 1 / 64 + 1 / 9)


def test_a_formula_is_over_the_plain_convolution() -> None:
    block, grouped, strided, same = compare(
        [
            Request(name, ((64, 14, 14),), arguments=arguments, latency=False)
            for name, arguments in (
                ("block:depthwise_separable", {}),
                ("block:conv", {"groups": 2}),
                ("block:conv", {"stride": 2}),
                ("block:bsconv_u", {}),
            )
        ]
    ).profiles
    for other in (grouped, strided, same):
        assert textbook_ratio(block, other) is None


def test_no_textbook_for_other_pairs() -> None:
    block, conv = profiles("block:fire", 64)
    assert textbook_ratio(block, conv) is None
    assert textbook_ratio(conv, block) is None
