"""A ``torch.export`` archive read as what it is, JSON and raw numbers in a zip file; nothing in it is unpickled.

``torch.export.load`` unpickles sample inputs, constants and some weights, and evaluates expressions for symbolic
sizes: it runs what the file says. The graph itself is plain JSON (``models/model.json``, schema 8 of
torch/_export/serde/schema.py), and weights are raw bytes beside a JSON list of their shapes.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cnnprof.errors import FileError, ModelError, first_line

LARGEST_GRAPH = 2**28
SCHEMA = 8
SAVE_AGAIN = "save it again: torch.export.save(torch.export.export(model, inputs), 'net.pt2')"
NO_LATENCY = "--no-latency counts it without its weights"


@dataclass(frozen=True, slots=True)
class Archive:
    """``graph`` and ``signature`` are the program's JSON; ``payloads`` says by name where each weight's bytes are."""

    path: Path
    graph: Mapping[str, Any]
    signature: Mapping[str, Any]
    payloads: Mapping[str, Mapping[str, Any]]

    def raw(self, name: str) -> bytes:
        """The bytes of one weight or constant; ModelError where they would have to be unpickled."""
        payload = self.payloads.get(name)
        if payload is None or payload.get("use_pickle", True) or not payload.get("tensor_meta"):
            raise ModelError(f"{name} is pickled in it, and cnnprof does not unpickle", NO_LATENCY)
        folder = (
            "weights" if payload["is_param"] or payload["path_name"].startswith("weight") else "constants"
        )
        try:
            with zipfile.ZipFile(self.path) as file:
                if _text(file, "byteorder", b"little") != b"little":
                    raise ModelError("its weights are in big-endian order", NO_LATENCY)
                return file.read(_named(file, f"data/{folder}/{payload['path_name']}"))
        except BROKEN as error:
            raise ModelError(f"{name} cannot be read from it: {first_line(error)}", SAVE_AGAIN) from error


# What zipfile raises at damaged, encrypted and unknown archives.
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    KeyError,
    NotImplementedError,
    RuntimeError,
    OSError,
    ValueError,
)


def read_archive(path: Path) -> Archive:
    """The program in a ``.pt2`` file. Raises FileError where it cannot be read, ModelError where it is none."""
    if path.is_dir():
        raise FileError(f"{path} is a directory", "name the .pt2 file in it")
    if not path.is_file():
        raise FileError(f"no such file: {path}", "write the path of a .pt2 file")
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror}", "check its permissions") from error
    try:
        with zipfile.ZipFile(path) as file:
            return _parsed(path, file)
    except RecursionError as error:
        raise ModelError(f"{path}: its graph is nested too deeply to be one", SAVE_AGAIN) from error
    except BROKEN as error:
        raise ModelError(
            f"{path} is not a torch.export archive, or a damaged one: {first_line(error)}", SAVE_AGAIN
        ) from error


def _parsed(path: Path, file: zipfile.ZipFile) -> Archive:
    program = json.loads(_graph(path, file))
    try:
        major = program["schema_version"]["major"]
        graph, signature = program["graph_module"]["graph"], program["graph_module"]["signature"]
    except (KeyError, TypeError) as error:
        raise ModelError(
            f"{path} is not a torch.export archive: its graph has no {error}", SAVE_AGAIN
        ) from error
    if major != SCHEMA:
        raise ModelError(
            f"{path} is of schema {major}; cnnprof reads schema {SCHEMA} (torch 2.5 and later)", SAVE_AGAIN
        )
    payloads: dict[str, Mapping[str, Any]] = {}
    for kind in ("weights", "constants"):
        for name in file.namelist():
            if f"/data/{kind}/" in name and name.endswith("_config.json"):
                payloads.update(_config(json.loads(_text(file, name)), name))
    return Archive(path, graph, signature, payloads)


def _config(held: object, name: str) -> Mapping[str, Any]:
    config = held.get("config") if isinstance(held, dict) else None
    if not isinstance(config, dict):
        raise ValueError(f"{name} lists no tensors")
    return config


def _graph(path: Path, file: zipfile.ZipFile) -> bytes:
    names = file.namelist()
    graphs = [name for name in names if "/models/" in name and name.endswith(".json")]
    graphs = graphs or [
        name for name in names if name == "serialized_exported_program.json"
    ]  # torch 2.7 and before
    if len(graphs) == 1:
        return _text(file, graphs[0])
    if graphs:
        raise ModelError(f"{path} holds {len(graphs)} networks", "save each in a file of its own")
    if any("/aotinductor/" in name for name in names):
        raise ModelError(f"{path} holds compiled code, no graph", SAVE_AGAIN)
    what = (
        "a pickle (torch.save)"
        if any(name.endswith("/data.pkl") for name in names)
        else "another kind of zip file"
    )
    raise ModelError(f"{path} is not a torch.export archive but {what}", SAVE_AGAIN)


def _named(file: zipfile.ZipFile, end: str) -> str:
    """The entry of that name below the archive's top folder."""
    found = [name for name in file.namelist() if name.partition("/")[2] == end]
    if len(found) != 1:
        raise KeyError(f"{end} is missing")
    return found[0]


def _text(file: zipfile.ZipFile, name: str, absent: bytes | None = None) -> bytes:
    found = [entry for entry in file.namelist() if entry == name or entry.partition("/")[2] == name]
    if not found and absent is not None:
        return absent
    if file.getinfo(found[0]).file_size > LARGEST_GRAPH:
        raise ModelError(f"{name} in it has more than {LARGEST_GRAPH >> 20} MiB", SAVE_AGAIN)
    return file.read(found[0])
