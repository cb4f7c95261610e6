"""Who runs when: short turns in randomised rounds, each round followed by its mirror image.

    round 0:  B A C      A drift that is linear over two rounds hits every model alike, and so does a
    round 1:  C A B      predecessor that leaves the caches in disorder (ABBA in randomised blocks).

Turns are short, because what disturbs a machine lasts longer than a call: of interleaved MobileNet V2 and
ShuffleNet V2 (2 cores, 16-25 ms a call) the spread of the paired ratios was the same for one counted call a
turn as for four, so that many short rounds tell more than a few long ones. Each turn begins with one call
that is kept but not counted: it refills the caches that another model used.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil
from random import Random

TURN_S = 0.02
ROUNDS = 40


def orders(models: int, seed: int) -> Iterator[tuple[int, ...]]:
    """Endless rounds: a random order of ``range(models)``, then the same backwards."""
    random = Random(seed)
    while True:
        order = list(range(models))
        random.shuffle(order)
        yield tuple(order)
        yield tuple(reversed(order))


def calls_per_turn(latencies_s: Sequence[float], remaining_s: float) -> int:
    """Calls of every model in every turn, the uncounted first one included; at least 2.

    Enough that the fastest model's turn lasts 20 ms, where reading the witnesses costs below 1%, but no more
    than lets 40 rounds fit what remains of the budget.
    """
    wanted = ceil(TURN_S / max(min(latencies_s), 1e-6))
    affordable = int(remaining_s / ROUNDS / max(sum(latencies_s), 1e-6))
    return max(2, min(wanted, affordable))
