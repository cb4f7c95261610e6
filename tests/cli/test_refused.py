"""Options that would change nothing are refused, before anything is built or measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cnnprof, replace_flows

# What is refused, and what is said of it.
REFUSED = {
    "explain A B --verify": "explain takes no --verify",
    "explain A B --convention thop": "explain takes no --convention",
    "explain A B --processes 3": "explain takes no --processes",
    "guidelines A --verify": "guidelines takes no --verify",
    "guidelines A --convention thop": "guidelines takes no --convention",
    "guidelines A --time --processes 3": "guidelines takes no --processes",
    "scale efficientnet --verify": "scale takes no --verify",
    "scale efficientnet --convention thop": "scale takes no --convention",
    "profile A --memory --verify": "profile --memory takes no --verify",
    "profile A --memory --convention thop": "profile --memory takes no --convention",
    "profile A --conventions --verify": "profile --conventions takes no --verify",
    "profile A --conventions --processes 3": "profile --conventions takes no --processes",
    "profile A --layers --time --processes 3": "profile --time takes no --processes",
    "profile A --time --roofline --processes 3": "profile --time takes no --processes",
    "profile A --time --plot": "--plot has nothing to draw here",
    "profile A --time -o x.png": "-o x.png has nothing to draw here",
    "profile A --roofline --depth 2": "--depth sums up the rows of --layers",
    "profile A --layers --batch 1 --batch 8": "--batch is given 2 times: profile --layers takes one",
    "profile A --layers --runtime eager --runtime onnxruntime": "profile --layers takes one",
    "profile A --depth 2 --batch 1 --batch 8": "profile --depth takes one",
    "profile A --top 3 --batch 1 --batch 8": "profile --top takes one",
    "profile A --roofline --top 3 --batch 1 --batch 8": "profile --top takes one",
    "profile A --time --batch 1 --batch 8": "--batch is given 2 times: profile --time takes one",
    "profile A --memory --batch 1 --batch 8": "--batch is given 2 times: profile --memory takes one",
    "profile A --conventions --batch 1 --batch 8": "profile --conventions takes one",
    "explain A B --batch 1 --batch 8": "--batch is given 2 times: explain takes one",
    "experiment elsewhere --runtime nonsense": "unknown runtime 'nonsense'",
    "experiment elsewhere --batch 0": "batch must be a whole number of at least 1, not 0",
    "experiment elsewhere --precision abc": "precision 'abc' is not a number",
    "experiment elsewhere --verify": "takes no --verify",
    "experiment elsewhere --budget 3": "experiment elsewhere takes no --budget",
    "experiment elsewhere --strict": "experiment elsewhere takes no --strict",
    "experiment --only x2": "--only picks groups of an experiment",
    "profile A --convention thop --format csv": "--convention thop changes nothing in csv",
    "compare A B --verify --format csv -o x.csv": "--verify changes nothing in csv",
    "compare A B --plot --format csv -o x.json": "--plot changes nothing in csv and json",
    "profile A --layers --top 3 --format json": "--top changes nothing in json",
    "profile A --time --verify --format csv": "--verify changes nothing in csv",
    "profile A --time --roofline --convention thop --format csv": "--convention thop changes nothing in csv",
    "profile A --time --top 3 --format json": "--top changes nothing in json",
    "profile A --time --roofline --plot --format json": "--plot changes nothing in json",
    "profile A --memory --plot --format csv": "--plot changes nothing in csv",
    "profile A --roofline --top 3 --format csv": "--top changes nothing in csv",
    "profile A --layers --roofline --format csv": "--roofline changes nothing in csv",
    "guidelines A --top 3 --format csv": "--top changes nothing in csv",
    "guidelines A --layers --format json": "--layers changes nothing in json",
    "list -v --format json": "--verbose changes nothing in json",
    "scale net.py:build": "scale takes a network of the zoo or a family, not net.py:build",
    "scale bisenet_v2 --alpha 1 --beta 1": "the input of bisenet_v2 is 1024x2048",
    "experiment elsewhere --only x": "experiment elsewhere takes no --only",
    "experiment elsewhere --batch 8": "experiment elsewhere takes no --batch",
    "experiment elsewhere --runtime onnxruntime": "experiment elsewhere takes no --runtime",
    "experiment --list --budget inf": "budget is inf",
    "experiment --list --budget nan": "budget is nan",
    "experiment --budget -3": "budget is -3",
    "experiment --list --convention thop": "takes no --convention",
    "guidelines A -o x.png": "-o x.png: no picture is drawn here",
    "scale A -o x.svg": "compare, profile --roofline and profile --memory draw",
}


@pytest.fixture
def nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: Any, **__: Any) -> None:
        raise AssertionError("it was run")

    replace_flows(monkeypatch, run)


@pytest.mark.usefixtures("nothing_runs")
@pytest.mark.parametrize("command", REFUSED)
def test_refused(cnnprof: Cnnprof, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str) -> None:
    monkeypatch.chdir(tmp_path)
    done = cnnprof(*command.split())
    assert done.code == 3, (done.code, done.err)
    assert REFUSED[command] in done.err
    assert len(done.lines) == 2
    assert done.out == ""


def test_help_offers_what_the_command_takes(cnnprof: Cnnprof) -> None:
    for command in ("scale", "explain", "guidelines", "experiment"):
        said = " ".join(cnnprof(command, "--help").out.split())
        assert ".png" not in said, command
        assert "--verify" not in said, command
        assert "--convention" not in said, command
    for command in ("profile", "compare"):
        said = " ".join(cnnprof(command, "--help").out.split())
        assert ".png" in said
        assert "--verify" in said
    said = " ".join(cnnprof("experiment", "--help").out.split())
    assert "each group" in said
    assert "width_mult" not in said  # which no experiment takes
    assert "norm=true" in said
    assert "where the paper leaves it open" in said
