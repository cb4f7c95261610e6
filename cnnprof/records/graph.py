"""A network as the ops it runs, in order, with every shape: what tracing yields and costing reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import prod

ITEM_BYTES: Mapping[str, int] = {
    "float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "complex64": 8, "complex128": 16,
    "int64": 8, "int32": 4, "int16": 2, "int8": 1, "bool": 1,
    "uint64": 8, "uint32": 4, "uint16": 2, "uint8": 1, "qint8": 1, "quint8": 1,
    "float8_e4m3fn": 1, "float8_e5m2": 1, "float8_e4m3fnuz": 1, "float8_e5m2fnuz": 1, "float8_e8m0fnu": 1,
}  # fmt: skip
HALVES = frozenset({"int4", "uint4"})  # of half a byte: no whole number that ``item_bytes`` could give


# Activations that multiply a tensor by what they make of it, by the kinds of those steps.
GATES: Mapping[tuple[str, ...], str] = {
    ("sigmoid",): "silu",
    ("hard_sigmoid",): "hard_swish",
    ("softplus", "tanh"): "mish",
}


def item_bytes(dtype: str) -> int:
    """Bytes of one element; those of float32 where it is not known."""
    return ITEM_BYTES.get(dtype, 4)


def bytes_of(elements: int, dtype: str) -> int:
    """Bytes of a tensor; of four bits each, two elements share one."""
    return -(-elements // 2) if dtype in HALVES else elements * item_bytes(dtype)


@dataclass(frozen=True, slots=True)
class Value:
    """A tensor that flows between ops. Views of one tensor share its ``storage``.

    ``elements`` is its size and ``nbytes`` what reading or writing the whole tensor moves, each worked out once: costs
    ask for them many times.
    """

    storage: int
    shape: tuple[int, ...]
    dtype: str
    elements: int = field(init=False, repr=False, compare=False)
    nbytes: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _set_sizes(self)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A weight or buffer that ops read. ``trainable`` is False for buffers such as running means.

    ``elements`` and ``nbytes`` are its sizes, as those of a ``Value``. ``part`` is how many elements an op reads that
    was given a slice of it, None where it is given all; ``read_bytes`` is what reading them moves. ``view`` is the
    shape that the op was given it in, None where that is its own.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    trainable: bool
    part: int | None = None
    view: tuple[int, ...] | None = None
    elements: int = field(init=False, repr=False, compare=False)
    nbytes: int = field(init=False, repr=False, compare=False)
    read_bytes: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _set_sizes(self)
        read = self.nbytes if self.part is None else bytes_of(self.part, self.dtype)
        object.__setattr__(self, "read_bytes", read)

    @property
    def given(self) -> tuple[int, ...]:
        """The shape that the op was given it in."""
        return self.shape if self.view is None else self.view

    def seen_as(self, shape: tuple[int, ...]) -> Parameter:
        """The same weight for an op that is given a view of it: one that is expanded reads no more than there is."""
        held, shown = self.elements if self.part is None else self.part, prod(shape)
        view = None if shape == self.shape else shape
        return replace(self, part=self.part if shown >= held else shown, view=view)


def _set_sizes(tensor: Value | Parameter) -> None:
    elements = prod(tensor.shape)
    object.__setattr__(tensor, "elements", elements)
    object.__setattr__(tensor, "nbytes", bytes_of(elements, tensor.dtype))


@dataclass(frozen=True, slots=True)
class Op:
    """One call of one operation.

    ``kind`` is cnnprof's name for what is computed (``conv``, ``batch_norm``, ``add``), the key of every cost table;
    ``function`` is the name torch called it by. ``path`` and ``module`` are the innermost module's path and class.
    ``parameters`` are the weights and buffers read, in the order of the function's arguments.
    ``attributes`` are read from the call, never guessed from shapes (stride, groups, dim ...).
    ``call`` is what the network's code wrote: ``F.relu``, ``torch.relu``, ``Tensor.relu``, ``operator.mul`` (``x * y``)
    are one kind of op, and not one thing to counters that replace functions; empty where nothing was called by name.
    """

    kind: str
    function: str
    path: str
    module: str
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    parameters: tuple[Parameter, ...] = ()
    attributes: Mapping[str, object] = field(default_factory=dict)
    inplace: bool = False
    call: str = ""

    @property
    def weight(self) -> tuple[int, ...]:
        """The sizes of a convolution's or linear layer's weight, as the op was given it.

        ``Cout x Cin/groups x Kh x Kw``; of a transposed convolution ``Cin x Cout/groups x Kh x Kw``; ``out x in``.
        """
        sizes = self.attributes["weight"]
        assert isinstance(sizes, tuple)
        return sizes

    @property
    def source(self) -> Value | Parameter:
        """What the op works on: its first input, or a weight as it was given, where that comes before all inputs."""
        if self.inputs and not self.attributes.get("from_weight"):
            return self.inputs[0]
        weight = self.parameters[0]
        return weight if weight.view is None else replace(weight, shape=weight.view, view=None)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of one module, as counters that hook modules see it: ``ops[first:last]`` of the graph ran inside.

    ``base`` is the nearest of torch's own classes that the module's class is or derives from; ``native``: it is that
    class. ``leaf``: it holds no modules. ``places``: how often a walk over the network's tree meets this one module
    (more than once where it is shared). ``input`` and ``output`` are the shapes of the first tensor given and returned;
    ``weights`` the names and shapes of its own parameters, those under a mask as many scalars as the mask leaves.
    ``keyword``: it was given nothing by position (``self.conv(input=x)``); hooks then see no input at all.
    """

    path: str
    module: str
    base: str
    native: bool
    leaf: bool
    places: int
    first: int
    last: int
    input: tuple[int, ...]
    output: tuple[int, ...]
    weights: tuple[tuple[str, tuple[int, ...]], ...] = ()
    keyword: bool = False


@dataclass(frozen=True, slots=True)
class Graph:
    """All ops of one forward pass in the order they ran.

    ``parameters`` holds each trainable parameter of the network once, used or not.
    ``storage_bytes[i]`` is the size of the memory behind storage ``i``; weights are not storages.
    ``method`` is ``shapes`` (no compute) or ``forward`` (one real pass, where shapes alone did not decide).
    ``calls`` are those of the network's modules, in the order they returned; empty where it has no modules (ONNX).
    """

    ops: tuple[Op, ...]
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    parameters: tuple[Parameter, ...]
    storage_bytes: tuple[int, ...]
    method: str = "shapes"
    warnings: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
