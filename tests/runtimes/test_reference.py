"""Errors against eager in float32, and what is said of them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor, nn

from cnnprof.errors import ModelError
from cnnprof.runtimes.reference import BOUNDS, Reference, check, relative_error, take_reference
from cnnprof.runtimes.registry import Settings

EAGER = torch.tensor([[1.0, -4.0, 2.0]])
INFINITE = float("inf")


def off_by(share: float) -> list[Tensor]:
    """Eager's output with one value off, by a share of the largest magnitude, which is 4."""
    return [EAGER + torch.tensor([[0.0, 0.0, 4.0 * share]])]


def reference(sensitivity: float = 1.0) -> Reference:
    return Reference([EAGER], sensitivity)


@pytest.mark.parametrize(
    ("mine", "theirs", "error"),
    [
        ([1.0, 2.0], [1.0, 2.0], 0),
        ([1.0, 2.5], [1.0, 2.0], 0.25),
        ([0.0, 0.0], [0.0, 0.0], 0),
        ([0.1, 0.0], [0.0, 0.0], INFINITE),
        ([INFINITE, 1.0], [2.0, 1.0], INFINITE),
        ([float("nan"), 1.0], [2.0, 1.0], INFINITE),
        ([INFINITE, 1.5], [INFINITE, 1.0], 0.5),
    ],
)
def test_relative_error(mine: list[float], theirs: list[float], error: float) -> None:
    assert relative_error([torch.tensor(mine)], [torch.tensor(theirs)]) == pytest.approx(error)


def test_the_worst_output_counts_by_its_own_magnitude() -> None:
    theirs = [torch.tensor([1000.0]), torch.tensor([0.1])]
    assert relative_error([torch.tensor([1001.0]), torch.tensor([0.12])], theirs) == pytest.approx(0.2)


@pytest.mark.parametrize("dtype", BOUNDS)
def test_within_the_bound_of_its_dtype(dtype: str) -> None:
    verdict = check(off_by(BOUNDS[dtype] * 0.9), reference(sensitivity=2), dtype, "openvino")
    assert verdict.error == pytest.approx(BOUNDS[dtype] * 0.9, rel=1e-3)
    assert verdict.warnings == ()


def test_another_precision_is_reported() -> None:
    verdict = check(off_by(0.004), reference(), "float32", "openvino")  # the least that bfloat16 came to
    assert verdict.error == pytest.approx(0.004, rel=1e-4)
    assert verdict.warnings == (
        "openvino computes in another precision: off by 0.004, float32 explains 0.0002",
    )


def test_a_runtime_that_computes_something_else_is_refused() -> None:
    with pytest.raises(ModelError, match="ncnn computes something other than torch eager"):
        check(off_by(0.3), reference(sensitivity=0.5), "float32", "ncnn")


def test_a_dtype_that_leaves_little_of_the_output_is_told_in_its_own_words() -> None:
    """0.3 is within what bfloat16 explains; but it is more than half of what another input changes."""
    (warning,) = check(off_by(0.3), reference(0.5), "bfloat16", "ncnn").warnings
    assert warning == (
        "ncnn computes little of the output in bfloat16: off by 0.3, where another input moves it by 0.5"
    )
    assert "another precision" in check(off_by(0.6), reference(0.5), "bfloat16", "ncnn").warnings[0]


def test_an_output_that_hardly_depends_on_the_input_is_not_checked() -> None:
    verdict = check(off_by(0), reference(sensitivity=1e-7), "float32", "ncnn")
    assert verdict.error is None
    assert "not checked" in verdict.warnings[0]


def test_int8_is_for_speed_only() -> None:
    verdict = check(off_by(0.3), reference(), "int8", "onnxruntime")
    assert verdict.error == pytest.approx(0.3)
    assert verdict.warnings == ("int8: for speed only, its output means nothing",)


def test_an_overflow_is_reported_without_a_figure() -> None:
    verdict = check([EAGER * INFINITE], reference(), "float16", "compiled")
    assert verdict.error is None
    assert "compiled overflows in float16" in verdict.warnings[0]


@pytest.mark.parametrize(
    ("outputs", "said"),
    [
        ([EAGER.T], "3x1 where torch eager returns 1x3"),
        ([EAGER, EAGER], "1x3 and 1x3 where torch eager returns 1x3"),
        ([], "no tensor where torch eager returns 1x3"),
    ],
)
def test_other_shapes_are_refused_in_any_dtype(outputs: list[Tensor], said: str) -> None:
    for dtype in ("float32", "int8"):
        with pytest.raises(ModelError, match=said):
            check(outputs, reference(), dtype, "openvino")


def fresh(layers: int) -> nn.Sequential:
    """Narrow layers with batch norm, whose signal falls off to a tenth in each of them while statistics are fresh."""
    torch.manual_seed(0)
    body: list[nn.Module] = []
    for _ in range(layers):
        conv = nn.Conv2d(3, 3, 1)
        nn.init.normal_(conv.weight, std=0.1)
        body += [conv, nn.BatchNorm2d(3)]
    return nn.Sequential(*body, nn.Flatten(), nn.Linear(3 * 16, 5)).eval()


def test_a_fresh_network_is_calibrated_so_that_its_output_depends_on_the_input() -> None:
    settings = Settings(((1, 3, 4, 4),))
    model = fresh(8)
    taken = take_reference(model, settings)
    assert taken.sensitivity > 0.1
    (output,) = taken.outputs
    assert tuple(output.shape) == (1, 5)
    uncalibrated = fresh(8)
    for module in uncalibrated.modules():
        if isinstance(module, nn.BatchNorm2d):
            assert module.running_mean is not None
            module.running_mean.fill_(1e-9)  # no longer fresh, as if trained
    assert take_reference(uncalibrated, settings).sensitivity < 1e-5


