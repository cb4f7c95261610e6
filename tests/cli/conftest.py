"""The command line without a pipeline: what it asks for is recorded, what it gets is made by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module

import pytest
from typer.testing import CliRunner

from cnnprof.cli.app import app
from cnnprof.records.environment import Environment
from cnnprof.records.profile import Comparison
from cnnprof.records.request import Request
from tests.factory import comparison, environment


@dataclass
class Outcome:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """Lines of standard error that are not empty."""
        return [line for line in self.err.splitlines() if line.strip()]


@dataclass
class FakePipeline:
    """Stands for ``cnnprof.pipeline.flow``: ``answer`` is called in place of measuring."""

    requests: list[Request] = field(default_factory=list)
    baseline: int = 0
    answer: Callable[[Sequence[Request]], Comparison] = lambda requests: comparison(len(requests))

    def compare(
        self, requests: Sequence[Request], *, baseline: int = 0, on_progress: object = None
    ) -> Comparison:
        self.requests = list(requests)
        self.baseline = baseline
        return self.answer(requests)

    def describe_environment(self) -> Environment:
        return environment()


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakePipeline:
    stand_in = FakePipeline()
    monkeypatch.setattr("cnnprof.pipeline.flow.compare", stand_in.compare)
    monkeypatch.setattr("cnnprof.pipeline.flow.describe_environment", stand_in.describe_environment)
    return stand_in


# All that counts, measures or asks the machine for a command.
FLOWS = (
    "conventions.count_conventions",
    "experiments.run_experiment",
    "explain.explain_gap",
    "flow.compare",
    "flow.count_entries",
    "flow.describe_environment",
    "guidelines.assess_guidelines",
    "guidelines.assess_guidelines_by_time",
    "layer_times.time_layers",
    "machine.check_machine",
    "peak.find_peak_memory",
)
for name in FLOWS:  # before any is replaced, lest one imports the stand-in of another
    import_module(f"cnnprof.pipeline.{name.split('.')[0]}")


def replace_flows(monkeypatch: pytest.MonkeyPatch, reached: Callable[..., object]) -> None:
    """Whatever a command would run is ``reached`` instead."""
    for name in FLOWS:
        monkeypatch.setattr(f"cnnprof.pipeline.{name}", reached)


Cnnprof = Callable[..., Outcome]


@pytest.fixture
def cnnprof() -> Cnnprof:
    """Run the command in this process."""

    def run(*arguments: object) -> Outcome:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="cnnprof")
        return Outcome(result.exit_code, result.stdout, result.stderr)

    return run
