"""Memory access and activations of whole networks against the tensors that torch's kernels are handed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

import cnnprof
from cnnprof.zoo.catalogue import find_entry

# What these write besides their result is for a backward pass, or nothing in eval mode.
ONE_RESULT = ("native_batch_norm", "max_pool2d_with_indices")
WITH_WEIGHTS = ("convolution", "addmm", "mm")
MAKING = ("empty", "zeros", "full", "arange")  # given a tensor, they look at its kind alone


def tensors(values: object) -> Iterator[Tensor]:
    """Each tensor once."""
    yield from {id(leaf): leaf for leaf in tree_leaves(values) if isinstance(leaf, Tensor)}.values()


class Handed(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Bytes of all that kernels read and write, and elements of what those with weights write; views move nothing."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.memory_bytes = 0
        self.activations = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run the op and add up what it was handed and what it returned."""
        result = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__
        if not func.is_view and not name.startswith(MAKING):
            written = [*tensors(result)][: 1 if name in ONE_RESULT else None]
            self.memory_bytes += sum(each.nbytes for each in (*tensors((args, kwargs)), *written))
            if name in WITH_WEIGHTS:
                self.activations += written[0].numel()
        return result


@pytest.mark.parametrize(
    "name",
    [
        "mobilenet_v1", "mobilenet_v2", "mobilenet_v3_large", "shufflenet_v1", "shufflenet_v2", "ghostnet",
        "mobilenext", "micronet_m1", "squeezenet1_1", "efficientnet_b0", "xception", "resnet50", "vgg16", "yolov3_tiny",
        "yolov5n", "yolov8n", "mobilenet_v4_conv_small", "repvgg_a0", "googlenet", "alexnet",
    ],
)  # fmt: skip
def test_what_kernels_are_handed(name: str) -> None:
    shape = tuple(find_entry(name).input)
    model = cnnprof.load_model(name).to("meta")
    counts = cnnprof.count(model, shape)
    with torch.no_grad(), Handed() as handed:
        model.eval()(torch.empty(1, *shape, device="meta"))
    assert (handed.memory_bytes, handed.activations) == (counts.memory_bytes, counts.activations)
