"""What a program asks for in vain: the errors of the Python API, each with the value and what would do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import cnnprof
from cnnprof.errors import UnknownNameError
from cnnprof.pipeline.asked import check_request
from cnnprof.records.request import Request
from cnnprof.store.plain import from_plain, to_plain

NAME = "squeezenet1_1"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"input": 0}, "input has the size 0"),
        ({"input": (3, -5, 5)}, "input has the size -5"),
        ({"input": "224"}, "input has the size '224'"),
        ({"input": 224.0}, "input has the size 224.0"),
        ({"input": True}, "input has the size True"),
        ({"input": []}, "input holds no size"),
        ({"batch": 0}, "batch must be a whole number of at least 1, not 0"),
        ({"batch": "8"}, "batch must be a whole number of at least 1, not '8'"),
        ({"batch": 2**31}, "batch is 2147483648"),
        ({"dtype": "float"}, "unknown dtype 'float'"),
    ],
)
def test_what_cannot_be_counted(options: dict[str, Any], says: str) -> None:
    with pytest.raises(cnnprof.CnnprofError) as refused:
        cnnprof.count(NAME, **options)
    assert refused.value.exit_code == 3
    assert says in refused.value.message
    assert refused.value.hint


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"budget": 0}, "budget is 0"),
        ({"budget": float("nan")}, "budget is nan"),
        ({"precision": "2%"}, "precision is '2%'"),
        ({"precision": 2}, "precision is 2"),
        ({"processes": 0}, "processes must be"),
        ({"processes": 10**6}, "processes is 1000000"),
        ({"input": (3, 2**31, 8)}, "input has the size 2147483648"),
        ({"args": {"width_mult": 0.5}, "arguments": {}}, "args and arguments are one option"),
        ({"threads": 0}, "threads must be"),
        ({"runtime": "onnx"}, "unknown runtime 'onnx'"),
        ({"runtime": ["eager"]}, "unknown runtime ['eager']"),
        ({"device": "gpu"}, "unknown device 'gpu'"),
        ({"device": torch.device("cpu")}, "unknown device device(type='cpu')"),
        ({"dtype": torch.float32}, "unknown dtype torch.float32"),
        ({"args": "x"}, "args is 'x'"),
        ({"channels_last": "x"}, "channels_last is 'x'"),
        ({"verify": 2}, "verify is 2"),
        ({"deploy": None}, "deploy is None"),
        ({"roofline": 1.0}, "roofline is 1.0"),
        ({"roofline": True}, "roofline sets measured time against measured limits"),
        ({"runtime": np.array([["eager"], ["ncnn"]])}, "unknown runtime array([['eager'], "),
    ],
)
def test_what_cannot_be_profiled(options: dict[str, Any], says: str) -> None:
    with pytest.raises(cnnprof.CnnprofError) as refused:
        cnnprof.profile(NAME, latency=False, **options)
    assert says in refused.value.message
    assert "\n" not in refused.value.message


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: cnnprof.count(42), "a model of type int is neither"),  # type: ignore[arg-type]
        (lambda: cnnprof.count(nn.ReLU), "a model of type type is neither"),  # type: ignore[arg-type]
        (lambda: cnnprof.compare([], latency=False), "compare takes a list of models, not []"),
        (lambda: cnnprof.compare(NAME, latency=False), "compare takes a list of models"),
        (lambda: cnnprof.compare({NAME: nn.ReLU()}), "compare takes a list of models, not a dict"),
        (lambda: cnnprof.compare(nn.ReLU(), nn.ReLU()), "compare takes a list of models, not a ReLU"),  # type: ignore[arg-type]
        (lambda: cnnprof.count(nn.ReLU(), torch.zeros(1, 3, 8, 8)), "input is a Tensor: a size is enough"),  # type: ignore[arg-type]
        (lambda: cnnprof.compare(42), "compare takes a list of models, not 42"),  # type: ignore[arg-type]
        (lambda: cnnprof.compare([NAME], 32, False, np.int64(1)), "baseline 1 is not among the 1 models"),
        (lambda: cnnprof.compare([NAME], 32, False, -1), "baseline -1 is not among the 1 models"),
        (
            lambda: cnnprof.compare([NAME], 32, False, 1, dtype=["float32", "int8"]),
            "baseline 1 is not among the 1 models",
        ),
        (lambda: cnnprof.compare([NAME], 32, False, dtype=np.float32), "unknown dtype"),
        (lambda: cnnprof.compare([NAME], False, baseline=NAME), f"baseline is '{NAME}'"),  # type: ignore[arg-type]
        (lambda: cnnprof.load_model(nn.ReLU()), "load_model takes a name, not a ReLU"),  # type: ignore[arg-type]
        (lambda: cnnprof.load_model(None), "load_model takes a name, not a NoneType"),  # type: ignore[arg-type]
        (lambda: cnnprof.list_models(None), "list_models takes a pattern, not a NoneType"),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_model(call: Callable[[], object], says: str) -> None:
    with pytest.raises(cnnprof.CnnprofError) as refused:
        call()
    assert says in refused.value.message


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"args": {"width_mult": 0.5}}, "args is for a network that is built from its name"),
        ({"deploy": True}, "deploy is for a network that is built from its name"),
    ],
)
def test_what_a_module_cannot_take(options: dict[str, Any], says: str) -> None:
    with pytest.raises(cnnprof.CnnprofError, match=says):
        cnnprof.profile(nn.ReLU(), input=8, latency=False, **options)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"batch": [1, 0]}, "batch must be a whole number of at least 1, not 0"),
        ({"batch": [[1]]}, r"batch must be a whole number of at least 1, not \[1\]"),
        ({"runtime": ["eager", ["ncnn"]]}, "unknown runtime"),
        ({"runtime": set()}, "runtime is an empty list"),
        ({"runtime": ["eager", "fake"]}, "fake takes made-up time: it cannot stand beside a runtime"),
    ],
)
def test_settings_of_a_grid_are_checked_too(options: dict[str, Any], says: str) -> None:
    with pytest.raises(cnnprof.CnnprofError, match=says):
        cnnprof.compare([NAME], latency=False, **options)


@pytest.mark.parametrize("batches", [np.array([1, 2]), range(1, 3), (n for n in (1, 2)), {1, 2}])
def test_settings_come_in_whatever_holds_several(batches: object) -> None:
    found = cnnprof.compare([NAME], 32, False, runtime={"eager"}, batch=batches)
    assert [each.request.batch for each in found.profiles] == [1, 2]


def test_one_number_of_numpy_is_one_setting() -> None:
    (found,) = cnnprof.compare([NAME], 32, False, batch=np.array(2)).profiles
    assert found.request.batch == 2


@pytest.mark.parametrize("option", ["channels_last", "verify", "deploy", "roofline", "latency"])
def test_a_flag_may_be_0_or_1_or_numpys(option: str) -> None:
    for given, kept in ((1, True), (0, False), (np.True_, True), (np.False_, False)):
        request = check_request(Request(NAME, **{option: given}))  # type: ignore[arg-type]
        assert getattr(request, option) is kept


def test_numbers_of_numpy_are_numbers() -> None:
    request = Request(
        NAME,
        inputs=((np.int64(3), np.int32(64), 64),),
        batch=np.int64(2),
        threads=np.int64(1),
        budget_s=np.float32(5),
    )
    assert from_plain(Request, to_plain(check_request(request))).batch == 2


def test_a_misspelt_option_lists_those_of_the_documentation() -> None:
    with pytest.raises(cnnprof.CnnprofError) as refused:
        cnnprof.profile(NAME, latency=False, quietly=True)
    assert refused.value.message == "unknown option 'quietly'"
    assert refused.value.hint == (
        "one of: args, batch, budget, channels_last, convention, deploy, device, dtype, precision, processes, "
        "roofline, runtime, seed, threads, verify; what a builder takes goes into args={'quietly': ...}"
    )


def test_what_a_builder_takes_can_be_counted_as_well_as_profiled() -> None:
    narrow = cnnprof.count(NAME, 64, args={"num_classes": 10})
    assert narrow == cnnprof.profile(NAME, 64, latency=False, args={"num_classes": 10}).counts
    assert narrow.params < cnnprof.count(NAME, 64).params
    with pytest.raises(UnknownNameError, match="args is for a network that is built from its name"):
        cnnprof.count(nn.ReLU(), 8, args={"inplace": True})


def test_sizes_in_every_form() -> None:
    forms: list[Any] = [64, (3, 64, 64), [3, 64, 64], [(3, 64, 64)], [[3, 64, 64]]]
    forms += [np.int64(64), np.array(64), np.array([3, 64, 64]), torch.tensor([3, 64, 64])]
    assert len({cnnprof.count(NAME, input=form).macs for form in forms}) == 1


def test_a_module_may_take_a_vector() -> None:
    assert cnnprof.count(nn.Linear(10, 5), input=[(10,)]).macs == 50
    assert cnnprof.count(nn.Linear(10, 5), input=(7, 10)).macs == 7 * 50
    assert cnnprof.count(nn.Conv2d(3, 4, 1), input=6).macs == 6 * 6 * 3 * 4  # a side is that of a picture


def test_a_block_takes_the_channels_of_its_input_or_those_it_is_given() -> None:
    block = "block:inverted_residual"
    of_input = cnnprof.count(block, (16, 8, 8), args={"stride": 2})
    assert cnnprof.count(block, 8, args={"stride": 2, "in_channels": 16}) == of_input
    assert cnnprof.count(block, (32, 8, 8), args={"stride": 2}).params > of_input.params
    assert cnnprof.count(block, (16, 8, 8)).macs > of_input.macs


def test_what_is_deployed_keeps_its_arguments() -> None:
    """The classifier is linear, from 1280 features."""
    ten, all_classes = (
        cnnprof.profile("repvgg_a0", 64, False, deploy=True, args=args).counts.params
        for args in ({"num_classes": 10}, {})
    )
    assert all_classes - ten == 990 * (1280 + 1)


def test_models_may_come_one_by_one() -> None:
    both = cnnprof.compare((nn.Conv2d(3, n, 1) for n in (4, 8)), input=8, latency=False)
    assert [found.counts.macs for found in both.profiles] == [8 * 8 * 3 * 4, 8 * 8 * 3 * 8]


def test_modules_of_one_class_are_told_apart() -> None:
    first, second = nn.Conv2d(3, 4, 1), nn.Conv2d(3, 8, 1)
    both = cnnprof.compare([first, nn.ReLU(), second, first], input=8, latency=False)
    assert [found.request.model for found in both.profiles] == ["Conv2d", "ReLU", "Conv2d (2)", "Conv2d"]


def test_a_container_is_no_list_of_models() -> None:
    with pytest.raises(UnknownNameError, match="takes a list of models"):
        cnnprof.compare(nn.Sequential(nn.Conv2d(3, 4, 1)), input=8, latency=False)


def test_a_device_is_told_as_on_the_command_line() -> None:
    with pytest.raises(UnknownNameError, match="unknown device 'cuda:1'") as refused:
        cnnprof.profile(NAME, latency=False, device="cuda:1")
    assert refused.value.hint == "one of: auto, cpu, cuda, mps; CUDA_VISIBLE_DEVICES=1 chooses among several"


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        (torch.zeros(2, 3, 8, 8), "input=(3, 8, 8), batch=2"),
        ([torch.zeros(2, 3, 8, 8)], "input=(3, 8, 8), batch=2"),
        (torch.zeros(2, 10), "input=(10,), batch=2"),
        ((np.zeros((4, 3, 8, 8)), np.zeros((4, 10))), "input=[(3, 8, 8), (10,)], batch=4"),
    ],
)
def test_inputs_themselves_are_told_as_sizes(given: Any, hint: str) -> None:
    with pytest.raises(UnknownNameError, match="a size is enough") as refused:
        cnnprof.count(nn.ReLU(), given)
    assert refused.value.hint == hint
    assert len(refused.value.message) < 100


def test_a_size_that_is_long_to_write_is_cut_off() -> None:
    with pytest.raises(UnknownNameError, match="input has the size") as refused:
        cnnprof.count(nn.ReLU(), [torch.zeros(2, 3, 8, 8), (10,)])  # type: ignore[arg-type]
    assert len(refused.value.message) < 200


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, "a"])
def test_a_seed_that_will_not_do(seed: object) -> None:
    with pytest.raises(UnknownNameError, match="seed is"):
        cnnprof.profile(NAME, latency=False, seed=seed)
