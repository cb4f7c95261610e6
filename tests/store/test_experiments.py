"""Experiments as files: published figures beside raw values."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

from cnnprof.records.columns import COLUMNS
from cnnprof.records.entry import Figure
from cnnprof.records.experiment import ExperimentResult, Rule
from cnnprof.store.experiments import (
    elsewhere_csv,
    elsewhere_json,
    experiment_csv,
    experiment_json,
    experiments_csv,
    experiments_json,
)
from cnnprof.store.readers import load
from tests.comparison.experiments import experiment
from tests.render.test_experiment import elsewhere, ran


def made() -> ExperimentResult:
    return ran(experiment())


def test_csv_has_every_row_of_the_table() -> None:
    rows = list(csv.DictReader(io.StringIO(experiment_csv(made()))))
    assert [row["label"] for row in rows] == ["even", "uneven", "skewed", "huge"]
    assert rows[1]["gpu_batches_per_s"] == "50"
    assert rows[1]["phone_ms"] == "12"
    assert rows[1]["paper_macs"] == "250000000"
    assert rows[1]["macs"] == "243329024"
    assert rows[1]["latency_ms"] == "12.0"
    assert rows[3]["differs"] == "not in the zoo"
    assert rows[3]["macs"] == rows[3]["latency_ms"] == ""
    assert set(COLUMNS) < set(rows[0])


def test_csv_says_which_row_of_which_table_it_is() -> None:
    head = experiment_csv(made()).splitlines()[0].removesuffix("," + ",".join(COLUMNS))
    assert head == (
        "experiment,group,label,arguments,paper_macs,paper_metric,gpu_batches_per_s,phone_ms,"
        "paper_rule,paper_rule_macs,macs_elsewhere,differs"
    )
    rows = tuple(reversed(experiment().groups[0].rows))
    backwards = list(csv.DictReader(io.StringIO(experiment_csv(ran(experiment(rows=rows))))))
    assert [row["label"] for row in backwards] == ["huge", "skewed", "uneven", "even"]


def test_csv_has_the_arguments_that_a_network_was_built_with() -> None:
    found = made()
    (group,) = found.groups
    asked = {"c1": 32, "layout": "authors"}
    built = tuple(
        replace(each, request=replace(each.request, arguments=asked)) for each in group.comparison.profiles
    )
    group = replace(group, comparison=replace(group.comparison, profiles=built))
    rows = list(csv.DictReader(io.StringIO(experiment_csv(replace(found, groups=(group,))))))
    assert [row["arguments"] for row in rows] == ["c1=32 layout=authors"] * 3 + [""]


def test_csv_has_what_makes_a_count_the_paper_s() -> None:
    """``even`` has the figure printed elsewhere, ``uneven`` its own under a rule."""
    even, uneven, *others = experiment().groups[0].rows
    rule = Rule("batch norm", ("batch_norm",), per=2)
    skewed, huge = others
    even = replace(even, macs_elsewhere=Figure(243e6, 1e6, "the code"))
    rows = (even, replace(uneven, rule=rule), skewed, replace(huge, rule=rule))
    first, second, third, last = csv.DictReader(io.StringIO(experiment_csv(ran(experiment(rows=rows)))))
    assert (first["macs_elsewhere"], first["paper_rule"], first["paper_rule_macs"]) == ("243000000", "", "")
    assert (second["macs_elsewhere"], second["paper_rule"]) == ("", "batch norm")
    assert int(second["paper_rule_macs"]) == 243_329_024 + 64 // 2
    assert third["paper_rule"] == ""
    assert (last["paper_rule"], last["paper_rule_macs"]) == ("batch norm", ""), "it is not built"


def test_json_loads_as_profiles(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text(experiment_json(made()))
    assert [profile.counts.macs for profile in load(file)] == [243_329_024] * 3
    document = json.loads(file.read_text())
    assert document["experiment"]["name"] == "made-up"
    assert document["effects"][0]["verdict"] == "holds, smaller"
    assert document["results"][1]["published"]["speeds"] == {"gpu": 50, "phone": 12}
    assert document["results"][1]["published"]["group"] == "x1"
    assert document["results"][1]["published"]["source"] == "table 1"
    assert [(row["group"], row["label"]) for row in document["not_built"]] == [("x1", "huge")]


def test_json_tells_how_it_ended_and_of_each_session() -> None:
    found = replace(ran(experiment(contrast="")), interrupted=True, failure="x2: no kernel")
    document = json.loads(experiment_json(found))
    assert (document["interrupted"], document["failure"]) == (True, "x2: no kernel")
    (group,) = document["groups"]
    assert group["group"] == "x1"
    assert [pair["place"] for pair in group["comparison"]["pairs"]] == [1, 2, 2]
    assert len(document["agreements"]) == len(found.agreements) > 0
    assert "groups" not in document["experiment"], "their rows stand with the results"


def test_the_list_as_files() -> None:
    (row,) = csv.DictReader(io.StringIO(experiments_csv([experiment()])))
    assert row == {
        "experiment": "made-up",
        "title": "a made-up table",
        "source": "Nobody (2018), table 1",
        "groups": "1",
        "networks": "3",
    }
    (one,) = json.loads(experiments_json([experiment()]))["results"]
    assert [row["label"] for row in one["groups"][0]["rows"]] == ["even", "uneven", "skewed", "huge"]


def test_elsewhere_as_files() -> None:
    rows = list(csv.DictReader(io.StringIO(elsewhere_csv(elsewhere()))))
    # two counts order something, on two devices, for all networks and for the light ones
    assert len(rows) == 2 * 2 * 2
    assert ",".join(rows[0]) == (
        "device,kind,setting,networks,models,column,rho,rho_low,rho_high,tau,tau_low,tau_high,source"
    )
    assert {row["networks"] for row in rows} == {"all", "light"}
    assert all(-1 <= float(row["tau"]) <= 1 for row in rows)
    results = json.loads(elsewhere_json(elsewhere()))["results"]
    assert [result["device"]["milliseconds"]["c"] for result in results] == [8.0, 4.0] * 2
    assert [result["networks"] for result in results] == ["all", "all", "light", "light"]
