"""The options that commands share, each once: its name, its help, its default."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from copy import copy
from dataclasses import dataclass, fields
from functools import cache, wraps
from pathlib import Path
from typing import Annotated, Any, get_args, get_type_hints

import typer

from cnnprof.cli.refusals import check_refused

MODEL = (
    "A network of the zoo (cnnprof list), file.py:factory, package.module:factory, torchvision:NAME, "
    "timm:NAME, net.onnx or net.pt2."
)
COUNTERS = (
    "paper, fvcore, thop, ptflops, ptflops-aten, torchinfo, torchprofile, torch, torchstat or deepspeed"
)
RUNTIMES = "What runs the model: eager, compiled, onnxruntime, openvino or ncnn"
DTYPES = "float32, bfloat16, float16, or int8 (for speed only). Default: float32"
OUTPUT = "Also save to FILE; its suffix decides: .csv, .json or .md. Repeatable."
DRAWN = "Also save to FILE; its suffix decides: .csv, .json, .md, or a picture: .png, .svg. Repeatable."


@dataclass(frozen=True)
class Options:
    """What every measuring command can be told, as typed; ``cli.request`` checks and converts it."""

    input: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SIZE", help="Input size: 224 or 3x224x224. Repeat for a model with several inputs."
        ),
    ] = None
    batch: Annotated[
        list[str] | None,
        typer.Option(metavar="N", help="Images in a batch. Default: 1. Repeatable in compare and profile."),
    ] = None
    device: Annotated[str, typer.Option(metavar="NAME", help="Where to run: auto, cpu, cuda or mps.")] = (
        "auto"
    )
    dtype: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help=f"{DTYPES}. Repeatable in compare and profile.")
    ] = None
    threads: Annotated[
        int | None, typer.Option(metavar="N", help="CPU threads. Default: the cores this process may use.")
    ] = None
    runtime: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help=f"{RUNTIMES}. Default: eager. Repeatable in compare and profile."),
    ] = None
    channels_last: Annotated[bool, typer.Option("--channels-last", help="Lay tensors out as NHWC.")] = False
    arg: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE", help="Argument of the model's builder, such as width_mult=0.5. Repeatable."
        ),
    ] = None
    deploy: Annotated[
        bool, typer.Option("--deploy", help="Fold the branches that are there for training only.")
    ] = False
    no_latency: Annotated[bool, typer.Option("--no-latency", help="Count only, measure nothing.")] = False
    budget: Annotated[float, typer.Option(metavar="SECONDS", help="Longest time to spend measuring.")] = 20.0
    precision: Annotated[
        str, typer.Option(metavar="P", help="Stop early once intervals are this narrow: 2% or 0.02.")
    ] = "2%"
    processes: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Time each model in N processes, one after another; with N above 3, in up to 3 N if a pair needs it.",
        ),
    ] = 6
    convention: Annotated[
        str,
        typer.Option(metavar="NAME", help=f"Print what this counter prints: {COUNTERS}."),
    ] = "paper"
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Run other counters on the same network and name each difference."),
    ] = False
    strict: Annotated[bool, typer.Option("--strict", help="Exit 7 if any op has no counting rule.")] = False
    seed: Annotated[
        int, typer.Option(metavar="N", help="Seed of weights, input values and the order of turns.")
    ] = 0
    output: Annotated[list[Path] | None, typer.Option("-o", "--output", metavar="FILE", help=OUTPUT)] = None
    format: Annotated[
        str, typer.Option(metavar="NAME", help="Standard output as table, csv, json or md.")
    ] = "table"
    quiet: Annotated[
        bool, typer.Option("-q", "--quiet", help="Do not show progress or the names of saved files.")
    ] = False
    traceback: Annotated[bool, typer.Option("--traceback", help="Show the traceback of an error.")] = False


def with_options(*refused: str, **helps: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give ``command(..., options)`` the fields of Options on the command line, after those it declares.

    Fields that are ``refused`` would change nothing there: no help offers them, and given they are an error. ``helps``
    is what a field means there, where that is more than everywhere.
    """
    return lambda command: _given(command, refused, helps)


def _given(
    command: Callable[..., None], refused: Collection[str], helps: Mapping[str, str]
) -> Callable[..., None]:
    hints = get_type_hints(command, include_extras=True)
    own = [
        parameter.replace(annotation=hints[name])
        for name, parameter in inspect.signature(command).parameters.items()
        if name != "options"
    ]
    shared = _parameters()

    @wraps(command)
    def run(**values: Any) -> None:
        options = Options(**{parameter.name: values.pop(parameter.name) for parameter in shared})
        check_refused(command.__name__, options, refused)
        command(**values, options=options)

    _declare(run, [*own, *(_told(parameter, refused, helps) for parameter in shared)])
    return run


def _told(
    parameter: inspect.Parameter, refused: Collection[str], helps: Mapping[str, str]
) -> inspect.Parameter:
    """The option as the help of one command has it, or has it not."""
    if parameter.name not in refused and parameter.name not in helps:
        return parameter
    kind, option = get_args(parameter.annotation)
    option = copy(option)
    option.hidden = parameter.name in refused
    option.help = helps.get(parameter.name, option.help)
    return parameter.replace(annotation=Annotated[kind, option])


@cache  # each command would evaluate all annotations anew
def _parameters() -> list[inspect.Parameter]:
    hints = get_type_hints(Options, include_extras=True)
    return [
        inspect.Parameter(
            field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=hints[field.name]
        )
        for field in fields(Options)
    ]


def _declare(function: Callable[..., None], parameters: list[inspect.Parameter]) -> None:
    """Typer reads the signature and the annotations; both have to name the options."""
    keyword = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters]
    function.__signature__ = inspect.Signature(keyword)  # type: ignore[attr-defined]
    function.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
