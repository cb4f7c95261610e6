"""The networks of ShuffleNet V2's controlled experiments, at the first row that shows each guideline's effect.

Figures of speed belong to single rows of the paper's tables: see ``cnnprof experiment g1`` to ``g4``. The paper prints
no counts for them; the reference is arithmetic, with h w = 56 * 56 and ten blocks.
"""

from __future__ import annotations

from cnnprof.records.entry import Entry, Reference
from cnnprof.zoo.entries.shufflenet_v2 import PAPER

FAMILY = TASK = "controlled"
HW = 56 * 56
BLOCKS = 10
PLAIN = "the paper names no batch norm, bias or activation between the convolutions: none by default"


def controlled(name: str, channels: int, weights: int, formula: str, *notes: str) -> Entry:
    """An entry from the weights of one block."""
    params = BLOCKS * weights
    return Entry(
        f"controlled:{name}",
        FAMILY,
        PAPER,
        f"controlled:{name}",
        Reference(
            f"arithmetic: ten blocks of {formula} weights, run at 56 x 56 positions", params, params * HW
        ),
        task=TASK,
        input=(channels, 56, 56),
        metric_name="",
        notes=(*notes, f"cnnprof experiment {name} runs the whole table"),
    )


ENTRIES = (
    controlled("g1", 128, 2 * 128 * 128, "2 c1 c2 with c1 = c2 = 128", PLAIN),
    controlled("g2", 256, 256 * 256 // 4, "c c / g with c = 256, g = 4", PLAIN),
    controlled(
        "g3",
        64,
        4 * 64 * 64,
        "n c' c' with n = 4, c' = 128 / sqrt(n)",
        PLAIN,
        "how fragments in parallel join is drawn in the paper's appendix, not written: added by default",
    ),
    controlled(
        "g4",
        128,
        128 * 32 + 9 * 32 * 32 + 32 * 128,
        "c d + 9 d d + d c with c = 128, d = c / 4",
        "the paper does not say whether c are the unit's outer or inner channels: outer by default, because with "
        "c inside, its speeds would need more multiply-adds a second than its devices can do",
    ),
)
