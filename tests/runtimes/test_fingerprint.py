"""The digest of what a network computes: equal for the same network, different for any other."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cnnprof.runtimes.cache.fingerprint import fingerprint
from cnnprof.runtimes.registry import Settings

SETTINGS = Settings(((1, 3, 8, 8),))


class Net(nn.Module):
    """A plain attribute, a plain tensor and a helper decide what it computes, besides its layers."""

    def __init__(self, channels: int = 4) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, channels, 3)
        self.norm = nn.BatchNorm2d(channels)
        self.slope = 0.1
        self.offset = torch.ones(1)
        self.helper: Callable[[Tensor], Tensor] = torch.relu

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.norm(self.conv(x))
        return self.helper(nn.functional.leaky_relu(y, self.slope) + self.offset)


def net(change: Callable[[Net], object] = lambda net: None, channels: int = 4) -> Net:
    torch.manual_seed(0)
    made = Net(channels).eval()
    with torch.no_grad():
        change(made)
    return made


def test_the_same_network_built_again() -> None:
    assert fingerprint(net(), SETTINGS) == fingerprint(net(), SETTINGS)


@pytest.mark.parametrize(
    "change",
    [
        lambda net: net.conv.weight[0, 0, 0, 0].add_(1e-6),
        lambda net: net.norm.running_var.mul_(2),
        lambda net: setattr(net, "slope", 0.2),
        lambda net: setattr(net, "offset", torch.zeros(1)),
        lambda net: setattr(net, "helper", torch.tanh),
        lambda net: setattr(net.conv, "padding", (1, 1)),
        lambda net: setattr(net.norm, "eps", 1e-3),
        lambda net: net.register_forward_hook(lambda module, inputs, output: output * 2),
    ],
)
def test_any_change_of_what_is_computed_shows(change: Callable[[Net], object]) -> None:
    assert fingerprint(net(change), SETTINGS) != fingerprint(net(), SETTINGS)


BRANCHES = """
import torch
from torch import nn

class Exported(nn.Module):
    def forward(self, x):
        return x * {factor} if torch.compiler.is_compiling() else x
"""


def loaded(path: Path, name: str) -> nn.Module:
    space: dict[str, Any] = {"__name__": "branches"}
    exec(compile(path.read_text(encoding="utf-8"), path, "exec"), space)
    return nn.Sequential(space[name]())


def test_a_branch_that_eager_does_not_take_shows(tmp_path: Path) -> None:
    """Exporters and compilers are told apart by the code of some networks."""

    def written(name: str, factor: int) -> nn.Module:
        path = tmp_path / name
        path.write_text(BRANCHES.format(factor=factor), encoding="utf-8")
        return loaded(path, "Exported")

    first = fingerprint(written("a.py", 2), SETTINGS)
    assert fingerprint(written("b.py", 2), SETTINGS) == first  # wherever it lies
    assert fingerprint(written("a.py", 3), SETTINGS) != first
    gone = written("c.py", 2)
    (tmp_path / "c.py").unlink()
    assert fingerprint(gone, SETTINGS) != first  # and no error


SCALED = """
import torch
from torch import nn

class Scaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.k, self.sizes, self.body = 1.0, (1, [2, "a", None]), nn.Identity()

    def forward(self, x):
        return x * self.k * self.sizes[0] if torch.compiler.is_compiling() else x
"""


@pytest.mark.parametrize(
    "change",
    [
        lambda net: setattr(net, "k", 3.0),
        lambda net: setattr(net, "sizes", (2, [2, "a", None])),
        lambda net: setattr(net, "sizes", (1, [2, "b", None])),
    ],
)
def test_an_attribute_that_only_such_a_branch_reads_shows(
    tmp_path: Path, change: Callable[[nn.Module], object]
) -> None:
    (tmp_path / "scaled.py").write_text(SCALED, encoding="utf-8")
    first, again, changed = (loaded(tmp_path / "scaled.py", "Scaled") for _ in range(3))
    assert fingerprint(again.train(), SETTINGS) == fingerprint(first.eval(), SETTINGS)
    change(changed[0])  # type: ignore[index]
    assert fingerprint(changed, SETTINGS) != fingerprint(first, SETTINGS)


HELPED = """
from torch import nn
{imported}

class Helped(nn.Module):
    def forward(self, x):
        return {called}(x)
"""
HELPER = """
import torch

def scaled(x):
    return deeper(x)

def deeper(x):
    return x * {factor} if torch.compiler.is_compiling() else x
"""


@pytest.mark.parametrize(
    ("imported", "called"), [("import helper", "helper.scaled"), ("from helper import scaled", "scaled")]
)
def test_a_branch_in_a_helper_of_another_file_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, imported: str, called: str
) -> None:
    monkeypatch.syspath_prepend(tmp_path)

    def written(name: str, factor: int) -> str:
        (tmp_path / "helper.py").write_text(HELPER.format(factor=factor), encoding="utf-8")
        path = tmp_path / name
        path.write_text(HELPED.format(imported=imported, called=called), encoding="utf-8")
        monkeypatch.delitem(sys.modules, "helper", raising=False)
        importlib.invalidate_caches()
        return fingerprint(loaded(path, "Helped"), SETTINGS)

    first, again, changed = written("net.py", 2), written("net.py", 2), written("net.py", 33)
    assert first == again
    assert changed != first


def test_shapes_and_names_are_part_of_it() -> None:
    plain = fingerprint(net(), SETTINGS)
    assert fingerprint(net(), Settings(((2, 3, 8, 8),))) != plain
    assert fingerprint(nn.Sequential(net()), SETTINGS) != plain  # its layers have other paths


def test_the_network_is_left_alone() -> None:
    made = net()
    state = {name: value.clone() for name, value in made.state_dict().items()}
    fingerprint(made, SETTINGS)
    assert all(torch.equal(value, state[name]) for name, value in made.state_dict().items())
    assert all(parameter.grad is None and parameter.requires_grad for parameter in made.parameters())


def test_another_process_and_another_thread_count_find_the_same() -> None:
    code = (
        "import torch; torch.set_num_threads(1)\n"
        "from tests.runtimes.test_fingerprint import *\n"
        "print(fingerprint(net(), SETTINGS))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == fingerprint(net(), SETTINGS)
