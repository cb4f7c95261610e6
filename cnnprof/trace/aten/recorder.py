"""The same ops one level lower: what composite functions and real forward passes run, in aten's terms."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from cnnprof.trace.aten.attributes import layer_weight, read_attributes
from cnnprof.trace.aten.kinds import ASKS, BIAS_FIRST, UNSAFE_VIEWS, WITH_EXTRAS, kind_between, kind_of
from cnnprof.trace.tape import Tape

COMPOSED = torch._C.DispatchKey.CompositeImplicitAutograd


def is_composed(func: Any) -> bool:
    """Whether an op is a function of other ops: autograd takes it apart, which inference mode and its tensors pass by.

    What torch's Python decompositions make of an op does not count: without them it runs as one.
    """
    return torch._C._dispatch_has_kernel_for_dispatch_key(func.name(), "CompositeImplicitAutograd")


def tensors(values: object) -> list[Tensor]:
    """Those among what an op was given or has returned."""
    return [leaf for leaf in tree_leaves(values) if isinstance(leaf, Tensor)]


def written(schema: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Tensor]:
    """The arguments that an op writes: all that there is to see of one that returns nothing."""
    if not schema.is_mutable:
        return []
    given = {argument.name: value for argument, value in zip(schema.arguments, args, strict=False)} | kwargs
    return tensors([given.get(each.name) for each in schema.arguments if each.is_write])


def told_apart(schema: Any, kwargs: dict[str, Any]) -> tuple[dict[str, Any], list[Tensor]]:
    """Keyword arguments that an op may read, and the tensors of ``out=``, which it only writes."""
    if not schema.is_mutable:
        return kwargs, []
    out = {argument.name for argument in schema.arguments if argument.is_out}
    given = {name: value for name, value in kwargs.items() if name not in out}
    return given, tensors([value for name, value in kwargs.items() if name in out])


class AtenRecorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Records every aten op that runs while it is active; the op itself runs, on whatever tensors it is given."""

    def __init__(self, tape: Tape) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.tape = tape

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """No: torch would import its compiler, which takes seconds, only to keep it away from this mode."""
        return False

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run the op and record what it read and wrote."""
        kwargs = kwargs or {}
        if self.tape.is_whole:
            return func(*args, **kwargs)
        if is_composed(func):
            with self:
                return func._op_dk(COMPOSED, *args, **kwargs)
        result = func(*args, **kwargs)
        outputs = tensors(result) or written(func._schema, args, kwargs)
        if outputs or func.overloadpacket.__name__ in ASKS:
            self._record(func, args, kwargs, outputs)
        return result

    def _record(
        self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], outputs: list[Tensor]
    ) -> None:
        # reads[0] of a view is what it looks at: torch's schemas put it first
        tape = self.tape
        name = func.overloadpacket.__name__
        given, targets = told_apart(func._schema, kwargs)
        reads = tensors((args, given))
        tape.admit((*reads, *targets))
        if name in BIAS_FIRST:
            reads = [*reads[1:], reads[0]]
        writes = func._schema.is_mutable and not targets
        looks = func._schema.name in UNSAFE_VIEWS or any(
            result.alias_info is not None for result in func._schema.returns
        )
        if looks and (not func._schema.is_mutable or torch.Tag.inplace_view in func.tags):
            tape.look(name, reads[0], outputs)
            return
        if not writes and not targets:
            for out in outputs:
                tape.add(out)
        kind, attributes = read_attributes(kind_of(func), name, args, outputs)
        if kind == "matmul" and name != "addbmm" and (weight := layer_weight(tape, args[-1])):
            kind, attributes = "linear", {"weight": weight, "bias": name == "addmm"}
        if kind == "hard_tanh":
            kind = kind_between(*args[1:3])
        if kind == "gather":
            attributes = {"from_weight": tape.parameter(reads[0]) is not None}
        results = outputs[:1] if kind in WITH_EXTRAS else outputs
        tape.extras += [(len(tape.ops), tape.value(extra)) for extra in outputs[len(results) :]]
        tape.emit(kind, name, self._looked_at(kind, writes, reads), results, attributes, writes)

    def _looked_at(self, kind: str, writes: bool, reads: list[Tensor]) -> list[Tensor]:
        """What of its tensors an op reads: one that fills or copies looks at none that it only writes or is shaped by.

        A buffer stays, as the record of its being written: it is an output without memory of its own. What is put into
        one is known by its places.
        """
        if kind in ("fill", "empty") and not writes:
            return []
        if kind == "scatter":
            return reads[1:]
        overwrites = writes and kind in ("fill", "copy")
        return reads[1:] if overwrites and self.tape.parameter(reads[0]) is None else reads
