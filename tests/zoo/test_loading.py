"""Python files of the user's: what they may do when Python runs them, they may do here."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from torch import nn

from cnnprof.errors import ModelError
from cnnprof.zoo.sources import find_source


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    before, path = set(sys.modules), list(sys.path)
    yield tmp_path
    assert sys.path == path
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


def write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(dedent(text))


def built(model: str, seed: int = 0) -> nn.Module:
    return find_source(model, {}).build(True, seed)


def test_a_dataclass_with_postponed_annotations(folder: Path) -> None:
    write(
        folder / "net.py",
        """
        from __future__ import annotations
        from dataclasses import dataclass
        from torch import nn

        @dataclass
        class Settings:
            width: int = 4

        def net():
            return nn.Conv2d(3, Settings().width, 1)
        """,
    )
    assert isinstance(built("net.py:net"), nn.Conv2d)


def test_a_file_that_fails_leaves_no_module_behind(folder: Path) -> None:
    write(folder / "broken.py", "1 / 0\n")
    with pytest.raises(ModelError):
        built("broken.py:net")
    assert not any(name.startswith("broken") for name in sys.modules)


def test_a_factory_imports_what_lies_beside_its_file(folder: Path) -> None:
    write(folder / "sub" / "late_layers.py", "from torch import nn\nNet = nn.Hardswish\n")
    write(folder / "sub" / "net.py", "def net():\n    from late_layers import Net\n    return Net()\n")
    assert isinstance(built("sub/net.py:net"), nn.Hardswish)


def test_a_factory_that_changes_the_path(folder: Path) -> None:
    write(
        folder / "net.py",
        """
        import sys
        from torch import nn

        def net():
            sys.path.insert(0, "/first")
            return nn.ReLU()
        """,
    )
    built("net.py:net")
    assert sys.path.pop(0) == "/first"


def test_a_file_runs_once_until_it_is_changed(folder: Path) -> None:
    write(folder / "registry.py", "names = []\n")
    text = """
        from registry import names
        from torch import nn

        assert "net" not in names
        names.append("net")

        def first():
            return nn.ReLU()

        def second():
            return nn.ReLU6()
        """
    write(folder / "net.py", text)
    assert isinstance(built("net.py:first"), nn.ReLU)
    assert isinstance(built(str(folder / "net.py:second")), nn.ReLU6)
    write(folder / "net.py", "from torch import nn\nfirst = nn.Hardswish\n")
    assert isinstance(built("net.py:first"), nn.Hardswish)


def test_modules_of_one_name_beside_two_files(folder: Path) -> None:
    net = dedent(
        """
        from same_name import Block
        from torch import nn

        def net():
            from same_name import Late
            return nn.Sequential(Block(), Late())
        """
    )
    for part, block, late in (("v1", "ReLU", "ELU"), ("v2", "ReLU6", "CELU"), ("v3", "SiLU", "GELU")):
        write(
            folder / part / "same_name.py",
            f"from torch import nn\nBlock = nn.{block}\nLate = nn.{late}\n",
        )
        write(folder / part / "net.py", net)
    found = [
        [type(layer) for layer in built(f"{part}/net.py:net").children()]
        for part in ("v1", "v2", "v3", "v1", "v2")
    ]
    wanted = [[nn.ReLU, nn.ELU], [nn.ReLU6, nn.CELU], [nn.SiLU, nn.GELU]]
    assert found == [*wanted, *wanted[:2]]


def test_what_a_library_brings_stays(folder: Path) -> None:
    for part in ("v1", "v2"):
        write(
            folder / part / "net.py",
            "from torch import nn\n\ndef net():\n    import this_library\n    return nn.ReLU()\n",
        )
    write(folder / "library" / "this_library.py", "")
    sys.path.append(str(folder / "library"))
    try:
        built("v1/net.py:net")
        library = sys.modules["this_library"]
        built("v2/net.py:net")
        assert sys.modules["this_library"] is library
    finally:
        sys.path.remove(str(folder / "library"))


def test_the_seed_decides_however_often_it_is_built(folder: Path) -> None:
    write(
        folder / "net.py",
        """
        import torch
        from torch import nn

        scale = torch.rand(3)
        instance = nn.Conv2d(3, 4, 1)

        def net():
            return nn.Conv2d(3, 4, 1)
        """,
    )
    first, second = built("net.py:net"), built("net.py:net")
    assert isinstance(first, nn.Conv2d)
    assert isinstance(second, nn.Conv2d)
    assert first.weight.equal(second.weight)


def test_a_network_that_was_built_is_not_the_files_own(folder: Path) -> None:
    write(folder / "net.py", "from torch import nn\ninstance = nn.Conv2d(3, 4, 1)\n")
    changed = built("net.py:instance")
    nn.init.zeros_(changed.weight)  # type: ignore[arg-type]
    again = built("net.py:instance")
    assert isinstance(again, nn.Conv2d)
    assert again.weight.any()


def test_options_of_the_command_are_none_of_the_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["cnnprof", "profile", "net.py:build", "--batch", "4"])
    write(
        folder / "net.py",
        """
        import argparse
        from torch import nn
        parser = argparse.ArgumentParser()
        parser.add_argument("--batch", type=int, default=2)
        options = parser.parse_args()
        def build():
            return nn.Linear(options.batch, 1)
        """,
    )
    assert built("net.py:build").in_features == 2
    assert sys.argv[0] == "cnnprof"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are text")
def test_a_name_that_is_no_utf_8(folder: Path) -> None:
    name = os.fsdecode(b"caf\xe9.py")
    write(folder / name, "from torch import nn\ndef build(): return nn.ReLU()")
    assert isinstance(built(f"{name}:build"), nn.ReLU)


def test_a_module_beside_the_file_may_answer_for_every_name(folder: Path) -> None:
    write(folder / "blocks.py", "def __getattr__(name): raise RuntimeError(name)")
    write(folder / "net.py", "import blocks\nfrom torch import nn\ndef build(): return nn.ReLU()")
    assert isinstance(built("net.py:build"), nn.ReLU)


def test_a_file_imports_what_lies_in_the_current_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a repository a file names its neighbours from the repository's root, which is where the command is typed."""
    write(folder / "lib_of_root" / "parts.py", "from torch import nn\n\nPART = nn.Hardswish\n")
    write(
        folder / "nets" / "rooted.py",
        """
        from lib_of_root.parts import PART
        from on_both_shelves import WHICH

        assert WHICH == "beside"

        def net():
            import lib_of_root.late
            return PART()
        """,
    )
    write(folder / "lib_of_root" / "late.py", "")
    write(folder / "on_both_shelves.py", "WHICH = 'root'\n")
    write(folder / "nets" / "on_both_shelves.py", "WHICH = 'beside'\n")
    monkeypatch.setattr(sys, "path", [place for place in sys.path if place not in ("", str(folder))])
    assert isinstance(built("nets/rooted.py:net"), nn.Hardswish)


