"""Recurrent layers of ONNX files, each one op: they cost what torch's own cost step by step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("onnx", reason="the onnx package is not installed")

from onnx import helper
from torch import nn

import cnnprof
from tests.trace.onnx_nets import counts_of, model, weight

STEPS, BATCH, INPUT, STATE = 4, 3, 5, 7
GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


def layer(kind: str, directions: int = 1, bias: bool = True, **attributes: Any) -> Any:
    """A file of one layer, its first output alone."""
    rows = GATES[kind] * STATE
    stored = [weight("w", directions, rows, INPUT), weight("r", directions, rows, STATE)]
    if bias:
        stored.append(weight("b", directions, 2 * rows))
    direction = "bidirectional" if directions == 2 else "forward"
    reads = ["x", "w", "r", *(["b"] if bias else [])]
    made = helper.make_node(kind, reads, ["y"], hidden_size=STATE, direction=direction, **attributes)
    return model([made], stored, inputs={"x": ("T", BATCH, INPUT)})


class First(nn.Module):
    """A layer of torch's without its last states."""

    def __init__(self, inside: nn.Module) -> None:
        super().__init__()
        self.inside = inside

    def forward(self, x: Any) -> Any:
        return self.inside(x)[0]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize("kind", GATES)
def test_a_layer_costs_what_torch_s_own_does(kind: str, directions: int, bias: bool, tmp_path: Path) -> None:
    counts = counts_of(layer(kind, directions, bias), tmp_path, (STEPS, BATCH, INPUT))
    assert counts.macs == STEPS * BATCH * directions * GATES[kind] * STATE * (INPUT + STATE)
    options = {"bias": bias, "bidirectional": directions == 2}
    torch_s = cnnprof.count(First(getattr(nn, kind)(INPUT, STATE, **options)), (BATCH, INPUT), batch=STEPS)
    assert (counts.macs, counts.flops, counts.params) == (torch_s.macs, torch_s.flops, torch_s.params)
    assert counts.uncounted_ops == ()


def test_weights_are_read_once_whatever_the_steps(tmp_path: Path) -> None:
    counts = counts_of(layer("LSTM"), tmp_path, (STEPS, BATCH, INPUT))
    weights = 4 * STATE * (INPUT + STATE + 2)
    assert counts.memory_bytes == 4 * (STEPS * BATCH * INPUT + weights + STEPS * BATCH * STATE)


def test_another_activation_costs_its_own(tmp_path: Path) -> None:
    plain, relu = (
        counts_of(layer("RNN", activations=[name]), tmp_path, (STEPS, BATCH, INPUT))
        for name in ("Tanh", "Relu")
    )
    assert plain.flops - relu.flops == STEPS * BATCH * STATE * (5 - 1)


def test_peepholes_leave_the_layer_uncounted(tmp_path: Path) -> None:
    stored = [weight("w", 1, 4 * STATE, INPUT), weight("r", 1, 4 * STATE, STATE), weight("p", 1, 3 * STATE)]
    reads = ["x", "w", "r", "", "", "", "", "p"]
    made = helper.make_node("LSTM", reads, ["y"], hidden_size=STATE)
    counts = counts_of(
        model([made], stored, inputs={"x": ("T", BATCH, INPUT)}), tmp_path, (STEPS, BATCH, INPUT)
    )
    assert dict(counts.uncounted_ops) == {"LSTM": 1}


@pytest.mark.parametrize("name", ["ScaledTanh", "Softsign"])
def test_an_activation_without_a_cost_leaves_the_layer_uncounted(name: str, tmp_path: Path) -> None:
    counts = counts_of(layer("RNN", activations=[name]), tmp_path, (STEPS, BATCH, INPUT))
    assert counts.macs == 0
    assert dict(counts.uncounted_ops) == {"RNN": 1}
