"""The tape that ops are recorded on while a network runs, and that becomes the graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod

import torch
from torch import Tensor, nn

from cnnprof.records.graph import Call, Graph, Op, Parameter, Value

DTYPE_NAMES: Mapping[torch.dtype, str] = {
    value: str(value).removeprefix("torch.")
    for value in vars(torch).values()
    if isinstance(value, torch.dtype)
}
NO_ATTRIBUTES: Mapping[str, object] = {}
META = torch.device("meta")
Place = tuple[str, str]  # path and class of a module


class UndecidedError(Exception):
    """Shapes alone would give a wrong graph; the message says why."""


class Tape:
    """Ops in the order they ran. Tensors are known by identity, so every tensor seen is kept alive until the end."""

    def __init__(self, model: nn.Module) -> None:
        self.ops: list[Op] = []
        self.storage_bytes: list[int] = []
        self.stack: list[Place] = []
        self.places: dict[int, Place] = {}
        self.met: dict[int, int] = {}
        self.calls: list[Call] = []
        self.call = ""
        self.warnings: list[str] = []
        self._values: dict[int, Value] = {}
        self._parameters: dict[int, Parameter] = {}
        self._names: dict[int, tuple[str, Tensor, bool]] = {}
        self._trainable: list[Tensor] = []
        self._on_meta: dict[int, Tensor] = {}
        self._alive: list[object] = [model]
        self._has_data = True
        self._walk(model, "")

    def _walk(self, module: nn.Module, path: str) -> None:
        self.met[id(module)] = self.met.get(id(module), 0) + 1
        if id(module) in self.places:
            for child in module.children():
                self._walk(child, path)
            return
        self.places[id(module)] = (path, type(module).__name__)
        prefix = f"{path}." if path else ""
        for name, weight in module._parameters.items():
            if weight is not None and id(weight) not in self._names:
                self._has_data = self._has_data and not weight.is_meta
                self._names[id(weight)] = (prefix + name, weight, True)
                self._trainable.append(weight)
        for name, tensor in module._buffers.items():
            if tensor is not None:
                self._names.setdefault(id(tensor), (prefix + name, tensor, False))
        if module._modules:
            for name, child in module.named_children():  # each child once, as Module.apply goes
                self._walk(child, prefix + name)

    def parameter(self, tensor: Tensor) -> Parameter | None:
        """The record of a weight or buffer of the model; None for any other tensor."""
        key = id(tensor)
        found = self._parameters.get(key)
        if found is None and key in self._names:
            name, tensor, trainable = self._names[key]
            found = Parameter(name, tuple(tensor.shape), DTYPE_NAMES[tensor.dtype], trainable)
            self._parameters[key] = found
        return found

    def view_of(self, tensor: Tensor, source: Tensor) -> None:
        """Record a view: of an activation it shares the storage, of a weight it is that weight."""
        if id(source) in self._names:
            self._names[id(tensor)] = self._names[id(source)]
            self._alive.append(tensor)
        else:
            self.add(tensor, self.value(source))

    def value(self, tensor: Tensor) -> Value:
        """The record of an activation; a tensor never seen before gets a storage of its own."""
        return self._values.get(id(tensor)) or self.add(tensor)

    def add(self, tensor: Tensor, base: Value | None = None) -> Value:
        """Record a tensor, as a view of ``base`` if given."""
        shape = tuple(tensor.shape)
        if base is None:
            storage = len(self.storage_bytes)
            self.storage_bytes.append(prod(shape) * tensor.element_size())
        else:
            storage = base.storage
        value = Value(storage, shape, DTYPE_NAMES[tensor.dtype])
        self._values[id(tensor)] = value
        self._alive.append(tensor)
        return value

    def admit(self, tensors: Iterable[Tensor]) -> None:
        """Record the tensors that are new as the results of ops too low to be seen."""
        for tensor in tensors:
            if id(tensor) not in self._values and id(tensor) not in self._names:
                self.add(tensor)

    def _found(self, tensor: Tensor) -> Value:
        """A tensor that no recorded op wrote: a constant of the model, or the work of code that is not seen."""
        if tensor.is_meta and self._has_data:
            raise UndecidedError("code outside of Python, such as TorchScript, took part")
        return self.add(tensor)

    def fresh(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        """A new activation of that shape, without memory behind it."""
        tensor = torch.empty(shape, dtype=dtype, device=META)
        self.add(tensor)
        return tensor

    def on_meta(self, tensor: Tensor) -> Tensor:
        """The tensor itself, or a stand-in without data that is known by the same record."""
        if tensor.is_meta:
            if id(tensor) not in self._values and id(tensor) not in self._names:
                self._found(tensor)
            return tensor
        found = self._on_meta.get(id(tensor))
        if found is None:
            found = torch.empty_like(tensor, device=META)
            self._on_meta[id(tensor)] = found
            self._alive.extend((found, tensor))
            if id(tensor) in self._names:
                self._names[id(found)] = self._names[id(tensor)]
            else:
                self._values[id(found)] = self.value(tensor)
        return found

    def emit(
        self,
        kind: str,
        function: str,
        reads: Iterable[Tensor | None],
        writes: Iterable[Tensor],
        attributes: Mapping[str, object] = NO_ATTRIBUTES,
        inplace: bool = False,
    ) -> None:
        """Record one op: which tensors it reads (weights among them) and which it writes."""
        inputs, parameters = [], []
        known = self._values
        for tensor in reads:
            if tensor is None:
                continue
            value = known.get(id(tensor))
            if value is not None:
                inputs.append(value)
            elif (parameter := self.parameter(tensor)) is not None:
                parameters.append(parameter)
            else:
                inputs.append(self._found(tensor))
        path, module = self.stack[-1] if self.stack else ("", "")
        outputs = tuple([known.get(id(tensor)) or self._written(tensor) for tensor in writes])
        self.ops.append(
            Op(
                kind,
                function,
                path,
                module,
                tuple(inputs),
                outputs,
                tuple(parameters),
                attributes,
                inplace,
                self.call,
            )
        )

    def close(self, module: nn.Module, first: int, given: object, returned: object) -> None:
        """Record that a module has returned; one that the network does not hold is no part of any counter's walk."""
        place = self.places.get(id(module))
        if place is None:
            return
        call = Call(
            *place,
            native=type(module).__module__.startswith("torch.nn."),
            leaf=not module._modules,
            places=self.met[id(module)],
            first=first,
            last=len(self.ops),
            input=self._first_shape(given),
            output=self._first_shape(returned),
            weights=tuple(
                [(name, self._shape(w)) for name, w in module._parameters.items() if w is not None]
            ),
        )
        self.calls.append(call)

    def _first_shape(self, values: object) -> tuple[int, ...]:
        """The shape of a tensor, or of the first of several; empty where there is none."""
        if isinstance(values, (tuple, list)) and values:
            values = values[0]
        return self._shape(values) if isinstance(values, Tensor) else ()

    def _shape(self, tensor: Tensor) -> tuple[int, ...]:
        # From the record: while functions are caught, asking the tensor itself would be one more of them.
        found = self._values.get(id(tensor)) or self._parameters.get(id(tensor))
        return tuple(tensor.shape) if found is None else found.shape

    def _written(self, tensor: Tensor) -> Value:
        if id(tensor) not in self._names:
            return self.add(tensor)
        # A view of a weight, or a buffer updated in place: shown as an output, but no activation.
        self.storage_bytes.append(0)
        return Value(len(self.storage_bytes) - 1, tuple(tensor.shape), DTYPE_NAMES[tensor.dtype])

    def graph(self, inputs: Iterable[Tensor], outputs: Iterable[Tensor], method: str) -> Graph:
        """Everything recorded, as a frozen graph."""
        trainable = [self.parameter(tensor) for tensor in self._trainable]
        return Graph(
            ops=tuple(self.ops),
            inputs=tuple(self.value(tensor) for tensor in inputs),
            outputs=tuple(
                self._values.get(id(tensor)) or self._found(tensor)
                for tensor in outputs
                if id(tensor) not in self._names
            ),
            parameters=tuple(parameter for parameter in trainable if parameter is not None),
            storage_bytes=tuple(self.storage_bytes),
            method=method,
            warnings=tuple(self.warnings),
            calls=tuple(self.calls),
        )