@pytest.mark.parametrize(
    ("where", "typed", "hint"),
    [
        (".", "pack_of_two/inner/net.py", "write pack_of_two.inner.net:build"),
        (".", "loose_of_two/net.py", "write loose_of_two.net:build"),
        ("pack_of_two/inner", "net.py", "write pack_of_two.inner.net:build, in {root}"),
    ],
)
def test_a_file_of_a_package_is_told_how_it_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, where: str, typed: str, hint: str
) -> None:
    for place in ("pack_of_two", "pack_of_two/inner"):
        write(folder / place / "__init__.py", "")
    for place in ("pack_of_two/inner", "loose_of_two"):
        write(folder / place / "net.py", "from .parts import build\n")
        write(folder / place / "parts.py", "from torch import nn\n\ndef build():\n    return nn.ReLU()\n")
    monkeypatch.chdir(folder / where)
    with pytest.raises(ModelError, match="relative import") as refused:
        built(f"{typed}:build")
    assert refused.value.hint == f"it is part of a package: {hint.format(root=folder)}"
    monkeypatch.chdir(folder)
    assert isinstance(built(hint.split()[1].rstrip(",")), nn.ReLU)


def test_a_file_that_finds_itself_in_place_of_its_package_is_told_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``detector/detector.py`` imports its neighbour from ``detector``, which beside it is the file itself."""
    write(folder / "twice_named" / "twice_named.py", "from twice_named.parts import build\n")
    write(folder / "twice_named" / "parts.py", "from torch import nn\n\ndef build():\n    return nn.ReLU()\n")
    monkeypatch.chdir(folder)
    with pytest.raises(ModelError, match="is not a package") as refused:
        built("twice_named/twice_named.py:build")
    assert refused.value.hint == "it is part of a package: write twice_named.twice_named:build"
    assert isinstance(built("twice_named.twice_named:build"), nn.ReLU)
