"""Who runs when: short turns in randomised rounds, each round followed by its mirror image.

    round 0:  B A C      A drift that is linear over two rounds hits every model alike (ABBA in randomised blocks). Of
    round 1:  C A B      2n rounds of n models each is equally often at every position, and after every other (the
    round 2:  A C B      design of Williams 1949, "Experimental designs balanced for the estimation of residual effects
    round 3:  B C A      of treatments"); after itself it is once. A turn after one's own finds what that one left in
    ...                  the caches: it was 1.3 to 1.9% faster (MobileNet V2 beside two more of it, 2 cores).

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
    """Endless rounds, each an order of ``range(models)``, in balanced blocks of twice as many as there are models."""
    random = Random(seed)
    names = list(range(models))
    # 0 1 -1 2 -2 ...: turned by one from order to order, each place has every other beside it
    steps = [place // 2 + 1 if place % 2 else -(place // 2) for place in range(models)]
    last = None
    while True:
        random.shuffle(names)
        if names[0] == last:
            names.reverse()
        for shift in range(models):
            order = tuple([names[(shift + step) % models] for step in steps])
            yield order
            yield order[::-1]
            last = order[0]


def calls_per_turn(latencies_s: Sequence[float], remaining_s: float) -> int:
    """Calls of every model in every turn, the uncounted first one included; at least 2.

    Enough that the fastest model's turn lasts 20 ms, where reading the witnesses costs below 1%, but no more
    than lets 40 rounds fit what remains of the budget.
    """
    wanted = ceil(TURN_S / max(min(latencies_s), 1e-6))
    affordable = int(remaining_s / ROUNDS / max(sum(latencies_s), 1e-6))
    return max(2, min(wanted, affordable))
