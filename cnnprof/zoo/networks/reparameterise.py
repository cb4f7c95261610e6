"""Structural reparameterisation: parallel linear branches while training, one convolution when deployed.

RepVGG (Ding et al. 2021, arXiv:2101.03697, section 3.3 and figure 4), generalised by MobileOne (Vasu et al.
2022, arXiv:2206.04040, figure 3).
"""

from __future__ import annotations

from copy import deepcopy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnprof.zoo.networks.layers import conv_norm


class BranchedConv(nn.Module):
    """A sum of linear branches, or the one convolution with a bias that equals it (``deploy``).

    ::

        x --+-- batch norm -------------+     where the shape stays the same
            +-- 1x1 conv, batch norm ---+     where the kernel is larger than 1x1
            +-- kxk conv, batch norm ---+-- y     ``copies`` times
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        *,
        stride: int = 1,
        groups: int = 1,
        copies: int = 1,
        deploy: bool = False,
    ) -> None:
        super().__init__()
        self.shape = (inputs, outputs, kernel, stride, kernel // 2, 1, groups)
        self.folded: nn.Conv2d | None = nn.Conv2d(*self.shape) if deploy else None
        # In the order in which the branches run; none once they are folded.
        self.branches = nn.ModuleList()
        if deploy:
            return
        if inputs == outputs and stride == 1:
            self.branches.append(nn.BatchNorm2d(outputs))
        for size in ([1] if kernel > 1 else []) + [kernel] * copies:
            self.branches.append(
                conv_norm(inputs, outputs, size, stride=stride, groups=groups, activation=None)
            )

    def forward(self, x: Tensor) -> Tensor:
        """``N x inputs x H x W -> N x outputs x H/stride x W/stride``."""
        if self.folded is not None:
            folded: Tensor = self.folded(x)
            return folded
        y: Tensor = self.branches[0](x)
        for branch in self.branches[1:]:
            y += branch(x)
        return y

    def fold(self) -> None:
        """Replace the branches by their sum: one kernel and one bias, added up in double precision."""
        if self.folded is not None:
            return
        kernels, biases = zip(*(self._kernel_and_bias(branch) for branch in self.branches), strict=True)
        like = next(self.branches.parameters())
        folded = nn.Conv2d(*self.shape, device=like.device, dtype=like.dtype)
        with torch.no_grad():
            folded.weight.copy_(torch.stack(kernels).sum(0))
            assert folded.bias is not None
            folded.bias.copy_(torch.stack(biases).sum(0))
        self.folded = folded
        self.branches = nn.ModuleList()

    def _kernel_and_bias(self, branch: nn.Module) -> tuple[Tensor, Tensor]:
        """What one branch does, as a kernel of the full size and a bias."""
        inputs, _, size, _, _, _, groups = self.shape
        if isinstance(branch, nn.BatchNorm2d):
            kernel = identity_kernel(inputs, groups, size).to(branch.weight.device)
            return fold_norm(kernel, branch)
        assert isinstance(branch, nn.Sequential)
        conv, norm = branch
        assert isinstance(conv, nn.Conv2d)
        assert isinstance(norm, nn.BatchNorm2d)
        # A 1x1 filter is a larger one that is zero but for its centre.
        margin = (size - conv.kernel_size[0]) // 2
        return fold_norm(F.pad(conv.weight.detach(), [margin] * 4), norm)


def identity_kernel(channels: int, groups: int, size: int) -> Tensor:
    """The filters that leave x as it is: a one at the centre, on each filter's own channel of its group."""
    within_group = channels // groups
    own = torch.eye(within_group).repeat(groups, 1)
    return F.pad(own.reshape(channels, within_group, 1, 1), [size // 2] * 4)


def fold_norm(kernel: Tensor, norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """Kernel ``gamma / sigma * kernel`` and bias ``beta - gamma / sigma * mu`` (RepVGG, equation 3)."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    gamma, beta = norm.weight.detach().double(), norm.bias.detach().double()
    scale = gamma / (norm.running_var.double() + norm.eps).sqrt()
    return kernel.double() * scale.reshape(-1, 1, 1, 1), beta - scale * norm.running_mean.double()


def fold(model: nn.Module) -> nn.Module:
    """A copy of ``model`` with each sum of branches as one convolution: equal outputs in eval mode.

    Its layers and state_dict are those of the network built with ``deploy=True``; ``model`` is left as it is.
    """
    deployed = deepcopy(model)
    for module in list(deployed.modules()):
        if isinstance(module, BranchedConv):
            module.fold()
    return deployed
