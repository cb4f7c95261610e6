"""The tape that ops are recorded on while a network runs, and that becomes the graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

from cnnprof.records.graph import Call, Graph, Op, Parameter, Value
from cnnprof.records.making import maker
from cnnprof.trace.activations import META, Activations
from cnnprof.trace.extras import with_extras
from cnnprof.trace.inventory import DTYPE_NAMES, Inventory, Place
from cnnprof.trace.rules.shapes import Shape

NO_ATTRIBUTES: Mapping[str, object] = {}
CONVOLUTIONS = ("conv", "conv_transpose")

make_op = maker(Op)


class UndecidedError(Exception):
    """Shapes alone would give a wrong graph; the message says why."""


class Tape(Activations):
    """Ops in the order they ran, and the tensors that they read and write.

    Without ``with_calls`` neither the calls of modules nor the names that functions were called by are recorded:
    other counters' conventions need them, and they take a fifth of the pass.
    """

    def __init__(self, inventory: Inventory, with_calls: bool = True) -> None:
        super().__init__()
        self.ops: list[Op] = []
        self.stack: list[Place] = []
        self.inventory = inventory
        self.places = inventory.places
        self.with_calls = with_calls
        self.calls: list[Call] = []
        self.call = ""
        self.warnings: list[str] = []
        self.extras: list[tuple[int, Value]] = []
        self.is_whole = False
        self.elsewhere: list[Place] = []
        self._parameters = inventory.parameters
        self._on_meta: dict[int, Tensor] = {}
        self._alive.append(inventory.model)

    def seen(self) -> list[object]:
        """All that was kept alive, stand-ins among it; the tape knows no tensor any longer."""
        self._on_meta.clear()
        return super().seen()

    @contextmanager
    def one_op(self) -> Iterator[None]:
        """Inside, what torch runs is part of one op, which is recorded as a whole."""
        self.is_whole = True
        try:
            yield
        finally:
            self.is_whole = False

    def parameter(self, tensor: Tensor) -> Parameter | None:
        """The record of a weight or buffer of the model; None for any other tensor."""
        return self._parameters.get(id(tensor)) or self.inventory.read(tensor)

    def weights(
        self, table: Mapping[str, Tensor | None], first: str, second: str
    ) -> tuple[Parameter, ...] | None:
        """The records of those a layer has; None if one was taken away, or is not what the model was built with."""
        known = self._parameters
        try:
            one, two = table[first], table[second]
            if two is None:
                return () if one is None else (known[id(one)],)
            return (known[id(two)],) if one is None else (known[id(one)], known[id(two)])
        except KeyError:
            return None

    def view_of(self, tensor: Tensor, source: Tensor) -> None:
        """Record a view: of an activation it shares the storage, of a weight it is that weight in another shape."""
        weight = self.parameter(source)
        if weight is not None:
            self._parameters[id(tensor)] = weight.seen_as(tuple(tensor.shape))
            self._alive.append(tensor)
        else:
            self.add(tensor, self.value(source))

    def look(self, function: str, source: Tensor, outputs: Sequence[Tensor]) -> None:
        """Record an op that only looks at memory in another way."""
        value = self._values.get(id(source))
        if value is None:
            for out in outputs:
                self.view_of(out, source)
            self.emit("view", function, (source,), outputs)
        else:
            views = tuple([self.add(out, value) for out in outputs])
            self.append("view", function, (value,), views, (), NO_ATTRIBUTES, False, self.call)

    def admit(self, tensors: Iterable[Tensor]) -> None:
        """Record the tensors that are new as the results of ops too low to be seen."""
        for tensor in tensors:
            if id(tensor) not in self._values and self.parameter(tensor) is None:
                self.add(tensor)

    def _found(self, tensor: Tensor) -> Value:
        """A tensor that no recorded op wrote: a constant of the model, or the work of code that is not seen."""
        if tensor.is_meta and self.inventory.has_data:
            raise UndecidedError("code outside of Python, such as TorchScript, took part")
        return self.add(tensor)

    def on_meta(self, tensor: Tensor) -> Tensor:
        """The tensor itself, or a stand-in without data that is known by the same record."""
        if tensor.is_meta:
            if id(tensor) not in self._values and self.parameter(tensor) is None:
                self._found(tensor)
            return tensor
        found = self._on_meta.get(id(tensor))
        if found is None:
            found = torch.empty_like(tensor, device=META)
            self._on_meta[id(tensor)] = found
            self._alive.extend((found, tensor))
            weight = self.parameter(tensor)
            if weight is not None:
                self._parameters[id(found)] = weight
            else:
                self._values[id(found)] = self.value(tensor)
        return found

    def emit(
        self,
        kind: str,
        function: str,
        reads: Sequence[Tensor | None],
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
        if kind in CONVOLUTIONS and inputs and reads[0] is not None and self.parameter(reads[0]) is not None:
            attributes = {**attributes, "from_weight": True}  # a constant is what computed weights work on
        outputs = tuple([known.get(id(tensor)) or self._written(tensor) for tensor in writes])
        self.append(kind, function, tuple(inputs), outputs, tuple(parameters), attributes, inplace, self.call)

    def append(
        self,
        kind: str,
        function: str,
        inputs: tuple[Value, ...],
        outputs: tuple[Value, ...],
        parameters: tuple[Parameter, ...],
        attributes: Mapping[str, object],
        inplace: bool,
        call: str,
    ) -> None:
        """Record one op whose tensors have records already, at the module that runs now."""
        path, module = self.stack[-1] if self.stack else ("", "")
        self.ops.append(
            make_op(kind, function, path, module, inputs, outputs, parameters, attributes, inplace, call)
        )

    def shape_of(self, tensor: Tensor) -> Shape:
        """A tensor's shape from its record: while functions are caught, asking itself would be one more of them."""
        value = self._values.get(id(tensor))
        if value is not None:
            return value.shape
        weight = self._parameters.get(id(tensor))
        return tuple(tensor.shape) if weight is None else weight.given

    def _written(self, tensor: Tensor) -> Value:
        if self.parameter(tensor) is None:
            return self.add(tensor)
        # A view of a weight, or a buffer updated in place: shown as an output, but no activation.
        self.storage_bytes.append(0)
        return Value(len(self.storage_bytes) - 1, tuple(tensor.shape), DTYPE_NAMES[tensor.dtype])

    def graph(self, inputs: Iterable[Tensor], outputs: Iterable[Tensor], method: str) -> Graph:
        """Everything recorded, as a frozen graph."""
        ends = [
            self._values.get(id(tensor)) or self._found(tensor)
            for tensor in outputs
            if self.parameter(tensor) is None
        ]
        return Graph(
            ops=with_extras(self.ops, self.extras, ends),
            inputs=tuple(self.value(tensor) for tensor in inputs),
            outputs=tuple(ends),
            parameters=tuple(filter(None, map(self.parameter, self.inventory.trainable))),
            storage_bytes=tuple(self.storage_bytes),
            method=method,
            warnings=tuple(self.warnings),
            calls=tuple(self.calls),
        )
