"""What a call of a compiled network consists of, and which layers of the network each part comes from.

Inductor tells, for every kernel in the order they run, the nodes of the exported graph that it computes. Of what a
library call computes (a convolution with its batch norm and activation) it may name the last node alone; the layer is
found by going back from there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from torch.fx import Graph, Node

LIBRARY = "aoti_torch_"  # what calls of the library begin with; all else are kernels that inductor generated
LAYER = re.compile(r"aten\.(conv\w*|linear)\b")
Information = Mapping[str, Mapping[str, Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Call:
    """A kernel or a library call: its name, the module paths that it computes, and ``conv`` or ``linear`` where it is
    the call of such a layer.
    """

    name: str
    paths: Sequence[str]
    types: Sequence[str]

    def row(self) -> tuple[str, Sequence[str], Sequence[str]]:
        """As plain values."""
        return self.name, self.paths, self.types


def calls_of(graph: Graph, information: Information) -> list[Call]:
    """The calls in the order that they run; ``information`` is inductor's, by name and running number."""
    keys = sorted(information, key=lambda key: int(key.rpartition(":")[2]))
    names = [key.rpartition(":")[0] for key in keys]
    nodes = {node.name: node for node in graph.nodes}
    sources = [[nodes[name] for name in information[key]["pre_grad_nodes"] if name in nodes] for key in keys]
    layers = _layers(graph, names, sources)
    taken = {node for place in layers for node in sources[place]}
    return [
        Call(name, [_path(layers[place])], [_family(name)])
        if place in layers
        else Call(name, _paths(sources[place], taken), [])
        for place, name in enumerate(names)
    ]


def _layers(graph: Graph, names: Sequence[str], sources: Sequence[Sequence[Node]]) -> dict[int, Node]:
    """The convolution or linear layer of each library call that has one."""
    named = {node for each in sources for node in each}
    found: dict[int, Node] = {}
    for place, name in enumerate(names):
        if _family(name):
            behind = dict.fromkeys(_layers_behind(sources[place], named - set(sources[place])))
            fitting = [node for node in behind if _family(str(node.target)) == _family(name)]
            if len(fitting) == 1 and fitting[0] not in found.values():
                found[place] = fitting[0]
    for family in ("conv", "linear"):
        _take_what_is_left(graph, names, family, found)
    return found


def _layers_behind(nodes: Sequence[Node], foreign: set[Node]) -> Iterator[Node]:
    """The layers that these nodes are computed from, without going through what another call computes."""
    waiting, seen = list(nodes), set(nodes)
    while waiting:
        node = waiting.pop()
        if _is_layer(node):
            yield node
            continue
        further = [each for each in node.all_input_nodes if each not in seen and each not in foreign]
        seen.update(further)
        waiting += further


def _take_what_is_left(graph: Graph, names: Sequence[str], family: str, found: dict[int, Node]) -> None:
    """Where as many calls as layers of a family are left, they are the same in order."""
    calls = [place for place, name in enumerate(names) if _family(name) == family and place not in found]
    layers = [
        node
        for node in graph.nodes
        if _is_layer(node) and _family(str(node.target)) == family and node not in found.values()
    ]
    if len(calls) == len(layers):
        found.update(zip(calls, layers, strict=True))


def _family(name: str) -> str:
    """``conv`` or ``linear``, of a library call or a layer; nothing for all else."""
    if not name.startswith((LIBRARY, "aten.")):
        return ""
    if "conv" in name:
        return "conv"
    return "linear" if re.search(r"linear|_addmm|_mm_out", name) else ""


def _is_layer(node: Node) -> bool:
    return node.op == "call_function" and LAYER.match(str(node.target)) is not None


def _path(node: Node) -> str:
    """The innermost module; torch.export marks those that are called again with ``@1``."""
    stack = node.meta.get("nn_module_stack") or {}
    last = next(reversed(stack.values()), ("",))
    return str(last[0]).partition("@")[0]


def _paths(nodes: Sequence[Node], taken: set[Node]) -> list[str]:
    """Of what a generated kernel computes; it also names what it merely reads."""
    return list(dict.fromkeys(_path(node) for node in nodes if node not in taken))
