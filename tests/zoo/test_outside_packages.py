"""``torchvision:NAME`` and ``timm:NAME``, with stand-ins for the packages, and with the packages where they are."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import cnnprof
from cnnprof.errors import MissingRuntimeError, ModelError, UnknownNameError
from cnnprof.zoo.sources import find_source


def tiny(*, weights: object = "default", weights_backbone: object = "default", width: int = 4) -> nn.Module:
    assert weights is None, "weights would be fetched"
    assert weights_backbone is None, "weights of the backbone would be fetched"
    return nn.Conv2d(3, width, 3)


def stubborn(*, weights: object = None) -> nn.Module:
    return nn.Conv2d(3, int(torch.linspace(0, 5, 2)[1].item()), 3)  # a value: cannot be had on meta


class Suppressed(nn.Module):
    """A detector's last step: how many boxes are kept depends on their scores."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        """``N x 3 x H x W`` -> those of ``N x 4 x H x W`` that are above 0."""
        scores: Tensor = self.conv(x)
        return scores[scores > 0]


@pytest.fixture
def torchvision(monkeypatch: pytest.MonkeyPatch) -> None:
    builders = {"tiny": tiny, "stubborn": stubborn, "suppressed": Suppressed, "inception_v3": tiny}
    models: Any = ModuleType("torchvision.models")
    models.list_models = lambda: list(builders)
    models.get_model_builder = builders.__getitem__
    monkeypatch.setitem(sys.modules, "torchvision", ModuleType("torchvision"))
    monkeypatch.setitem(sys.modules, "torchvision.models", models)


@pytest.fixture
def timm(monkeypatch: pytest.MonkeyPatch) -> None:
    def create_model(name: str, pretrained: bool = True, **arguments: Any) -> nn.Module:
        assert pretrained is False, "weights would be fetched"
        return nn.Conv2d(3, arguments.get("width", 4), 3)

    def get_pretrained_cfg(name: str) -> object:
        if name.endswith(".odd"):
            raise RuntimeError("Invalid pretrained tag")
        return SimpleNamespace(input_size=(3, 160, 160))

    stand_in: Any = ModuleType("timm")
    stand_in.list_models = lambda: ["tiny_net", "other_net"]
    stand_in.list_pretrained = lambda pattern: ["tiny_net.in1k"]
    stand_in.create_model, stand_in.get_pretrained_cfg = create_model, get_pretrained_cfg
    monkeypatch.setitem(sys.modules, "timm", stand_in)


@pytest.mark.parametrize("package", ["torchvision", "timm"])
def test_an_absent_package_says_how_to_install_it(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Absent:
        def find_spec(self, name: str, *_: object) -> None:
            if name == package:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.delitem(sys.modules, package, raising=False)
    monkeypatch.setattr(sys, "meta_path", [Absent(), *sys.meta_path])
    with pytest.raises(MissingRuntimeError) as caught:
        find_source(f"{package}:resnet18", {})
    assert caught.value.exit_code == 6
    assert caught.value.hint == f'pip install "cnnprof[{package}]"'


def test_a_package_whose_own_imports_fail_says_so_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "timm":
                raise ModuleNotFoundError("No module named 'needed'\nand more", name="needed")

    monkeypatch.delitem(sys.modules, "timm", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    with pytest.raises(ModelError) as caught:
        find_source("timm:tiny_net", {})
    assert caught.value.message == "timm cannot be imported: No module named 'needed'"


@pytest.mark.usefixtures("torchvision")
def test_torchvision_without_weights() -> None:
    counts = cnnprof.profile("torchvision:tiny", latency=False, args={"width": 8}).counts
    assert counts.macs == 8 * 222 * 222 * 27
    assert find_source("torchvision:inception_v3", {}).input == (3, 299, 299)


@pytest.mark.usefixtures("torchvision")
def test_a_builder_that_needs_values_gets_them() -> None:
    assert cnnprof.profile("torchvision:stubborn", latency=False).counts.params == 5 * 27 + 5


@pytest.mark.usefixtures("timm")
def test_timm_at_its_own_size() -> None:
    assert cnnprof.profile("timm:tiny_net", latency=False).counts.macs == 4 * 158 * 158 * 27
    assert cnnprof.profile("timm:tiny_net.in1k", 32, latency=False).counts.macs == 4 * 30 * 30 * 27


@pytest.mark.usefixtures("torchvision", "timm")
@pytest.mark.parametrize(
    ("model", "hint"),
    [
        ("torchvision:tinny", "did you mean tiny?"),
        ("timm:tiny_nett", "did you mean tiny_net?"),
        ("timm:tiny_net.odd", "did you mean tiny_net.in1k?"),
        ("timm:hf-hub:somebody/net", "timm has 2 models"),
    ],
)
def test_unknown_names(model: str, hint: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        find_source(model, {})
    assert caught.value.hint == hint


@pytest.mark.usefixtures("torchvision", "timm")
@pytest.mark.parametrize(
    ("model", "argument"),
    [("torchvision:tiny", "weights"), ("timm:tiny_net", "pretrained"), ("timm:tiny_net", "checkpoint_path")],
)
def test_nothing_is_loaded(model: str, argument: str) -> None:
    with pytest.raises(UnknownNameError, match=f"--arg {argument} would load weights"):
        find_source(model, {argument: True})


@pytest.mark.usefixtures("torchvision")
def test_a_network_that_decides_by_values_is_run_once() -> None:
    counts = cnnprof.count("torchvision:suppressed", 8)
    assert (counts.macs, counts.method) == (8 * 8 * 3 * 4, "forward")
    with pytest.raises(ModelError, match="cannot run at input 1x5x8x8"):
        cnnprof.count("torchvision:suppressed", (5, 8, 8))


@pytest.mark.usefixtures("torchvision")
def test_arguments_that_do_not_fit() -> None:
    with pytest.raises(UnknownNameError, match="unexpected keyword argument 'depth'"):
        cnnprof.load_model("torchvision:tiny", depth=3)
    with pytest.raises(ModelError, match="cannot be built with width='wide'"):
        cnnprof.load_model("torchvision:tiny", width="wide")


def test_torchvision_itself() -> None:
    pytest.importorskip("torchvision", reason="torchvision is not installed (the extra `torchvision`)")
    assert cnnprof.profile("torchvision:mobilenet_v2", latency=False).counts.params == 3_504_872


def test_timm_itself() -> None:
    pytest.importorskip("timm", reason="timm is not installed (the extra `timm`)")
    assert cnnprof.profile("timm:mobilenetv2_100", latency=False).counts.params == 3_504_872
