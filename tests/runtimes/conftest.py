"""Every test has a cache of its own, and leaves torch as it found it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that conversions are kept in."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("CNNPROF_CACHE", str(folder))
    return folder


@pytest.fixture(autouse=True)
def torch_as_before() -> Iterator[None]:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)
    torch.set_flush_denormal(False)
