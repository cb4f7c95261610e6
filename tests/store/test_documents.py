"""What is written holds every column, every sample, and can be read again."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from cnnprof.errors import FileError
from cnnprof.records.columns import COLUMNS, columns
from cnnprof.records.profile import Profile
from cnnprof.store import readers
from cnnprof.store.documents import (
    entries_csv,
    entries_json,
    environment_json,
    ops_csv,
    profiles_csv,
    profiles_json,
)
from cnnprof.store.readers import load
from tests.factory import audit, comparison, convention, entry, environment, profile, ratio, turns
from tests.grids import grid


def full() -> Profile:
    found = profile(against=ratio(1.62, "slower"))
    request = replace(found.request, arguments={"width_mult": 0.5, "layout": "authors"})
    return replace(
        found,
        request=request,
        audits=(audit(),),
        convention=convention(),
        warnings=("a warning, with a comma",),
    )


def with_an_endless_number() -> str:
    text = profiles_json([profile(against=ratio(1.625, "slower"))])
    assert '"ratio": 1.625' in text
    return text.replace('"ratio": 1.625', '"ratio": 1' + "0" * 400)


def test_json_holds_columns_and_the_whole_record() -> None:
    document = json.loads(profiles_json([full()]))
    assert list(document) == ["schema", "results"]
    assert document["schema"] == 1
    (result,) = document["results"]
    assert result["columns"] == columns(full())
    assert [turn["seconds"] for turn in result["timing"]["turns"]] == [
        list(t.seconds) for t in turns(0.01234)
    ]
    assert result["environment"]["cpu"] == "Example 9000 16-Core Processor"
    assert result["request"]["arguments"] == {"width_mult": 0.5, "layout": "authors"}
    assert len(result["counts"]["ops"]) == 6


def test_an_argument_that_json_has_no_words_for_is_told_in_its_own() -> None:
    found = profile(seconds=None)
    found = replace(found, request=replace(found.request, arguments={"where": Path("a/b"), "scale": 1 + 2j}))
    (result,) = json.loads(profiles_json([found]))["results"]
    assert result["request"]["arguments"] == {"where": str(Path("a/b")), "scale": "(1+2j)"}


def test_json_of_a_count_has_null_for_the_latency() -> None:
    (result,) = json.loads(profiles_json([profile(seconds=None)]))["results"]
    assert result["timing"] is None
    assert result["columns"]["latency_ms"] is None


def test_json_has_no_nan() -> None:
    found = profile(against=replace(ratio(1.0, "not resolved"), needed_s=float("inf")))
    (result,) = json.loads(profiles_json([found]), parse_constant=pytest.fail)["results"]
    assert result["ratio"]["needed_s"] is None


def test_what_was_saved_loads_as_it_was(tmp_path: Path) -> None:
    saved = (full(), *comparison().profiles, profile(seconds=None))
    file = tmp_path / "run.json"
    file.write_text(profiles_json(saved))
    assert load(file) == saved


def test_a_file_from_before_a_field_existed_loads_with_its_default(tmp_path: Path) -> None:
    document = json.loads(profiles_json([full()]))
    del document["results"][0]["request"]["verify"], document["results"][0]["request"]["arguments"]
    document["results"][0]["of_tomorrow"] = 1
    file = tmp_path / "run.json"
    file.write_text(json.dumps(document))
    assert load(file) == (replace(full(), request=replace(full().request, arguments={})),)


def test_an_older_schema_is_taken_up_step_by_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def rename(document: dict[str, object]) -> dict[str, object]:
        return {"results": document["rows"]}

    monkeypatch.setattr(readers, "UPGRADES", {0: rename})
    rows = json.loads(profiles_json([full()]))["results"]
    file = tmp_path / "run.json"
    file.write_text(json.dumps({"schema": 0, "rows": rows}))
    assert load(file) == (full(),)


def test_a_newer_schema_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    file.write_text('{"schema": 7, "results": []}')
    with pytest.raises(FileError, match="schema 7"):
        load(file)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (profiles_json([profile()])[:-40], "not whole JSON"),
        ("", "not whole JSON"),
        ("[1, 2]", "no schema"),
        ('{"schema": "1", "results": []}', "no schema"),
        ('{"schema": 1}', "no results"),
        ('{"schema": 1, "results": [{"columns": {}}]}', r"results\[0\].request is missing"),
        ('{"schema": 1, "results": [3]}', r"results\[0\] is not an object"),
        (profiles_json([profile()]).replace('"macs": 10838016', '"macs": "many"'), "many"),
        ('{"schema": -1, "results": []}', "never written"),
        ("[" * 200_000, "not whole JSON: it is nested too deeply"),
        (with_an_endless_number(), r"ratio\.ratio is a number that is too large"),
    ],
)
def test_damaged_and_foreign_files_are_refused(content: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    file.write_text(content)
    with pytest.raises(FileError, match=said):
        load(file)


@pytest.mark.parametrize("content", [entries_json([entry()]), environment_json(environment())])
def test_a_whole_file_of_another_command_is_not_called_damaged(content: str, tmp_path: Path) -> None:
    """``cnnprof list --format json`` was said to be written by hand or damaged."""
    file = tmp_path / "zoo.json"
    file.write_text(content)
    with pytest.raises(FileError, match="does not hold profiles") as raised:
        load(file)
    assert "profile, compare" in raised.value.hint


def test_a_missing_or_binary_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"absent\.json"):
        load(tmp_path / "absent.json")
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileError, match="not whole JSON"):
        load(tmp_path / "binary.json")


def test_csv_holds_raw_integers_and_empty_cells() -> None:
    first, second = csv.DictReader(StringIO(profiles_csv([full(), profile(seconds=None)])))
    assert list(first) == list(COLUMNS)
    assert first["macs"] == "243329024"
    assert first["published_macs"] == ""  # of a layout that nobody published figures of
    assert second["published_macs"] == "146000000"
    assert first["latency_samples"] == "1240"
    assert float(first["ratio"]) == 1.62
    assert first["warnings"] == "a warning, with a comma"
    assert second["latency_ms"] == second["latency_samples"] == second["roofline_ms"] == ""


def test_csv_of_the_ops_adds_up() -> None:
    rows = list(csv.DictReader(StringIO(ops_csv(profile().counts))))
    assert sum(int(row["macs"]) for row in rows) == profile().counts.macs
    assert rows[0]["input"] == "1x32x112x112"
    assert rows[4]["intensity"] == ""


def test_csv_of_the_ops_has_the_columns_that_scripts_rely_on() -> None:
    head = ops_csv(profile().counts).splitlines()[0]
    assert head == (
        "path,module,op,function,status,input,output,params,macs,flops,activations,"
        "memory_bytes,memory_paper_bytes,memory_fused_bytes,intensity"
    )


def test_the_catalogue_and_the_machine_as_documents() -> None:
    (result,) = json.loads(entries_json([entry()]))["results"]
    assert result["columns"]["published_macs"] == 146_000_000
    assert result["entry"]["macs"]["where"] == "Table 8"
    (row,) = csv.DictReader(StringIO(entries_csv([entry()])))
    assert (row["model"], row["source"]) == ("shufflenet_v2", "zoo")
    published = [row[f"published_{name}"] for name in ("params", "macs", "metric")]
    assert published == ["1300000", "146000000", "69.4"]
    assert set(row) <= set(COLUMNS)
    (row,) = csv.DictReader(StringIO(entries_csv([replace(entry(), params=None, macs=None, metric=None)])))
    assert row["published_params"] == row["published_macs"] == row["published_metric"] == ""
    assert json.loads(environment_json(environment()))["results"][0]["environment"]["cores_allowed"] == 4


def test_what_holds_for_a_comparison_stands_below_the_results(tmp_path: Path) -> None:
    found = grid(range(5))
    text = profiles_json(found.profiles, found)
    document = json.loads(text, parse_constant=pytest.fail)
    assert list(document) == ["schema", "results", "comparison"]
    told = document["comparison"]
    assert told["baseline"] == 0
    assert told["session"] == {
        **told["session"],
        "rounds": 42,
        "dropped_rounds": 2,
        "spent_s": 19.4,
        "floor": 0.018,
        "interrupted": False,
    }
    assert told["sentences"] == list(found.sentences)
    assert [one["rho"] for one in told["correlations"]] == [one.rho for one in found.correlations]
    pair = told["pairs"][0]
    models = [document["results"][pair[side]]["columns"]["model"] for side in ("place", "base")]
    assert models == ["ghostnet", "shufflenet_v2"]
    assert pair["ratio"]["ratio"] == found.pairs[0].ratio.ratio
    assert {"orders", "misjudged", "fronts", "warnings"} < set(told)
    assert not {"profiles", "measurement"} & set(told), "every sample is saved once, with its result"
    assert not {"timings", "ratios", "warnings"} & set(told["session"])
    file = tmp_path / "run.json"
    file.write_text(text)
    assert load(file) == found.profiles
    assert len(text.splitlines()) == len(found.profiles) + 3  # one line a result, one for the comparison
