"""Time of every node by ONNX Runtime's own profile: a JSON file in a temporary folder, removed with it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from cnnprof.errors import MissingRuntimeError
from cnnprof.records.layer_times import RuntimeLayer
from cnnprof.runtimes.clock import seconds_of

if TYPE_CHECKING:
    from cnnprof.runtimes.onnx.export import OnnxNode
    from cnnprof.runtimes.onnxruntime.session import OnnxRuntimeSession

WARM_PASSES = 2  # a session's first passes lay out its memory
KERNEL = "_kernel_time"
# What layout optimisation calls a node: the name of its output, which may be that of an activation fused into it.
NCHWC = re.compile(r"_nchwc(_token_\d+)?$")
# What a fusion calls its node: by one that it fused, as in ``fused node_linear`` or ``node_MatMul_9/MatMulAddFusion``.
FUSION = re.compile(r"^fused |/\w+Fusion/?(_token_\d+)?$")

Event = Mapping[str, Any]


def profile_onnxruntime(session: OnnxRuntimeSession, calls: int) -> tuple[list[RuntimeLayer], list[float]]:
    """A row for each node of the optimised graph in the order they run, and the wall seconds of each pass.

    Counters are chosen when a session is made, so this is a second one of the same file.
    """
    if session.file.settings.device != "cpu":
        raise MissingRuntimeError(
            "ONNX Runtime's counters time only the launches on an accelerator",
            "use --device cpu, or leave out --time",
        )
    with TemporaryDirectory(prefix="cnnprof-") as folder:
        counting = session.file.open(
            enable_profiling=True, profile_file_prefix=os.fspath(Path(folder, "profile"))
        )
        walls = seconds_of(lambda: counting.run(None, dict(session.inputs)), WARM_PASSES + calls)
        events = json.loads(Path(counting.end_profiling()).read_text(encoding="utf-8"))
    return layers(passes(events)[WARM_PASSES:], session.file.nodes), walls[WARM_PASSES:]


def passes(events: Iterable[Event]) -> list[list[Event]]:
    """The kernels of each pass in the order they ran: those within the span of its ``model_run``."""
    events = list(events)
    runs = sorted(
        (event["ts"], event["ts"] + event["dur"]) for event in events if event["name"] == "model_run"
    )
    kernels = [event for event in events if event["cat"] == "Node" and event["name"].endswith(KERNEL)]
    kernels.sort(key=lambda event: event["ts"])
    return [[event for event in kernels if start <= event["ts"] <= end] for start, end in runs]


def layers(found: Sequence[Sequence[Event]], nodes: Sequence[OnnxNode]) -> list[RuntimeLayer]:
    """A row for each kernel of the passes, with what is known of the node that it is named after."""
    known = {output: node for node in nodes for output in node.outputs} | {node.name: node for node in nodes}
    return [
        _layer(kernels[0], tuple(event["dur"] / 1e6 for event in kernels), known)
        for kernels in zip(*found, strict=True)
    ]


def _layer(event: Event, seconds: tuple[float, ...], known: Mapping[str, OnnxNode]) -> RuntimeLayer:
    """A kernel of the runtime's own, such as a change of layout, goes by its type."""
    name, kind = event["name"].removesuffix(KERNEL), event["args"]["op_name"]
    part = FUSION.sub("", name)
    if part != name and part in known:
        # Silu is named by its Mul, but none of the module's others; a FusedMatMul is one of the module's MatMuls.
        return RuntimeLayer(name, known[part].paths, (kind.removeprefix("Fused"),), seconds)
    node = known.get(name) or known.get(NCHWC.sub("", name))
    if node is None:
        return RuntimeLayer(kind, (), (), seconds)
    return RuntimeLayer(name, node.paths, tuple(dict.fromkeys((kind, node.type))), seconds)
