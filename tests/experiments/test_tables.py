"""The tables as data: figures of the papers, arithmetic written out, nothing that needs torch."""

from __future__ import annotations

import subprocess
import sys
from math import isclose, sqrt

import pytest

from cnnprof.errors import UnknownNameError
from cnnprof.experiments import g1, g2, g3, g4, ncnn, table8, timm
from cnnprof.experiments.registry import ELSEWHERE, EXPERIMENTS, NAMES, find_experiment
from cnnprof.records.experiment import Experiment, Group, Row

HW = 56 * 56
each_experiment = pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=list(EXPERIMENTS))


def group(experiment: Experiment, title: str) -> Group:
    return next(group for group in experiment.groups if title in group.title)


def macs(row: Row) -> float:
    assert row.macs is not None
    return row.macs.value


def test_all_are_there() -> None:
    assert NAMES == (
        "g1", "g2", "g3", "g4", "table8", "efficientnet-scaling", "mobilenet-v3", "ghostnet", "micronet", ELSEWHERE,
    )  # fmt: skip
    assert all(find_experiment(name).name == name for name in EXPERIMENTS)


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(UnknownNameError) as refused:
        find_experiment("tabel8")
    assert refused.value.hint == "did you mean table8?"
    with pytest.raises(UnknownNameError) as refused:
        find_experiment("zzz")
    assert "g1, g2, g3, g4, table8" in refused.value.hint


@each_experiment
def test_every_table_is_whole(experiment: Experiment) -> None:
    keys = {platform.key for platform in experiment.platforms}
    assert experiment.title
    assert experiment.claim
    assert experiment.decisions
    assert len({group.title for group in experiment.groups}) == len(experiment.groups)
    for one in experiment.groups:
        assert one.source
        assert one.rows[0].model, "ratios are to the first row"
        assert len({row.label for row in one.rows}) == len(one.rows)
        assert not one.contrast or one.contrast in [row.label for row in one.built]
        for row in one.rows:
            assert set(row.speeds) <= keys
            assert all(speed > 0 for speed in row.speeds.values())
            assert row.model or row.differs, "what is not built says why"


def test_figures_are_printed_where_they_are_not_derived() -> None:
    for name in ("table8", "efficientnet-scaling", "mobilenet-v3", "micronet"):
        for one in EXPERIMENTS[name].groups:
            assert all(row.macs is not None for row in one.built), name


def test_g1_has_the_channels_of_table_1() -> None:
    pairs = {128: (128, 128), 90: (90, 180), 52: (52, 312), 36: (36, 432)}
    assert [tuple(row.arguments.values())[:2] for row in g1.EXPERIMENT.groups[0].rows] == list(pairs.values())
    # 2 h w c1 c2 in each of ten blocks: 128 * 128 = 16384, 90 * 180 = 16200, 52 * 312 = 16224, 36 * 432 = 15552
    found = [macs(row) for row in g1.EXPERIMENT.groups[0].rows]
    assert found == [20 * HW * 16384, 20 * HW * 16200, 20 * HW * 16224, 20 * HW * 15552]
    assert found[0] == 1_027_604_480
    small = group(g1.EXPERIMENT, "x2, channels of the Snapdragon")
    assert [row.label for row in small.rows] == [
        "1:1 (64, 64)",
        "1:2 (44, 88)",
        "1:6 (26, 156)",
        "1:12 (18, 216)",
    ]
    assert small.rows[3].speeds == {"arm": 15.1}
    for one in g1.EXPERIMENT.groups:
        assert all(abs(macs(row) / macs(one.rows[0]) - 1) < 0.06 for row in one.rows)


def test_g1_ratios_are_those_of_the_paper() -> None:
    gpu, arm = g1.EXPERIMENT.platforms
    assert isclose(gpu.time_ratio(748, 1480), 1.9786, abs_tol=1e-4)
    assert isclose(arm.time_ratio(57.6, 76.2), 1.3229, abs_tol=1e-4)


def test_g2_divides_the_channels_by_the_groups() -> None:
    first = g2.EXPERIMENT.groups[0]
    # c c / g: 128^2, 180^2 / 2, 256^2 / 4, 360^2 / 8
    assert [macs(row) for row in first.rows] == [10 * HW * n for n in (16384, 16200, 16384, 16200)]
    missing = [row for one in g2.EXPERIMENT.groups for row in one.rows if not row.model]
    assert [(row.label, row.speeds) for row in missing] == [("g = 8 (180)", {"arm": 27.8})]
    assert 180 % 8 == 4


def test_g3_keeps_the_multiply_adds_of_one_fragment() -> None:
    for one in g3.EXPERIMENT.groups:
        assert len(one.rows) == 5
        assert all(abs(macs(row) / macs(one.rows[0]) - 1) < 0.012 for row in one.rows)
    for fragments, widths in g3.WIDTHS.items():
        assert all(width == round(c / sqrt(fragments)) for c, width in widths.items())


def test_g4_has_the_figures_of_table_4() -> None:
    assert [one.title for one in g4.EXPERIMENT.groups] == ["c = 32", "c = 64", "c = 128"]
    both, relu, shortcut, neither = g4.EXPERIMENT.groups[2].rows
    assert both.speeds == {"gpu": 1436, "arm": 5.0}
    assert relu.speeds == {"gpu": 1735, "arm": 5.2}
    assert shortcut.speeds == {"gpu": 1458, "arm": 5.1}
    assert neither.speeds == {"gpu": 1782, "arm": 5.4}
    # 2 c d + 9 d d with c = 128 and d = 32
    assert {macs(row) for row in g4.EXPERIMENT.groups[2].rows} == {10 * HW * (2 * 128 * 32 + 9 * 32 * 32)}


def test_table_8_is_complete() -> None:
    assert [len(printed) for printed in table8.LEVELS.values()] == [8, 9, 8, 12]
    labels = {printed[0] for level in table8.LEVELS.values() for printed in level}
    assert set(table8.BUILT) <= labels
    assert sum(len(one.built) for one in table8.EXPERIMENT.groups) == len(table8.BUILT) == 23


def test_elsewhere_has_twelve_devices_and_three() -> None:
    assert len({device.title for device in ncnn.DEVICES}) == 12
    assert [device.title for device in timm.DEVICES] == ["RTX 3090", "RTX 4090", "i9-10940X"]
    for source in (ncnn, timm):
        for device in source.DEVICES:
            assert set(device.milliseconds) <= set(source.NETWORKS)
            assert device.kind in ("CPU", "GPU")
            assert len(device.milliseconds) >= 13
    pi = next(device for device in ncnn.DEVICES if device.title == "Raspberry Pi 4")
    assert (pi.milliseconds["squeezenet"], pi.milliseconds["nanodet_m"]) == (73.35, 103.05)
    assert isclose(timm.DEVICES[2].milliseconds["resnet50"], 1e3 / 67.2)


def test_the_tables_import_no_torch() -> None:
    code = (
        "import sys, cnnprof.experiments.registry, cnnprof.experiments.ncnn, cnnprof.experiments.timm;"
        "assert not {'torch', 'numpy', 'pandas', 'scipy'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
