"""ncnn on the CPU, one image at a time.

ncnn's options default to float16 storage and arithmetic wherever the CPU has them, so each is set by name. Its files
have no batch dimension.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy
import torch
from torch import Tensor

from cnnprof.errors import MissingRuntimeError, ModelError
from cnnprof.records.layer_times import RuntimeLayer
from cnnprof.records.preparation import Preparation
from cnnprof.runtimes.clock import seconds_of
from cnnprof.runtimes.installed import installed_version
from cnnprof.runtimes.ncnn.layers import HEAVY, name_layers, time_layers
from cnnprof.runtimes.ncnn.pnnx import (
    convert_to_ncnn,
    find_pnnx,
    import_ncnn,
    load_net,
    read_calls,
    read_param,
)
from cnnprof.runtimes.registry import INSTEAD, Session, Settings
from cnnprof.runtimes.tensors import random_inputs

if TYPE_CHECKING:
    from torch import nn

OUTPUT = re.compile(r"out(\d+)")
# Every option of ncnn that changes the precision, and the dtypes that switch it on.
PRECISION = {
    "use_fp16_storage": ("float16",),
    "use_fp16_packed": ("float16",),
    "use_fp16_arithmetic": ("float16",),
    "use_bf16_storage": ("bfloat16",),
    "use_bf16_packed": ("bfloat16",),
    "use_int8_inference": (),
    "use_vulkan_compute": (),
}
# Left as ncnn ships them, and recorded: layouts and algorithms of its convolutions.
RECORDED = (
    "lightmode",
    "num_threads",
    "openmp_blocktime",
    "use_packing_layout",
    "use_sgemm_convolution",
    "use_winograd_convolution",
    "use_winograd23_convolution",
    "use_winograd43_convolution",
    "use_winograd63_convolution",
)
SUPPORT = {"float16": "support_fp16_storage", "bfloat16": "support_bf16_storage"}


class NcnnSession:
    """A loaded network. A call makes an extractor of its own, gives it the inputs and takes out every output."""

    def __init__(self, net: Any, folder: Path, settings: Settings, preparation: Preparation) -> None:
        self.preparation = preparation
        self._net = net
        self._folder = folder
        self._inputs = _mats(net, settings)
        self._outputs = _outputs(net)

    def time(self, calls: int) -> list[float]:
        """Seconds of each of ``calls`` forward passes."""
        return seconds_of(self._call, calls)

    def outputs(self) -> list[Tensor]:
        """The outputs of one forward pass, in memory of their own, with the batch dimension that ncnn drops."""
        return [torch.from_numpy(numpy.array(found, dtype=numpy.float32))[None] for found in self._call()]

    def profile(self, calls: int) -> tuple[Sequence[RuntimeLayer], Sequence[float]]:
        """Seconds of each layer, taken out of the network one after another: ncnn has no counters of its own."""
        layers, rows, walls = self._net.layers(), [], []
        for _ in range(calls):
            start = perf_counter()
            rows.append(time_layers(self._net, layers, self._inputs))
            walls.append(perf_counter() - start)
        named = name_layers(read_param(self._folder), read_calls(self._folder))
        return [
            RuntimeLayer(name, paths, types, tuple(row[place] for row in rows))
            for place, (name, paths, types) in enumerate(named)
        ], walls

    def _call(self) -> list[Any]:
        extractor = self._net.create_extractor()
        for name, values in self._inputs.items():
            extractor.input(name, values)
        return [_extract(extractor, name) for name in self._outputs]


class NcnnRuntime:
    """ncnn. Its int8 wants a calibration tool of its own that is no part of the package."""

    dtypes = ("float32", "bfloat16", "float16")

    def resolve_device(self, device: str) -> str:
        """``auto`` is the CPU; ncnn's Vulkan is not offered."""
        import_ncnn()
        find_pnnx()
        if device not in ("auto", "cpu"):
            raise MissingRuntimeError(
                f"ncnn does not run on {device} here, only on the CPU", "use --device cpu"
            )
        return "cpu"

    def prepare(self, model: nn.Module, settings: Settings) -> Session:
        """Convert by way of pnnx, set every option that changes precision, and load."""
        ncnn = import_ncnn()
        if any(shape[:1] != (1,) for shape in settings.shapes):
            raise ModelError("ncnn runs one image at a time: its files have no batch dimension", "--batch 1")
        stored = convert_to_ncnn(model.eval().float().cpu(), settings)
        start = perf_counter()
        net = _load(ncnn, stored.folder, settings)
        computes_in = _describe_precision(net, settings.dtype)
        preparation = Preparation(
            convert_s=stored.seconds + perf_counter() - start,
            cached=stored.cached,
            options={**self.versions(), **_options(ncnn, net), "computes_in": computes_in},
            warnings=(*stored.warnings, *_ignored(settings)),
        )
        return NcnnSession(net, stored.folder, settings, preparation)

    def versions(self) -> dict[str, str]:
        """Versions of ncnn and of its converter."""
        return {package: installed_version(package) for package in ("ncnn", "pnnx")}


