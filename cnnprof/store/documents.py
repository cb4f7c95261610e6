"""Profiles and catalogue entries as the text of a file; the column names are those of ``records.columns``."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from io import StringIO

from cnnprof.records.columns import COLUMNS, columns
from cnnprof.records.counts import Counts, OpCounts
from cnnprof.records.entry import Entry
from cnnprof.records.environment import Environment
from cnnprof.records.machine import MachineCheck
from cnnprof.records.notation import input_text
from cnnprof.records.profile import Comparison, Profile
from cnnprof.records.timing import Measurement
from cnnprof.store.plain import to_plain

SCHEMA = 1


def profiles_json(profiles: Iterable[Profile], comparison: Comparison | None = None, **others: object) -> str:
    """One result a profile: its flat columns, and the whole record with every sample under its fields' names.

    ``comparison`` adds a key of that name with what holds for the profiles together; ``others`` are records that add a
    key of their own.
    """
    results = map(profile_plain, profiles)
    together = {} if comparison is None else {"comparison": comparison_plain(comparison)}
    return document(results, **together, **{name: to_plain(record) for name, record in others.items()})


def profile_plain(profile: Profile, **others: object) -> dict[str, object]:
    """One result: the flat columns, whatever stands beside them, and the whole record."""
    record = {field.name: to_plain(getattr(profile, field.name)) for field in fields(profile)}
    return {"columns": to_plain(columns(profile)), **others, **record}


def comparison_plain(comparison: Comparison) -> dict[str, object]:
    """All of a comparison but what its results hold: the session, the pairs, and what was concluded from them.

    ``place`` and ``base`` are places in ``results``, from 0.
    """
    session = comparison.measurement
    kept = [field.name for field in fields(comparison) if field.name not in ("profiles", "measurement")]
    of_session = [
        field.name for field in fields(Measurement) if field.name not in ("timings", "ratios", "warnings")
    ]
    return {
        **{name: to_plain(getattr(comparison, name)) for name in kept},
        "session": None
        if session is None
        else {name: to_plain(getattr(session, name)) for name in of_session},
    }


def profiles_csv(profiles: Iterable[Profile]) -> str:
    """One row a profile under the flat columns; an empty cell is a value that was not measured."""
    return rows_csv([columns(profile) for profile in profiles], COLUMNS)


def ops_csv(counts: Counts) -> str:
    """One row an op: module path, shapes and raw costs, under the names of the record's fields."""
    return rows_csv([op_columns(op) for op in counts.ops])


def op_columns(op: OpCounts) -> dict[str, object]:
    """One op's module path, shapes and raw costs."""
    return {
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


def entries_json(entries: Iterable[Entry]) -> str:
    """The catalogue: what is published of each network under the column names, and the whole entry."""
    return document({"columns": entry_columns(entry), "entry": to_plain(entry)} for entry in entries)


def entries_csv(entries: Iterable[Entry]) -> str:
    """One row an entry."""
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


def machine_json(check: MachineCheck) -> str:
    """The machine with its limits and what it can resolve, as the one result of a document."""
    return document([to_plain(check)])


def document(results: Iterable[object], **others: object) -> str:
    """A JSON document of the current schema, one result a line so that two files can be compared by line.

    ``others`` are further keys of the document, one a line below the results.
    """
    lines = [_json(result) for result in results]
    below = "".join(f",\n{_json(name)}: {_json(value)}" for name, value in others.items())
    return f'{{"schema": {SCHEMA}, "results": [\n' + ",\n".join(lines) + f"\n]{below}}}\n"


def _json(value: object) -> str:
    # In ASCII, so that it is UTF-8 whatever the encoding of standard output.
    return json.dumps(value, allow_nan=False)


def rows_csv(rows: Sequence[Mapping[str, object]], names: Sequence[str] = ()) -> str:
    """Rows under the keys of the first; None, or a key that is missing, is an empty cell. ``names`` are the columns
    where there may be no row.

    Written without pandas: importing it takes longer than counting most networks.
    """
    text = StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
