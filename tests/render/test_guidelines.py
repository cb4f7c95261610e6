"""The findings of ``guidelines`` at the widths users have: what could be saved is never cut."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cnnprof.records.guidelines import Finding, Guidelines, Share
from cnnprof.render.guidelines import findings_table, guidelines_report
from cnnprof.render.text.console import plain_text
from tests.factory import profile
from tests.golden import check_report


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
TIMED = replace(FOUND, findings=tuple(replace(each, saved_s=0.001234) for each in FINDINGS))


@pytest.mark.parametrize(("label", "width"), [("80", 80), ("100", 100), ("piped", None)])
def test_report(label: str, width: int | None) -> None:
    check_report(
        f"guidelines_{label}.txt", guidelines_report(replace(profile(), guidelines=FOUND), 15), width
    )


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
