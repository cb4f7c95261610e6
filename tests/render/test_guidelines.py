"""The findings of ``guidelines`` at the widths users have: what could be saved is never cut."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cnnprof.records.guidelines import Block, Finding, Guidelines, PointwiseLayer, Share
from cnnprof.render.guidelines import findings_table, guidelines_report
from cnnprof.render.text.console import plain_text
from tests.factory import profile
from tests.golden import check_report
from tests.layer_times import layer_times


def finding(guideline: str, path: str, figure: str, saved: int) -> Finding:
    return Finding(guideline, path, "Conv2d", figure, f"eq. of {guideline}", f"not {guideline}", saved)


FINDINGS = (
    finding("G4", "features.1.layers.0.1", "batch_norm: 4.7 % of the bytes, 0.1 % of the flops", 9_635_328),
    finding(
        "G1",
        "features.16.layers.2.project.conv",
        "1152 to 320 channels: 1.19 times the least memory access",
        2_000_000,
    ),
    finding(
        "G2",
        "stages.0.1.conv",
        "3 groups: 2.12 times the memory access of one, at equal macs",
        501_760,
    ),
    finding(
        "G3", "features.1", "4 parallel branches of 7 convolutions and poolings, 20 operations", 5_420_000
    ),
)
FOUND = Guidelines((), (), (Share("activations", 10, 0, 1000, 4000),), FINDINGS)
LAYERS = (
    # h w (c1 + c2) + c1 c2 / g elements; at equal channels and no groups they are the least
    PointwiseLayer("stem.conv", "Conv2d", 784, 64, 64, 1, 3_211_264, 104_448, 104_448.0, 0, 4),
    PointwiseLayer("stage.1.conv", "Conv2d", 784, 60, 240, 3, 3_763_200, 240_000, 113_434.0, 125_440, 4),
)
BLOCKS = (
    Block("stage.1", "Unit", 9, 4, 2, 7_000_000, 4_000_000, 300_000),
    Block("", "Net", 20, 7, 4, 9_500_000, 8_000_000, 5_420_000),
)
WHOLE = Guidelines(
    LAYERS,
    BLOCKS,
    (
        Share("convolutions", 12, 3_000, 6_000, 6_000, 0.009),
        Share("activations", 10, 0, 2_000, 2_000, 0.001),
    ),
    tuple(replace(each, saved_s=0.001234) for each in FINDINGS),
)
TIMED = replace(FOUND, findings=tuple(replace(each, saved_s=0.001234) for each in FINDINGS))


@pytest.mark.parametrize(("label", "width"), [("80", 80), ("100", 100), ("piped", None)])
def test_report(label: str, width: int | None) -> None:
    check_report(
        f"guidelines_{label}.txt", guidelines_report(replace(profile(), guidelines=FOUND), 15), width
    )


def test_each_layer_and_block_with_the_time_of_the_first_findings() -> None:
    found = replace(profile(), guidelines=WHOLE, layer_times=layer_times())
    check_report("guidelines_layers_piped.txt", guidelines_report(found, 3, layers=True), None)


@pytest.mark.parametrize("found", [FOUND, TIMED], ids=["bytes", "time"])
def test_at_80_columns_a_finding_is_its_first_words(found: Guidelines) -> None:
    text = plain_text((findings_table(found.findings, "findings"),), 80)
    assert max(map(len, text.splitlines())) <= 80
    for words in ("batch_norm  ", "1152 to 320 channels  ", "3 groups  ", "4 parallel branches  "):
        assert words in text
    assert "a wider terminal and --format md" in " ".join(text.split())


def test_a_long_path_costs_the_words_and_never_the_number() -> None:
    long = replace(FINDINGS[1], path="backbone." * 5 + "conv")
    text = plain_text((findings_table([long], "findings"),), 80)
    assert max(map(len, text.splitlines())) <= 80
    assert "2.00 MB" in text
