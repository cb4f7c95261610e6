"""``cnnprof experiment`` from the command to tables and files."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from cnnprof.cli.experiment import announcer
from cnnprof.cli.options import Options
from cnnprof.experiments import ncnn, timm
from cnnprof.experiments.registry import NAMES
from cnnprof.records.experiment import ExperimentResult
from tests.cli.conftest import Cnnprof
from tests.comparison.experiments import experiment, result

QUICK = ("--runtime", "fake", "--budget", "0.5")


def test_the_list(cnnprof: Cnnprof) -> None:
    plain, asked = cnnprof("experiment"), cnnprof("experiment", "g1", "--list")
    assert plain.code == asked.code == 0
    assert plain.out == asked.out
    firsts = [line.split()[0] for line in plain.out.splitlines() if line]
    assert set(NAMES) <= set(firsts)
    # six groups of 20 s at most
    (g1,) = [line for line in plain.out.splitlines() if line.startswith("g1 ")]
    assert g1.endswith("2 min 00 s")
    (g1,) = [
        line for line in cnnprof("experiment", "--budget", "5").out.splitlines() if line.startswith("g1 ")
    ]
    assert g1.endswith("30 s")


def test_the_list_counts_the_networks_elsewhere_once(cnnprof: Cnnprof) -> None:
    networks = {row.model for source in (ncnn, timm) for row in source.NETWORKS.values()}
    shared = {row.model for row in ncnn.NETWORKS.values()} & {row.model for row in timm.NETWORKS.values()}
    assert len(networks) == 15 + 20 - len(shared)
    (line,) = [line for line in cnnprof("experiment").out.splitlines() if line.startswith("elsewhere ")]
    assert f" {len(networks)} " in line


def test_the_list_in_other_formats(cnnprof: Cnnprof) -> None:
    rows = list(csv.DictReader(io.StringIO(cnnprof("experiment", "--format", "csv").out)))
    assert [row["experiment"] for row in rows] == list(NAMES[:-1])
    results = json.loads(cnnprof("experiment", "--format", "json").out)["results"]
    assert results[0]["groups"][0]["rows"][0]["speeds"] == {"gpu": 1480}
    assert "| g1 |" in cnnprof("experiment", "--format", "md").out


def test_a_table_with_its_files(cnnprof: Cnnprof, tmp_path: Path) -> None:
    files = [tmp_path / f"a.{suffix}" for suffix in ("csv", "json", "md")]
    outputs = [argument for file in files for argument in ("-o", file)]
    done = cnnprof("experiment", "g1", "--only", "x1, channels of the GTX", *QUICK, *outputs)
    assert done.code == 0, done.err
    (row,) = [line for line in done.out.splitlines() if line.startswith("1:12 ")]
    assert row.split()[:8] == ["1:12", "(36,", "432)", "975.4", "M", "118.7", "MB", "748"]
    assert "1.98x" in row
    assert "1:12 (36, 432) takes 1.98x the time of 1:1 (128, 128) there" in done.out
    rows = list(csv.DictReader(io.StringIO(files[0].read_text())))
    assert [row["macs"] for row in rows] == ["1027604480", "1016064000", "1017569280", "975421440"]
    assert [row["macs"] for row in rows] == [row["paper_macs"] for row in rows]
    document = json.loads(files[1].read_text())
    assert document["effects"][0]["published"] == pytest.approx(1480 / 748)
    assert "| 1:12 (36, 432) |" in files[2].read_text()


def test_counts_only_stand_beside_the_papers(cnnprof: Cnnprof) -> None:
    done = cnnprof("experiment", "table8", "--only", "500", "--no-latency")
    assert done.code == 0, done.err
    (row,) = [line for line in done.out.splitlines() if line.startswith("ShuffleNet v2 2x ")]
    # 590.8 M of 591 printed; 25.1 % error; 217 and 6.7 a second
    cells = row.split()[3:]
    assert cells[:5] == ["25.1", "590.8", "M", "591", "M"]
    assert cells[-4:] == ["217", "1.00x", "6.7", "1.00x"]
    assert "not built: IGCV2-1.0, NASNet-A (4@1056)" in done.out
    assert "here: holds" not in done.out


def test_a_rule_stands_in_the_files(cnnprof: Cnnprof) -> None:
    done = cnnprof("experiment", "micronet", "--only", "smaller", "--no-latency", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert [row["macs"] for row in rows] == ["3448880", "5314080", "10338128"]
    assert [row["paper_rule_macs"] for row in rows] == ["3909944", "5954216", "11674520"]
    assert {row["paper_rule"] for row in rows} == {"batch norm"}
    asked = ("experiment", "micronet", "--only", "smaller", "--no-latency", "--format", "json")
    published = [result["published"] for result in json.loads(cnnprof(*asked).out)["results"]]
    assert [row["rule_macs"] for row in published] == [3_909_944, 5_954_216, 11_674_520]
    assert published[0]["rule"] == {"name": "batch norm", "kinds": ["batch_norm"], "per": 2}


def test_a_batch_is_held_against_the_paper_image_by_image(cnnprof: Cnnprof) -> None:
    asked = ("experiment", "micronet", "--only", "smaller", "--no-latency", "--batch", "8")
    out = cnnprof(*asked).out
    assert "macs an" in out
    assert "as --arg or --input asks" not in out
    assert out.count("+ as printed with batch norm") == 1
    rows = list(csv.DictReader(io.StringIO(cnnprof(*asked, "--format", "csv").out)))
    assert [row["macs"] for row in rows] == [str(8 * macs) for macs in (3448880, 5314080, 10338128)]
    assert [row["paper_rule_macs"] for row in rows] == ["3909944", "5954216", "11674520"]


def test_formats_on_standard_output(cnnprof: Cnnprof) -> None:
    asked = ("experiment", "g2", "--only", "x1, channels of the snap", "--no-latency", "--format")
    rows = list(csv.DictReader(io.StringIO(cnnprof(*asked, "csv").out)))
    assert [row["macs"] for row in rows] == ["128450560", "127008000", "128450560", ""]
    assert "do not divide" in rows[3]["differs"]
    assert {row["paper_rule"] + row["paper_rule_macs"] for row in rows} == {""}
    assert json.loads(cnnprof(*asked, "json").out)["results"][0]["columns"]["latency_ms"] is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("tabel8",), "did you mean table8?"),
        (("g9",), "elsewhere"),
        (("g1", "--only", "x9"), "unknown group 'x9'"),
        (("g1", "--input", "28"), "fixes its inputs"),
        (("g1", "--arg", "c1=4"), "unknown argument 'c1' of experiment g1"),
        (("g3", "--arg", "join=glue", "--only", "c = 64", "--no-latency"), "add or concat"),
        (("table8", "--arg", "width_mult=1"), "fixes its networks"),
        (("g1", "--verify"), "takes no --verify"),
        (("g1", "--deploy"), "takes no --deploy"),
        (("g1", "--convention", "thop"), "takes no --convention"),
        (("g1", "--runtime", "eagre"), "did you mean eager?"),
        (("g1", "--batch", "1", "--batch", "8"), "batch"),
        (("elsewhere", "--input", "28"), "elsewhere takes no --input"),
        (("elsewhere", "--arg", "c1=4"), "elsewhere takes no --arg"),
        (("g1", "--format", "xml"), "unknown format"),
    ],
)
def test_bad_input(cnnprof: Cnnprof, arguments: tuple[str, ...], said: str) -> None:
    done = cnnprof("experiment", *arguments)
    assert done.code == 3, (done.code, done.err)
    assert said in done.err
    assert 1 <= len(done.lines) <= 2
    assert done.out == ""


def test_what_came_before_a_group_that_failed_is_shown(
    cnnprof: Cnnprof, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = experiment()
    failed = ExperimentResult(
        made, (result(made),), failure="x2: out of memory", failure_hint="a smaller --batch", failure_code=4
    )
    monkeypatch.setattr("cnnprof.pipeline.experiments.run_experiment", lambda *asked, **others: failed)
    done = cnnprof("experiment", "g1")
    assert done.code == 4
    assert done.lines == ["error: x2: out of memory", "hint: a smaller --batch"]
    assert "skewed " in done.out


def test_who_watches_is_told_which_group_begins(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, options = experiment(), Options()
    assert announcer(made, options) is None, "nobody reads a pipe"
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    told = announcer(made, options)
    assert told is not None
    told(made.groups[0], 2, 6)
    assert capsys.readouterr().err == "made-up 2 of 6: x1, 3 networks\n"
    for quiet in (Options(quiet=True), Options(no_latency=True)):
        assert announcer(made, quiet) is None


def test_a_file_that_cannot_be_written_is_refused_first(cnnprof: Cnnprof, tmp_path: Path) -> None:
    done = cnnprof("experiment", "g1", "-o", tmp_path / "nowhere" / "a.csv")
    assert done.code == 5
    assert done.out == ""
