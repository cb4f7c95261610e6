from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cnnprof.measure.machine import environment
from cnnprof.measure.machine.environment import default_threads, last_caches_bytes, read_environment

X86 = "processor\t: 0\nmodel name\t: Some CPU @ 2.60GHz\nflags\t\t: fpu sse2 hypervisor avx\n"
ARM = "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n"


def write(root: Path, **files: str) -> Path:
    for name, content in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def test_a_linux_machine(tmp_path: Path) -> None:
    cache = "sys__devices__system__cpu__cpu0__cache__"
    write(
        tmp_path,
        proc__cpuinfo=X86,
        proc__meminfo="MemTotal:       2048 kB\nMemFree: 1 kB\nMemAvailable:    512 kB\n",
        proc__stat="cpu  50 0 20 100 5 0 5 20 0 0\ncpu0 50 0 20 100 5 0 5 20 0 0\n",
        sys__devices__system__cpu__cpu0__cpufreq__scaling_governor="powersave\n",
        **{
            f"{cache}index0__level": "1\n",
            f"{cache}index0__type": "Data\n",
            f"{cache}index0__size": "32K\n",
            f"{cache}index3__level": "3\n",
            f"{cache}index3__type": "Unified\n",
            f"{cache}index3__size": "16M\n",
        },
    )
    found = read_environment(versions={"torch": "2.13.0"}, flags={"flush_denormal": "True"}, root=tmp_path)
    assert (found.cpu, found.governor, found.virtualised) == ("Some CPU @ 2.60GHz", "powersave", True)
    assert (found.memory_bytes, found.available_bytes) == (2048 * 1024, 512 * 1024)
    assert found.stolen_share == 20 / (50 + 20 + 100 + 5 + 5 + 20)
    assert found.cache_bytes == {"L1d": 32 * 1024, "L3": 16 * 1024**2}
    assert (found.versions, found.flags) == ({"torch": "2.13.0"}, {"flush_denormal": "True"})


def test_memory_that_a_container_may_not_take_is_not_available(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        proc__meminfo="MemTotal: 9000 kB\nMemAvailable: 4000 kB\n",
        proc__self__cgroup="0::/a\n",
        **{
            "sys__fs__cgroup__a__memory.max": "3000000",
            "sys__fs__cgroup__a__memory.current": "2000000",
        },
    )
    assert read_environment(root=root).available_bytes == 1_000_000


def test_the_last_caches_of_all_our_cores_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four cores, two and two behind one cache; the last two are not ours."""
    files: dict[str, str] = {}
    for core in range(6):
        cache = f"sys__devices__system__cpu__cpu{core}__cache__"
        first = core - core % 2
        files |= {
            f"{cache}index0__level": "1\n",
            f"{cache}index0__size": "32K\n",
            f"{cache}index3__level": "3\n",
            f"{cache}index3__size": "16M\n",
            f"{cache}index3__shared_cpu_list": f"{first}-{first + 1}\n",
        }
    write(tmp_path, **files)
    monkeypatch.setattr(environment, "allowed_cores", lambda: frozenset({0, 1, 2, 3}))
    assert last_caches_bytes(tmp_path) == 2 * 16 * 1024**2
    assert last_caches_bytes(tmp_path / "nowhere") is None


def test_arm_names_its_core_by_numbers(tmp_path: Path) -> None:
    found = read_environment(root=write(tmp_path, proc__cpuinfo=ARM))
    assert (found.cpu, found.virtualised) == ("ARM 0x41 0xd0c", None)


def test_macos_is_asked_for_the_processors_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``platform.processor()`` says ``arm`` of every Apple chip."""
    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setattr(environment, "CPU_NAME", [sys.executable, "-c", "print('Apple M2')"])
    assert read_environment(root=tmp_path).cpu == "Apple M2"
    monkeypatch.setattr(environment, "CPU_NAME", [str(tmp_path / "sysctl")])
    monkeypatch.setattr("platform.processor", lambda: "arm")
    assert read_environment(root=tmp_path).cpu == "arm"


def test_a_machine_without_these_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("os.getloadavg", raising=False)
    monkeypatch.delattr("os.sysconf", raising=False)
    found = read_environment(root=tmp_path)
    assert (found.quota_cores, found.governor, found.load_1min, found.memory_bytes) == (None,) * 4
    assert (found.available_bytes, found.stolen_share) == (None, None)
    assert found.cpu
    assert found.cores >= 1


@pytest.mark.parametrize(
    ("allowed", "quota", "threads"),
    [(8, None, 8), (8, 2.0, 2), (8, 2.5, 2), (8, 0.5, 1), (2, 6.0, 2)],
)
def test_default_threads(
    monkeypatch: pytest.MonkeyPatch, allowed: int, quota: float | None, threads: int
) -> None:
    monkeypatch.setattr(environment, "allowed_cores", lambda: frozenset(range(allowed)))
    monkeypatch.setattr(environment, "quota_cores", lambda root: quota)
    assert default_threads() == threads


def test_without_affinity_all_cores_are_allowed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(environment, "allowed_cores", lambda: None)
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    assert default_threads(tmp_path) == 3
