"""Batch norm given statistics, so that a network with fresh weights has an output that can be wrong.

In evaluation a fresh batch norm divides by the variance 1 that it starts with. The signal then dies out layer by layer
(MobileNetV2's logits are near 3e-9), and what comes out is the last bias, which every runtime gets right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from cnnprof.runtimes.as_found import with_threads
from cnnprof.runtimes.registry import Settings
from cnnprof.runtimes.tensors import random_inputs

BATCHES = 2  # of random numbers
IMAGES = 2  # in each, as some networks reach a single value a channel, which has no variance
FIRST_SEED = 1000  # none of them is the input that is timed


def calibrate(model: nn.Module, settings: Settings) -> None:
    """Give batch norms that still have their initial statistics those of two random batches, in place.

    Only they are in training mode meanwhile, so that dropout stays off; trained statistics are left alone. A network
    that cannot take a batch of two images is calibrated with its own batch, or not at all where that fails as well.
    """
    fresh = [module for module in model.modules() if isinstance(module, _BatchNorm) and _is_fresh(module)]
    pairs = tuple((IMAGES, *shape[1:]) for shape in settings.shapes)
    # A sum over two threads is another in its last digit, and a conversion is cached by the values of the weights.
    with with_threads(1):
        if fresh and not _calibrated(model, fresh, replace(settings, shapes=pairs)):
            _calibrated(model, fresh, settings)


def _is_fresh(norm: _BatchNorm) -> bool:
    mean, var = norm.running_mean, norm.running_var
    return mean is not None and var is not None and not mean.any() and bool((var == 1).all())


def _calibrated(model: nn.Module, norms: Sequence[_BatchNorm], settings: Settings) -> bool:
    """Whether the network could run these batches in training mode; its batch norms are as before where not."""
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = None  # the plain mean of the batches: another would keep most of the initial values
        norm.train()
    try:
        with torch.inference_mode():
            for batch in range(BATCHES):
                model(*random_inputs(replace(settings, seed=settings.seed + FIRST_SEED + batch)))
    except Exception:  # whatever the model's own code raises: an assertion of its batch, say
        for norm in norms:
            norm.reset_running_stats()
        return False
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
            norm.eval()
    return True
