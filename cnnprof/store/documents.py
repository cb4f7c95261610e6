"""Profiles and catalogue entries as the text of a file; the column names are those of ``records.columns``."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from io import StringIO

from cnnprof.records.columns import columns, frame
from cnnprof.records.counts import Counts
from cnnprof.records.entry import Entry
from cnnprof.records.environment import Environment
from cnnprof.records.notation import input_text
from cnnprof.records.profile import Profile
from cnnprof.store.plain import to_plain

SCHEMA = 1


def profiles_json(profiles: Iterable[Profile]) -> str:
    """One result a profile: its flat columns, and the whole record with every sample under its fields' names."""
    return document(
        {
            "columns": to_plain(columns(profile)),
            **{field.name: to_plain(getattr(profile, field.name)) for field in fields(profile)},
        }
        for profile in profiles
    )


def profiles_csv(profiles: Iterable[Profile]) -> str:
    """One row a profile under the flat columns; an empty cell is a value that was not measured."""
    return frame(profiles).to_csv(index=False, lineterminator="\n")


def ops_csv(counts: Counts) -> str:
    """One row an op: module path, shapes and raw costs, under the names of the record's fields."""
    rows = [
        {
            "path": op.path,
            "module": op.module,
            "op": op.kind,
            "function": op.function,
            "status": op.status,
            "input": input_text(op.input_shapes),
            "output": input_text(op.output_shapes),
            "params": op.params,
            "macs": op.macs,
            "flops": op.flops,
            "activations": op.activations,
            "memory_bytes": op.memory_bytes,
            "memory_paper_bytes": op.memory_paper_bytes,
            "memory_fused_bytes": op.memory_fused_bytes,
            "intensity": op.intensity,
        }
        for op in counts.ops
    ]
    return rows_csv(rows)


def entries_json(entries: Iterable[Entry]) -> str:
    """The catalogue: what is published of each network under the column names, and the whole entry."""
    return document({"columns": entry_columns(entry), "entry": to_plain(entry)} for entry in entries)


def entries_csv(entries: Iterable[Entry]) -> str:
    """One row an entry. Written without pandas: listing the zoo must stay quick."""
    return rows_csv([entry_columns(entry) for entry in entries])


def entry_columns(entry: Entry) -> dict[str, object]:
    """The columns that a catalogue entry fills, in their order."""
    return {
        "model": entry.name,
        "source": "zoo",
        "family": entry.family,
        "task": entry.task,
        "input": input_text([entry.input]),
        "published_params": round(entry.params.value) if entry.params else None,
        "published_macs": round(entry.macs.value) if entry.macs else None,
        "published_metric": entry.metric.value if entry.metric else None,
    }


def environment_json(environment: Environment) -> str:
    """The machine as the one result of a document."""
    return document([{"environment": to_plain(environment)}])


def document(results: Iterable[object]) -> str:
    """A JSON document of the current schema, one result a line so that two files can be compared by line."""
    lines = [json.dumps(result, allow_nan=False, ensure_ascii=False) for result in results]
    return f'{{"schema": {SCHEMA}, "results": [\n' + ",\n".join(lines) + "\n]}\n"


def rows_csv(rows: Sequence[Mapping[str, object]]) -> str:
    """Rows that share their keys; None is an empty cell."""
    text = StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
