"""Batch norm is given statistics, once, and nothing else of the network changes."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from cnnprof.runtimes.calibration import BATCHES, FIRST_SEED, IMAGES, calibrate
from cnnprof.runtimes.registry import Settings
from cnnprof.runtimes.tensors import random_inputs

SETTINGS = Settings(((1, 3, 8, 8),), seed=5)


def net() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.9), nn.Flatten()).eval()


def norm_of(model: nn.Sequential) -> nn.BatchNorm2d:
    norm = model[1]
    assert isinstance(norm, nn.BatchNorm2d)
    return norm


def mean_of(norm: nn.BatchNorm2d) -> Tensor:
    assert norm.running_mean is not None
    return norm.running_mean


def test_statistics_are_the_mean_over_the_batches() -> None:
    model = net()
    calibrate(model, SETTINGS)
    batches = [
        model[0](*random_inputs(Settings(((IMAGES, 3, 8, 8),), seed=5 + FIRST_SEED + batch)))
        for batch in range(BATCHES)
    ]
    mean = sum(batch.mean((0, 2, 3)) for batch in batches) / BATCHES
    var = sum(batch.var((0, 2, 3)) for batch in batches) / BATCHES
    torch.testing.assert_close(mean_of(norm_of(model)), mean)
    torch.testing.assert_close(norm_of(model).running_var, var)


def test_the_rest_is_as_before() -> None:
    model, before = net(), net()
    threads = torch.get_num_threads()
    calibrate(model, SETTINGS)
    assert not any(module.training for module in model.modules())
    assert norm_of(model).momentum == norm_of(before).momentum
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), before.parameters(), strict=True))
    assert torch.get_num_threads() == threads


def test_trained_statistics_are_left_alone() -> None:
    model = net()
    mean_of(norm_of(model)).fill_(0.5)
    calibrate(model, SETTINGS)
    assert mean_of(norm_of(model)).tolist() == [0.5] * 4


class OnlyOne(nn.Sequential):
    """A graph that was exported for a batch of one."""

    def forward(self, x: Tensor) -> Tensor:
        assert x.shape[0] == 1
        y: Tensor = super().forward(x)  # type: ignore[no-untyped-call]
        return y


def test_a_network_of_one_batch_size_is_calibrated_with_its_own() -> None:
    model = OnlyOne(*net()).eval()
    calibrate(model, SETTINGS)
    assert mean_of(norm_of(model)).abs().max() > 0


def test_a_network_that_cannot_be_calibrated_keeps_its_statistics() -> None:
    model = nn.Sequential(*net(), nn.Linear(7, 7)).eval()
    with pytest.raises(RuntimeError):
        model(*random_inputs(SETTINGS))
    calibrate(model, SETTINGS)
    assert not mean_of(norm_of(model)).any()
    assert not norm_of(model).training


def test_a_single_value_a_channel_has_a_variance_over_two_images() -> None:
    model = net()
    calibrate(model, replace(SETTINGS, shapes=((1, 3, 3, 3),)))
    assert mean_of(norm_of(model)).abs().max() > 0
