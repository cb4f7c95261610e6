"""Converted models kept between runs, under the user's cache folder and nowhere else.

An entry is a folder named by the digest of everything that its content depends on. It is built beside its place and
moved there in one step, so that no other process sees half of it; of two that build the same, the second uses the
first one's. Every file is checked against its digest when it is found again.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from cnnprof.records.cached import Cached
from cnnprof.runtimes.cache.files import (
    bytes_in,
    digest_of,
    inspect,
    is_ours_alone,
    remove_path,
    remove_quietly,
    seal,
)
from cnnprof.runtimes.cache.place import (
    BUILDING,
    cache_folder,
    is_abandoned,
    is_being_built,
    is_spared,
    no_place,
    refusal,
    spare_folder,
    under_way,
)

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

        A damaged entry, or one that another user can have written, is built anew, with a warning. What the cache cannot
        take goes into a spare folder, with one warning, and is found there as long as the command runs; FileError where
        that cannot be written either. What ``build`` raises is passed on.
        """
        start = perf_counter()
        folder = self.root / f"{kind}-{digest_of(key)}"
        found = inspect(folder)
        if found:
            return Stored(folder, True, perf_counter() - start)
        damaged = (_damage(folder),) if found is False else ()
        refused = "" if is_spared(self.root) else self._build(folder, key, build)
        if refused is None:
            return Stored(folder, False, perf_counter() - start, damaged)
        spare, warnings = spare_folder(self.root, refused)
        if spare == self.root:
            raise no_place(f"{spare}: {refused}")
        stored = Cache(spare).fetch(kind, key, build)
        return Stored(stored.folder, stored.cached, perf_counter() - start, damaged + warnings)

    def _build(self, folder: Path, key: Mapping[str, object], build: Build) -> str | None:
        """Build the entry in its place; the reason where the cache itself cannot take it."""
        self._sweep()
        temporary = under_way(self.root)
        try:
            temporary.mkdir(parents=True, mode=0o700)
            build(temporary)
            seal(temporary, key)
            self._move(temporary, folder)
        except Exception:
            reason = refusal(self.root) or _held(folder)
            if reason is None:
                raise
            return reason
        finally:
            remove_quietly(temporary)
        return None

    def _sweep(self) -> None:
        """Remove what a process that was killed left unfinished."""
        with suppress(OSError):
            for path in filter(is_abandoned, self._own()):
                remove_quietly(path)

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
        aside = under_way(self.root)
        os.rename(folder, aside)
        remove_quietly(aside)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """An empty folder for what is not kept, beside the entries; elsewhere where the cache cannot be written."""
        spared = is_spared(self.root) or refusal(self.root)
        folder = under_way(spare_folder(self.root, "")[0] if spared else self.root)
        folder.mkdir(parents=True, mode=0o700)
        try:
            yield folder
        finally:
            remove_quietly(folder)

    @contextmanager
    def copy_of(self, folder: Path) -> Iterator[Path]:
        """A copy that a library may write into, beside the entries; elsewhere where there is no room for it."""
        copy = under_way(self.root)
        try:
            shutil.copytree(folder, copy)
        except OSError:
            remove_quietly(copy)
            copy = under_way(spare_folder(self.root, "")[0])
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
            if not is_being_built(path):
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
    """The user's cache."""
    return Cache(cache_folder())


def _damage(folder: Path) -> str:
    what = "was damaged" if is_ours_alone(folder) else "could be written by another user"
    return f"the cached conversion {folder.name[:20]} {what}: converted anew"


def _held(folder: Path) -> str | None:
    """Why an entry cannot take the place of another, where that is not ours to remove."""
    return None if is_ours_alone(folder) else f"{folder.name[:20]} there is another user's"


def _less(kind: Cached, left: Cached | None) -> Cached:
    if left is None:
        return kind
    return Cached(kind.kind, kind.entries - left.entries, kind.total_bytes - left.total_bytes)
