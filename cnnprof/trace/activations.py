"""The tensors that flow through a network while it runs, known by identity, and the record of each."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import torch
from torch import Tensor

from cnnprof.records.graph import ITEM_BYTES, Value
from cnnprof.records.making import maker
from cnnprof.trace.inventory import DTYPE_NAMES
from cnnprof.trace.rules.shapes import Shape

DTYPES: Mapping[str, torch.dtype] = {name: dtype for dtype, name in DTYPE_NAMES.items()}
META = torch.device("meta")
CHANNELS_LAST = {4: torch.channels_last, 5: torch.channels_last_3d}

make_value = maker(Value)


def channels_last(tensor: Tensor) -> bool:
    """Whether torch's kernels take its channels to lie last in memory, as they do of a slice with gaps, too.

    Where sizes of 1 leave it open, strides that grow from channels over columns and rows to pictures say so (c10,
    MemoryFormat.h, ``is_channels_last_strides``).
    """
    shape, strides = tensor.shape, tensor.stride()
    if len(shape) not in CHANNELS_LAST or strides[1] == 0:
        return False
    least = 0
    for dim in (1, *range(len(shape) - 1, 1, -1), 0):
        if shape[dim] == 0 or strides[dim] < least or (dim == 0 and least == strides[1]):
            return False
        least = strides[dim] * max(shape[dim], 1)
    return True


class Activations:
    """Every tensor seen is kept alive until the end, or another could come to be known by its identity."""

    def __init__(self) -> None:
        self.storage_bytes: list[int] = []
        self._values: dict[int, Value] = {}
        self._alive: list[object] = []

    def seen(self) -> list[object]:
        """All that was kept alive, and no longer is once the caller lets go of it."""
        seen, self._alive = self._alive, []
        return seen

    def value(self, tensor: Tensor) -> Value:
        """The record of an activation; a tensor never seen before gets a storage of its own."""
        return self._values.get(id(tensor)) or self.add(tensor)

    def known(self, tensor: Tensor) -> Value | None:
        """The record of an activation that was seen before."""
        return self._values.get(id(tensor))

    def add(self, tensor: Tensor, base: Value | None = None) -> Value:
        """Record a tensor, as a view of ``base`` if given."""
        shape = tuple(tensor.shape)
        elements = prod(shape)
        dtype = DTYPE_NAMES[tensor.dtype]
        if base is None:
            storage = len(self.storage_bytes)
            self.storage_bytes.append(elements * tensor.element_size())
        else:
            storage = base.storage
        value = make_value(storage, shape, dtype, elements, elements * ITEM_BYTES.get(dtype, 4))
        self._values[id(tensor)] = value
        self._alive.append(tensor)
        return value

    def fresh(self, shape: Shape, dtype: torch.dtype) -> Tensor:
        """A new activation of that shape, without memory behind it."""
        tensor = torch.empty(shape, dtype=dtype, device=META)
        self._values[id(tensor)] = self.fresh_value(shape, DTYPE_NAMES[dtype])
        self._alive.append(tensor)
        return tensor

    def fresh_after(self, shape: Shape, source: Tensor, dtype: torch.dtype | None = None) -> Tensor:
        """What convolutions, norms and pooling make of ``source``: its channels stay last in memory if they are."""
        dtype = dtype or source.dtype
        if source.is_contiguous() or not channels_last(source):
            return self.fresh(shape, dtype)
        layout = CHANNELS_LAST[len(shape)]
        tensor = torch.empty(shape, dtype=dtype, device=META, memory_format=layout)
        self.add(tensor)
        return tensor

    def fresh_value(self, shape: Shape, dtype: str) -> Value:
        """A new activation that only layers of torch's own will see: no tensor stands for it yet."""
        elements = prod(shape)
        nbytes = elements * ITEM_BYTES.get(dtype, 4)
        self.storage_bytes.append(nbytes if dtype in ITEM_BYTES else elements * DTYPES[dtype].itemsize)
        return make_value(len(self.storage_bytes) - 1, shape, dtype, elements, nbytes)

    def fresh_like(self, value: Value) -> Value:
        """The same of the shape and dtype of another."""
        shape, dtype, nbytes = value.shape, value.dtype, value.nbytes
        if dtype not in ITEM_BYTES:
            return self.fresh_value(shape, dtype)
        self.storage_bytes.append(nbytes)
        return make_value(len(self.storage_bytes) - 1, shape, dtype, value.elements, nbytes)

    def tensor(self, value: Value) -> Tensor:
        """A contiguous tensor that stands for a value from now on."""
        tensor = torch.empty(value.shape, dtype=DTYPES[value.dtype], device=META)
        self._values[id(tensor)] = value
        self._alive.append(tensor)
        return tensor
