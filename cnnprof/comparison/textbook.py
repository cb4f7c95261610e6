"""The ratio that a block's paper promises over the plain convolution, to stand beside the counted one.

All are of multiply-adds, for M input and N output channels and a k x k kernel, the convolution's being K x K.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cnnprof.records.profile import Profile

BASE = "block:conv"


@dataclass(frozen=True, slots=True)
class Sizes:
    """What the formulas are of: channels, kernels, groups and the ghost module's ratio s and cheap kernel d."""

    m: int
    n: int
    k: int
    base_k: int
    groups: int = 1
    s: int = 2
    d: int = 3


Formula = tuple[str, Callable[[Sizes], float]]

TEXTBOOK: Mapping[str, Formula] = {
    # MobileNet V1, section 3.1
    "block:depthwise_separable": ("1/N + 1/K^2", lambda z: (z.k**2 / z.n + 1) / z.base_k**2),
    # BSConv, section 3.2: the pointwise convolution comes first, so the depthwise one has N channels
    "block:bsconv_u": ("1/M + 1/K^2", lambda z: (1 + z.k**2 / z.m) / z.base_k**2),
    # AlexNet, section 3.5; ResNeXt, section 3.3
    "block:grouped_conv": ("1/g", lambda z: z.k**2 / (z.groups * z.base_k**2)),
    # GhostNet, equation 4, with kernels of their own: k for the primary filters, d for the cheap ones
    "block:ghost_module": (
        "k^2/(s K^2) + (s-1) d^2/(s M K^2)",
        lambda z: (z.k**2 + (z.s - 1) * z.d**2 / z.m) / (z.s * z.base_k**2),
    ),
}
BEFORE_STRIDE = ("block:bsconv_u",)  # its pointwise convolution sees what the stride has yet to leave out
KERNELS = {"block:ghost_module": 1}
GROUPS = {"block:grouped_conv": 2}


def textbook_ratio(profile: Profile, base: Profile) -> tuple[str, float] | None:
    """The formula and its value for ``profile`` over ``base``; None where the textbook has none for this pair."""
    name = profile.request.model
    if base.request.model != BASE or name not in TEXTBOOK or profile.request.inputs != base.request.inputs:
        return None
    stride = _number(profile, "stride", 1)
    if _number(base, "groups", 1) != 1 or stride != _number(base, "stride", 1):
        return None
    if stride > 1 and name in BEFORE_STRIDE:
        return None
    text, formula = TEXTBOOK[name]
    return text, formula(_sizes(profile, base))


def _sizes(profile: Profile, base: Profile) -> Sizes:
    assert profile.request.inputs is not None
    name, channels = profile.request.model, profile.request.inputs[0][0]
    return Sizes(
        m=channels,
        n=_number(profile, "out_channels", channels),
        k=_number(profile, "kernel_size", KERNELS.get(name, 3)),
        base_k=_number(base, "kernel_size", 3),
        groups=_number(profile, "groups", GROUPS.get(name, 1)),
        s=_number(profile, "ratio", 2),
        d=_number(profile, "cheap_kernel_size", 3),
    )


def _number(profile: Profile, name: str, default: int) -> int:
    value = profile.request.arguments.get(name, default)
    return value if isinstance(value, int) else default
