"""Folded networks compute what their branches computed, and are the networks that are built as deployed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Tensor, nn

from cnnprof.zoo.networks.mobileone import mobileone
from cnnprof.zoo.networks.reparameterise import BranchedConv, fold, fold_norm, identity_kernel
from cnnprof.zoo.networks.repvgg import repvgg_a0

BUILDERS = {"repvgg_a0": repvgg_a0, **{name: partial(mobileone, name) for name in ("s0", "s1", "s4")}}


def as_if_trained(model: nn.Module, seed: int = 0) -> nn.Module:
    """Batch norms away from the identity, in double precision and eval mode."""
    generator = torch.Generator().manual_seed(seed)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            assert module.running_mean is not None
            assert module.running_var is not None
            for tensor in (module.weight.data, module.bias.data, module.running_mean):
                tensor.copy_(0.1 + torch.rand(tensor.shape, generator=generator))
            module.running_var.copy_(0.5 + torch.rand(module.running_var.shape, generator=generator))
    return model.double().eval()


def image(channels: int = 3, size: int = 32) -> Tensor:
    return torch.randn(2, channels, size, size, generator=torch.Generator().manual_seed(1)).double()


def relative_difference(model: nn.Module, other: nn.Module, x: Tensor) -> float:
    with torch.no_grad():
        a, b = model(x), other(x)
    return float((a - b).abs().max() / a.abs().max())


@pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS)
def test_folded_network_has_the_outputs_of_the_trained_one(build: Callable[..., nn.Module]) -> None:
    trained = as_if_trained(build())
    assert relative_difference(trained, fold(trained), image()) < 1e-12


@pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS)
def test_folded_network_is_the_deployed_one(build: Callable[..., nn.Module]) -> None:
    folded, deployed = fold(build().eval()), build(deploy=True).eval()
    deployed.load_state_dict(folded.state_dict(), strict=True)
    x = image().float()
    with torch.no_grad():
        assert torch.equal(folded(x), deployed(x))


def test_folding_leaves_the_trained_network_as_it_was() -> None:
    trained = repvgg_a0()
    before = {name: tensor.clone() for name, tensor in trained.state_dict().items()}
    fold(trained)
    after = trained.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize(
    ("inputs", "outputs", "kernel", "stride", "groups", "copies"),
    [
        (8, 8, 3, 1, 1, 1),  # identity, 1x1 and 3x3 branches
        (8, 8, 3, 2, 8, 4),  # no identity: the shape changes
        (8, 8, 3, 1, 4, 2),  # an identity within groups
        (8, 8, 1, 1, 1, 4),  # no branch of a smaller kernel
        (8, 12, 1, 1, 1, 1),  # one branch alone
        (8, 16, 5, 2, 4, 1),
    ],
)
def test_every_kind_of_branch_folds(
    inputs: int, outputs: int, kernel: int, stride: int, groups: int, copies: int
) -> None:
    layer = BranchedConv(inputs, outputs, kernel, stride=stride, groups=groups, copies=copies)
    as_if_trained(layer)
    # fold() copies, so the layer itself still has its branches.
    assert relative_difference(layer, fold(layer), image(inputs, 9)) < 1e-12


def test_folding_twice_changes_nothing() -> None:
    once = fold(as_if_trained(BranchedConv(4, 4, 3)))
    assert relative_difference(once, fold(once), image(4, 6)) == 0


def test_identity_kernel_leaves_the_input() -> None:
    x = image(6, 5)
    y = torch.nn.functional.conv2d(x, identity_kernel(6, 2, 3).double(), padding=1, groups=2)
    assert torch.equal(x, y)


def test_fold_norm_by_hand() -> None:
    norm = nn.BatchNorm2d(1, eps=0.0)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    norm.running_mean.fill_(3.0)
    norm.running_var.fill_(4.0)
    norm.weight.data.fill_(5.0)
    norm.bias.data.fill_(7.0)
    kernel, bias = fold_norm(torch.full((1, 1, 1, 1), 2.0), norm)
    assert kernel.item() == 5 / 2 * 2  # gamma / sigma * w
    assert bias.item() == 7 - 5 / 2 * 3  # beta - gamma / sigma * mu
