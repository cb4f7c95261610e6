"""The report of ``cnnprof guidelines``: the four guidelines in total, what departs from them, and each layer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from cnnprof.records.guidelines import Block, Finding, Guidelines, PointwiseLayer, Share
from cnnprof.records.profile import Profile
from cnnprof.render.text import numbers
from cnnprof.render.text.table import Column, Report, Row, Table, notes
from cnnprof.render.text.words import setting, uncounted_lines

SHARES = (
    Column("group", align="left"),
    Column("ops"),
    Column("macs"),
    Column("flops"),
    Column("memory\naccess", "bytes"),
)
FINDINGS = (
    Column("guideline", align="left"),
    Column("layer", align="left"),
    Column("finding", align="left", priority=1),
    Column("could save", "bytes"),
)
SHORT = "findings in their first words; a wider terminal and --format md give all of them"
LAYERS = (
    Column("pointwise layer", align="left"),
    Column("channels"),
    Column("groups", priority=2),
    Column("positions", priority=3),
    Column("memory\naccess", "elements"),
    Column("least\n(eq. 1)", "elements", priority=1),
    Column("ratio"),
    Column("added by\ngroups", "elements"),
)
BLOCKS = (
    Column("block", align="left"),
    Column("class", align="left", priority=2),
    Column("branches"),
    Column("convolutions,\npoolings"),
    Column("operations"),
    Column("macs", priority=1),
    Column("memory\naccess", "bytes"),
)
FOOT = (
    "ShuffleNet V2 (Ma et al. 2018), section 2; elements are counted as its equations count them, bytes as the ops run "
    "one by one; savings under different guidelines overlap"
)
NOT_TIMED = "; nothing was timed"
TIMED = (
    "; time that could be saved: the time of the op or block, times the share of its bytes that could be saved; small "
    "operations take less time than the network's average one"
)
TIME = Column("time")
SAVED_TIME = Column("could save", "ms")


def guidelines_report(profile: Profile, top: int, layers: bool = False) -> Report:
    """The summary and the ``top`` findings; with ``layers`` every pointwise layer and every block."""
    found = profile.guidelines
    if found is None:
        return ()
    title = f"{profile.request.model} ({setting([profile])}) by the guidelines of ShuffleNet V2"
    chosen = found.findings[:top]
    most = "most time" if profile.layer_times else "most"
    several = len(found.findings) > 1
    heading = (
        f"the {len(chosen)} of {len(found.findings)} findings that could save {most}"
        if several
        else "the one finding"
    )
    return (
        *notes(title, style="heading"),
        *notes(*_summary(found), *uncounted_lines([profile])),
        shares_table(found.shares),
        *((findings_table(chosen, heading),) if chosen else ()),
        *notes(*_remedies(chosen)),
        *(_layer_tables(found) if layers else ()),
        *notes(f"{FOOT}{TIMED if profile.layer_times else NOT_TIMED}", style="dim"),
    )


def shares_table(shares: Sequence[Share]) -> Table:
    """G4 in total, with the share of time where it was measured."""
    columns = SHARES if any(share.seconds is None for share in shares) else (*SHARES, TIME)
    rows = tuple(row[: len(columns)] for row in _share_rows(shares))
    return Table(columns, rows, title="G4: what each group of ops costs", total=True)


def findings_table(findings: Sequence[Finding], heading: str) -> Table:
    """The findings with what they could save: time where that was measured, else bytes."""
    timed = all(finding.saved_s is not None for finding in findings)
    return Table(
        (*FINDINGS[:-1], SAVED_TIME) if timed else FINDINGS,
        tuple(_finding_row(each, each.figure, timed) for each in findings),
        title=heading,
        short_rows=tuple(_finding_row(each, _first_words(each.figure), timed) for each in findings),
        short_note=SHORT,
    )


def _summary(found: Guidelines) -> Iterator[str]:
    """A line for each of G1 to G3."""
    layers, blocks = found.pointwise, found.blocks
    if layers:
        access, least = sum(layer.elements for layer in layers), sum(layer.bound for layer in layers)
        yield (
            f"G1: {numbers.number_of(len(layers), 'pointwise convolution')} {'move' if len(layers) > 1 else 'moves'} "
            f"{numbers.count(access)} elements, "
            f"{access / least:.3f} times the least at the same macs"
        )
        added = sum(layer.added for layer in layers)
        grouped = sum(layer.groups > 1 for layer in layers)
        share = numbers.share(added, access)
        verb = "is" if grouped == 1 else "are"
        adds = f"{grouped} of them {verb} grouped, which adds {numbers.count(added)} elements ({share})"
        yield f"G2: {adds if grouped else 'none of them has groups'}"
    if blocks:
        widest = max(blocks, key=lambda block: (block.branches, block.operations))
        operations = sum(block.operations for block in blocks) / len(blocks)
        yield (
            f"G3: {numbers.number_of(len(blocks), 'block')} with branches, {operations:.1f} operations each on "
            f"average; the widest is {widest.path or 'the whole network'} with {widest.branches} branches "
            f"and {widest.operations} operations"
        )
    else:
        yield "G3: no branches: the network is a chain"


def _share_rows(shares: Sequence[Share]) -> Iterator[Row]:
    total = Share(
        "total",
        sum(share.operations for share in shares),
        sum(share.macs for share in shares),
        sum(share.flops for share in shares),
        sum(share.memory_bytes for share in shares),
        sum(share.seconds or 0.0 for share in shares),
    )
    for share in (*shares, total):
        yield (
            share.group,
            str(share.operations),
            numbers.share(share.macs, total.macs),
            numbers.share(share.flops, total.flops),
            numbers.share(share.memory_bytes, total.memory_bytes),
            numbers.share(share.seconds or 0.0, total.seconds or 0.0),
        )


def _finding_row(finding: Finding, figure: str, timed: bool) -> Row:
    place = finding.path or "(the network itself)"
    saved = f"{(finding.saved_s or 0.0) * 1e3:.3f}" if timed else numbers.size(finding.saved_bytes)
    return (finding.guideline, place, figure, saved)


def _first_words(figure: str) -> str:
    """``3 groups`` of ``3 groups: 2.12 times ...``; ``4 parallel branches`` of what goes on with of, or a comma."""
    return re.split(":|,| of ", figure, maxsplit=1)[0]


def _remedies(findings: Sequence[Finding]) -> Iterator[str]:
    """For each guideline departed from: its equation, and what the paper does instead."""
    said = sorted({(finding.guideline, finding.equation, finding.instead) for finding in findings})
    for (guideline, equation), group in groupby(said, key=lambda one: one[:2]):
        instead = "; ".join(one[2] for one in group)
        yield f"{guideline} ({equation}). The paper: {instead}"


def _layer_tables(found: Guidelines) -> Report:
    return (
        Table(LAYERS, tuple(map(_layer_row, found.pointwise)), title="G1 and G2: each pointwise convolution"),
        Table(BLOCKS, tuple(map(_block_row, found.blocks)), title="G3: each block with branches"),
    )


def _layer_row(layer: PointwiseLayer) -> Row:
    return (
        layer.path,
        f"{layer.inputs} to {layer.outputs}",
        str(layer.groups),
        str(layer.positions),
        numbers.exact(layer.elements),
        f"{layer.bound:,.0f}",
        f"{layer.ratio:.3f}",
        numbers.exact(layer.added),
    )


def _block_row(block: Block) -> Row:
    return (
        block.path or "(the network itself)",
        block.module,
        str(block.branches),
        str(block.fragments),
        str(block.operations),
        numbers.count(block.macs),
        numbers.size(block.memory_bytes),
    )