def test_outputs_whose_number_depends_on_the_values_are_sensitive() -> None:
    class Found(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x[x > 0]

    assert take_reference(Found(), Settings(((1, 3, 4, 4),))).sensitivity == 1


CLASSES = torch.arange(10_000).remainder(19)


def other_classes(share: float) -> list[Tensor]:
    """What a runtime returns whose classes differ in a share of the pixels, as numbers of its own kind."""
    mine = CLASSES.clone()
    mine[: int(share * len(mine))] = 18 - mine[: int(share * len(mine))]
    return [mine.float()]


def test_decisions_are_counted_and_not_measured() -> None:
    """One pixel of class 18 where eager says 0 is no error of the size of all classes."""
    classes = Reference([CLASSES], sensitivity=0.9)
    assert check(other_classes(0.005), classes, "float32", "openvino").warnings == ()
    (warning,) = check(other_classes(0.05), classes, "float32", "openvino").warnings
    assert "another precision" in warning
    with pytest.raises(ModelError, match="computes something other"):
        check(other_classes(0.6), classes, "float32", "openvino")


def test_decisions_of_eager_keep_their_type() -> None:
    class Classes(nn.Module):
        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            return x.argmax(1), x > 0

    taken = take_reference(Classes(), Settings(((1, 3, 32, 32),)))
    assert [output.dtype for output in taken.outputs] == [torch.int64, torch.bool]
    assert 0.4 < taken.sensitivity < 0.8


def test_a_network_that_draws_numbers_is_timed_and_not_checked() -> None:
    class Noisy(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return nn.functional.dropout(x)  # as many write it: in eval mode too

    found = take_reference(Noisy().eval(), Settings(((1, 3, 8, 8),)))
    assert found.is_random
    verdict = check([torch.zeros(1, 3, 8, 8)], found, "float32", "eager")
    assert verdict.error is None
    assert verdict.warnings == ("output not checked: the network draws random numbers, in eval mode too",)
    assert not take_reference(nn.Dropout().eval(), Settings(((1, 3, 8, 8),))).is_random


class Drawing(nn.Module):
    """Takes one of two branches by Python's own random numbers."""

    def forward(self, x: Tensor) -> Tensor:
        return x if random.random() < 2 else -x


class Counting(nn.Module):
    """Counts its calls."""

    calls: int | Tensor = 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls = self.calls + 1
        return x * self.calls


class Seeded(nn.Module):
    """Draws from a generator of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.generator = [torch.Generator().manual_seed(0)]

    def forward(self, x: Tensor) -> Tensor:
        return x + torch.randn(x.shape, generator=self.generator[0])


class Growing(nn.Module):
    """Returns one value more each time."""

    calls = 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return x.flatten()[: self.calls]


def test_a_network_that_draws_numbers_of_python_is_not_checked() -> None:
    assert take_reference(Drawing(), Settings(((1, 3, 8, 8),))).is_random


@pytest.mark.parametrize("network", [Counting, Seeded, Growing])
def test_an_output_that_is_another_each_time_is_timed_and_not_checked(network: type[nn.Module]) -> None:
    found = take_reference(network(), Settings(((1, 3, 8, 8),)))
    assert (found.is_random, found.varies) == (False, True)
    verdict = check(found.outputs, found, "float32", "eager")
    assert verdict.error is None
    assert verdict.warnings == ("output not checked: it differs from call to call on one input",)
    assert not take_reference(fresh(2), Settings(((1, 3, 4, 4),))).varies


class InPlace(nn.Module):
    """Changes its input before it works on it."""

    def __init__(self, change: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.change = change

    def forward(self, x: Tensor) -> Tensor:
        return self.change(x) + 1


@pytest.mark.parametrize("change", [lambda x: x.div_(255.0), lambda x: x.mul_(2), lambda x: x.unsqueeze_(0)])
def test_a_network_that_writes_into_its_input_is_not_timed(change: Callable[[Tensor], Tensor]) -> None:
    with pytest.raises(ModelError, match="writes into its input") as refused:
        take_reference(InPlace(change), Settings(((1, 3, 8, 8),)))
    assert "--no-latency" in refused.value.hint


def test_a_change_of_the_input_that_is_made_once_is_the_same_work() -> None:
    taken = take_reference(InPlace(lambda x: x.relu_()), Settings(((1, 3, 8, 8),)))
    assert not taken.varies
    assert float(taken.outputs[0].min()) == 1


def test_a_forward_that_is_a_generator_is_not_timed() -> None:
    """Calling it runs nothing."""

    class Yields(nn.Module):
        def forward(self, x: Tensor) -> Iterator[Tensor]:
            yield x + 1

    with pytest.raises(ModelError, match="a generator"):
        take_reference(Yields(), Settings(((1, 3, 8, 8),)))


def test_an_output_in_which_no_tensor_is_found() -> None:
    verdict = check([], Reference([], sensitivity=0.0), "float32", "eager")
    assert verdict.warnings == ("output not checked: no tensor is found in it",)


def test_lazy_layers_draw_their_weights_and_no_more() -> None:
    lazy = nn.Sequential(nn.LazyConv2d(4, 3), nn.Flatten(), nn.LazyLinear(2)).eval()
    assert not take_reference(lazy, Settings(((1, 3, 8, 8),))).is_random
