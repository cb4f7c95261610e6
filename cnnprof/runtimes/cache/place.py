"""Where the cache lies, whether it can be written, and what takes its place where it cannot."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from atexit import register
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import time
from uuid import uuid4

from cnnprof.errors import FileError
from cnnprof.runtimes.cache.files import remove_quietly, unlink
from cnnprof.variables import variables_set

VARIABLE = "CNNPROF_CACHE"
SPARE = "CNNPROF_SPARE_CACHE"  # set by a command for the processes that it starts
BUILDING = "building"  # folders of entries under way: building-<process>-<random>
ABANDONED_S = 86_400
ROOM_BYTES = 100_000_000  # a light network takes 10 to 50 MB in one runtime
_spares: list[Path] = []  # of this process alone, at most one


def cache_folder() -> Path:
    """The folder that CNNPROF_CACHE names, or the platform's place for caches.

    Raises FileError where the user has no home that it could be in, as a number without a name in a container.
    """
    named = os.environ.get(VARIABLE)
    if named:
        try:
            return Path(named).expanduser().absolute()
        except RuntimeError as error:
            raise FileError(f"{VARIABLE}={named}: {error}", "name a folder by its path") from error
    from platformdirs import user_cache_dir

    with suppress(RuntimeError):  # older versions name a folder called ~ in the current one
        if (folder := Path(user_cache_dir("cnnprof", appauthor=False))).is_absolute():
            return folder
    raise FileError("the cache has no place: this user has no home folder", f"name a folder with {VARIABLE}")


def under_way(root: Path) -> Path:
    """A new name in the cache for what this process is building, by which its command knows it too."""
    return root / f"{BUILDING}-{os.getpid()}-{_of_command()}{uuid4().hex[:12]}"


def _of_command() -> str:
    """The end of the name of the command's spare folder, which is like no other's."""
    return f"{shared[-12:]}-" if (shared := os.environ.get(SPARE)) else ""


def is_being_built(path: Path) -> bool:
    """Whether a process that still runs is building what lies at ``path``; on Windows only our own is known of."""
    parts = path.name.split("-")
    return parts[0] == BUILDING and len(parts) > 1 and parts[1].isdigit() and _is_alive(int(parts[1]))


def is_abandoned(path: Path) -> bool:
    """Whether it was left unfinished a day ago or earlier: before, a process of another machine may be at it."""
    unfinished = path.name.startswith(BUILDING) and not is_being_built(path)
    return unfinished and time() - path.lstat().st_mtime > ABANDONED_S


def _is_alive(process: int) -> bool:
    if process == os.getpid():
        return True
    if sys.platform == "win32":  # signal 0 is Ctrl-C there
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


@contextmanager
def cache_in_reach() -> Iterator[tuple[str, ...]]:
    """Inside, this process and those it starts share a spare folder for what the cache cannot take; it goes at the end,
    with whatever they left unfinished in the cache.

    It is made when it is first needed, or at once, with a warning, where the cache cannot be written. Those processes
    could not remove it themselves: they are killed.
    """
    root = cache_folder()
    folder = _temporary_place()
    reason = refusal(root) or too_little_room(root)
    warnings = _make_spare(folder, root, reason) if reason else ()
    with variables_set({SPARE: os.fspath(folder)}):
        try:
            yield warnings
        finally:
            with suppress(OSError):  # a folder that may not be entered
                for left in root.glob(f"{BUILDING}-*-{_of_command()}*"):  # by processes that were killed
                    remove_quietly(left)
            remove_quietly(folder)


def refusal(root: Path) -> str | None:
    """Why nothing can be written in a folder, or None: tried with a megabyte, as a full disk takes small files."""
    probe = under_way(root)
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe.write_bytes(b"\0" * 1_000_000)
    except OSError as error:
        return error.strerror or type(error).__name__
    finally:
        unlink(probe)
    return None


def too_little_room(root: Path) -> str | None:
    """Why a conversion may not fit; every process would find out by itself, at the end of its own."""
    free = shutil.disk_usage(root).free
    return f"{free / 1e6:.0f} MB are free" if free < ROOM_BYTES else None


def spare_folder(root: Path, reason: str) -> tuple[Path, tuple[str, ...]]:
    """A folder in place of the cache, and the warning the first time that it is needed.

    It is the one that the command shares, or one of this process alone, which goes when it ends by itself.
    """
    if SPARE not in os.environ:
        if not _spares:
            _spares.append(_temporary_place())
            register(remove_quietly, _spares[0])
        return _spares[0], _make_spare(_spares[0], root, reason)
    shared = Path(os.environ[SPARE])
    return shared, _make_spare(shared, root, reason)


def is_spared(root: Path) -> bool:
    """Whether the command has found already that the cache cannot be written, and uses its spare folder."""
    shared = os.environ.get(SPARE)
    return shared is not None and Path(shared) != root and Path(shared).is_dir()


def _make_spare(folder: Path, root: Path, reason: str) -> tuple[str, ...]:
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        return ()
    except OSError as error:
        raise no_place(error.strerror or str(error)) from error
    return (f"the cache {root} cannot be written ({reason}): conversions are not kept",)


def _temporary_place() -> Path:
    """A name that nobody can guess in the system's folder for temporary files."""
    try:
        return Path(tempfile.gettempdir()) / f"cnnprof-{uuid4().hex}"
    except OSError as error:
        raise no_place(error.strerror or str(error)) from error


def no_place(reason: str) -> FileError:
    """Neither the cache nor a temporary folder can take a conversion."""
    return FileError(
        f"a converted model cannot be written anywhere ({reason})",
        f"free some space, or name a folder that has some with {VARIABLE}",
    )
