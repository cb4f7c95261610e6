"""Whole networks: the counters themselves run beside us, and print what our conventions say."""

from __future__ import annotations

import pytest

from cnnprof.cost.conventions.registry import apply_convention
from cnnprof.trace.peers import run_peers
from cnnprof.trace.trace import trace_model
from cnnprof.zoo.catalogue import catalogue
from cnnprof.zoo.sources import find_source

pytestmark = pytest.mark.peers


@pytest.mark.parametrize(
    "name", [name for name, entry in catalogue().items() if entry.task == "classification"]
)
def test_fvcore_and_torch_on_the_zoo(name: str) -> None:
    model = find_source(name, {}).build(True, 0)
    # Totals do not depend on what the pictures show; a smaller one is enough where the network takes it.
    side = min(128, catalogue()[name].input[1])
    graph = trace_model(model, [(1, 3, side, side)])
    for convention, peer in zip(("fvcore", "torch"), run_peers(model, [(1, 3, side, side)]), strict=True):
        assert peer.problem == ""
        assert apply_convention(convention, graph).figures[0].value == sum(n for *_, n in peer.amounts), (
            convention
        )
