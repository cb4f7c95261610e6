"""``python -m benchmarks`` runs all; ``python -m benchmarks counting startup`` runs those named."""

from __future__ import annotations

import sys
from importlib import import_module

NAMES = ("counting", "memory", "startup", "timing", "spread", "trust", "agreement", "experiments", "held")


def main(asked: list[str]) -> int:
    """Run the benchmarks asked for, or all; 2 for a name that is none."""
    unknown = [name for name in asked if name not in NAMES]
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}", file=sys.stderr)
        return 2
    for name in asked or NAMES:
        print(f"{name} ...", flush=True)
        import_module(f"benchmarks.{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
