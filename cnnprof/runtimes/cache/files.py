"""The files of the cache: entries sealed with the digests of their content, inspected, weighed and removed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path

MANIFEST = "manifest.json"


def digest_of(key: Mapping[str, object]) -> str:
    """The name of an entry, out of everything that its content depends on."""
    text = json.dumps(key, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def seal(folder: Path, key: Mapping[str, object]) -> None:
    """Write down what the entry depends on and the digest of each of its files."""
    manifest = {"key": dict(key), "files": _digests(folder)}
    (folder / MANIFEST).write_text(json.dumps(manifest, sort_keys=True, default=str), encoding="utf-8")


def inspect(folder: Path) -> bool | None:
    """True where the entry is whole, False where it is damaged or not ours alone, None where there is none."""
    try:
        if not os.path.isdir(folder):  # nor where it may not be asked, of which Path.is_dir makes an error
            return None
        if not is_ours_alone(folder):
            return False
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return bool(manifest["files"] == _digests(folder))
    except (OSError, ValueError, TypeError, KeyError):
        return False


def is_ours_alone(folder: Path) -> bool:
    """Whether no other user can have put anything there: programs of the cache are run as they are.

    A link is not: its owner may turn it. Where users have no numbers (Windows), a folder is taken as it is.
    """
    if not hasattr(os, "geteuid") or not os.path.lexists(folder):
        return True
    found = folder.lstat()
    return found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {path.relative_to(folder).as_posix(): _digest_file(path) for path in files}


def _digest_file(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()


def bytes_in(path: Path) -> int:
    """Bytes of a file, or of all files in a folder; a link, wherever it leads, has none."""
    inside = () if os.path.islink(path) else path.rglob("*")
    return _bytes_of(path) + sum(map(_bytes_of, inside))


def _bytes_of(path: Path) -> int:
    try:
        found = path.lstat()
    except OSError:  # removed meanwhile
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else 0


def remove_quietly(folder: Path) -> None:
    """Remove a folder as far as it can be, or what is left of a file that was tried there; of a link itself alone."""
    if os.path.islink(folder) or not os.path.isdir(folder):
        unlink(folder)
    else:
        shutil.rmtree(folder, ignore_errors=True)


def remove_path(path: Path) -> None:
    """Remove a file or a folder; OSError where it cannot be."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def unlink(path: Path) -> None:
    """Remove a file that may not be there, where it can be."""
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return
