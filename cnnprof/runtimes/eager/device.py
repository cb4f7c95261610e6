"""What torch tells of the accelerator here: which it is, what memory is free on it; each kind in its own module."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

import torch

FALLBACK = "PYTORCH_ENABLE_MPS_FALLBACK"  # has ops that MPS lacks run on the CPU, copies and all


def find_accelerator() -> torch.device | None:
    """The device that ``torch.accelerator`` drives; None where torch was built for none, or finds none."""
    return torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None


def describe_accelerator() -> str | None:
    """Its kind, with its maker's name where torch tells it: ``cuda (NVIDIA A100-SXM4-40GB)``.

    Without the name results of two devices would pass for results of one.
    """
    device = find_accelerator()
    if device is None:
        return None
    name = _name(device)
    return f"{device.type} ({name})" if name else device.type


def _name(device: torch.device) -> str:
    backend = getattr(torch.backends, device.type, None)
    for place, question in ((torch.get_device_module(device), "get_device_name"), (backend, "get_name")):
        if hasattr(place, question):
            with suppress(RuntimeError):  # of a driver that is there and does not answer
                return str(getattr(place, question)())
    return ""


def options_of(device: str) -> dict[str, str]:
    """How torch was set on that kind of device, where it changes speed or numerics."""
    if device == "cuda":
        cudnn: Any = torch.backends.cudnn
        tried = "on" if cudnn.benchmark else "off"
        return {"tf32": "off", "cudnn": str(cudnn.version() or "none"), "cudnn_benchmark": tried}
    if device == "mps" and FALLBACK in os.environ:
        return {FALLBACK: os.environ[FALLBACK]}
    return {}


def free_bytes_of(device: torch.device) -> int | None:
    """Memory that is free on it, for all processes together; None where it does not tell, or shares the machine's."""
    module: Any = torch.get_device_module(device)
    with suppress(RuntimeError, AttributeError):  # some of Intel's do not know; MPS has no such question
        return int(module.mem_get_info(device)[0])
    return None


def give_back(device: torch.device) -> None:
    """Let other processes have the memory that torch keeps here for tensors to come."""
    torch.get_device_module(device).empty_cache()
