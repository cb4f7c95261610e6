"""The networks of the controlled experiments, with each of what the paper leaves open."""

from __future__ import annotations

import pytest
import torch

from cnnprof.errors import UnknownNameError
from cnnprof.pipeline.subject import count_model
from cnnprof.records.request import Request
from cnnprof.zoo.build import build_entry
from cnnprof.zoo.catalogue import find_entry
from cnnprof.zoo.networks.controlled import fragment_width

HW = 56 * 56


def macs(name: str, **arguments: object) -> int:
    found = count_model(Request(f"controlled:{name}", device="cpu", arguments=arguments, latency=False))
    return found.macs


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("g1", {"c1": 36, "c2": 432}, 10 * 2 * HW * 36 * 432),
        ("g1", {"c1": 9, "c2": 108, "blocks": 3}, 3 * 2 * HW * 9 * 108),
        ("g2", {"channels": 360, "groups": 8}, 10 * HW * 360 * 360 // 8),
        ("g3", {"channels": 128, "fragments": 2, "parallel": False}, 10 * 2 * HW * 91 * 91),
        ("g3", {"channels": 128, "fragments": 2, "parallel": True}, 10 * 2 * HW * 91 * 91),
        ("g3", {"channels": 128, "fragments": 4, "join": "concat"}, 10 * HW * 128 * 128),
        ("g3", {"channels": 64, "fragments": 1}, 10 * HW * 64 * 64),
        ("g4", {"channels": 64}, 10 * HW * (2 * 64 * 16 + 9 * 16 * 16)),
        ("g4", {"channels": 64, "c_is": "inner"}, 10 * HW * (2 * 256 * 64 + 9 * 64 * 64)),
        ("g4", {"channels": 64, "ratio": 2}, 10 * HW * (2 * 64 * 32 + 9 * 32 * 32)),
    ],
)
def test_multiply_adds_follow_the_formula(name: str, arguments: dict[str, object], expected: int) -> None:
    assert macs(name, **arguments) == expected
    # Neither norm nor bias nor activation is a multiply-add.
    assert macs(name, **arguments, norm=True, bias=True) == expected


def test_what_is_open_is_an_argument() -> None:
    plain = count_model(Request("controlled:g1", device="cpu", latency=False))
    full = count_model(
        Request(
            "controlled:g1", device="cpu", latency=False, arguments={"norm": True, "bias": True, "relu": True}
        )
    )
    kinds = [op.kind for op in full.ops]
    assert {op.kind for op in plain.ops} == {"conv"}
    assert (kinds.count("conv"), kinds.count("batch_norm"), kinds.count("relu")) == (20, 20, 20)
    # 20 convolutions of 128 outputs: a bias each, and a scale and a shift each
    assert full.params - plain.params == 20 * 128 * 3


def test_elementwise_ops_of_g4_are_switched() -> None:
    def kinds(**arguments: object) -> list[str]:
        request = Request("controlled:g4", device="cpu", latency=False, arguments=arguments)
        return [op.kind for op in count_model(request).ops]

    assert (kinds().count("relu"), kinds().count("add")) == (30, 10)
    assert kinds(relu=False).count("relu") == 0
    assert kinds(shortcut=False).count("add") == 0


@pytest.mark.parametrize("join", ["add", "concat"])
def test_parallel_fragments_are_joined(join: str) -> None:
    model = build_entry(
        find_entry("controlled:g3"), {"channels": 16, "fragments": 4, "join": join, "blocks": 2}
    )
    channels = 8 if join == "add" else 16
    x = torch.randn(1, channels, 5, 5)
    first = model[0]  # type: ignore[index]
    outputs = [fragment(x) for fragment in first.fragments]
    expected = sum(outputs) if join == "add" else torch.cat(outputs, 1)
    assert torch.allclose(first(x), expected, atol=1e-6)
    assert model(x).shape == x.shape


def test_widths_of_fragments() -> None:
    assert [fragment_width(c, 2) for c in (64, 128, 256, 512)] == [45, 91, 181, 362]
    assert [fragment_width(c, 4) for c in (64, 128, 256, 512)] == [32, 64, 128, 256]


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("g2", {"channels": 180, "groups": 8}, "180 and 180 channels do not divide into 8 groups"),
        ("g1", {"c1": 0}, "c1 of controlled:g1 must be at least 1"),
        ("g3", {"join": "glue"}, "add or concat"),
        ("g3", {"channels": 129, "join": "concat"}, "129 channels do not divide into 4 fragments"),
        ("g4", {"c_is": "middle"}, "outer or inner"),
        ("g4", {"channels": 30}, "do not divide by the ratio"),
    ],
)
def test_what_the_builders_refuse(name: str, arguments: dict[str, object], said: str) -> None:
    with pytest.raises(UnknownNameError, match=said):
        build_entry(find_entry(f"controlled:{name}"), arguments)


def test_the_input_has_the_channels_that_the_arguments_decide() -> None:
    found = count_model(
        Request("controlled:g1", ((28,),), device="cpu", latency=False, arguments={"c1": 7, "c2": 3})
    )
    assert found.ops[0].input_shapes[0] == (1, 7, 28, 28)
