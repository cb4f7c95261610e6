"""The C++ compiler that is found, and the folder that inductor writes in."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
import torch

from cnnprof.errors import MissingRuntimeError
from cnnprof.runtimes.compiled.inductor import (
    OPTIONS,
    check_compiler,
    compiler_version,
    inductor_in,
    known,
    processor_features,
)


def test_the_version_is_what_the_compiler_says_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiler = tmp_path / "compiler"
    compiler.write_text("#!/bin/sh\necho mine 1.2\necho free software\n", encoding="utf-8")
    compiler.chmod(0o755)
    monkeypatch.setenv("CXX", str(compiler))
    assert compiler_version() == "mine 1.2"
    check_compiler()


@pytest.mark.parametrize("compiler", ["/no/such/compiler", "false"])
def test_no_compiler_is_named_with_the_way_to_one(compiler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", compiler)
    assert compiler_version() == ""
    with pytest.raises(MissingRuntimeError, match="needs a C\\+\\+ compiler, and none is found") as refused:
        check_compiler()
    assert "apt install g++" in refused.value.hint


def test_inductor_writes_where_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "/the/users/own")
    monkeypatch.delenv("TRITON_CACHE_DIR", raising=False)
    place = tempfile.gettempdir()
    with inductor_in(tmp_path):
        assert os.environ["TORCHINDUCTOR_CACHE_DIR"] == os.environ["TRITON_CACHE_DIR"] == str(tmp_path)
        assert tempfile.gettempdir() == os.environ["TMPDIR"] == str(tmp_path)
        for name in ("locks", "kernels"):
            (tmp_path / name).mkdir()
    assert [path.name for path in tmp_path.iterdir()] == ["kernels"]
    assert tempfile.gettempdir() == place
    assert os.environ["TORCHINDUCTOR_CACHE_DIR"] == "/the/users/own"
    assert "TRITON_CACHE_DIR" not in os.environ


def test_options_that_this_torch_lacks_are_left_out() -> None:
    assert known({"freezing": True, "no_such": 1, "aot_inductor.no_such": 2, "no_such.at_all": 3}) == {
        "freezing": True
    }
    assert known(OPTIONS) == OPTIONS


def test_the_processor_of_a_torch_that_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    assert processor_features()
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    monkeypatch.setattr(
        Path, "read_text", lambda *_, **__: "model name\t: X\nflags\t\t: fpu avx2\nflags\t: b\n"
    )
    assert processor_features() == "flags\t\t: fpu avx2"
