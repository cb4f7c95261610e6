"""``cnnprof cache``: where conversions are kept, how large they are, and their removal."""

from __future__ import annotations

import sys
from pathlib import Path
from subprocess import run

import pytest

from cnnprof.runtimes.cache.entries import open_cache
from tests.cli.conftest import Cnnprof


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of one conversion."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("CNNPROF_CACHE", str(folder))

    def build(into: Path) -> None:
        (into / "model.onnx").write_bytes(b"0" * 20_000)

    open_cache().fetch("onnx", {"network": "abc"}, build)
    return folder


def test_place_entries_and_size(cnnprof: Cnnprof, place: Path) -> None:
    shown = cnnprof("cache")
    assert shown.code == 0
    assert str(place) in shown.out
    size = sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
    assert 20_000 < size < 20_400
    rows = [line.split() for line in shown.out.splitlines() if line.startswith(("onnx", "all"))]
    assert rows == [["onnx", "1", "20.1", "kB"], ["all", "1", "20.1", "kB"]]


def test_clear_says_what_was_freed(cnnprof: Cnnprof, place: Path) -> None:
    cleared = cnnprof("cache", "clear")
    assert cleared.code == 0
    assert "removed 1 conversion, freed 20.1 kB" in cleared.out
    assert list(place.iterdir()) == []
    assert "nothing to remove" in cnnprof("cache", "clear").out
    assert "empty" in cnnprof("cache").out


def test_before_anything_is_kept_there_is_no_folder(
    cnnprof: Cnnprof, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNNPROF_CACHE", str(tmp_path / "none"))
    assert "empty" in cnnprof("cache").out
    assert "nothing to remove" in cnnprof("cache", "clear").out
    (tmp_path / "none").write_text("a file")
    refused = cnnprof("cache")
    assert (refused.code, refused.lines[0]) == (5, f"error: the cache {tmp_path / 'none'} is not a folder")


def test_another_word_gets_the_nearest(cnnprof: Cnnprof, place: Path) -> None:
    refused = cnnprof("cache", "cler")
    assert refused.code == 3
    assert refused.lines == ["error: unknown action 'cler'", "hint: did you mean clear?"]
    assert list(place.iterdir())


def test_a_folder_that_cannot_be_cleared(
    cnnprof: Cnnprof, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("cnnprof.runtimes.cache.files.shutil.rmtree", refuse)
    refused = cnnprof("cache", "clear")
    assert refused.code == 5
    assert refused.lines[0].startswith("error: cannot clear the cache")
    assert "Permission denied" in refused.lines[0]


def test_it_starts_without_torch(place: Path) -> None:
    code = (
        "import sys; from cnnprof.cli.app import app\n"
        "try: app(['cache'])\n"
        "except SystemExit: pass\n"
        "print({'torch', 'numpy', 'pandas'} & set(sys.modules))"
    )
    ran = run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "set()"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is full")
def test_a_full_output_is_not_the_caches_fault(place: Path) -> None:
    with open("/dev/full", "w") as full:
        done = run([sys.executable, "-m", "cnnprof", "cache"], stdout=full, stderr=-1, text=True)
    assert done.returncode == 5
    assert "cannot write standard output" in done.stderr
