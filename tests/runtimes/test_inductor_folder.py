"""The folder that inductor writes in."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from cnnprof.runtimes.inductor_folder import inductor_in


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