def _load(ncnn: Any, folder: Path, settings: Settings) -> Any:
    net = ncnn.Net()
    net.opt.num_threads = settings.threads
    for option, dtypes in PRECISION.items():
        if hasattr(net.opt, option):  # some came with later versions
            setattr(net.opt, option, settings.dtype in dtypes)
    return load_net(net, folder)


def _mats(net: Any, settings: Settings) -> dict[str, Any]:
    """The inputs without their batch dimension, in ncnn's own memory."""
    mat = import_ncnn().Mat
    names = net.input_names()
    tensors = random_inputs(settings)
    if len(names) != len(tensors):
        raise ModelError(f"pnnx made a network of {len(names)} input(s), not {len(tensors)}", INSTEAD)
    return {name: mat(values[0].numpy()).clone() for name, values in zip(names, tensors, strict=True)}


def _outputs(net: Any) -> list[str]:
    """The network's outputs in their order, which pnnx calls out0, out1 and so on.

    ncnn lists every blob that no layer reads, also those that nobody wants, in the order in which they are computed.
    """
    names: list[str] = list(net.output_names())
    ours = [name for name in names if OUTPUT.fullmatch(name)]
    return sorted(ours, key=lambda name: int(name.removeprefix("out"))) or names


def _extract(extractor: Any, name: str) -> Any:
    code, found = extractor.extract(name)
    if code != 0:
        raise ModelError(f"ncnn fails to compute the output {name} (code {code})", INSTEAD)
    return found


def _describe_precision(net: Any, dtype: str) -> str:
    """What the convolutions and matrix products compute in; MissingRuntimeError where none has the dtype's kernels."""
    heavy = [layer for layer in net.layers() if layer.type in HEAVY]
    if dtype not in SUPPORT:
        return f"{len(heavy)} {dtype}"
    found = Counter(dtype if getattr(layer, SUPPORT[dtype]) else "float32" for layer in heavy)
    if not found[dtype]:
        raise MissingRuntimeError(
            f"ncnn has no {dtype} kernels for this CPU: it would compute in float32", "--dtype float32"
        )
    return ", ".join(f"{count} {name}" for name, count in found.most_common())


def _options(ncnn: Any, net: Any) -> dict[str, str]:
    names = (*PRECISION, *RECORDED)
    options = {name: str(getattr(net.opt, name)) for name in names if hasattr(net.opt, name)}
    return {
        **options,
        "cpu_powersave": str(ncnn.get_cpu_powersave()),
        "omp_wait_policy": os.environ.get("OMP_WAIT_POLICY", "default"),
    }


def _ignored(settings: Settings) -> list[str]:
    return ["channels_last changes nothing: ncnn packs the channels itself"] if settings.channels_last else []


RUNTIME = NcnnRuntime()
