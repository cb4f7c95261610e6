"""Peak memory as counted, beside what torch's eager mode holds: every storage of a forward pass, for the whole zoo.

The count is of tensors that are still to be read. Python refers to some for longer: to a module's input until it has
returned, to the network's own until the end. So the count is the least that ops in this order need, and eager holds no
less.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

import cnnprof
from benchmarks.report import describe_machine, table, write
from cnnprof.zoo.catalogue import find_entry

MOST = 10  # networks that are told one by one


class Held(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Bytes of all storages that exist after each op, those of weights left out."""

    def __init__(self, weights: Sequence[Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.peak_bytes = 0
        self._weights = {tensor.untyped_storage()._cdata for tensor in weights}
        self._found: dict[int, tuple[Any, int]] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run the op; see what is still there, and what is new."""
        result = func(*args, **(kwargs or {}))
        self.see(result)
        return result

    def see(self, result: object) -> None:
        """Forget storages that are gone, note those of new tensors."""
        self._found = {key: found for key, found in self._found.items() if not found[0].expired()}
        for tensor in tree_leaves(result):
            if isinstance(tensor, Tensor) and tensor.untyped_storage()._cdata not in self._weights:
                storage = tensor.untyped_storage()
                reference = StorageWeakRef(storage)  # type: ignore[no-untyped-call]
                self._found.setdefault(storage._cdata, (reference, storage.nbytes()))
        self.peak_bytes = max(self.peak_bytes, sum(nbytes for _, nbytes in self._found.values()))


def held_bytes(model: nn.Module, shape: tuple[int, ...]) -> int:
    """The most that a forward pass of one picture holds at a time, weights and workspace of kernels left out."""
    model, picture = model.eval(), torch.zeros(1, *shape)
    held = Held([*model.parameters(), *model.buffers()])
    held.see(picture)
    with torch.no_grad(), held:
        model(picture)
    return held.peak_bytes


def main() -> None:
    """Follow every network of the zoo and write ``results/held.md``."""
    rows = []
    for name in cnnprof.list_models():
        model, shape = cnnprof.load_model(name), tuple(find_entry(name).input)
        counted = cnnprof.count(model, shape).peak_bytes
        rows.append((held_bytes(model, shape), counted, name))
    rows.sort(key=lambda row: row[0] / row[1], reverse=True)
    ratios = [held / counted for held, counted, _ in rows]
    signs = Counter("less" if ratio < 1 else "as much" if ratio == 1 else "more" for ratio in ratios)
    summary = (
        f"Eager holds {ratios[-1]:.2f} to {ratios[0]:.2f} times the peak that is counted, median {median(ratios):.2f}, "
        f"over {len(ratios)} networks at their default inputs: more in {signs['more']}, as much in {signs['as much']}, "
        f"less in {signs['less']} (there should be none)."
    )
    print(summary)
    told = [
        [name, f"{held / 1e6:.2f}", f"{counted / 1e6:.2f}", f"{held / counted:.2f}"]
        for held, counted, name in rows[:MOST]
    ]
    largest = table(["largest", "held MB", "counted MB", "ratio"], told)
    write("held", "Peak memory beside what eager holds", summary, describe_machine(), largest)


if __name__ == "__main__":
    main()
