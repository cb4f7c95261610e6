"""An exported graph run op by op, below the module paths that it was exported from."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from cnnprof.errors import ModelError
from cnnprof.zoo.exported.archive import SAVE_AGAIN, Archive
from cnnprof.zoo.exported.calls import DTYPES, Step, bind, names_in, read_step, value_of


class Layer(nn.Module):
    """A place in the network that was exported; it runs the nodes that came from there."""

    def forward(self, steps: Sequence[Step], values: dict[str, Any]) -> None:
        """Run some nodes on the values so far."""
        for step in steps:
            positional = [value_of(kind, content, values) for kind, content in step.arguments]
            keywords = {name: value_of(kind, content, values) for name, kind, content in step.keywords}
            result = step.call(*positional, **keywords)
            outputs = (result,) if len(step.results) == 1 else result
            for target, output in zip(step.results, outputs, strict=False):
                bind(target, output, values)
            for name in step.last:
                values.pop(name, None)


class Replay(Layer):
    """The whole network; takes the exported module's tensor inputs and returns its outputs."""

    def __init__(self, archive: Archive, weights: bool) -> None:
        super().__init__()
        self._inputs: list[str] = []
        self._held: dict[str, str] = {}
        self._fixed: dict[str, Any] = {}
        classes = _classes(archive.graph["nodes"])
        for spec in archive.signature["input_specs"]:
            ((kind, content),) = spec.items()
            self._add(kind, content, archive, weights, classes)
        outputs = archive.signature["output_specs"]
        pairs = zip(archive.graph["outputs"], outputs, strict=True)
        self._outputs = [names_in(argument) for argument, spec in pairs if "user_output" in spec]
        self._program = _program(archive.graph["nodes"], {name for names in self._outputs for name in names})
        for path, _ in self._program:
            _layer(self, path, classes)

    def _add(self, kind: str, spec: Any, archive: Archive, weights: bool, classes: Mapping[str, str]) -> None:
        """An input of the graph: one of the caller's, a weight, a constant."""
        if kind in ("user_input", "constant_input"):
            argument = spec.get("arg") or spec["value"]
            if "as_tensor" in argument:
                self._inputs.append(argument["as_tensor"]["name"])
            elif "name" in spec:
                self._fixed[spec["name"]] = next(iter(argument.values()))
            return
        if kind not in ("parameter", "buffer", "tensor_constant"):
            raise ModelError(
                f"it holds a {kind.replace('_', ' ')}, which only unpickling could restore", SAVE_AGAIN
            )
        name, placeholder = spec[f"{kind}_name"], spec["arg"]["name"]
        meta = archive.graph["tensor_values"][placeholder]
        tensor = _stored(archive, name, meta) if weights else _empty(meta)
        path, _, own = name.rpartition(".")
        place = _layer(self, path, classes)
        if kind == "parameter":
            place.register_parameter(own, nn.Parameter(tensor, requires_grad=tensor.is_floating_point()))
        else:
            place.register_buffer(own, tensor)
        self._held[placeholder] = name

    def forward(self, *inputs: Any) -> Any:
        """One pass over all nodes, in their order."""
        values: dict[str, Any] = {**self._fixed, **dict(zip(self._inputs, inputs, strict=True))}
        for placeholder, name in self._held.items():
            values[placeholder] = operator.attrgetter(name)(self)
        for path, steps in self._program:
            place = self.get_submodule(path) if path else None
            place(steps, values) if place is not None else Layer.forward(self, steps, values)
        results = [values[name] for names in self._outputs for name in names]
        return results[0] if len(results) == 1 else tuple(results)


def _program(nodes: Sequence[Mapping[str, Any]], kept: set[str]) -> list[tuple[str, list[Step]]]:
    """The nodes in runs of one module path each; every value ends after its last reader."""
    program: list[tuple[str, list[Step]]] = []
    seen = set(kept)
    for node in reversed(nodes):
        step, read = read_step(node), {name for entry in node["inputs"] for name in names_in(entry["arg"])}
        ending = Step(step.call, step.arguments, step.keywords, step.results, tuple(read - seen))
        seen |= read
        path = _stack(node)[-1][0]
        if not program or program[-1][0] != path:
            program.append((path, []))
        program[-1][1].append(ending)
    return [(path, steps[::-1]) for path, steps in reversed(program)]


def _stack(node: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Path and class of the modules that a node came from, outermost first: ``key,path,class;key,path,class``."""
    stack = []
    for entry in node["metadata"].get("nn_module_stack", "").split(";"):
        parts = entry.split(",")
        if len(parts) == 3 and not parts[0].startswith("_empty"):
            stack.append((parts[1].partition("@")[0], parts[2].rpartition(".")[2]))
    return stack or [("", "")]


def _classes(nodes: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    return {path: name for node in nodes for path, name in _stack(node) if name.isidentifier()}


def _layer(root: nn.Module, path: str, classes: Mapping[str, str]) -> nn.Module:
    """The module at a path, made where it is not there yet, of a class named as the exported one's."""
    place, walked = root, []
    for part in path.split(".") if path else ():
        walked.append(part)
        child = place._modules.get(part)
        if child is None:
            child = type(classes.get(".".join(walked), "Layer"), (Layer,), {})()
            place.add_module(part, child)
        place = child
    return place


def _sizes(meta: Mapping[str, Any], key: str) -> list[int]:
    return [size["as_int"] for size in meta[key]]


def _empty(meta: Mapping[str, Any]) -> Tensor:
    return torch.empty(_sizes(meta, "sizes"), dtype=DTYPES[meta["dtype"]], device="meta")


def _stored(archive: Archive, name: str, meta: Mapping[str, Any]) -> Tensor:
    """The weight's own numbers; torch checks that sizes and strides stay within them."""
    data = bytearray(archive.raw(name))
    meta = archive.payloads[name]["tensor_meta"]
    sizes = _sizes(meta, "sizes")
    if not data:
        return torch.empty(sizes, dtype=DTYPES[meta["dtype"]])
    flat = torch.frombuffer(data, dtype=DTYPES[meta["dtype"]])
    try:
        return flat.as_strided(sizes, _sizes(meta, "strides"), meta["storage_offset"]["as_int"]).clone()
    except RuntimeError as error:
        raise ModelError(f"{name} in it is shorter than its shape says", SAVE_AGAIN) from error
