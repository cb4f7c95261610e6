"""What README tells its reader to type can be typed."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

import cnnprof as package
from tests.cli.conftest import Cnnprof, replace_flows

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TYPED = re.findall(r"^cnnprof .*?(?=  +#|$)", README, re.MULTILINE)
COMMANDS = [line for line in TYPED if line.split()[1] != "is"]  # its first sentence
SNIPPETS = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
PLACES = re.findall(r"`([a-z_]+/[a-z_/.]*)`", README.partition("## For developers")[2])
MEASURED = "it was run"


@pytest.fixture
def nothing_measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever would count or measure says that it was reached."""

    def reached(*_: Any, **__: Any) -> None:
        raise RuntimeError(MEASURED)

    replace_flows(monkeypatch, reached)
    monkeypatch.setattr("cnnprof.pipeline.scaling.scale", reached)
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("nothing_measured")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_accepted(cnnprof: Cnnprof, command: str) -> None:
    done = cnnprof(*shlex.split(command)[1:])
    drawn = done.code == 6 and "matplotlib" in done.err  # no part of the smallest installation
    assert done.code == 0 or drawn or MEASURED in done.err, done.err


def test_the_commands_were_found() -> None:
    assert {command.split()[1] for command in COMMANDS} == {
        "list", "profile", "compare", "explain", "guidelines", "experiment", "scale", "env", "cache",
    }  # fmt: skip


def test_python_uses_what_there_is() -> None:
    used = {
        node.attr
        for snippet in SNIPPETS
        for node in ast.walk(ast.parse(snippet))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "cnnprof"
    }
    assert used >= {"count", "profile", "compare", "list_models", "load_model"}
    assert all(hasattr(package, name) for name in used)


@pytest.mark.parametrize("place", PLACES)
def test_developers_are_sent_where_there_is_something(place: str) -> None:
    assert (ROOT / "cnnprof" / place).exists() or (ROOT / place).exists()


def test_the_places_were_found() -> None:
    assert {"zoo/networks/", "cost/arithmetic.py", "runtimes/registry.py", "cli/options.py"} <= set(PLACES)
