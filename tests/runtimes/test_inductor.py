"""The C++ compiler that is found, and the folder that inductor writes in."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from cnnprof.errors import MissingRuntimeError
from cnnprof.runtimes.inductor import check_compiler, compiler_version, inductor_in


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
