"""MODEL as it is typed: what each kind of source gives, and what each mistake says."""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import dedent

import pytest
from torch import nn

from cnnprof.errors import CnnprofError, FileError, ModelError, UnknownNameError
from cnnprof.zoo.sources import find_source

GOOD = """
    from torch import nn

    def net(channels=3):
        return nn.Conv2d(channels, 4, 1)

    def needy(channels):
        return nn.Conv2d(channels, 4, 1)

    def failing():
        raise OSError("weights are elsewhere")

    def mistaken():
        return nn.Conv2d(3, 4 / 2, 1)

    def leaving():
        raise SystemExit("bye")

    def talkative():
        raise RuntimeError("first the thing,\\n   then the reason")

    def text():
        return "a network"

    def positional(width, /):
        return nn.ReLU()

    instance = nn.ReLU()
    number = 7
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nets.py").write_text(dedent(GOOD))
    return tmp_path


def built(model: str, **arguments: object) -> nn.Module:
    return find_source(model, arguments).build(True, 0)


def refusal(model: str, **arguments: object) -> CnnprofError:
    with pytest.raises(CnnprofError) as refused:
        built(model, **arguments)
    error = refused.value
    assert error.message
    assert error.hint
    assert "\n" not in error.message + error.hint
    return error


def test_a_file_and_its_factory(folder: Path) -> None:
    source = find_source("nets.py:net", {"channels": 5})
    assert (source.entry, source.input) == (None, (3, 224, 224))
    model = source.build(True, 0)
    assert isinstance(model, nn.Conv2d)
    assert model.in_channels == 5
    assert isinstance(built(str(folder / "nets.py:net")), nn.Conv2d)


def test_weights_are_decided_by_the_seed(folder: Path) -> None:
    first, same, other = (find_source("nets.py:net", {}).build(True, seed).weight for seed in (1, 1, 2))
    assert isinstance(first, nn.Parameter)
    assert first.equal(same)  # type: ignore[arg-type]
    assert not first.equal(other)  # type: ignore[arg-type]


def test_an_instance_instead_of_a_factory(folder: Path) -> None:
    assert isinstance(built("nets.py:instance"), nn.ReLU)


def test_a_module_of_the_current_folder_and_its_own_imports(folder: Path) -> None:
    (folder / "pack").mkdir()
    (folder / "pack" / "__init__.py").write_text("")
    (folder / "pack" / "deep.py").write_text("from pack.parts import part\n\ndef net():\n    return part()\n")
    (folder / "pack" / "parts.py").write_text("from torch import nn\n\ndef part():\n    return nn.ReLU6()\n")
    before = list(sys.path)
    try:
        assert isinstance(built("pack.deep:net"), nn.ReLU6)
        assert sys.path == before
    finally:
        for name in ("pack", "pack.deep", "pack.parts"):
            sys.modules.pop(name, None)


def test_imports_beside_the_file(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "beside_it.py").write_text("from torch import nn\nPART = nn.Hardswish\n")
    (folder / "sub" / "user.py").write_text("from beside_it import PART\n\ndef net():\n    return PART()\n")
    before = list(sys.path)
    try:
        assert isinstance(built("sub/user.py:net"), nn.Hardswish)
        assert sys.path == before
    finally:
        sys.modules.pop("beside_it", None)


def test_nothing_runs_before_it_is_built(folder: Path) -> None:
    (folder / "loud.py").write_text("raise RuntimeError('imported')\n")
    find_source("loud.py:net", {})


@pytest.mark.parametrize(
    ("model", "kind", "code", "says"),
    [
        ("missing.py:net", FileError, 5, "no such file: missing.py"),
        ("nets.py:nett", UnknownNameError, 3, "unknown factory 'nett' in nets.py"),
        ("nets.py:no-name", UnknownNameError, 3, "unknown factory"),
        ("nets.py:", UnknownNameError, 3, "unknown factory"),
        ("nets.py", UnknownNameError, 3, "names a file but no factory"),
        ("nets.py:a.b", UnknownNameError, 3, "'a.b'"),
        ("nets.py:failing", ModelError, 4, "raised OSError: weights are elsewhere"),
        ("nets.py:leaving", ModelError, 4, "raised SystemExit: bye"),
        ("nets.py:text", ModelError, 4, "returned str, not an nn.Module"),
        ("nets.py:number", ModelError, 4, "nets.py:number is not a factory but of type int"),
        ("nets.py:needy", ModelError, 4, "needs"),
        ("nets.py:talkative", ModelError, 4, "raised RuntimeError: first the thing, then the reason"),
        (":net", UnknownNameError, 3, "':net' names no file and no module before its factory"),
        ("weights.pt", ModelError, 4, "pickle"),
        ("weights.PTH", ModelError, 4, "pickle"),
        ("no_such_package_here:net", UnknownNameError, 3, "no module no_such_package_here"),
        ("no_such_package_here.inner:net", UnknownNameError, 3, "no module no_such_package_here"),
        ("json.no_such_part:net", UnknownNameError, 3, "no module json.no_such_part"),
        ("mobilenet_v22", UnknownNameError, 3, "unknown model 'mobilenet_v22'"),
    ],
)
def test_mistakes(folder: Path, model: str, kind: type[CnnprofError], code: int, says: str) -> None:
    error = refusal(model)
    assert type(error) is kind
    assert error.exit_code == code
    if says != "needs":  # Python's own words differ from version to version
        assert says in error.message


def test_a_factory_that_needs_arguments_is_told_how_to_get_them(folder: Path) -> None:
    error = refusal("nets.py:needy")
    assert "channels" in error.message
    assert "--arg" in error.hint
    model = built("nets.py:needy", channels=2)
    assert isinstance(model, nn.Conv2d)


def test_a_factory_without_arguments_is_told_where_it_fails(folder: Path) -> None:
    assert refusal("nets.py:mistaken").hint.startswith("correct nets.py:")


def test_an_argument_that_the_factory_does_not_have(folder: Path) -> None:
    error = refusal("nets.py:net", chanels=2)
    assert isinstance(error, UnknownNameError)
    assert error.hint == "did you mean channels?"


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("def net(:\n", "SyntaxError"),
        ("raise SystemExit(3)\n", "SystemExit: 3"),
        ("1 / 0\n", "ZeroDivisionError"),
        ("import no_such_package_here\n", "no_such_package_here"),
        ("raise ModuleNotFoundError('the thing,\\nthen the reason')\n", "imported: the thing,"),
        ("raise BaseException('odd')\n", "odd"),
    ],
)
def test_files_that_cannot_be_imported(folder: Path, code: str, says: str) -> None:
    (folder / "broken.py").write_text(code)
    before = list(sys.path)
    error = refusal("broken.py:net")
    assert isinstance(error, ModelError)
    assert says in error.message
    assert sys.path == before


def test_a_factory_that_cannot_be_read_is_a_matter_of_files(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "nets").mkdir()
    (folder / "nets.d.py").mkdir()
    error = refusal("nets.d.py:build")
    assert error.exit_code == 5
    assert "is a directory" in error.message
    (folder / "closed.py").write_text("")
    monkeypatch.setattr("os.access", lambda *_: False)  # root may read everything
    error = refusal("closed.py:build")
    assert (error.exit_code, error.message) == (5, "cannot read closed.py: permission denied")


def test_an_interrupt_passes(folder: Path) -> None:
    (folder / "slow.py").write_text("raise KeyboardInterrupt\n")
    with pytest.raises(KeyboardInterrupt):
        built("slow.py:net")


def test_an_instance_takes_no_argument(folder: Path) -> None:
    error = refusal("nets.py:instance", x=1)
    assert error.exit_code == 3
    assert "takes no --arg" in error.message


@pytest.mark.parametrize("backbone", [50, None, 0.5])
def test_a_name_of_the_zoo_that_is_no_text(backbone: object) -> None:
    error = refusal("ssdlite", backbone=backbone)
    assert error.exit_code == 3
    assert repr(backbone) in error.message


def test_the_zoo() -> None:
    source = find_source("squeezenet1_1", {})
    assert source.kind == "zoo"
    assert source.entry is not None
    assert all(p.is_meta for p in source.build(False, 0).parameters())
    assert not any(p.is_meta for p in source.build(True, 0).parameters())
