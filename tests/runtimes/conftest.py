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


@pytest.fixture
def other_defaults() -> Iterator[None]:
    """A caller whose tensors are of float64, and on another device."""
    torch.set_default_dtype(torch.float64)
    torch.set_default_device("meta")
    yield
    torch.set_default_device(None)
    torch.set_default_dtype(torch.float32)
