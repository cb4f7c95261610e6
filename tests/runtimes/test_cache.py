"""The cache of conversions: found, built once, damaged, refused, shared and cleared."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cnnprof.errors import FileError
from cnnprof.records.cached import Cached
from cnnprof.runtimes.cache import entries as module
from cnnprof.runtimes.cache import place as cache_place
from cnnprof.runtimes.cache.entries import Cache, open_cache
from cnnprof.runtimes.cache.place import cache_in_reach, is_abandoned, refusal

KEY = {"network": "abc", "shapes": ((1, 3, 8, 8),), "torch": "2.13.0"}


class Converter:
    """Writes two files, and counts how often."""

    def __init__(self, text: str = "weights") -> None:
        self.text = text
        self.calls = 0

    def __call__(self, folder: Path) -> None:
        self.calls += 1
        (folder / "model.bin").write_text(self.text)
        (folder / "parts").mkdir()
        (folder / "parts" / "0").write_text("part")


@pytest.fixture
def cache(own_cache: Path) -> Cache:
    return open_cache()


@pytest.fixture(autouse=True)
def spares(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Path]]:
    """The folders that stood in for a cache."""
    made: list[Path] = []
    monkeypatch.setattr(cache_place, "_spares", made)
    yield made
    for folder in made:
        shutil.rmtree(folder, ignore_errors=True)


def test_the_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert open_cache().root == tmp_path / "cache"
    monkeypatch.delenv("CNNPROF_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    assert open_cache().root.name == "cnnprof"


def test_built_once_and_found_afterwards(cache: Cache) -> None:
    convert = Converter()
    first = cache.fetch("onnx", KEY, convert)
    second = Cache(cache.root).fetch("onnx", dict(reversed(KEY.items())), convert)
    assert (first.cached, second.cached, convert.calls) == (False, True, 1)
    assert first.folder == second.folder
    assert (second.folder / "model.bin").read_text() == "weights"
    assert (second.folder / "parts" / "0").read_text() == "part"
    assert first.warnings == second.warnings == ()


@pytest.mark.parametrize("changed", [{"network": "abd"}, {"shapes": ((2, 3, 8, 8),)}, {"torch": "2.14.0"}])
def test_whatever_changes_the_content_changes_the_entry(cache: Cache, changed: dict[str, object]) -> None:
    convert = Converter()
    cache.fetch("onnx", KEY, convert)
    assert not cache.fetch("onnx", KEY | changed, convert).cached
    assert not cache.fetch("ncnn", KEY, convert).cached
    assert convert.calls == 3


@pytest.mark.parametrize("damage", ["flip", "truncate", "remove", "add", "manifest", "empty"])
def test_a_damaged_entry_is_built_anew(cache: Cache, damage: str) -> None:
    convert = Converter()
    folder = cache.fetch("onnx", KEY, convert).folder
    file = folder / "model.bin"
    if damage == "flip":
        file.write_text("weightz")
    elif damage == "truncate":
        file.write_text("")
    elif damage == "remove":
        file.unlink()
    elif damage == "add":
        (folder / "more").touch()
    elif damage == "manifest":
        (folder / "manifest.json").write_text('{"files": 3}')
    else:
        for path in (file, folder / "parts" / "0", folder / "manifest.json"):
            path.unlink()
    again = cache.fetch("onnx", KEY, convert)
    assert not again.cached
    assert "damaged" in again.warnings[0]
    assert file.read_text() == "weights"
    assert cache.fetch("onnx", KEY, convert).cached
    assert convert.calls == 2


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="users have no numbers here")
@pytest.mark.parametrize("mode", [0o770, 0o702, 0o777])
def test_an_entry_that_others_can_write_is_built_anew(cache: Cache, mode: int) -> None:
    convert = Converter()
    folder = cache.fetch("compiled", KEY, convert).folder
    folder.chmod(mode)
    again = cache.fetch("compiled", KEY, convert)
    assert (again.cached, convert.calls) == (False, 2)
    assert again.warnings == (
        f"the cached conversion {folder.name[:20]} could be written by another user: converted anew",
    )
    assert folder.stat().st_mode & 0o777 == 0o700
    assert cache.fetch("compiled", KEY, convert).cached


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="users have no numbers here")
def test_an_entry_of_another_user_is_not_used(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    convert = Converter()
    cache.fetch("compiled", KEY, convert)
    other = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)
    again = cache.fetch("compiled", KEY, convert)
    assert (again.cached, convert.calls) == (False, 2)
    assert "could be written by another user" in again.warnings[0]
    monkeypatch.delattr(os, "geteuid")
    assert cache.fetch("compiled", KEY, convert).cached


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="users have no numbers here")
def test_an_entry_that_cannot_be_removed_is_built_elsewhere(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = cache.fetch("compiled", KEY, Converter("theirs")).folder
    folder.chmod(0o777)
    monkeypatch.setattr(cache, "_remove", lambda folder: os.rename(folder / "none", folder / "nowhere"))
    stored = cache.fetch("compiled", KEY, Converter("ours"))
    assert cache.root not in stored.folder.parents
    assert (stored.folder / "model.bin").read_text() == "ours"
    assert f"({folder.name[:20]} there is another user's): conversions are not kept" in stored.warnings[1]


def test_a_link_in_place_of_an_entry_is_not_followed(cache: Cache, tmp_path: Path) -> None:
    folder = cache.fetch("compiled", KEY, Converter("theirs")).folder
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    stored = cache.fetch("compiled", KEY, Converter("ours"))
    assert (stored.cached, (stored.folder / "model.bin").read_text()) == (False, "ours")
    assert not stored.folder.is_symlink()
    assert (tmp_path / "elsewhere" / "model.bin").read_text() == "theirs"
    assert list(cache.root.iterdir()) == [folder]


def test_what_a_link_leads_to_is_not_in_the_cache(cache: Cache, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "large").write_bytes(b"0" * 1000)
    folder = cache.fetch("onnx", KEY, Converter()).folder
    before = cache.size()
    (folder / "file").symlink_to(tmp_path / "elsewhere" / "large")
    (cache.root / f"ncnn-{'0' * 32}").symlink_to(tmp_path / "elsewhere")
    assert cache.size() == (Cached("ncnn", 1, 0), *before)


def test_a_failed_conversion_leaves_nothing(cache: Cache) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").touch()
        raise ValueError("no such op")

    with pytest.raises(ValueError, match="no such op"):
        cache.fetch("onnx", KEY, fail)
    assert list(cache.root.iterdir()) == []


def test_an_interrupted_conversion_leaves_nothing(cache: Cache) -> None:
    def interrupt(folder: Path) -> None:
        (folder / "half").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.fetch("onnx", KEY, interrupt)
    assert list(cache.root.iterdir()) == []


def test_two_at_once_end_with_one_whole_entry(cache: Cache) -> None:
    together = threading.Barrier(2)

    def build(folder: Path) -> None:
        (folder / "model.bin").write_text("weights")
        together.wait(10)  # both have found nothing and built

    stored = []
    threads = [threading.Thread(target=lambda: stored.append(cache.fetch("onnx", KEY, build))) for _ in "12"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({found.folder for found in stored}) == 1
    assert [path.name for path in cache.root.iterdir()] == [stored[0].folder.name]
    assert cache.fetch("onnx", KEY, Converter()).cached


def test_a_cache_that_cannot_be_written_costs_one_warning(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    cache, convert = Cache(tmp_path / "file" / "cache"), Converter()  # below a file there is no folder
    first = cache.fetch("onnx", KEY, convert)
    assert "cannot be written" in first.warnings[0]
    assert (first.folder / "model.bin").read_text() == "weights"
    second = cache.fetch("onnx", KEY, convert)
    assert second.cached
    assert second.warnings == ()
    assert convert.calls == 1
    assert tmp_path not in first.folder.parents


def test_a_disk_that_fills_up_during_the_conversion(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Path] = []

    def build(folder: Path) -> None:
        calls.append(folder)
        if cache.root in folder.parents:
            raise RuntimeError("protobuf: write failed")  # a converter need not say why
        (folder / "model.bin").touch()

    monkeypatch.setattr(
        module, "refusal", lambda root: "No space left on device" if root == cache.root else None
    )
    stored = cache.fetch("onnx", KEY, build)
    assert "No space left on device" in stored.warnings[0]
    assert len(calls) == 2
    assert list(cache.root.iterdir()) == []


def test_a_disk_that_is_full_everywhere(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    def build(folder: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(module, "refusal", lambda root: "No space left on device")
    with pytest.raises(FileError, match=r"cannot be written anywhere \(.*No space left on device\)") as told:
        cache.fetch("onnx", KEY, build)
    assert "CNNPROF_CACHE" in told.value.hint


def test_no_temporary_folder_either(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(**options: object) -> None:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", none)
    monkeypatch.setattr(cache_place, "refusal", lambda root: "Read-only file system")
    with pytest.raises(FileError, match="No usable temporary directory found"), cache_in_reach():
        pass


def test_a_cache_with_too_little_room_is_not_begun(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else every process of a model converts it, to find that it cannot be kept."""
    usage = type("Usage", (), {"free": 3_000_000})
    monkeypatch.setattr(shutil, "disk_usage", lambda root: usage)
    with cache_in_reach() as warnings:
        assert own_cache not in open_cache().fetch("onnx", KEY, Converter()).folder.parents
    assert "(3 MB are free): conversions are not kept" in warnings[0]


