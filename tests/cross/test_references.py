"""Numerical truth: with a public package's weights carried over, a network gives that package's output.

Pairs stand in ``references/*.txt``: an entry, ``torchvision:NAME``, ``timm:NAME`` or ``pytorchcv:NAME``, and the side
of the input where it is not the entry's own. Packages that are absent are skipped; ``make references``
installs them in an environment of their own, since torchvision and timm want another torch.
"""

from __future__ import annotations

import importlib
import importlib.util
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import cnnprof
from tests.cross.carry import largest_difference

FOLDER = Path(__file__).with_name("references")
TOLERANCE = 1e-5  # relative to the largest output; sums in another order differ by a few 1e-7
PACKAGES = ("torchvision", "timm", "pytorchcv")
pytestmark = pytest.mark.peers


def pairs() -> Iterator[tuple[str, str, str, int]]:
    """Entry, package, the package's name for it, side of the input."""
    for file in sorted(FOLDER.glob("*.txt")):
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.strip():
                entry, reference, *side = line.split()
                package, _, name = reference.partition(":")
                yield entry, package, name, int(side[0]) if side else default_side(entry)


def default_side(entry: str) -> int:
    """The entry's own input, as the references were compared at it."""
    from cnnprof.zoo.catalogue import find_entry

    return find_entry(entry).input[-1]


def importable(package: str) -> bool:
    """Whether the package is there; pytorchcv also needs torchvision."""
    needed = {package, "torchvision"} if package == "pytorchcv" else {package}
    return all(importlib.util.find_spec(name) is not None for name in needed)


class Tensors(nn.Module):
    """A segmenter of torchvision answers with a dictionary: its main output."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> Tensor:
        """The tensor that is compared."""
        result: Tensor | dict[str, Tensor] = self.model(x)
        return result["out"] if isinstance(result, dict) else result


def reference(package: str, name: str) -> nn.Module:
    """The package's network with fresh weights; nothing is downloaded."""
    if package == "torchvision":
        models: Any = importlib.import_module("torchvision.models")
        inner: dict[str, object] = {"init_weights": True} if name in ("googlenet", "inception_v3") else {}
        inner |= {"weights_backbone": None} if name.startswith("lraspp") else {}
        model: nn.Module = models.get_model(name, weights=None, **inner)
    elif package == "timm":
        model = importlib.import_module("timm").create_model(name, pretrained=False)
    else:
        model = importlib.import_module("pytorchcv.model_provider").get_model(name, pretrained=False)
    return Tensors(model.eval())


@pytest.mark.parametrize(("entry", "package", "name", "side"), list(pairs()))
def test_output(entry: str, package: str, name: str, side: int) -> None:
    if not importable(package):
        pytest.skip(f"{package} is not installed, or lacks torchvision (make references)")
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2, 3, side, side, generator=generator)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the packages' own deprecations
        theirs = reference(package, name)
        assert largest_difference(theirs, cnnprof.load_model(entry), x) < TOLERANCE
