from __future__ import annotations

from pathlib import Path

import pytest

from cnnprof.measure.machine.memory import available_bytes


def machine(root: Path, **files: str) -> Path:
    for name, content in files.items():
        file = root / name.replace("__", "/").replace("_dot_", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    return root


INFO = "MemTotal: 9000 kB\nMemFree: 10 kB\nMemAvailable:    4000 kB\n"


def test_the_machines_own(tmp_path: Path) -> None:
    assert available_bytes(machine(tmp_path, proc__meminfo=INFO)) == 4000 * 1024
    assert available_bytes(tmp_path / "nothing") is None


@pytest.mark.parametrize(
    ("limit", "held", "left"),
    [
        ("3000000", "", 1_000_000),
        ("max", "", 4000 * 1024),
        ("1000", "", 0),
        ("3000000", "anon 100\ninactive_file 500000\nactive_file 7\n", 1_500_000),  # files that nobody reads
    ],
)
def test_a_group_that_allows_less(tmp_path: Path, limit: str, held: str, left: int) -> None:
    root = machine(
        tmp_path,
        proc__meminfo=INFO,
        proc__self__cgroup="0::/a\n",
        sys__fs__cgroup__a__memory_dot_max=limit,
        sys__fs__cgroup__a__memory_dot_current="2000000",
        sys__fs__cgroup__a__memory_dot_stat=held,
    )
    assert available_bytes(root) == left


def test_the_older_groups(tmp_path: Path) -> None:
    root = machine(
        tmp_path,
        proc__meminfo=INFO,
        proc__self__cgroup="5:memory:/b\n",
        sys__fs__cgroup__memory__memory_dot_limit_in_bytes="500",
        sys__fs__cgroup__memory__memory_dot_usage_in_bytes="200",
    )
    assert available_bytes(root) == 300
