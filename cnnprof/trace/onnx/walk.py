"""The pass over an ONNX graph: every node's shapes inferred, constants folded, everything else recorded as an op."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from cnnprof.errors import ModelError
from cnnprof.records.graph import Graph, Op, Parameter, Value, bytes_of
from cnnprof.trace.onnx.contributed import DOMAIN as CONTRIBUTED
from cnnprof.trace.onnx.contributed import in_standard
from cnnprof.trace.onnx.contributed_products import kind_of, types_of, unread
from cnnprof.trace.onnx.folding import MOST_ELEMENTS, compute, dtype_alone, folds, literal, stored
from cnnprof.trace.onnx.inference import Inference, Known, title
from cnnprof.trace.onnx.merging import merged
from cnnprof.trace.onnx.nodes import attribute
from cnnprof.trace.onnx.order import in_order
from cnnprof.trace.onnx.places import path_of
from cnnprof.trace.onnx.sequences import Sequences
from cnnprof.trace.onnx.types import DTYPES, Constant
from cnnprof.trace.onnx.unknown import unknown_shape
from cnnprof.trace.onnx.weights import parameters_of, sources

VIEWS = ("view", "identity")


class Walk:
    """One pass. ``known`` holds every value met so far by its name, weights among them."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.known: dict[str, Known] = {}
        self.ops: list[Op] = []
        self.storage_bytes: list[int] = []
        self.trainable: dict[str, Parameter] = {}
        self._sequences = Sequences()

    def add_input(self, name: str, shape: tuple[int, ...], dtype: str) -> Value:
        """An input of the network."""
        value = self._fresh(shape, dtype)
        self.known[name] = value
        return value

    def add_stored(self, tensor: Any, name: str = "", is_literal: bool = False) -> None:
        """An initializer, or the value of a ``Constant`` node."""
        name, shape, dtype = name or tensor.name, tuple(tensor.dims), DTYPES.get(tensor.data_type, "float32")
        self.known[name] = Constant(shape, dtype, ((name, shape, dtype),), stored(tensor), is_literal)

    def run(self, graph: Any) -> None:
        """All nodes of a graph (the network's, or a branch's), each after those that it reads."""
        for tensor in graph.initializer:
            self.add_stored(tensor)
        for sparse in graph.sparse_initializer:
            self._add_sparse(sparse)
        for node in in_order(graph.node):
            self._step(node)

    def _add_sparse(self, sparse: Any) -> None:
        """A weight of which the file stores what is not zero."""
        values = sparse.values
        dtype = DTYPES.get(values.data_type, "float32")
        weights = ((values.name, tuple(values.dims), dtype),)
        self.known[values.name] = Constant(tuple(sparse.dims), dtype, weights)

    def _step(self, node: Any) -> None:
        plain = self._written_out(node)
        if plain is not None:
            for each in plain:
                self._step(each)
            return
        inputs = self._inputs(node)
        given = [value for value in inputs if value is not None]
        if node.op_type == "Constant":
            self.add_stored(literal(node), node.output[0], is_literal=True)
        elif node.op_type in ("Shape", "Size") and given:
            self._ask(node, given[0].shape)
        elif node.op_type == "If" and (branch := _taken(node, given)) is not None:
            self.run(branch)
            for name, result in zip(node.output, branch.output, strict=False):
                self.known[name] = self._find(result.name, node)
        elif all(isinstance(value, Constant) for value in given) and folds(node):
            self._fold(node, [value for value in inputs if not isinstance(value, Value)])
        else:
            self._record(node, inputs)

    def _written_out(self, node: Any) -> list[Any] | None:
        """The nodes that do the same in standard operators on tensors; None for one of those."""
        if node.domain == CONTRIBUTED:
            return in_standard(node, self.inference.version)
        return self._sequences.plain(node, self.known)

    def _inputs(self, node: Any) -> list[Known | None]:
        """What a node reads, None where that is left out or says nothing of what is computed."""
        left_out = unread(node)
        inputs = [
            self._find(name, node) if name and place not in left_out else None
            for place, name in enumerate(node.input)
        ]
        if node.op_type == "CastLike" and isinstance(inputs[-1], Value):
            inputs[-1] = dtype_alone(inputs[-1].dtype)
        return inputs

    def _find(self, name: str, node: Any) -> Known:
        found = self.known.get(name)
        if found is None:
            raise ModelError(
                f"{title(node)} reads {name!r}, which nothing before it writes", "export it again"
            )
        return found

    def _ask(self, node: Any, shape: tuple[int, ...]) -> None:
        """``Shape`` and ``Size`` are questions, no ops: their answers are known here."""
        import numpy as np

        answer: object = prod(shape)
        if node.op_type == "Shape":
            answer = list(shape)[attribute(node, "start", 0) : attribute(node, "end")]
        data = np.array(answer, dtype=np.int64)
        self.known[node.output[0]] = Constant(data.shape, "int64", data=data, literal=True)

    def _fold(self, node: Any, inputs: Sequence[Constant | None]) -> None:
        types = self._types(node, {n: v for n, v in zip(node.input, inputs, strict=True) if v is not None})
        shapes = [shape for shape, _ in types.values()]
        small = all(shape is None or prod(shape) <= MOST_ELEMENTS for shape in shapes)
        computable = small and all(value is None or value.data is not None for value in inputs)
        found = compute(node, self.inference.opsets, [v and v.data for v in inputs]) if computable else None
        weights = sources(node, inputs, next((dtype for _, dtype in types.values()), ""))
        is_literal = all(value is None or value.literal for value in inputs)
        scaled = node.op_type == "DequantizeLinear" or any(v is not None and v.dequantised for v in inputs)
        for index, (name, (shape, dtype)) in enumerate(types.items()):
            data = None if found is None else found[index]
            known = shape if data is None else tuple(data.shape)
            sure = self._sure(known, name, node)
            self.known[name] = Constant(sure, dtype, weights, data, is_literal, scaled)

    def _types(self, node: Any, inputs: Mapping[str, Known]) -> dict[str, tuple[tuple[int, ...] | None, str]]:
        found = types_of(node, inputs, self.inference)
        return self.inference.outputs(node, inputs) if found is None else found

    def _sure(self, shape: tuple[int, ...] | None, name: str, node: Any) -> tuple[int, ...]:
        if shape is None:
            raise unknown_shape(name, node, self.inference.infers(node))
        return shape

    def _record(self, node: Any, inputs: Sequence[Known | None]) -> None:
        types = self._types(node, {n: v for n, v in zip(node.input, inputs, strict=True) if v is not None})
        shapes = {name: self._sure(shape, name, node) for name, (shape, _) in types.items()}
        kind, attributes = kind_of(node, inputs, next(iter(shapes.values()), ()))
        values = tuple(value for value in inputs if isinstance(value, Value))
        outputs = []
        for index, (name, shape) in enumerate(shapes.items()):
            base = values[0] if kind in VIEWS and index == 0 and isinstance(inputs[0], Value) else None
            value = (
                self._fresh(shape, types[name][1]) if base is None else Value(base.storage, shape, base.dtype)
            )
            self.known[name] = value
            outputs.append(value)
        if outputs:
            parameters = () if kind in VIEWS else tuple(parameters_of(node, inputs))
            for parameter in parameters:
                if parameter.trainable:
                    self.trainable.setdefault(parameter.name, parameter)
            path = path_of(node, parameters)
            self.ops.append(
                Op(kind, node.op_type, path, node.op_type, values, tuple(outputs), parameters, attributes)
            )

    def _fresh(self, shape: tuple[int, ...], dtype: str) -> Value:
        self.storage_bytes.append(bytes_of(prod(shape), dtype))
        return Value(len(self.storage_bytes) - 1, shape, dtype)

    def graph(self, inputs: Sequence[Value], outputs: Sequence[str], warnings: Sequence[str]) -> Graph:
        """Everything recorded, as a frozen graph."""
        results = [self.known.get(name) for name in outputs]
        returned = tuple(value for value in results if isinstance(value, Value))
        return Graph(
            ops=tuple(merged(self.ops, returned)),
            inputs=tuple(inputs),
            outputs=returned,
            parameters=tuple(self.trainable.values()),
            storage_bytes=tuple(self.storage_bytes),
            warnings=tuple(warnings),
        )


def _taken(node: Any, inputs: Sequence[Known]) -> Any:
    """The branch of an ``If`` that runs, where that is known."""
    condition = inputs[0] if inputs else None
    if not isinstance(condition, Constant) or condition.data is None:
        return None
    return attribute(node, "then_branch" if bool(condition.data.any()) else "else_branch")
