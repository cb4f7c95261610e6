"""What the benchmarks share: the machine they ran on, medians of ratios, and the file they write."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

from cnnprof.measure.processes.priority import may_go_first
from cnnprof.pipeline.flow import describe_environment

RESULTS = Path(__file__).parent / "results"


def describe_machine(packages: Sequence[str] = ("torch",)) -> str:
    """One paragraph: processor, cores, system, load, versions."""
    found = describe_environment()
    versions = ", ".join(f"{package} {release(package)}" for package in ("cnnprof", *packages))
    load = "" if found.load_1min is None else f", load {found.load_1min:.1f} at the end"
    return (
        f"{found.cpu}, {found.cores_allowed} of {found.cores} cores{load}. {found.system}, "
        f"Python {found.python}, {versions}."
    )


def describe_session(packages: Sequence[str] = ("torch",)) -> str:
    """The same where workers timed, and whether they went before other processes."""
    first = "highest priority" if may_go_first() else "usual priority"
    return f"{describe_machine(packages)} Workers of cnnprof at the {first}."


def release(package: str) -> str:
    """The installed version, or that there is none."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def median_ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """The median over the rounds of the ratio within one round: neighbours and drift hit both sides alike."""
    return median(a / b for a, b in zip(above, below, strict=True))


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first column is text, the others are numbers."""
    rule = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, rule, *rows))


def write(name: str, title: str, *parts: str) -> Path:
    """``results/NAME.md``: the title, and each part as a paragraph."""
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{name}.md"
    file.write_text("\n\n".join((f"# {title}", *parts)) + "\n", encoding="utf-8")
    return file
