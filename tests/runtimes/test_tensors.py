"""Inputs that are the same everywhere, outputs laid flat."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from cnnprof.runtimes.registry import Settings
from cnnprof.runtimes.tensors import lay_flat, random_inputs, to_compare


def test_inputs_are_those_of_the_seed() -> None:
    before = torch.get_rng_state()
    first, second = random_inputs(Settings(((2, 3, 4, 5), (1, 7)), seed=3))
    assert (tuple(first.shape), tuple(second.shape)) == ((2, 3, 4, 5), (1, 7))
    assert first.dtype is torch.float32
    assert len(set(first.flatten().tolist())) == 2 * 3 * 4 * 5
    again, _ = random_inputs(Settings(((2, 3, 4, 5), (1, 7)), seed=3, dtype="bfloat16", threads=2))
    assert torch.equal(first, again)
    assert not torch.equal(first, random_inputs(Settings(((2, 3, 4, 5),), seed=4))[0])
    assert torch.equal(torch.get_rng_state(), before)


def test_inputs_do_not_hang_on_the_caller_s_defaults(other_defaults: None) -> None:
    (found,) = random_inputs(Settings(((2, 3),)))
    assert (found.dtype, found.device.type) == (torch.float32, "cpu")


def test_no_two_inputs_are_alike() -> None:
    first, second = random_inputs(Settings(((1, 3, 4, 4), (1, 3, 4, 4))))
    assert not torch.equal(first, second)


@dataclass
class Detections:
    boxes: Tensor
    scores: list[Tensor]


def test_outputs_of_every_form() -> None:
    a, b, c, d = (torch.full((1,), float(value)) for value in range(4))
    nested = {"first": (a, None), "second": Detections(b, [c, d])}
    assert [float(tensor) for tensor in lay_flat(nested)] == [0, 1, 2, 3]
    assert lay_flat("text") == []


def test_what_is_compared_is_a_copy_in_float32() -> None:
    source = torch.ones(2, dtype=torch.bfloat16)
    (copy,) = to_compare(source)
    assert copy.dtype is torch.float32
    classes = torch.ones(2, dtype=torch.int64)
    assert to_compare([classes])[0].dtype is torch.int64  # a decision, no magnitude
    plain = torch.ones(2)
    (copy,) = to_compare([plain])
    plain.zero_()  # a runtime may use the same memory for its next output
    assert copy.tolist() == [1, 1]


def test_both_parts_of_a_complex_output_are_compared() -> None:
    source = torch.tensor([1 + 2j, 3 - 4j])
    for output, parts in ((source, [[1, 2], [3, -4]]), (source.conj(), [[1, -2], [3, 4]])):
        (copy,) = to_compare(output)
        assert copy.dtype is torch.float32
        assert copy.tolist() == parts
