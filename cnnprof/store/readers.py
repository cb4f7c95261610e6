"""Saved JSON as profiles again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from cnnprof.errors import FileError
from cnnprof.records.profile import Profile
from cnnprof.store.documents import SCHEMA
from cnnprof.store.plain import MalformedError, from_plain

# From each older schema to the next; a file is taken up step by step.
UPGRADES: Mapping[int, Callable[[dict[str, object]], dict[str, object]]] = {}


def load(path: Path) -> tuple[Profile, ...]:
    """The profiles of a file that ``-o FILE.json`` wrote.

    Raises FileError where the file is missing, truncated, not of cnnprof, or of a newer schema.
    """
    saved = _upgraded(_document(path), path)
    results = saved.get("results")
    if not isinstance(results, list):
        raise FileError(
            f"{path} is not a result of cnnprof: it has no results", "give a file written by -o FILE.json"
        )
    try:
        return tuple(from_plain(Profile, result, f"results[{i}]") for i, result in enumerate(results))
    except MalformedError as error:
        raise FileError(
            f"{path} does not hold profiles: {error}",
            "profile, compare, explain, guidelines, scale and experiment save such files; if it is one, it was damaged",
        ) from error


def _document(path: Path) -> dict[str, object]:
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror or error}", "check the path") from error
    except RecursionError as error:
        raise FileError(
            f"{path} is not whole JSON: it is nested too deeply", "it was damaged or is another kind of file"
        ) from error
    except ValueError as error:
        raise FileError(
            f"{path} is not whole JSON: {error}", "it was cut short or is another kind of file"
        ) from error
    if not isinstance(saved, dict) or not isinstance(saved.get("schema"), int):
        raise FileError(
            f"{path} is not a result of cnnprof: it names no schema", "give a file written by -o FILE.json"
        )
    return saved


def _upgraded(saved: dict[str, object], path: Path) -> dict[str, object]:
    schema = saved["schema"]
    assert isinstance(schema, int)
    if schema > SCHEMA:
        raise FileError(
            f"{path} has schema {schema}, newer than the {SCHEMA} this cnnprof reads",
            "pip install -U cnnprof",
        )
    for step in range(schema, SCHEMA):
        if step not in UPGRADES:
            raise FileError(f"{path} has schema {schema}, which was never written", "it was damaged")
        saved = UPGRADES[step](saved)
    return saved
