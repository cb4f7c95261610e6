"""The packages of the runtimes: which is there, and importing one that may be absent or broken."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from cnnprof.errors import MissingRuntimeError, first_line


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
