"""``net.pt2``: a ``torch.export`` archive as a module that runs its graph, one aten op after the other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnprof.errors import ModelError, in_one_line
from cnnprof.zoo.exported.archive import SAVE_AGAIN, Archive, read_archive

if TYPE_CHECKING:
    from torch import nn

Declared = tuple[tuple[int | None, ...], ...]
MALFORMED = (KeyError, TypeError, ValueError, IndexError, AttributeError)


class Exported:
    """One archive. ``inputs`` are the declared shapes, batch first; None stands for a size that export left open."""

    def __init__(self, path: Path) -> None:
        self.archive: Archive = read_archive(path)
        try:
            self.inputs: Declared = tuple(self._shape(name) for name in self._user_inputs())
        except MALFORMED as error:
            raise ModelError(
                f"{path} is damaged: its inputs cannot be read ({in_one_line(error)})", SAVE_AGAIN
            ) from error
        if not self.inputs or not all(self.inputs):
            raise ModelError(f"{path} takes no input that has a batch", SAVE_AGAIN)

    def build(self, weights: bool, seed: int) -> nn.Module:
        """The network in eval mode; its weights come from the file, and without ``weights`` it has none."""
        from cnnprof.zoo.exported.replay import Replay

        try:
            return Replay(self.archive, weights).eval()
        except MALFORMED as error:
            raise ModelError(f"its graph is damaged ({in_one_line(error)})", SAVE_AGAIN) from error

    def _user_inputs(self) -> list[str]:
        found = []
        for spec in self.archive.signature["input_specs"]:
            argument: Mapping[str, Any] = spec.get("user_input", {}).get("arg", {})
            if "as_tensor" in argument:
                found.append(argument["as_tensor"]["name"])
        return found

    def _shape(self, name: str) -> tuple[int | None, ...]:
        sizes = self.archive.graph["tensor_values"][name]["sizes"]
        return tuple(size.get("as_int") for size in sizes)
