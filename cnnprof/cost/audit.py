"""Our count beside an independent counter's: where they differ, on which op, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from cnnprof.records.convention import Audit, Difference, PeerCount
from cnnprof.records.counts import Counts

# The peers' operators that are multiply-adds; every other one is an amount that cnnprof keeps in flops.
PRODUCTS = frozenset(
    {"conv", "convolution", "_convolution", "linear", "addmm", "mm", "bmm", "baddbmm", "matmul", "einsum"}
)
EXTRA = "counted by {counter}, not a multiply-add: cnnprof has it in flops"
MISSED = "not counted by {counter}"
UNLIKE = "the two count this layer differently"


def audit(peer: PeerCount, counts: Counts) -> Audit:
    """Every difference between a peer's amounts and our macs, multiply-adds layer by layer, the rest by operator."""
    ours = counts.macs * peer.per_mac
    if peer.problem:
        return Audit(peer.counter, peer.version, ours, 0, (), peer.problem)
    differences = (*_extras(peer), *_products(peer, counts))
    return Audit(peer.counter, peer.version, ours, sum(amount for *_, amount in peer.amounts), differences)


def _extras(peer: PeerCount) -> list[Difference]:
    """One difference an operator that is no product, at the first of the modules that run it."""
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for path, operator, amount in peer.amounts:
        if operator not in PRODUCTS:
            found[operator].append((path, amount))
    reason = EXTRA.format(counter=peer.counter)
    return [
        Difference(operator, _among([path for path, _ in places]), 0, sum(n for _, n in places), reason)
        for operator, places in found.items()
    ]


def _products(peer: PeerCount, counts: Counts) -> list[Difference]:
    """One difference for each module whose multiply-adds are not equal."""
    theirs: dict[str, int] = defaultdict(int)
    ours: dict[str, int] = defaultdict(int)
    kinds: dict[str, str] = {}
    for path, operator, amount in peer.amounts:
        if operator in PRODUCTS:
            theirs[path] += amount
            kinds.setdefault(path, operator)
    for op in counts.ops:
        if op.macs:
            ours[op.path] += op.macs * peer.per_mac
            kinds[op.path] = op.kind
    return [
        Difference(kinds[path], path, ours[path], theirs[path], _reason(peer, kinds, path, theirs))
        for path in dict.fromkeys((*ours, *theirs))
        if ours[path] != theirs[path]
    ]


def _reason(peer: PeerCount, kinds: Mapping[str, str], path: str, theirs: Mapping[str, int]) -> str:
    if theirs[path] == 0:
        fused = " (a fused kernel that it has no formula for)" if kinds[path] == "attention" else ""
        return MISSED.format(counter=peer.counter) + fused
    return UNLIKE


def _among(paths: list[str]) -> str:
    first = paths[0] or "(the network itself)"
    return first if len(paths) == 1 else f"{first} and {len(paths) - 1} more"
