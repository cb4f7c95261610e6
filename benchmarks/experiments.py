"""The published experiments on this machine: what ``cnnprof experiment`` prints of ShuffleNet V2's tables 1 to 4 and 8.

The report is written after each: a run that is ended keeps what it measured.
"""

from __future__ import annotations

import subprocess
import sys

from benchmarks.report import describe_session, write

NAMES = ("g1", "g2", "g3", "g4", "table8")


def section(name: str) -> str:
    """One experiment run as a user runs it, and what it printed; CalledProcessError where it fails."""
    command = [sys.executable, "-m", "cnnprof", "experiment", name, "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return f"## `cnnprof experiment {name}`\n\n```\n{done.stdout.strip()}\n```"


def main() -> None:
    """All of them, one after another; ``results/experiments.md`` grows with each."""
    machine = describe_session()
    sections: list[str] = []
    for name in NAMES:
        sections.append(section(name))
        write("experiments", "Published experiments", machine, *sections)
