"""Python files of the user's: each runs once in a process, and what lies beside one is not seen by another."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib import util
from pathlib import Path
from types import ModuleType
from zlib import crc32

from cnnprof.errors import FileError

FACTORY_HINT = "write file.py:factory, where factory() returns an nn.Module"
Version = tuple[Path, int, int]
_loaded: dict[Version, ModuleType] = {}


def load_file(path: Path) -> ModuleType:
    """The module that a file is. It runs again only when it was changed: what a file registers, it registers once."""
    file = path.resolve()
    state = file.stat()
    version = (file, state.st_mtime_ns, state.st_size)
    if version not in _loaded:
        _loaded[version] = _run(path, file)
    return _loaded[version]


def _run(path: Path, file: Path) -> ModuleType:
    # No file takes the name of another, nor that of a library: torch.py beside a network is no torch.
    name = f"{re.sub(r'[^0-9A-Za-z_]', '_', file.stem)}_{crc32(os.fsencode(file)):08x}"
    spec = util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise FileError(f"{path} cannot be imported", FACTORY_HINT)
    module = util.module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses and torch look a class's module up
    try:
        with beside(file), _called_as(path):
            spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


@contextmanager
def _called_as(path: Path) -> Iterator[None]:
    """A file that reads options finds none: those of the command are not its."""
    before, sys.argv = sys.argv, [str(path)]
    try:
        yield
    finally:
        sys.argv = before


def name_in_package(path: Path) -> tuple[str, Path]:
    """What a file is called as part of its package (``models.net``), and the folder that holds the package."""
    file = path.resolve()
    root = file.parent.parent
    while (root / "__init__.py").is_file():
        root = root.parent
    return ".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__"), root


@contextmanager
def beside(path: Path) -> Iterator[None]:
    """What lies beside a file can be imported inside, as it can where Python runs the file.

    So can what lies in the current folder: files of a repository name one another from its root.
    """
    folder = path.resolve().parent
    _shelf.change_to(folder)
    known = set(sys.modules)
    with current_folder():
        sys.path.insert(0, str(folder))
        try:
            yield
        finally:
            _shelf.note(folder, sys.modules.keys() - known, known)
            with suppress(ValueError):  # the user's code may have taken it away
                sys.path.remove(str(folder))


@contextmanager
def current_folder() -> Iterator[None]:
    """``python -m`` finds modules in the current folder, and so does MODEL."""
    if "" in sys.path:
        yield
        return
    sys.path.insert(0, "")
    try:
        yield
    finally:
        with suppress(ValueError):
            sys.path.remove("")


@dataclass(slots=True)
class _Shelf:
    """Modules that lie beside files, by folder: two folders may each have a ``blocks.py``.

    Those of the last folder stay where Python looks for them, since its network may ask when it runs.
    """

    present: Path | None = None
    names: dict[Path, set[str]] = field(default_factory=dict)
    put_away: dict[Path, dict[str, ModuleType]] = field(default_factory=dict)

    def change_to(self, folder: Path) -> None:
        """Put the modules of the folder before away, and those of this one back."""
        if self.present is not None and self.present != folder:
            names = self.names.get(self.present, set())
            taken = [name for name in sys.modules if name.partition(".")[0] in names]
            self.put_away[self.present] = {name: sys.modules.pop(name) for name in taken}
        sys.modules.update(self.put_away.pop(folder, {}))
        self.present = folder

    def note(self, folder: Path, brought: set[str], known: set[str]) -> None:
        """Remember which modules the folder brought: those right in it, not an environment that lies below it."""
        new = {name.partition(".")[0] for name in brought} - known
        self.names.setdefault(folder, set()).update(name for name in new if _lies_in(folder, name))


def _lies_in(folder: Path, name: str) -> bool:
    held = getattr(
        sys.modules.get(name), "__dict__", {}
    )  # asked itself, a module may answer with code of its own
    places = [held.get("__file__"), *held.get("__path__", ())]
    return any(place and Path(place).resolve().parent == folder for place in places)


_shelf = _Shelf()
