"""Output files: refused before anything is measured, and written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from errno import EACCES, EBUSY, EDQUOT, ENOSPC, EPERM, EROFS
from pathlib import Path
from shlex import quote

from cnnprof.errors import FileError, UnknownNameError, in_one_line, unknown

IN_PLACE = (EBUSY, EPERM)
READ_ONLY = (EACCES, EPERM, EROFS)


def check_files(paths: Sequence[Path], suffixes: Iterable[str]) -> None:
    """Refuse what could not be written later.

    Raises UnknownNameError for a suffix that has no writer, FileError for a folder that is missing or not
    writable, for a folder given as a file, and for one file named twice.
    """
    seen: set[Path] = set()
    for path in paths:
        _check_suffix(path, suffixes)
        _check_place(path)
        real = _target(path)
        if real in seen:
            raise FileError(f"output {path} is given twice", "each -o needs a file of its own")
        seen.add(real)


def _check_suffix(path: Path, suffixes: Iterable[str]) -> None:
    known = list(suffixes)
    otherwise = f"the suffix decides the format: {' '.join(known)}"
    if not path.suffix:  # also of a file that is called .csv
        raise UnknownNameError(f"output '{path}' has no suffix", otherwise)
    if path.suffix.lower() not in known:
        raise unknown("output suffix", path.suffix, known, otherwise)


def _check_place(path: Path) -> None:
    folder = _folder(path)
    if path.is_dir():
        raise FileError(f"output {path} is a folder", f"name a file in it: {path / 'results.csv'}")
    if not folder.exists():
        raise FileError(
            f"cannot write {path.name}: the folder {folder} does not exist", f"mkdir -p {quote(str(folder))}"
        )
    if not folder.is_dir():
        raise FileError(f"cannot write {path.name}: {folder} is not a folder", "choose another -o")
    if _replaceable(path) and (problem := _folder_problem(folder)):
        raise FileError(f"cannot write {path.name}: the folder {folder} {problem}", "choose another -o")
    if path.exists() and not os.access(path, os.W_OK):
        raise FileError(f"cannot write {path}: the file is read-only", "choose another -o")


def _folder(path: Path) -> Path:
    """Where the file itself is, or will be: of a link that is where it leads to."""
    return _target(path).parent if path.is_symlink() else path.parent


def _target(path: Path) -> Path:
    """What a link leads to, which is replaced in its stead; a link that leads to itself is a file like any other."""
    return Path(os.path.realpath(path))


def _replaceable(path: Path) -> bool:
    """Whether the file can be renamed into place; a device or a pipe has to be written in place."""
    return path.is_file() or not path.exists()


def _folder_problem(folder: Path) -> str:
    """Why no file can be made in ``folder``, found by making one: permissions do not tell of mounts."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        if error.errno in READ_ONLY:
            return "is read-only"
        full = error.errno in (ENOSPC, EDQUOT)
        return "has no space left" if full else f"takes no file: {error.strerror or error}"


def write_file(path: Path, content: str | bytes) -> None:
    """Write ``content``, text as UTF-8: a reader sees the old file or the whole new one. FileError if it cannot."""
    raw = content.encode(errors="backslashreplace") if isinstance(content, str) else content
    try:
        if not _replaceable(path) or not _replace(path, raw):
            path.write_bytes(raw)
    except OSError as error:
        reason = error.strerror or str(error)
        raise FileError(
            f"cannot write {path}: {reason}", f"free or choose another folder than {_folder(path)}"
        ) from error


def _replace(path: Path, content: bytes) -> bool:
    """Write beside the file, flush to the disk, rename over it; the scratch file never stays.

    False where a file may be written and not replaced: one that is mounted by itself, another user's in /tmp.
    """
    target = _target(path)  # a link keeps pointing at its file
    handle, scratch = tempfile.mkstemp(dir=target.parent, prefix=".cnnprof-")  # short, as a name may be
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(scratch, _mode(target))
        os.replace(scratch, target)
    except BaseException as error:
        os.unlink(scratch)
        if isinstance(error, OSError) and error.errno in IN_PLACE and target.exists():
            return False
        raise
    return True


def _mode(target: Path) -> int:
    """The permissions of the file that is replaced, or those of any new file; mkstemp gives 0600."""
    if target.exists():
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def write_files(contents: Mapping[Path, Callable[[], str | bytes]]) -> dict[Path, FileError]:
    """Write every file; one that fails does not keep the others from being written. Returns what failed."""
    failures = {}
    for path, content in contents.items():
        try:
            write_file(path, content())
        except FileError as error:
            failures[path] = error
        except Exception as error:  # such as a library that cannot be imported: the other files are written
            failures[path] = FileError(
                f"cannot write {path}: {in_one_line(error)}", "another format may do: .json .csv .md"
            )
    return failures
