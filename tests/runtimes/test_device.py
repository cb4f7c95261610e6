"""What is asked of torch's modules of devices, each of which has other words."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from cnnprof.runtimes.eager.device import FALLBACK, describe_accelerator, free_bytes_of, options_of


def found(monkeypatch: pytest.MonkeyPatch, kind: str, **module: object) -> None:
    """Torch finds a device of that kind, whose module can be asked this."""
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: torch.device(kind))
    monkeypatch.setattr(torch, "get_device_module", lambda device: SimpleNamespace(**module))


@pytest.mark.parametrize("kind", ["cuda", "xpu"])
def test_the_maker_s_name_stands_beside_the_kind(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    found(monkeypatch, kind, get_device_name=lambda: "Big Device 9000")
    assert describe_accelerator() == f"{kind} (Big Device 9000)"


def test_mps_is_named_by_its_back_end(monkeypatch: pytest.MonkeyPatch) -> None:
    found(monkeypatch, "mps")
    monkeypatch.setattr(torch.backends.mps, "get_name", lambda: "Apple M4", raising=False)
    assert describe_accelerator() == "mps (Apple M4)"
    monkeypatch.delattr(torch.backends.mps, "get_name")
    assert describe_accelerator() == "mps"


def test_a_driver_that_does_not_answer_leaves_the_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> str:
        raise RuntimeError("CUDA driver initialization failed")

    found(monkeypatch, "cuda", get_device_name=fails)
    assert describe_accelerator() == "cuda"


def test_no_accelerator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: False)
    assert describe_accelerator() is None


def test_free_memory_is_the_device_s_or_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    device = torch.device("cuda")
    found(monkeypatch, "cuda", mem_get_info=lambda which: (10, 20))
    assert free_bytes_of(device) == 10
    found(monkeypatch, "mps")
    assert free_bytes_of(device) is None


@pytest.mark.parametrize("kind", ["cuda", "xpu", "mps"])
def test_torch_has_what_its_modules_are_asked(kind: str) -> None:
    module = torch.get_device_module(kind)
    assert callable(module.empty_cache)
    if kind != "mps":
        assert callable(module.get_device_name)
        assert callable(module.mem_get_info)


def test_what_changes_its_speed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network's file may have cuDNN try its algorithms out."""
    monkeypatch.setattr(torch.backends.cudnn, "version", lambda: 91002)
    monkeypatch.setattr(torch.backends.cudnn, "benchmark", True)
    assert options_of("cuda") == {"tf32": "off", "cudnn": "91002", "cudnn_benchmark": "on"}
    monkeypatch.setattr(torch.backends.cudnn, "benchmark", False)
    assert options_of("cuda")["cudnn_benchmark"] == "off"
    monkeypatch.delenv(FALLBACK, raising=False)
    assert options_of("mps") == {}
    monkeypatch.setenv(FALLBACK, "1")
    assert options_of("mps") == {FALLBACK: "1"}
    assert options_of("cpu") == {}


@pytest.mark.gpu
def test_a_real_accelerator_has_a_name() -> None:
    assert "(" in (describe_accelerator() or "")
