"""The C++ compiler that is found, and the options that inductor knows."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from cnnprof.errors import MissingRuntimeError
from cnnprof.runtimes.compiled.inductor import (
    OPTIONS,
    check_compiler,
    compiler_version,
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
