"""The packages of the runtimes: which is there, and importing one that may be absent or broken."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from cnnprof.errors import MissingRuntimeError, first_line

PACKAGES = {
    "onnxruntime": ("onnxruntime", "onnxruntime-gpu"),
    "openvino": ("openvino",),
    "ncnn": ("ncnn", "pnnx"),
}


def versions_of(runtimes: Iterable[str]) -> dict[str, str]:
    """The packages besides torch that these runtimes run on, with their versions; those that are installed."""
    packages = [package for runtime in runtimes for package in PACKAGES.get(runtime, ())]
    return {package: found for package in packages if (found := installed_version(package))}


def import_package(name: str, install: str) -> Any:
    """The package; MissingRuntimeError where it is absent, with ``install`` as the next step, or where it is broken."""
    try:
        return import_module(name)
    except Exception as error:  # one that was built for another numpy or C library fails in its own ways
        if isinstance(error, ModuleNotFoundError) and error.name == name:
            raise MissingRuntimeError(f"the package {name} is not installed", install) from error
        raise MissingRuntimeError(
            f"the package {name} cannot be imported: {first_line(error)}",
            "install what it misses, or the package again",
        ) from error


def installed_version(package: str) -> str:
    """The version of an installed package, or an empty text."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
