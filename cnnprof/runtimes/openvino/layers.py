"""The layers that OpenVINO runs, and the ONNX nodes that each was made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnnprof.runtimes.onnx.export import OnnxNode


def executed_layers(compiled: Any) -> list[tuple[str, dict[str, str]]]:
    """The layers as OpenVINO runs them, with what it says of each."""
    return [
        (op.get_friendly_name(), {name: str(value.value) for name, value in op.get_rt_info().items()})
        for op in compiled.get_runtime_model().get_ordered_ops()
    ]


def origins(info: Mapping[str, str], known: Mapping[str, OnnxNode]) -> list[OnnxNode]:
    """The ONNX nodes that a layer was made of, each once."""
    found = [known[part] for part in _parts(info["originalLayersNames"].split(",")) if part in known]
    return list({node.name: node for node in found}.values())


def by_name(nodes: Sequence[OnnxNode]) -> dict[str, OnnxNode]:
    """Nodes by their own names and by those of their outputs."""
    by_output = {output: node for node in nodes for output in node.outputs}
    return by_output | {node.name: node for node in nodes}


def _parts(origins: Iterable[str]) -> Iterator[str]:
    """``node_Conv_811/WithoutBiases`` is a part of ``node_Conv_811``."""
    for origin in origins:
        yield origin if "/" not in origin else origin.rpartition("/")[0]
        yield origin
