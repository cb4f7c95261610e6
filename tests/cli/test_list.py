"""``cnnprof list``: the zoo with its published figures."""

from __future__ import annotations

import csv
import io
import json

import pytest

from cnnprof.version import __version__
from cnnprof.zoo.catalogue import catalogue, find_entry
from tests.cli.conftest import Cnnprof


def first_words(text: str) -> list[str]:
    return [line.split()[0] for line in text.splitlines() if line.split()]


def test_every_network_is_listed(cnnprof: Cnnprof) -> None:
    outcome = cnnprof("list")
    assert outcome.code == 0
    assert [name for name in first_words(outcome.out) if name in catalogue()] == list(catalogue())


def test_a_pattern_a_part_and_a_family(cnnprof: Cnnprof) -> None:
    assert "vgg16" in first_words(cnnprof("list", "vgg*").out)
    assert "mobilenet_v2_x0_35" in first_words(cnnprof("list", "0_35").out)
    family = first_words(cnnprof("list", "--family", "mobilenet_v2").out)
    assert "mobilenet_v2" in family
    assert "vgg16" not in family


def test_figures_stand_with_their_place(cnnprof: Cnnprof) -> None:
    (row,) = [
        line for line in cnnprof("list", "mobilenet_v2").out.splitlines() if line.startswith("mobilenet_v2 ")
    ]
    assert "3.4 M" in row
    assert "300 M" in row
    assert "2018" in row
    assert "1801.04381" in row
    assert "Table 4" in row


def test_verbose_tells_everything(cnnprof: Cnnprof) -> None:
    out = cnnprof("list", "-v", "mobilenet_v2").out
    entry = find_entry("mobilenet_v2")
    for said in (
        str(entry.paper),
        "3,504,872",
        "300,774,272",
        entry.reference.code,
        entry.differs,
        *entry.notes,
    ):
        assert said in out


def test_a_block_has_no_row_without_a_name(cnnprof: Cnnprof) -> None:
    *_, last = cnnprof("list", "-v", "block:conv", "--format", "md").out.strip().splitlines()
    assert last == "| macs | - | 115,605,504 |  |"


def test_formats(cnnprof: Cnnprof) -> None:
    rows = list(csv.DictReader(io.StringIO(cnnprof("list", "--format", "csv").out)))
    assert [row["model"] for row in rows] == list(catalogue())
    document = json.loads(cnnprof("list", "ghostnet", "--format", "json").out)
    assert document["schema"] == 1
    assert document["results"][0]["columns"]["published_macs"] == 141_000_000
    assert "| ghostnet |" in cnnprof("list", "ghostnet", "--format", "md").out
    assert "## mobilenet_v2\n" in cnnprof("list", "-v", "mobilenet_v2", "--format", "md").out


def test_no_match_is_said_with_the_nearest_name(cnnprof: Cnnprof) -> None:
    outcome = cnnprof("list", "mobilenet_v22")
    assert (outcome.code, outcome.out) == (3, "")
    assert outcome.lines[0] == "error: unknown model 'mobilenet_v22'"
    assert "mobilenet_v2" in outcome.lines[1]
    assert cnnprof("list", "zzz").lines[1] == "hint: cnnprof list shows the whole zoo"


def test_unknown_family_task_and_a_combination_without_match(cnnprof: Cnnprof) -> None:
    assert "unknown family 'mobilenet'" in cnnprof("list", "--family", "mobilenet").err
    assert "unknown task 'knitting'" in cnnprof("list", "--task", "knitting").err
    outcome = cnnprof("list", "vgg16", "--family", "ghostnet")
    assert outcome.code == 3
    assert "drop --family or --task" in outcome.err
    assert "unknown model 'zzz'" in cnnprof("list", "zzz", "--family", "ghostnet").err


def test_version_and_bare_help(cnnprof: Cnnprof) -> None:
    assert cnnprof("--version").out == f"cnnprof {__version__}\n"
    outcome = cnnprof("--help")
    assert outcome.code == 0
    for command in ("profile", "compare", "scale", "list", "env"):
        assert command in first_words(outcome.out)
    assert "..." not in outcome.out.split("Commands:")[1]  # no help line is cut


def test_an_unknown_command_is_a_usage_error(cnnprof: Cnnprof) -> None:
    outcome = cnnprof("profil")
    assert outcome.code == 2
    assert "profile" in outcome.err
    assert len(outcome.lines) <= 6


def test_no_more_than_so_many(cnnprof: Cnnprof) -> None:
    small = first_words(cnnprof("list", "--max-macs", "60M", "mobilenet_v2*").out)
    assert "mobilenet_v2_x0_35" in small  # 59.2 M
    assert "mobilenet_v2_x0_5" not in small  # 97.1 M
    assert "mobilenet_v2" in first_words(cnnprof("list", "--max-params", "3504872").out)
    assert "mobilenet_v2" not in first_words(cnnprof("list", "--max-params", "3504871").out)
    outcome = cnnprof("list", "vgg*", "--max-params", "138M")
    assert outcome.code == 3
    assert outcome.lines[0] == "error: none of these networks is so small"


@pytest.mark.parametrize("amount", ["many", "-3M", "0", "5MM", "nan", "M"])
def test_amounts_that_are_none(amount: str, cnnprof: Cnnprof) -> None:
    outcome = cnnprof("list", f"--max-macs={amount}")
    assert outcome.code == 3
    assert outcome.lines == [
        f"error: --max-macs {amount!r} is not a number above 0",
        "hint: for example 150M or 1.5G",
    ]


def test_orders(cnnprof: Cnnprof) -> None:
    def models(*options: str) -> list[str]:
        text = cnnprof("list", "--format", "csv", "--family", "mobilenet_v2", *options).out
        return [row["model"] for row in csv.DictReader(io.StringIO(text))]

    widths = [
        "mobilenet_v2_x0_35",
        "mobilenet_v2_x0_5",
        "mobilenet_v2_x0_75",
        "mobilenet_v2",
        "mobilenet_v2_x1_4",
    ]
    assert models("--sort", "macs") == models("--sort", "params") == widths
    assert models("--sort", "metric") == widths[::-1]
    assert models("--sort", "name") == sorted(widths)
    rows = csv.DictReader(io.StringIO(cnnprof("list", "--sort", "metric", "--format", "csv").out))
    figures = [row["published_metric"] for row in rows]
    assert figures[-1] == ""  # what has none comes last
    assert cnnprof("list", "--sort", "size").code == 3
