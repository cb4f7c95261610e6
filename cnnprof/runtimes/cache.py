"""Converted models kept between runs, under the user's cache folder and nowhere else.

An entry is a folder named by the digest of everything that its content depends on. It is built beside its place and
moved there in one step, so that no other process sees half of it; of two that build the same, the second uses the
first one's. Every file is checked against its digest when it is found again.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from uuid import uuid4

from cnnprof.records.cached import Cached
from cnnprof.runtimes.cache_files import (
    bytes_in,
    digest_of,
    inspect,
    remove_path,
    remove_quietly,
    seal,
    unlink,
)

VARIABLE = "CNNPROF_CACHE"
BUILDING = "building"  # folders of entries under way: building-<process>-<random>
OWN = re.compile(rf"[a-z0-9]+-[0-9a-f]{{32}}|{BUILDING}-\d+-.*")
Build = Callable[[Path], None]


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry that is there. ``cached`` says that it was found; ``seconds`` is what finding or building it took."""

    folder: Path
    cached: bool
    seconds: float
    warnings: tuple[str, ...] = ()


class Cache:
    """The entries in one folder, which need not exist yet."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def fetch(self, kind: str, key: Mapping[str, object], build: Build) -> Stored:
        """The entry for ``key``; where there is none, ``build(folder)`` fills an empty folder with its files.

        A damaged entry is built anew, with a warning. Where the cache cannot be written, a temporary folder that goes
        with the process takes its place, with one warning a process. What ``build`` raises is passed on.
        """
        start = perf_counter()
        folder = self.root / f"{kind}-{digest_of(key)}"
        found = inspect(folder)
        if found:
            return Stored(folder, True, perf_counter() - start)
        damaged = (
            (f"the cached conversion {folder.name[:20]} was damaged: converted anew",)
            if found is False
            else ()
        )
        refused = self._build(folder, key, build)
        if refused is None:
            return Stored(folder, False, perf_counter() - start, damaged)
        spare, warnings = _spare(self.root, refused)
        stored = spare.fetch(kind, key, build)
        return Stored(stored.folder, stored.cached, perf_counter() - start, damaged + warnings)

    def _build(self, folder: Path, key: Mapping[str, object], build: Build) -> str | None:
        """Build the entry in its place; the reason where the cache itself cannot take it."""
        temporary = self._under_way()
        try:
            temporary.mkdir(parents=True, mode=0o700)
            build(temporary)
            seal(temporary, key)
            self._move(temporary, folder)
        except Exception:
            reason = refusal(self.root)
            if reason is None:
                raise
            return reason
        finally:
            remove_quietly(temporary)
        return None

    def _move(self, temporary: Path, folder: Path) -> None:
        try:
            os.rename(temporary, folder)
        except OSError:
            if inspect(folder):  # another process was first
                return
            self._remove(folder)
            os.rename(temporary, folder)

    def _remove(self, folder: Path) -> None:
        """In one step for whoever looks, then file by file."""
        aside = self._under_way()
        os.rename(folder, aside)
        remove_quietly(aside)

    def _under_way(self) -> Path:
        return self.root / f"{BUILDING}-{os.getpid()}-{uuid4().hex[:12]}"

    @contextmanager
    def copy_of(self, folder: Path) -> Iterator[Path]:
        """A copy that a library may write into, beside the entries; elsewhere where there is no room for it."""
        copy = self._under_way()
        try:
            shutil.copytree(folder, copy)
        except OSError:
            remove_quietly(copy)
            copy = _spare(self.root, "")[0]._under_way()
            shutil.copytree(folder, copy)
        try:
            yield copy
        finally:
            remove_quietly(copy)

    def size(self) -> tuple[Cached, ...]:
        """What the cache holds now, kind by kind; what is under way or was broken off comes as its own kind."""
        found: dict[str, list[int]] = {}
        for path in self._own():
            kind = path.name.partition("-")[0]
            found.setdefault("unfinished" if kind == BUILDING else kind, []).append(bytes_in(path))
        return tuple(Cached(kind, len(sizes), sum(sizes)) for kind, sizes in sorted(found.items()))

    def clear(self) -> tuple[Cached, ...]:
        """Remove all but what a running process is building; what was removed. OSError where it cannot be."""
        before = self.size()
        for path in self._own():
            if not _is_being_built(path):
                remove_path(path)
        left = {kind.kind: kind for kind in self.size()}
        freed = (_less(kind, left.get(kind.kind)) for kind in before)
        return tuple(kind for kind in freed if kind.entries > 0)

    def _own(self) -> list[Path]:
        """What cnnprof made; CNNPROF_CACHE may name a folder that holds other things."""
        return (
            [path for path in self.root.iterdir() if OWN.fullmatch(path.name)] if self.root.is_dir() else []
        )


def open_cache() -> Cache:
    """The user's cache: the folder that CNNPROF_CACHE names, or the platform's place for caches."""
    named = os.environ.get(VARIABLE)
    if named:
        return Cache(Path(named).expanduser().absolute())
    from platformdirs import user_cache_dir

    return Cache(Path(user_cache_dir("cnnprof", appauthor=False)))


@contextmanager
def cache_in_reach() -> Iterator[tuple[str, ...]]:
    """Inside, the cache can be written by this process and those it starts; the warning where it is a temporary one."""
    root, before = open_cache().root, os.environ.get(VARIABLE)
    reason = refusal(root)
    if reason is None:
        yield ()
        return
    with tempfile.TemporaryDirectory(prefix="cnnprof-", ignore_cleanup_errors=True) as folder:
        os.environ[VARIABLE] = folder
        try:
            yield (_in_its_place(root, reason),)
        finally:
            _restore(before)


def _restore(before: str | None) -> None:
    if before is None:
        os.environ.pop(VARIABLE, None)
    else:
        os.environ[VARIABLE] = before


def refusal(root: Path) -> str | None:
    """Why nothing can be written in a folder, or None: tried with a megabyte, as a full disk takes small files."""
    probe = root / f"{BUILDING}-{os.getpid()}-probe-{uuid4().hex[:12]}"
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe.write_bytes(b"\0" * 1_000_000)
    except OSError as error:
        return error.strerror or type(error).__name__
    finally:
        unlink(probe)
    return None


_spares: list[tempfile.TemporaryDirectory[str]] = []


def _spare(root: Path, reason: str) -> tuple[Cache, tuple[str, ...]]:
    """A cache for this process alone, and the warning the first time that it is needed."""
    first = not _spares
    if first:
        _spares.append(tempfile.TemporaryDirectory(prefix="cnnprof-", ignore_cleanup_errors=True))
    return Cache(Path(_spares[0].name)), (_in_its_place(root, reason),) if first else ()


def _in_its_place(root: Path, reason: str) -> str:
    return f"the cache {root} cannot be written ({reason}): conversions are not kept"


def _less(kind: Cached, left: Cached | None) -> Cached:
    if left is None:
        return kind
    return Cached(kind.kind, kind.entries - left.entries, kind.total_bytes - left.total_bytes)


def _is_being_built(path: Path) -> bool:
    parts = path.name.split("-")
    return parts[0] == BUILDING and len(parts) > 1 and parts[1].isdigit() and _is_alive(int(parts[1]))


def _is_alive(process: int) -> bool:
    if process == os.getpid():
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
