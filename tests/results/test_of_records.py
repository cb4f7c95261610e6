"""``report`` and ``save``: what the command line prints and writes, from Python; real networks, made-up time."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from math import exp, log
from pathlib import Path
from statistics import fmean, median
from typing import Any

import pytest
from typer.testing import CliRunner

import cnnprof
from cnnprof.cli.app import app
from cnnprof.errors import FileError, MissingRuntimeError, UnknownNameError
from cnnprof.results.formats import FORMATS, SUFFIXES

MADE_UP: dict[str, Any] = {"runtime": "fake", "budget": 2, "threads": 1, "input": 64}
ASKED = ["--runtime", "fake", "--budget", "2", "--threads", "1", "--input", "64", "--quiet"]
NAMES = ("shufflenet_v2_x0_5", "squeezenet1_1")


@pytest.fixture(scope="module")
def pair() -> cnnprof.Comparison:
    return cnnprof.compare(NAMES, **MADE_UP)


@pytest.fixture(scope="module")
def one() -> cnnprof.Profile:
    return cnnprof.profile(NAMES[0], **MADE_UP)


def printed(*arguments: str) -> str:
    return CliRunner().invoke(app, [*arguments, *ASKED], prog_name="cnnprof").stdout


@pytest.mark.parametrize("form", ["table", "md", "csv"])
def test_a_comparison_reads_as_the_command_prints_it(pair: cnnprof.Comparison, form: str) -> None:
    assert cnnprof.report(pair, form) == printed("compare", *NAMES, "--format", form)


def test_a_profile_reads_as_the_command_prints_it(one: cnnprof.Profile) -> None:
    assert cnnprof.report(one, "csv") == printed("profile", NAMES[0], "--format", "csv")
    told = set(cnnprof.report(one).splitlines())
    of_command = printed("profile", NAMES[0]).splitlines()
    assert {line for line in of_command if "latency" in line or "memory" in line} <= told


def test_one_network_on_several_batches_has_the_table_of_its_sweep() -> None:
    sweep = cnnprof.compare(NAMES[:1], batch=[1, 2], **MADE_UP)
    assert cnnprof.report(sweep) == printed("profile", NAMES[0], "--batch", "1", "--batch", "2")


def test_a_network_beside_itself_is_a_comparison() -> None:
    itself = cnnprof.compare([NAMES[0], NAMES[0]], **MADE_UP)
    assert cnnprof.report(itself) == printed("compare", NAMES[0], NAMES[0])


def test_warnings_stand_below_the_table(one: cnnprof.Profile) -> None:
    warned = replace(one, warnings=("the clock stood still",))
    assert cnnprof.report(warned).endswith("warning: the clock stood still\n")
    assert cnnprof.report(warned, "md").rstrip().endswith("warning: the clock stood still")


def test_what_is_saved_loads_again(pair: cnnprof.Comparison, one: cnnprof.Profile, tmp_path: Path) -> None:
    cnnprof.save(pair, tmp_path / "pair.json", str(tmp_path / "pair.csv"), tmp_path / "pair.md")
    assert cnnprof.load(tmp_path / "pair.json") == pair.profiles
    rows = list(csv.DictReader((tmp_path / "pair.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["model"] for row in rows] == list(NAMES)
    assert (tmp_path / "pair.md").read_text(encoding="utf-8") == cnnprof.report(pair, "md")
    cnnprof.save(one, tmp_path / "one.json")
    assert cnnprof.load(tmp_path / "one.json") == (one,)
    assert "comparison" not in json.loads((tmp_path / "one.json").read_text(encoding="utf-8"))


def test_pictures(pair: cnnprof.Comparison, one: cnnprof.Profile, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="pictures are drawn by matplotlib")
    cnnprof.save(pair, tmp_path / "pair.svg")
    assert NAMES[1] in (tmp_path / "pair.svg").read_text(encoding="utf-8")
    for found in (one, cnnprof.compare(NAMES[:1], batch=[1, 2], **MADE_UP)):
        with pytest.raises(UnknownNameError, match=r"of one network it is the roofline") as refused:
            cnnprof.save(found, tmp_path / "one.csv", tmp_path / "one.png")
        assert "roofline=True" in refused.value.hint
    assert not list(tmp_path.glob("one.*"))
    cnnprof.save(cnnprof.profile(NAMES[0], roofline=True, **MADE_UP), tmp_path / "one.svg")
    assert NAMES[0] in (tmp_path / "one.svg").read_text(encoding="utf-8")


def test_a_picture_that_nothing_here_draws_is_told_before_the_rest_is_written(
    pair: cnnprof.Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cnnprof.render.plots.library.find_spec", lambda _: None)
    with pytest.raises(
        MissingRuntimeError, match=r"\.svg files are drawn by matplotlib, which is not installed"
    ):
        cnnprof.save(pair, tmp_path / "pair.csv", tmp_path / "pair.SVG")
    assert not list(tmp_path.iterdir())
    cnnprof.save(pair, tmp_path / "pair.csv")


@pytest.mark.parametrize("given", [(), ("x.xlsx",), ("x",)])
def test_files_that_nothing_writes_are_refused(pair: cnnprof.Comparison, given: tuple[str, ...]) -> None:
    with pytest.raises(UnknownNameError):
        cnnprof.save(pair, *given)


def test_what_cannot_be_written_is_told_before_the_rest_is(pair: cnnprof.Comparison, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="does not exist"):
        cnnprof.save(pair, tmp_path / "pair.csv", tmp_path / "missing" / "pair.csv")
    assert not list(tmp_path.iterdir())


def test_a_file_that_fails_does_not_keep_the_others(
    pair: cnnprof.Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> str:
        raise FileError("cannot write pair.csv: no space left", "free some")

    monkeypatch.setattr("cnnprof.store.documents.profiles_csv", full)
    with pytest.raises(FileError, match="no space left"):
        cnnprof.save(pair, tmp_path / "pair.csv", tmp_path / "pair.md")
    assert [path.name for path in tmp_path.iterdir()] == ["pair.md"]


@pytest.mark.parametrize("call", [cnnprof.report, cnnprof.save])
@pytest.mark.parametrize("found", ["mobilenet_v2", (), None])
def test_only_records_of_a_command_have_a_report(call: Any, found: object, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="has no report"):
        call(found, "csv" if call is cnnprof.report else tmp_path / "x.csv")


def test_what_was_loaded_has_a_report_as_the_refusal_says(pair: cnnprof.Comparison, tmp_path: Path) -> None:
    cnnprof.save(pair, tmp_path / "pair.json")
    loaded = cnnprof.load(tmp_path / "pair.json")
    with pytest.raises(UnknownNameError, match="a tuple has no report") as refused:
        cnnprof.report(loaded)  # type: ignore[arg-type]
    assert "Comparison(profiles, 0, None)" in refused.value.hint
    assert cnnprof.report(cnnprof.Comparison(loaded, 0, None), "csv") == cnnprof.report(pair, "csv")


def test_a_ratio_can_be_worked_out_again_from_a_file(tmp_path: Path) -> None:
    cnnprof.save(cnnprof.compare(NAMES, processes=1, **MADE_UP), tmp_path / "pair.json")
    written = json.loads((tmp_path / "pair.json").read_text(encoding="utf-8"))

    def logs(turns: list[dict[str, Any]]) -> dict[int, float]:
        """Of a round the median call, the first of a turn left out."""
        return {turn["round"]: log(median(turn["seconds"][1:])) for turn in turns if not turn["dropped"]}

    first, second = (logs(result["timing"]["turns"]) for result in written["results"])
    twin = logs(written["comparison"]["session"]["twin"])
    centres = []
    for base in (first, twin):
        found = [second[place] - base[place] for place in first]
        centres.append(median((a + b) / 2 for i, a in enumerate(found) for b in found[i:]))
    assert exp(fmean(centres)) == pytest.approx(written["results"][1]["ratio"]["ratio"], rel=1e-12)


def test_every_suffix_is_of_a_format_and_every_format_can_be_written(one: cnnprof.Profile) -> None:
    assert set(SUFFIXES.values()) <= set(FORMATS)
    for form in FORMATS:
        assert cnnprof.report(one, form), form


def test_an_unknown_format_is_refused(pair: cnnprof.Comparison) -> None:
    with pytest.raises(UnknownNameError, match="unknown format 'mdd'") as refused:
        cnnprof.report(pair, "mdd")
    assert "did you mean md" in refused.value.hint
