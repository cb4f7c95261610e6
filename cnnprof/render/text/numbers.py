"""Numbers as text: rounded to what can be read, with their unit.

>>> count(3_504_872), size(13_570_048), milliseconds(0.01234)
('3.50 M', '13.6 MB', '12.34 ms')
>>> with_interval(1.62, 1.58, 1.66, "x")
'1.62x [1.58, 1.66]'
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, floor, log10

from cnnprof.records.entry import Figure
from cnnprof.records.notation import bracketed, part_text, times
from cnnprof.records.notation import with_interval as with_interval  # as numbers.ratio is

Form = Callable[[int], str]
"""How an integer is written."""

HUGE = 1000
# Decimal prefixes throughout: 1 MB is 10^6 bytes.
PREFIXES = ("", "k", "M", "G", "T", "P", "E")


def count(value: float) -> str:
    """A number of things: ``300.8 M``; below 1000 exact."""
    return _scaled(value, "")


def size(nbytes: float) -> str:
    """Bytes in decimal units: ``13.6 MB``."""
    return _scaled(nbytes, "B")


def _scaled(value: float, unit: str) -> str:
    power = 0
    while _rounded(value / 1000**power) >= 1000 and power < len(PREFIXES) - 1:
        power += 1
    number = value / 1000**power
    text = f"{number:g}" if power == 0 and number == int(number) else f"{number:.{_decimals(number)}f}"
    return f"{text} {PREFIXES[power]}{unit}".rstrip()


def _rounded(number: float) -> float:
    return round(number, _decimals(number))


def _decimals(number: float) -> int:
    return 2 if abs(number) < 9.995 else 1


def exact(value: int) -> str:
    """Every digit, in groups of three."""
    return f"{value:,}"


def number_of(value: int, thing: str) -> str:
    """``1 round``, ``12 rounds``."""
    return f"{exact(value)} {thing}{'s' if value != 1 else ''}"


def share(part: float, whole: float) -> str:
    """A part in percent of the whole, empty where there is no whole."""
    return f"{part_text(100 * part / whole, 1, signed=False)} %" if whole else ""


def ratio(value: float) -> str:
    """How many times: ``1.62x``, ``0x`` of nothing."""
    return times(value)


def deviation(value: float) -> str:
    """How far a ratio is from 1: ``1.8 %``; from twice on ``a factor of 3.1``, of which nobody needs every digit."""
    if value < 1:
        return f"{100 * value:.1f} %"
    return f"a factor of {1 + value:.1f}" if value < HUGE else f"a factor of more than {HUGE}"


def milliseconds(seconds: float) -> str:
    """A latency: ``12.34 ms``."""
    return f"{ms(seconds)} ms"


def ms(seconds: float) -> str:
    """A latency where its unit stands elsewhere: ``12.34``."""
    return f"{seconds * 1e3:.{_time_decimals(seconds * 1e3)}f}"


def microseconds(seconds: float) -> str:
    """The price of something small, two digits and no power of ten: ``1.8 us``, ``123 us``."""
    us = seconds * 1e6
    return f"{us:.0f} us" if us >= 99.5 else f"{us:.2g} us"


def _time_decimals(ms: float) -> int:
    return _two_digits(ms, 3) if ms < 0.9995 else 2 if ms < 99.995 else 1


def _two_digits(value: float, decimals: int) -> int:
    """At least ``decimals``, more where a small value would be left with one digit or none."""
    return max(decimals, 1 - floor(log10(float(f"{value:.1e}")))) if value > 0 else decimals


def rate(value: float) -> str:
    """Something a second, three digits: ``81.0``; below 1 two: ``0.032``."""
    return f"{value:.{_two_digits(value, 2) if value < 9.995 else 1 if value < 999.5 else 0}f}"


def duration(seconds: float) -> str:
    """A time to wait: ``8 s``, ``2 min 05 s``."""
    whole = ceil(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60:02d} s"


def latency_interval(median_s: float, low_s: float, high_s: float) -> str:
    """Milliseconds without their unit, with the interval: ``12.34 [12.10, 12.56]``."""
    return bracketed(median_s * 1e3, low_s * 1e3, high_s * 1e3, _time_decimals(median_s * 1e3), "")


def plus_minus(value: float, low: float, high: float) -> str:
    """The wider side of the interval in percent, rounded up: ``±2.5%``; ``±?`` where there is no interval."""
    if low == high:
        return "±?"
    half = max(high - value, value - low) / value * 100 if value else 0.0
    return f"±{ceil(half * 10) / 10:.1f}%" if half < 9.9 else f"±{ceil(half)}%"


def figure(published: Figure, least: str = "") -> str:
    """A published count with the digits it was published with: ``3.4 M``, ``300 M``; ``least`` G: ``0.4 G``."""
    power = PREFIXES.index(least)
    while published.value >= 1000 ** (power + 1) and power < len(PREFIXES) - 1:
        power += 1
    text = metric(Figure(published.value / 1000**power, published.step / 1000**power, published.where))
    return f"{text} {PREFIXES[power]}".rstrip()


def closer(value: int, published: Figure) -> str:
    """A count in the unit of a published figure and two digits closer: ``40.53 M`` beside ``41 M``."""
    return figure(Figure(value, published.step / 100, published.where))


def metric(published: Figure) -> str:
    """A published percentage with the digits it was published with: ``72.0``."""
    # Halves of printed figures come in steps of half their last digit: 4.35 of 8.7.
    decimals = max(0, ceil(-log10(published.step) - 1e-9)) if published.step > 0 else 0
    return f"{published.value:.{decimals}f}"
