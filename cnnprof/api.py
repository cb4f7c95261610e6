"""The same in Python: what notebooks and tests call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnprof.errors import UnknownNameError, unknown
from cnnprof.records.counts import Counts
from cnnprof.records.profile import Comparison, Profile
from cnnprof.records.request import Request

if TYPE_CHECKING:
    from torch import nn

    Model = str | nn.Module
    Size = int | Sequence[int] | Sequence[Sequence[int]]

# Options under the command's names, where the record's field is called otherwise.
RENAMED = {"budget": "budget_s", "args": "arguments"}


def list_models(pattern: str = "*") -> list[str]:
    """Names of the zoo that match a shell pattern, or contain it as plain text. Does not import torch."""
    from cnnprof.zoo.catalogue import select_entries

    _check_text("list_models", "pattern", pattern, 'for example "shufflenet*"')
    return [entry.name for entry in select_entries(pattern)]


def load_model(name: str, **arguments: object) -> nn.Module:
    """A network as an ``nn.Module`` in eval mode, with fresh weights; ``arguments`` are the builder's.

    Layers stand in the order in which the reference implementation runs them. Raises UnknownNameError for an unknown
    name or argument.
    """
    from cnnprof.zoo.sources import find_source

    _check_text(
        "load_model", "name", name, "for example mobilenet_v2; a network that was built needs no loading"
    )
    return find_source(name, arguments).build(True, 0).eval()


def count(
    model: Model,
    input: Size | None = None,
    batch: int = 1,
    dtype: str = "float32",
    args: Mapping[str, object] | None = None,
) -> Counts:
    """Only the counts of a model: params, macs, flops, memory access, peak memory; nothing is computed or timed.

    ``args`` are the builder's, of a model given by its name. A module is left exactly as it was. Raises ModelError
    where it cannot run at that input.
    """
    from cnnprof.pipeline.subject import count_model

    options = {"batch": batch, "dtype": dtype, "args": {} if args is None else args}
    return count_model(_request(model, input, False, options), _module(model))


def load(path: str | PathLike[str]) -> tuple[Profile, ...]:
    """The profiles of a file that ``-o FILE.json`` wrote, every sample among them.

    Raises FileError where it cannot be read, was cut short, is not of cnnprof, or is of a newer schema.
    """
    from cnnprof.store.readers import load as read

    return read(Path(path))


def report(found: Profile | Comparison, format: str = "table") -> str:
    """What the command line prints of it, as text: a ``table``, ``md``, ``csv`` or ``json``.

    A Comparison of several networks gives what ``compare`` prints, any other what ``profile`` prints. Raises
    UnknownNameError for another format.
    """
    from cnnprof.results.of_records import text_of

    return text_of(found, format)


def save(found: Profile | Comparison, *paths: str | PathLike[str]) -> None:
    """Write what ``-o`` writes: ``.csv``, ``.json``, ``.md``, and pictures (``.png``, ``.svg``) with ``cnnprof[plot]``.

    Each file is written whole or not at all. Raises UnknownNameError for another suffix and for a picture of nothing,
    FileError where a file cannot be written, MissingRuntimeError without the library that draws.
    """
    from cnnprof.results.of_records import save_files

    save_files(found, paths)


def profile(model: Model, input: Size | None = None, latency: bool = True, **options: Any) -> Profile:
    """One network counted and timed: a name, any MODEL string, or an ``nn.Module``.

    ``input`` is a side (224), a shape (3, 224, 224), or a list of shapes for a model of several inputs; ``options`` are
    those of the command line: batch, device, dtype, runtime, threads, channels_last, budget (seconds), precision (a
    fraction), processes, args (the builder's), deploy, convention, verify, roofline, seed.
    """
    from cnnprof.pipeline.flow import profile as run

    return run(_request(model, input, latency, options), _module(model))


def compare(
    models: Iterable[Model],
    input: Size | None = None,
    latency: bool = True,
    baseline: int = 0,
    **options: Any,
) -> Comparison:
    """Several networks counted, then timed in turns of one session; ratios refer to the one at index ``baseline``.

    ``runtime``, ``dtype`` and ``batch`` may be lists: every network is then measured at each, and its ratio is to the
    baseline network at the same setting.
    """
    from cnnprof.pipeline.asked import check_settings
    from cnnprof.pipeline.flow import compare as run
    from cnnprof.pipeline.given import listed, place_of, several, told_apart
    from cnnprof.pipeline.grid import spread

    given = listed(models)
    baseline = place_of(baseline, len(given))
    runtimes = several(options, "runtime", "eager")
    dtypes = several(options, "dtype", "float32")
    batches = several(options, "batch", 1)
    check_settings(runtimes, dtypes, batches)
    names = told_apart(given)
    asked = [_request(model, input, latency, options, name) for model, name in zip(given, names, strict=True)]
    requests = spread(asked, runtimes, dtypes, [int(batch) for batch in batches])
    modules = [_module(model) for model in given]
    return run(requests, modules * (len(requests) // len(modules)), baseline=baseline)


def _check_text(call: str, wanted: str, given: object, hint: str) -> None:
    if not isinstance(given, str):
        raise UnknownNameError(f"{call} takes a {wanted}, not a {type(given).__name__}", hint)


def _request(
    model: Model, input: Size | None, latency: bool, options: Mapping[str, Any], name: str = ""
) -> Request:
    from cnnprof.pipeline.asked import check_request
    from cnnprof.pipeline.given import shapes

    named = _fields(options)
    _check_model(model)
    name = name or (model if isinstance(model, str) else type(model).__name__)
    return check_request(Request(name, shapes(input, not isinstance(model, str)), latency=latency, **named))


def _fields(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options under the names of the record's fields; UnknownNameError for one that is unknown or stands twice."""
    taken = {field.name for field in fields(Request)} - {"model", "inputs", "latency"}
    named = {RENAMED.get(name, name): value for name, value in options.items()}
    for option in named:
        if option not in taken:
            known = sorted({*RENAMED, *taken} - {*RENAMED.values()})
            builders = f"what a builder takes goes into args={{{option!r}: ...}}"
            raise unknown("option", option, known, otherwise=f"one of: {', '.join(known)}; {builders}")
    if len(named) < len(options):
        twice = next(short for short, long in RENAMED.items() if {short, long} <= options.keys())
        raise UnknownNameError(f"{twice} and {RENAMED[twice]} are one option", f"give {twice} alone")
    return named


def _check_model(model: object) -> None:
    if isinstance(model, str):
        return
    from torch import nn

    if not isinstance(model, nn.Module):
        raise UnknownNameError(
            f"a model of type {type(model).__name__} is neither a name nor an nn.Module",
            "a MODEL as on the command line, or a network that was built",
        )


def _module(model: Model) -> nn.Module | None:
    return None if isinstance(model, str) else model
