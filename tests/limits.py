"""Hand-made limits, rooflines, peaks and a machine check, for what reads them."""

from __future__ import annotations

from dataclasses import replace

from cnnprof.records.ceilings import Ceilings, Rate
from cnnprof.records.machine import MachineCheck
from cnnprof.records.peak import LiveTensor, MemoryOrder, PeakMemory
from cnnprof.records.profile import Comparison, Profile
from cnnprof.records.roofline import LayerRoofline, Roofline
from tests.factory import comparison, environment, profile

CEILINGS = Ceilings(
    "float32",
    2,
    "cpu",
    Rate(90e9, "matrix product of 1024x1024"),
    Rate(20e9, "copy of 134 MB, read and written"),
    Rate(380e9, "reading 16 KiB again and again"),
    overhead_s=1.8e-6,
    capacity_bytes=33_554_432,
    spent_s=1.2,
)


def layer(path: str, group: str, macs: int, moved_bytes: int, seconds: float | None = None) -> LayerRoofline:
    compute_s, memory_s = macs / 90e9, moved_bytes / 20e9
    return LayerRoofline(
        path=path,
        kind="conv" if macs else "relu",
        group=group,
        ops=(0,),
        macs=macs,
        moved_bytes=moved_bytes,
        compute_s=compute_s,
        memory_s=memory_s,
        overhead_s=1.8e-6,
        bound="compute" if compute_s > memory_s else "memory",
        seconds=seconds,
    )


LAYERS = (
    layer("features.0.conv", "other convolutions", 10_838_016, 2_211_328),
    layer("features.0.act", "activations", 0, 3_211_264),
    layer("features.1.conv", "pointwise convolutions", 231_211_008, 4_890_624),
    layer("features.2.conv", "depthwise convolutions", 3_612_672, 3_215_000),
    layer("classifier", "linear layers and matrix products", 1_280_000, 5_133_120),
)
SECONDS = (0.0009, 0.0001, 0.004, 0.0003, 0.0004)


def roofline(timed: bool = False) -> Roofline:
    layers = tuple(
        replace(one, seconds=seconds) if timed else one for one, seconds in zip(LAYERS, SECONDS, strict=True)
    )
    return Roofline(CEILINGS, "memory_bytes", layers, floor_s=0.00275)


def profile_under_roof(timed: bool = False) -> Profile:
    return replace(profile(), roofline=roofline(timed))


def comparison_under_roofs(models: int = 5) -> Comparison:
    found = comparison(models)
    profiles = tuple(
        replace(one, roofline=replace(roofline(), layers=tuple(_scaled(part, number) for part in LAYERS)))
        for number, one in enumerate(found.profiles)
    )
    return replace(found, profiles=profiles)


def grid_under_roofs(found: Comparison) -> Comparison:
    """Every profile of a grid under the same roofs."""
    return replace(found, profiles=tuple(replace(one, roofline=roofline()) for one in found.profiles))


def _scaled(one: LayerRoofline, number: int) -> LayerRoofline:
    """The same layer with more to compute, so that the models of a comparison differ in intensity."""
    return replace(one, macs=one.macs * (1 + number))


def tensor(path: str, kind: str, channels: int) -> LiveTensor:
    return LiveTensor(path, kind, (1, channels, 112, 112), "float32", channels * 112 * 112 * 4)


def order(name: str, *alive: LiveTensor, live: tuple[int, ...]) -> MemoryOrder:
    peak = sum(one.nbytes for one in alive)
    return MemoryOrder(
        order=name,
        step=1,
        path=alive[0].path,
        kind=alive[0].kind,
        alive=alive,
        places=tuple(range(len(live) + 1)),
        live_bytes=(live[0], peak, *live[1:]),
    )


STEM, ACT, INPUT = (
    tensor("features.0.conv", "conv", 32),
    tensor("features.0.act", "relu", 32),
    tensor("", "input", 12),
)
PEAK = PeakMemory(
    orders=(
        order("as executed", STEM, ACT, live=(2_207_744, 1_605_632, 4096)),
        order("in place where possible", STEM, INPUT, live=(602_112, 1_605_632, 4096)),
        order("fused", ACT, live=(602_112, 1_204_224, 4096)),
    ),
    weight_bytes=5_200_000,
)


def profile_with_peak() -> Profile:
    return replace(profile(seconds=None), peak=PEAK)


def machine() -> MachineCheck:
    half = replace(
        CEILINGS, dtype="bfloat16", macs=Rate(203e9, "1x1 convolution of 512 channels at 28x28"), cache=None
    )
    return MachineCheck(
        environment=environment(),
        threads=2,
        ceilings=(CEILINGS, replace(half, disturbed="other processes used our cores")),
        network="shufflenet_v2",
        resolution=0.0142,
        rounds=120,
        disturbed_rounds=31,
        spent_s=14.2,
        stolen_share=0.004,
        verdict="good for differences above 1.5 %",
        advice=("other processes used the cores in 31 of 120 rounds: close them",),
    )
