"""Pictures of what was measured: which chart it is, what is said where there is none, and the list of fonts."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from cnnprof.errors import FileError
from cnnprof.records.profile import Comparison
from cnnprof.render.plots.chart import Chart
from cnnprof.render.text.console import plain_text
from cnnprof.results.pictures import FONTS, comparison_chart, picture, pictures_among, plotted, profile_chart
from tests.factory import comparison
from tests.limits import comparison_under_roofs, profile_under_roof


def chart_of(found: Comparison, roofline: bool = False) -> Chart:
    chart = comparison_chart(found, roofline)
    assert chart is not None
    return chart


def without_macs(found: Comparison) -> Comparison:
    """As of blocks that only move data."""
    profiles = (replace(each, counts=replace(each.counts, macs=0)) for each in found.profiles)
    return replace(found, profiles=tuple(profiles))


def test_of_nothing_timed_there_is_no_picture_and_one_line_instead_of_a_plot() -> None:
    assert comparison_chart(comparison(2, timed=False), roofline=False) is None
    with pytest.raises(FileError, match=r"no picture in x\.png: nothing was timed"):
        picture(None, Path("x.png"))
    assert plain_text(plotted(None)) == "no plot: nothing was timed that could be drawn\n"


def test_without_multiply_adds_there_is_nothing_to_draw() -> None:
    """Both axes of multiply-adds are logarithmic."""
    assert comparison_chart(without_macs(comparison(2)), roofline=False) is None


def test_rooflines_are_drawn_where_one_network_has_one() -> None:
    found = comparison_under_roofs()
    first, *others = found.profiles
    partly = replace(found, profiles=(first, *(replace(each, roofline=None) for each in others)))
    assert chart_of(partly, roofline=True).title == "Roofline of 1 network"
    assert "Roofline" not in chart_of(partly).title
    assert comparison_chart(comparison(2), roofline=True) is None


def test_one_network_is_drawn_by_its_layers_and_a_sweep_by_its_settings() -> None:
    timed = profile_under_roof(timed=True)
    alone = profile_chart(Comparison((timed,), 0, None))
    assert alone is not None
    assert alone.title == "Roofline of shufflenet_v2"
    several = profile_chart(comparison_under_roofs(2))
    assert several is not None
    assert several.title == "Roofline of 2 networks"
    for nothing in (replace(timed, timing=None), replace(timed, roofline=None)):
        assert profile_chart(Comparison((nothing,), 0, None)) is None


def test_a_picture_is_known_by_its_suffix_in_any_case() -> None:
    files = [Path("a.PNG"), Path("b.csv"), Path("c.svg")]
    assert pictures_among(files) == [Path("a.PNG"), Path("c.svg")]


@pytest.mark.parametrize("own", ["/home/somebody/fonts", None])
def test_fonts_are_listed_in_the_users_folder_only_where_it_was_named(
    own: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(
        "cnnprof.render.plots.picture.draw_picture", lambda *_: os.environ["MPLCONFIGDIR"].encode()
    )
    if own is None:
        monkeypatch.delenv(FONTS, raising=False)
    else:
        monkeypatch.setenv(FONTS, own)
    folder = picture(chart_of(comparison(2)), Path("x.svg")).decode()
    assert os.environ.get(FONTS) == own
    assert folder == own or not (own or Path(folder).exists())
