"""Numbers as text: rounded, with their unit, never ambiguous."""

from __future__ import annotations

import pytest

from cnnprof.records.entry import Figure
from cnnprof.render.text import numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1.00 k"),
        (3_504_872, "3.50 M"),
        (9_994_999, "9.99 M"),
        (9_995_000, "10.0 M"),
        (13_570_048, "13.6 M"),
        (300_774_272, "300.8 M"),
        (999_949_999, "999.9 M"),
        (999_950_001, "1.00 G"),
        (15_470_264_320, "15.5 G"),
        (7 * 10**22, "70000.0 E"),
    ],
)
def test_counts(value: int, text: str) -> None:
    assert numbers.count(value) == text


def test_sizes_are_decimal() -> None:
    assert numbers.size(512) == "512 B"
    assert numbers.size(1_000_000) == "1.00 MB"
    assert numbers.size(13_570_048) == "13.6 MB"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.01234, "12.34 ms"), (0.000_123_4, "0.123 ms"), (0.1503, "150.3 ms"), (0.099_996, "100.0 ms")],
)
def test_latencies(seconds: float, text: str) -> None:
    assert numbers.milliseconds(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (9.9e-5, "0.099"),
        (9.96e-6, "0.010"),
        (6.14e-6, "0.0061"),
        (4.2e-7, "0.00042"),
        (1.2e-8, "0.000012"),
        (0.0, "0.000"),
    ],
)
def test_a_latency_has_two_digits_however_short(seconds: float, text: str) -> None:
    """Of 6.14 us, which is 163,000 images a second, 0.006 ms would say 167,000; of 0.42 us 0.000 says nothing."""
    assert numbers.ms(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(8.4e-7, "0.84 us"), (1.8e-6, "1.8 us"), (3.16e-5, "32 us"), (9.96e-5, "100 us"), (1.234e-4, "123 us")],
)
def test_the_price_of_a_call_has_no_power_of_ten(seconds: float, text: str) -> None:
    """On a slow core or an accelerator it is above 100 us, which read ``1.2e+02 us``."""
    assert numbers.microseconds(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.62, "1.62x"), (0.043, "0.043x"), (9.996, "10.0x"), (12.18, "12.2x"), (250.0, "250.0x")],
)
def test_ratios(value: float, text: str) -> None:
    assert numbers.ratio(value) == text


def test_intervals_show_as_many_decimals_as_tell_their_ends_apart() -> None:
    assert numbers.with_interval(1.62, 1.58, 1.66, "x") == "1.62x [1.58, 1.66]"
    assert numbers.with_interval(0.9961, 0.9943, 0.9981, "x") == "0.996x [0.994, 0.998]"
    assert numbers.with_interval(1.0, 1.0, 1.0, "x") == "1.00x"  # one sample: no interval
    assert numbers.latency_interval(0.01234, 0.0121, 0.01256) == "12.34 [12.10, 12.56]"
    assert numbers.latency_interval(0.1503, 0.15029, 0.15031) == "150.30 [150.29, 150.31]"
    assert numbers.with_interval(2.0, 1.0, float("inf"), "x") == "2.00x [1.00, inf]"


def test_plus_minus_is_the_wider_side_rounded_up() -> None:
    assert numbers.plus_minus(1.0, 0.99, 1.0141) == "±1.5%"
    assert numbers.plus_minus(1.0, 0.88, 1.01) == "±12%"
    assert numbers.plus_minus(1.0, 1.0, 1.0) == "±?"


def test_published_figures_keep_their_digits() -> None:
    assert numbers.figure(Figure(3.4e6, 0.1e6, "")) == "3.4 M"
    assert numbers.figure(Figure(300e6, 1e6, "")) == "300 M"
    assert numbers.figure(Figure(1.95e6, 0.01e6, "")) == "1.95 M"
    assert numbers.figure(Figure(1.0e9, 0.1e9, "")) == "1.0 G"
    assert numbers.figure(Figure(4.35e9, 0.05e9, "")) == "4.35 G"  # half of 8.7
    assert numbers.metric(Figure(72.0, 0.1, "")) == "72.0"
    assert numbers.metric(Figure(72.154, 0.001, "")) == "72.154"
    assert numbers.metric(Figure(72.0, 1, "")) == "72"


def test_rates_shares_and_waiting() -> None:
    assert [numbers.rate(value) for value in (6.651, 81.03, 1234.5)] == ["6.65", "81.0", "1234"]
    assert [numbers.rate(value) for value in (0.0, 0.0997, 0.0321, 0.00417)] == [
        "0.00",
        "0.10",
        "0.032",
        "0.0042",
    ]
    assert numbers.share(1, 3) == "33.3 %"
    assert numbers.share(1, 0) == ""
    assert [numbers.duration(seconds) for seconds in (7.2, 59.9, 125)] == ["8 s", "1 min 00 s", "2 min 05 s"]
    assert numbers.exact(2_278_604) == "2,278,604"
