"""Tensors without data that outlive a pass: the code of the network has put them where nobody looks for them.

Caches of helpers, of closures, of functions in other files, lists that hooks append to: what is known of them is put
back by ``caches`` and ``containers``. Whatever else holds a tensor of the pass is found by asking who refers to it, and
made to forget it: it would fail the network's next real pass.

No comprehension here may name what is being forgotten: the cell that it would be kept in is a holder, too.
"""

from __future__ import annotations

import gc
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import _lru_cache_wrapper
from itertools import compress, repeat
from operator import is_
from sys import getrefcount
from types import CellType, FunctionType, ModuleType
from typing import Any

from torch import Tensor

# By the loop's name and, up to Python 3.13, the call itself: what is counted where nobody but the list holds it.
(IN_A_LIST,) = [getrefcount(each) for each in [object()]]
HELD_HERE = IN_A_LIST - 1
LEVELS = 4  # a tuple in a tuple in a dict


def take_out(seen: list[Any]) -> None:
    """Make everything but ``seen`` forget the tensors without data in it. Nearly always nothing else holds one."""
    times = Counter(map(id, seen))
    left = [
        each
        for each in seen
        if getrefcount(each) > HELD_HERE + times[id(each)]
        and isinstance(each, Tensor)
        and each.is_meta
        and getrefcount(each) > HELD_HERE + times[id(each)] + _held_by_torch(each)
    ]
    left = list({id(each): each for each in left}.values())
    if left:
        with thawed():
            for tensor in left:
                _forget(tensor, {id(seen), id(left)}, LEVELS)


@contextmanager
def thawed() -> Iterator[None]:
    """Inside, those who hold something can be asked for, also where the program has frozen what it had made."""
    frozen = gc.get_freeze_count()
    gc.unfreeze()
    try:
        yield
    finally:
        if frozen:
            gc.freeze()


def _held_by_torch(tensor: Any) -> bool:
    """Torch holds a tensor once for all of its own, where a view was made of it; releases before 2.10 do not tell."""
    return hasattr(tensor, "_use_count") and tensor._use_count() > 1


def _forget(held: Any, ours: set[int], levels: int) -> None:
    holders = _holders(held, ours)
    for holder in holders:
        if isinstance(holder, tuple):
            if levels:
                _forget(holder, ours | {id(holders)}, levels - 1)
        elif isinstance(holder, dict):
            _forget_in_dict(holder, held, ours)
        else:
            _forget_in(holder, held)


def _forget_in(holder: Any, held: Any) -> None:
    if isinstance(holder, (list, deque)):
        for place in reversed(_places(range(len(holder)), holder, held)):
            del holder[place]
    elif isinstance(holder, set):
        holder.discard(held)
    elif isinstance(holder, CellType):
        holder.cell_contents = None
    elif isinstance(holder, _lru_cache_wrapper):
        holder.cache_clear()
    else:
        _forget_in_slots(holder, held)


def _holders(held: Any, ours: set[int]) -> list[Any]:
    found = gc.get_referrers(held)
    return [each for each in found if id(each) not in ours]


def _places(names: Iterable[Any], values: Iterable[Any], held: Any) -> list[Any]:
    """The names of those values that are what is held."""
    return list(compress(names, map(is_, values, repeat(held))))


def _forget_in_dict(table: dict[Any, Any], held: Any, ours: set[int]) -> None:
    """An entry of a table goes, and with it what a function holds, which is asked for by ``hasattr``. An attribute of
    anything else, or a name of a file, is None again, as those are that get filled later.
    """
    owners = [each for each in _holders(table, ours) if _owns(each, table)]
    for key in _places(list(table), table.values(), held):
        if not owners or isinstance(owners[0], FunctionType):
            del table[key]
        elif isinstance(owners[0], type):
            setattr(owners[0], key, None)
        else:
            table[key] = None


def _owns(owner: Any, table: dict[Any, Any]) -> bool:
    """Whether these are its attributes; a class shows its own through a proxy alone."""
    if isinstance(owner, type):
        return len(vars(owner)) == len(table) and all(map(is_, vars(owner).values(), table.values()))
    return isinstance(owner, ModuleType) or getattr(owner, "__dict__", None) is table


def _forget_in_slots(owner: Any, held: Any) -> None:
    for cls in type(owner).__mro__:
        slots = vars(cls).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if getattr(owner, name, None) is held:
                setattr(owner, name, None)
