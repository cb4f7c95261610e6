"""The rules of the house that no linter knows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import cnnprof

PACKAGE = Path(cnnprof.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
HEAVY = {"torch", "pandas", "numpy", "fvcore", "scipy", "matplotlib", "sympy"}


def test_the_public_names() -> None:
    assert len(cnnprof.__all__) <= 15
    assert sorted(cnnprof.__all__) == list(cnnprof.__all__)
    assert dir(cnnprof) == list(cnnprof.__all__)
    for name in cnnprof.__all__:
        assert getattr(cnnprof, name) is not None
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = cnnprof.no_such_name


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = (
        "import cnnprof, sys; cnnprof.list_models(); print(*{name.partition('.')[0] for name in sys.modules})"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(ended.stdout.split()) & HEAVY == set()


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_files_stay_short(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 300


def test_modules_are_nouns_of_the_domain() -> None:
    assert not [file for file in FILES if file.stem in ("utils", "util", "helpers", "misc", "common")]


START = {f"cnnprof.{room}" for room in ("cli", "errors", "interrupts", "pipeline", "results", "version")}
LIST = "from typer.testing import CliRunner; CliRunner().invoke(cnnprof.cli.app.app, ['list'], catch_exceptions=False)"


@pytest.mark.parametrize(
    ("run", "needed"),
    [("", START), (LIST, START | {"cnnprof.records", "cnnprof.render", "cnnprof.zoo"})],
    ids=["help", "list"],
)
def test_the_command_line_starts_without_the_rooms_behind_it(run: str, needed: set[str]) -> None:
    """Help and the list are to come as quickly as typer does."""
    code = f"import cnnprof.cli.app, sys\n{run}\nprint(*{{'.'.join(name.split('.')[:2]) for name in sys.modules}})"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    rooms = {name for name in found.stdout.split() if name.startswith("cnnprof.")}
    assert rooms <= needed
