"""A package that is not there is told from one that is broken, and that from one that lacks something."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cnnprof.cli.interrupts import DEAF
from cnnprof.errors import MissingRuntimeError
from cnnprof.render.text.words import RAN
from cnnprof.runtimes import installed
from cnnprof.runtimes.installed import import_package
from cnnprof.runtimes.ncnn.pnnx import find_pnnx, import_ncnn
from cnnprof.runtimes.onnxruntime.session import import_onnxruntime
from cnnprof.runtimes.openvino.runtime import load_openvino


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Puts a package of some code before the real one of that name."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(name: str, code: str) -> None:
        (tmp_path / f"{name}.py").write_text(code, encoding="utf-8")
        monkeypatch.delitem(sys.modules, name, raising=False)

    return write


def test_what_is_there_and_what_is_not(package: Callable[[str, str], None]) -> None:
    package("sound_package", "VALUE = 1")
    assert import_package("sound_package", "pip install it").VALUE == 1
    with pytest.raises(MissingRuntimeError, match="the package no_such_package is not installed") as told:
        import_package("no_such_package", "pip install it")
    assert told.value.hint == "pip install it"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("raise ImportError('libfoo.so.2: cannot open shared object file')", "libfoo.so.2: cannot open"),
        ("import no_such_package", "No module named 'no_such_package'"),
        ("raise AttributeError('_ARRAY_API not found')", "_ARRAY_API not found"),
    ],
)
@pytest.mark.parametrize(
    ("name", "load"),
    [
        ("onnxruntime", import_onnxruntime),
        ("openvino", load_openvino),
        ("pnnx", find_pnnx),
        ("ncnn", import_ncnn),
    ],
)
def test_what_is_broken_says_why(
    package: Callable[[str, str], None], name: str, load: Callable[[], object], code: str, reason: str
) -> None:
    package(name, code)
    with pytest.raises(MissingRuntimeError, match=f"the package {name} cannot be imported: {reason}") as told:
        load()
    assert told.value.hint == "install what it misses, or the package again"


def test_versions_are_those_of_the_packages_that_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    there = {"onnxruntime-gpu": "1.32", "openvino": "2026.4", "ncnn": "1.0"}
    monkeypatch.setattr(installed, "installed_version", lambda package: there.get(package, ""))
    assert installed.versions_of(["eager", "onnxruntime", "ncnn"]) == {
        "onnxruntime-gpu": "1.32",
        "ncnn": "1.0",
    }
    assert installed.versions_of(["eager", "compiled"]) == {}


@pytest.mark.parametrize("runtime", installed.PACKAGES)
def test_a_runtimes_package_is_known_wherever_packages_are_named(runtime: str) -> None:
    package, *_ = installed.PACKAGES[runtime]
    assert package in RAN, "its version changes a latency: cnnprof/render/text/words.py"
    assert runtime in DEAF, "Ctrl-C waits while it is imported: cnnprof/cli/interrupts.py"
