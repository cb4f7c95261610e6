"""What a grid of engines says beside its tables: each engine against the first, and FLOPs under each."""

from __future__ import annotations

from collections.abc import Sequence

from cnnprof.comparison.order import order_sentences
from cnnprof.comparison.pairing import Ratios, both_ways
from cnnprof.comparison.sentences import judgement
from cnnprof.records.grid import Engine, Grid, Setting, grid_of, reference_engine
from cnnprof.records.labels import varied
from cnnprof.records.notation import times
from cnnprof.records.profile import Profile
from cnnprof.records.ranking import Pair


def grid_sentences(profiles: Sequence[Profile], pairs: Sequence[Pair], baseline: int = 0) -> tuple[str, ...]:
    """Whether the order changes, how each engine compares with the first that was timed, what became of the
    multiply-adds, and what is left open.
    """
    grid, ratios = grid_of(profiles, baseline), both_ways(pairs)
    return (
        *order_sentences(profiles, pairs, baseline),
        *_engines(grid, ratios, reference_engine(profiles)),
        *(
            told
            for row in range(len(grid.models))
            if row != grid.baseline and (told := _promise(profiles, grid, row))
        ),
        *_undecided(pairs),
    )


def _engines(grid: Grid, ratios: Ratios, first: Engine) -> list[str]:
    """``onnxruntime takes 0.35x (ghostnet) to 0.48x (shufflenet_v2) the time of eager``."""
    found = []
    for engine in grid.engines:
        for batch in grid.batches if engine != first else ():
            every = sorted(_against_first(grid, ratios, Setting(engine, batch), first))
            spread = [each for each in every if each[2] != "not resolved"] or every
            at = f" at batch {batch}" if len(grid.batches) > 1 else ""
            if spread:
                span = _span(spread) if len(grid.models) > 1 else _alone(*spread[0])
                found.append(f"{grid.name(engine)} takes {span} the time of {grid.name(first)}{at}")
    return found


def _against_first(
    grid: Grid, ratios: Ratios, setting: Setting, first: Engine
) -> list[tuple[float, str, str]]:
    """Ratio to the first engine, model and verdict, of each model timed under both."""
    found = []
    for row, model in enumerate(grid.models):
        place = grid.place(row, setting.engine, setting.batch)
        base = grid.place(row, first, setting.batch)
        if place is not None and base is not None and (place, base) in ratios:
            ratio = ratios[place, base]
            found.append((ratio.ratio, model, ratio.verdict))
    return found


def _alone(ratio: float, model: str, verdict: str) -> str:
    return f"{times(ratio)}{' (not resolved)' if verdict == 'not resolved' else ''}"


def _span(spread: Sequence[tuple[float, str, str]]) -> str:
    texts = [
        f"{times(ratio)} ({model}{', not resolved' if verdict == 'not resolved' else ''})"
        for ratio, model, verdict in (spread[0], spread[-1])
    ]
    return texts[0] if len(spread) == 1 else " to ".join(texts)


def _promise(profiles: Sequence[Profile], grid: Grid, row: int) -> str:
    """What each setting made of one model's multiply-adds, settings of one judgement together."""
    judged: dict[str, list[str]] = {}
    promised = None
    for column, setting in enumerate(grid.settings):
        place, base = grid.cells[row][column], grid.cells[grid.baseline][column]
        if place is None or base is None or not profiles[base].counts.macs:
            continue
        promised = profiles[place].counts.macs / profiles[base].counts.macs
        ratio = profiles[place].ratio
        if ratio is not None:
            # Without the budget that would tell: it differs from cell to cell.
            where = " ".join(varied(setting, grid))
            told = judgement(promised, ratio, with_budget=False) if promised else ratio.verdict
            judged.setdefault(told, []).append(f"{where}: {times(ratio.ratio)}")
    if promised is None or not judged:
        return ""
    parts = "; ".join(f"{verdict} ({', '.join(cells)})" for verdict, cells in judged.items())
    base_name = grid.models[grid.baseline]
    return f"{grid.models[row]}, {times(promised)} the multiply-adds of {base_name}: {parts}"


def _undecided(pairs: Sequence[Pair]) -> list[str]:
    """How many pairs are not resolved, and what it would take."""
    unresolved = [pair.ratio for pair in pairs if pair.ratio.verdict == "not resolved"]
    budgets = [ratio.needed_s for ratio in unresolved if ratio.needed_s is not None]
    processes = [ratio.needed_processes for ratio in unresolved if ratio.needed_processes is not None]
    parts = [
        f"a budget of about {max(budgets):.0f} s would resolve {len(budgets)} of them" if budgets else "",
        f"about {max(processes)} processes of each model would resolve {len(processes)}" if processes else "",
    ]
    told = "".join(f"; {part}" for part in parts if part)
    count = "1 pair is" if len(unresolved) == 1 else f"{len(unresolved)} of {len(pairs)} pairs are"
    return [f"{count} not resolved{told}"] if unresolved else []
