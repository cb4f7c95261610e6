"""Lines that several reports share: the setting, the machine, what the words mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cnnprof.records.environment import Environment
from cnnprof.records.notation import arguments_text, input_text, uncounted_text
from cnnprof.records.profile import Profile
from cnnprof.render.text import numbers

PAPER = 'macs are multiply-accumulates, which the papers print as "FLOPs"; bytes are decimal (1 MB = 10^6)'
# Packages whose versions change a latency.
RAN = ("torch", "onnxruntime", "onnxruntime-gpu", "openvino", "ncnn")
MEMORY = "memory access is bytes read and written op by op, weights included"


def setting(profiles: Sequence[Profile]) -> str:
    """What holds for all of the profiles: input, batch, dtype, how they were built, and what they ran on.

    Two inputs are both named, since neither the counts nor the times of two sizes are those of one.
    """
    parts = [
        _inputs(profiles),
        _common([profile.request.batch for profile in profiles], "batch "),
        _common([_dtype(profile.request.dtype) for profile in profiles], ""),
        _common([arguments_text(profile.request.arguments) for profile in profiles], ""),
        "deployed" if all(profile.request.deploy for profile in profiles) else "",
        "channels last" if all(profile.request.channels_last for profile in profiles) else "",
    ]
    timed = [profile for profile in profiles if profile.timing]
    if timed:
        ran = _common([f"{p.request.runtime} on {p.device}" for p in timed], "")
        parts += [ran or _common([p.device for p in timed], "on "), _threads(timed)]
    return ", ".join(part for part in parts if part)


def uncounted_lines(profiles: Sequence[Profile]) -> list[str]:
    """Ops without a counting rule, which the counts leave out: a line for each model that has some."""
    found = {profile.request.model: profile.counts.uncounted_ops for profile in profiles}
    return [f"uncounted ops of {model}: {uncounted_text(ops)}" for model, ops in found.items() if ops]


def _inputs(profiles: Sequence[Profile]) -> str:
    texts = dict.fromkeys(input_text(profile.request.inputs) or "" for profile in profiles)
    return " and ".join(texts) if len(texts) < 3 else "inputs that differ"


def _dtype(name: str) -> str:
    """Quantised weights are calibrated on random batches: they are fast, and good for nothing else."""
    return "int8 (speed only)" if name == "int8" else name


def _common(values: Sequence[object], prefix: str) -> str:
    return f"{prefix}{values[0]}" if len(set(values)) == 1 and values[0] is not None else ""


def _threads(timed: Sequence[Profile]) -> str:
    threads = {profile.threads for profile in timed}
    number = next(iter(threads))
    return numbers.number_of(number, "thread") if len(threads) == 1 and number else ""


def machine(environment: Environment) -> str:
    """The machine in a line, with what ran there: ``AMD EPYC 9654, 2 of 192 cores, torch 2.13.0``."""
    parts = [
        environment.accelerator,
        environment.cpu,
        f"{environment.cores_allowed} of {environment.cores} cores",
        _quota(environment),
        *(f"{name} {environment.versions[name]}" for name in RAN if name in environment.versions),
    ]
    return ", ".join(part for part in parts if part)


def _quota(environment: Environment) -> str:
    quota = environment.quota_cores
    return f"quota {quota:g} cores" if quota is not None and quota < environment.cores_allowed else ""


def warned(found: Iterable[str]) -> list[str]:
    """For the foot of a picture, which may be shown without its report: the first warning, and how many there are."""
    first, *others = tuple(dict.fromkeys(found)) or ("",)
    more = f", and {len(others)} more" if others else ""
    return [f"warning: {first}{more}"] if first else []


def listed(items: Iterable[object]) -> str:
    """``a, b and c``."""
    texts = [str(item) for item in items]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}" if texts else ""