def test_the_spare_folder_goes_with_the_process(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    code = (
        "from pathlib import Path; from cnnprof.runtimes.cache.entries import Cache\n"
        f"found = Cache(Path({str(tmp_path / 'file')!r})).fetch('onnx', {{}}, lambda folder: None)\n"
        "print(found.folder, found.folder.is_dir(), sep='\\n')"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    place, there = ran.stdout.splitlines()
    assert there == "True"
    assert not Path(place).parent.exists()


def test_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(tmp_path / "new" / "cache") is None
    assert list((tmp_path / "new" / "cache").iterdir()) == []
    (tmp_path / "file").touch()
    assert refusal(tmp_path / "file")

    def full(self: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", full)
    assert refusal(tmp_path / "new") == os.strerror(errno.ENOSPC)


def test_a_command_leaves_nothing_that_its_killed_processes_began(own_cache: Path) -> None:
    begin = (
        "from cnnprof.runtimes.cache.place import cache_folder, under_way\n"
        "under_way(cache_folder()).mkdir(parents=True)"
    )
    subprocess.run([sys.executable, "-c", begin], check=True)
    (others,) = own_cache.iterdir()
    with cache_in_reach():
        subprocess.run([sys.executable, "-c", begin], check=True)
        assert len(list(own_cache.iterdir())) == 2
    assert list(own_cache.iterdir()) == [others]


def test_a_folder_for_what_is_not_kept(cache: Cache) -> None:
    with cache_in_reach(), cache.scratch() as folder:
        assert folder.parent == cache.root
        (folder / "a").write_text("1")
    assert not list(cache.root.iterdir())


def test_a_folder_for_what_is_not_kept_where_the_cache_is_a_file(own_cache: Path) -> None:
    own_cache.write_text("")
    with cache_in_reach(), open_cache().scratch() as folder:
        assert folder.is_dir()
        assert own_cache not in folder.parents
    assert not folder.parent.exists()


def test_a_cache_of_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNPROF_CACHE", "~nobody-of-that-name/x")
    with pytest.raises(FileError, match="CNNPROF_CACHE=~nobody-of-that-name/x"):
        open_cache()


@pytest.mark.skipif(sys.platform == "win32", reason="users without a home are those that have but a number")
@pytest.mark.parametrize(
    "platform", ["~/.cache/cnnprof", RuntimeError("could not determine the home directory")]
)
def test_a_cache_of_a_user_without_a_home(monkeypatch: pytest.MonkeyPatch, platform: object) -> None:
    import platformdirs

    def user_cache_dir(*_: object, **__: object) -> str:
        if isinstance(platform, Exception):
            raise platform
        return str(platform)

    monkeypatch.delenv("CNNPROF_CACHE", raising=False)
    monkeypatch.setattr(platformdirs, "user_cache_dir", user_cache_dir)
    with pytest.raises(FileError, match="has no home folder") as refused:
        open_cache()
    assert refused.value.hint == "name a folder with CNNPROF_CACHE"


def test_a_cache_in_reach_is_the_users(own_cache: Path) -> None:
    with cache_in_reach() as warnings:
        assert os.environ["CNNPROF_CACHE"] == str(own_cache)
    assert warnings == ()


def test_a_cache_in_reach_for_other_processes_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("CNNPROF_CACHE", str(tmp_path / "file"))
    before = dict(os.environ)
    with cache_in_reach() as warnings:
        assert "cannot be written" in warnings[0]
        stored = open_cache().fetch("onnx", KEY, Converter())
        assert stored.warnings == ()
        assert open_cache().fetch("onnx", KEY, Converter()).cached
    assert dict(os.environ) == before
    assert not stored.folder.parent.exists()


def test_a_cache_that_cannot_even_be_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where a folder on the way may not be entered: a name that is too long fails alike, for root as well."""
    monkeypatch.setenv("CNNPROF_CACHE", str(tmp_path / ("x" * 300) / "cache"))
    before = dict(os.environ)
    with cache_in_reach() as warnings:
        assert "cannot be written (File name too long)" in warnings[0]
        stored = open_cache().fetch("onnx", KEY, Converter())
        assert stored.warnings == ()
    assert dict(os.environ) == before
    assert not stored.folder.parent.exists()


SPARE = """
import os, sys
from pathlib import Path
from cnnprof.runtimes.cache.entries import Cache
found = Cache(Path(sys.argv[1])).fetch("onnx", {}, lambda folder: None)
print(found.folder, found.cached, len(found.warnings), sep="\\n", flush=True)
os._exit(0)  # as a worker ends
"""


def test_a_spare_folder_is_shared_and_goes_with_the_command(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    command = [sys.executable, "-c", SPARE, str(tmp_path / "file")]
    with cache_in_reach() as warnings:
        ran = [subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in "12"]
        (place, *first), (again, *second) = (lines.splitlines() for lines in ran)
        assert place == again
        assert Path(place).is_dir()
    assert warnings == ()
    assert (first, second) == (["False", "1"], ["True", "0"])  # the one that needs it first says so
    assert not Path(place).parent.exists()


def test_what_a_cache_holds_that_cannot_be_written_is_used(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    convert = Converter()
    stored = cache.fetch("onnx", KEY, convert)
    monkeypatch.setattr(cache_place, "refusal", lambda root: "Read-only file system")
    with cache_in_reach() as warnings:
        assert "(Read-only file system)" in warnings[0]
        found = open_cache().fetch("onnx", KEY, convert)
        assert (found.folder, found.cached) == (stored.folder, True)
        other = open_cache().fetch("onnx", {"network": "another"}, convert)
        assert cache.root not in other.folder.parents
    assert convert.calls == 2


def test_a_copy_may_be_written_into(cache: Cache) -> None:
    stored = cache.fetch("compiled", KEY, Converter())
    with cache.copy_of(stored.folder) as copy:
        (copy / "model.bin").write_text("other")
        (copy / "more").touch()
    assert not copy.exists()
    assert cache.fetch("compiled", KEY, Converter()).cached


def test_size_and_clear(cache: Cache) -> None:
    assert cache.size() == cache.clear() == ()
    cache.fetch("onnx", KEY, Converter("12345"))
    cache.fetch("onnx", {"network": "other"}, Converter())
    cache.fetch("ncnn", KEY, Converter())
    kinds = cache.size()
    assert [(kind.kind, kind.entries) for kind in kinds] == [("ncnn", 1), ("onnx", 2)]
    files = sum(path.stat().st_size for path in cache.root.rglob("*") if path.is_file())
    assert sum(kind.total_bytes for kind in kinds) == files
    assert cache.clear() == kinds
    assert list(cache.root.iterdir()) == []


def test_clear_leaves_what_is_not_cnnprofs(cache: Cache) -> None:
    cache.fetch("onnx", KEY, Converter())
    (cache.root / "thesis").mkdir()
    (cache.root / "notes-2026.txt").write_text("mine")
    (freed,) = cache.clear()
    assert freed.entries == 1
    assert sorted(path.name for path in cache.root.iterdir()) == ["notes-2026.txt", "thesis"]


def test_clear_leaves_what_is_being_built(cache: Cache) -> None:
    ended = 2**22 + 1  # above the largest process number
    cache.root.mkdir()
    (cache.root / f"building-{ended}-0").mkdir()
    mine = cache.root / f"building-{os.getpid()}-0"
    mine.mkdir()
    assert cache.clear() == (Cached("unfinished", 1, 0),)
    assert list(cache.root.iterdir()) == [mine]


def test_on_windows_no_process_is_asked_whether_it_runs(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What asks elsewhere, signal 0, is Ctrl-C there, for all that share the console."""
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setattr("os.kill", lambda *_: pytest.fail("interrupted"))
    mine, other = (cache.root / f"building-{process}-0" for process in (os.getpid(), os.getppid()))
    for folder in (mine, other):
        folder.mkdir(parents=True)
    assert not is_abandoned(other)
    os.utime(other, (0, 0))
    assert (is_abandoned(mine), is_abandoned(other)) == (False, True)


def test_what_a_killed_process_left_goes_when_the_next_is_built_a_day_later(cache: Cache) -> None:
    ended = 2**22 + 1
    cache.root.mkdir()
    old, young, mine, notes = (
        cache.root / name
        for name in (f"building-{ended}-0", f"building-{ended}-1", f"building-{os.getpid()}-0", "notes")
    )
    for folder in (old, young, mine, notes):
        folder.mkdir()
        if folder is not young:
            os.utime(folder, (0, 0))
    stored = cache.fetch("onnx", KEY, Converter())
    assert sorted(cache.root.iterdir()) == sorted([young, mine, notes, stored.folder])
