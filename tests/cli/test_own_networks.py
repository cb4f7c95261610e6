"""Networks of the user's own on the command line: what goes wrong in them, and what they are made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Cnnprof

CODE = """from torch import nn


class Forgetful(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)

    def forward(self, x):
        return self.head(self.conv(x))


def incomplete():
    raise RuntimeError("no weights here")


def half():
    return nn.Conv2d(3, 8, 3).half()


def double():
    return nn.Conv2d(3, 8, 3).double()
"""


@pytest.fixture
def net(tmp_path: Path) -> str:
    file = tmp_path / "net.py"
    file.write_text(CODE)
    return str(file)


@pytest.mark.parametrize(("factory", "line"), [("Forgetful", 10), ("incomplete", 14)])
def test_a_fault_in_their_code_is_placed(cnnprof: Cnnprof, net: str, factory: str, line: int) -> None:
    ended = cnnprof("profile", f"{net}:{factory}", "--no-latency", "--input", "32")
    assert ended.code == 4
    assert f"hint: correct net.py:{line}; --traceback" in ended.err


def test_a_size_that_does_not_fit_is_no_fault_of_the_code(cnnprof: Cnnprof, net: str) -> None:
    ended = cnnprof("profile", f"{net}:half", "--no-latency", "--input", "1x32x32")
    assert ended.code == 4
    assert "hint: choose another --input" in ended.err


@pytest.mark.parametrize(
    ("factory", "dtype", "said"),
    [
        ("half", "float32", "its float16 weights were made float32: --dtype float16 keeps them"),
        ("half", "bfloat16", "its float16 weights were made bfloat16: --dtype float16 keeps them"),
        ("double", "float32", "its float64 weights were made float32: a pass runs in one dtype"),
        ("half", "float16", ""),
    ],
)
def test_weights_of_another_dtype_are_not_cast_without_a_word(
    cnnprof: Cnnprof, net: str, factory: str, dtype: str, said: str
) -> None:
    ended = cnnprof("profile", f"{net}:{factory}", "--no-latency", "--input", "32", "--dtype", dtype)
    assert ended.code == 0
    assert ended.err == (f"warning: {said}\n" if said else "")
