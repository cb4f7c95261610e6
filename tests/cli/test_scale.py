"""Scaled families, folded networks and the counted list, from the command to the table."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from cnnprof.cli.scale import parse_phis
from cnnprof.errors import UnknownNameError
from cnnprof.pipeline import scaling
from cnnprof.pipeline.flow import compare
from cnnprof.pipeline.interrupted import EarlyInterrupt
from cnnprof.records.request import Request
from tests.cli.conftest import Cnnprof


def columns(text: str) -> list[dict[str, object]]:
    return [result["columns"] for result in json.loads(text)["results"]]


@pytest.mark.parametrize(
    ("text", "phis"),
    [("0..3", (0.0, 1.0, 2.0, 3.0)), ("2", (2.0,)), ("0,0.5,1", (0.0, 0.5, 1.0)), ("1..1", (1.0,))],
)
def test_ranges_of_phi(text: str, phis: tuple[float, ...]) -> None:
    assert parse_phis(text) == phis


@pytest.mark.parametrize("text", ["", "a", "3..1", "-1", "0..1000000", "1..b", "nan"])
def test_what_is_no_range_of_phi(text: str) -> None:
    with pytest.raises(UnknownNameError, match="phi"):
        parse_phis(text)


def test_resolution_alone_leaves_params_and_squares_macs(cnnprof: Cnnprof) -> None:
    done = cnnprof(
        "scale", "vgg16", "--phi", "0..1", "--alpha", "1", "--beta", "1", "--gamma", "2",
        "--input", "64", "--no-latency", "--format", "json",
    )  # fmt: skip
    assert done.code == 0, done.err
    small, large = columns(done.out)
    assert (small["input"], large["input"]) == ("3x64x64", "3x128x128")
    assert small["params"] == large["params"]
    # The three linear layers see a 7x7 map at any input; only the convolutions grow, with the area.
    linear = 25088 * 4096 + 4096 * 4096 + 4096 * 1000
    assert isinstance(small["macs"], int)
    assert large["macs"] == 4 * (small["macs"] - linear) + linear


def test_files_say_which_member_each_row_is(cnnprof: Cnnprof) -> None:
    family = ("scale", "efficientnet", "--phi", "0,0.5", "--no-latency", "--format")
    rows = list(csv.DictReader(io.StringIO(cnnprof(*family, "csv").out)))
    assert [row["phi"] for row in rows] == ["0.0", "0.5"]
    assert float(rows[1]["depth_mult"]) == pytest.approx(1.2**0.5)
    assert [bool(row["published_macs"]) for row in rows] == [True, False]  # no paper has the second
    document = json.loads(cnnprof(*family, "json").out)
    assert [point["phi"] for point in document["scaling"]["points"]] == [0.0, 0.5]
    assert "comparison" not in document["scaling"], "it stands in the results"
    assert [int(row["macs"]) for row in rows] == [each["columns"]["macs"] for each in document["results"]]


def test_the_table_sets_macs_beside_the_rule(cnnprof: Cnnprof) -> None:
    done = cnnprof("scale", "efficientnet", "--phi", "0,1", "--runtime", "fake", "--budget", "1")
    assert done.code == 0, done.err
    (row,) = [line for line in done.out.splitlines() if line.strip().startswith("1 ")]
    assert f"{1.2 * 1.1**2 * 1.15**2:.2f}x" in row
    assert "efficientnet_b0" in done.out
    (depth,) = [line.split() for line in done.out.splitlines() if line.startswith("depth ")]
    assert 0.9 < float(depth[2]) < 1.1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("mobilenet_v1",), "mobilenet_v1 has no depth_mult: it cannot be scaled by alpha 1.2"),
        (("resnet18", "--alpha", "1"), "resnet18 has no width_mult: it cannot be scaled by beta 1.1"),
        (("torchvision:resnet18",), "scale takes a network of the zoo or a family, not torchvision:resnet18"),
        (("efficientnet", "--beta", "0"), "beta"),
        (("efficientnot",), "efficientnet"),
        (("efficientnet", "--input", "224x320"), "scale takes one square size, not 224x320"),
        (("efficientnet", "--input", "1x64x64"), "scale takes one square size, not 1x64x64"),
        (("efficientnet", "--input", "64", "--input", "96"), "one square size, not 64 and 96"),
        (("efficientnet", "--phi", "1", "--arg", "width_mult=big"), "width_mult is 'big'"),
    ],
)
def test_what_cannot_be_scaled(cnnprof: Cnnprof, arguments: tuple[str, ...], said: str) -> None:
    done = cnnprof("scale", *arguments, "--no-latency")
    assert done.code == 3
    assert said in done.err
    assert len(done.lines) <= 2


def test_a_network_without_multiply_adds_has_no_exponents(cnnprof: Cnnprof) -> None:
    done = cnnprof("scale", "block:channel_shuffle", "--alpha", "1", "--beta", "1", "--no-latency")
    assert done.code == 0, done.err
    (resolution,) = [line for line in done.out.splitlines() if line.startswith("resolution ")]
    assert resolution.endswith("block:channel_shuffle has no multiply-adds")


@pytest.mark.parametrize("size", ["96", "3x96x96"])
def test_scale_takes_a_side_or_the_whole_square(cnnprof: Cnnprof, size: str) -> None:
    done = cnnprof("scale", "efficientnet", "--no-latency", "--phi", "0", "--input", size, "--format", "json")
    assert [row["input"] for row in columns(done.out)] == ["3x96x96"]


def test_interrupted_before_the_first_round_it_shows_what_was_counted(
    cnnprof: Cnnprof, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(requests: Sequence[Request], **options: object) -> None:
        raise EarlyInterrupt(compare([replace(request, latency=False) for request in requests]))

    monkeypatch.setattr(scaling, "compare", interrupted)
    done = cnnprof(
        "scale", "mobilenet_v2", "--alpha", "1", "--phi", "0,1", "--runtime", "fake", "--format", "csv"
    )
    assert done.code == 130
    assert [line.split(",")[0] for line in done.out.splitlines()] == ["phi", "0.0", "1.0"]
    assert "nothing was timed, only counted" in done.err


def test_deploy_folds_and_shows_both_counts(cnnprof: Cnnprof) -> None:
    done = cnnprof("profile", "repvgg_a0", "--deploy", "--no-latency")
    assert done.code == 0, done.err
    (params,) = [line.split() for line in done.out.splitlines() if line.startswith("params") and "x" in line]
    assert params == ["params", "9.11", "M", "8.31", "M", "0.91x"]


def test_deploy_of_a_network_without_branches(cnnprof: Cnnprof) -> None:
    done = cnnprof("profile", "mobilenet_v2", "--deploy", "--no-latency")
    assert done.code == 3
    assert "nothing to fold" in done.err


def test_deploy_folds_what_there_is_among_several(cnnprof: Cnnprof) -> None:
    done = cnnprof("compare", "repvgg_a0", "mobilenet_v2", "--deploy", "--no-latency", "--format", "json")
    assert done.code == 0, done.err
    assert [row["params"] for row in columns(done.out)] == [8_309_384, 3_504_872]
    assert "nothing to fold in mobilenet_v2: deployed as trained" in done.err
    assert cnnprof("compare", "ghostnet", "mobilenet_v2", "--deploy", "--no-latency").code == 3


def test_the_list_with_counts(cnnprof: Cnnprof) -> None:
    done = cnnprof("list", "mobilenet_v2*", "--counts", "--format", "csv")
    assert done.code == 0, done.err
    rows = {row["model"]: row for row in csv.DictReader(io.StringIO(done.out))}
    assert rows["mobilenet_v2"]["macs"] == "300774272"
    assert rows["mobilenet_v2_x1_4"]["params"] == "6108776"
    assert "300.8 M" in cnnprof("list", "mobilenet_v2", "--counts").out


def test_a_network_that_no_memory_holds_is_refused(cnnprof: Cnnprof) -> None:
    refused = cnnprof("scale", "efficientnet", "--alpha", "10", "--phi", "0..5", "--no-latency")
    assert refused.code == 3
    assert refused.lines[0] == "error: alpha 10 at phi 5 makes a network 100000 times as large"


def test_a_detector_keeps_the_sides_that_it_takes(cnnprof: Cnnprof) -> None:
    done = cnnprof("scale", "yolov5n", "--phi", "0,2", "--no-latency", "--format", "json")
    assert done.code == 0, done.err
    # 640 * 1.15^2 = 846.4, and the nearest multiple of 32 is 26 * 32
    assert [row["input"] for row in columns(done.out)] == ["3x640x640", "3x832x832"]
    (fitted,) = [
        one["fitted"]
        for one in json.loads(done.out)["scaling"]["exponents"]
        if one["dimension"] == "resolution"
    ]
    assert fitted == pytest.approx(2.0, abs=1e-6)  # nothing in it but convolutions


def test_a_side_that_a_network_does_not_take_names_the_way_out(cnnprof: Cnnprof) -> None:
    scaled = ("scale", "yolov1", "--alpha", "1", "--beta", "1", "--no-latency")
    assert cnnprof(*scaled).lines[-1].endswith("; --gamma 1 leaves the resolution as it is")
    (row,) = [
        line for line in cnnprof(*scaled, "--phi", "0").out.splitlines() if line.startswith("resolution ")
    ]
    assert row.split("  ")[-1] == "sides must be 448, the linear layers take no other map"


def test_a_resolution_that_is_not_varied_is_not_offered_to_be_left_as_it_is(cnnprof: Cnnprof) -> None:
    refused = cnnprof(
        "scale", "yolov1", "--alpha", "1", "--beta", "1", "--gamma", "1", "--input", "96", "--no-latency"
    )
    assert refused.code == 4
    assert "--gamma" not in refused.err


def test_arguments_hold_at_every_phi_and_a_multiplier_is_over_them(cnnprof: Cnnprof) -> None:
    asked = ("--arg", "width_mult=0.5", "--arg", "num_classes=10", "--no-latency", "--format", "json")
    done = cnnprof("scale", "mobilenet_v2", "--alpha", "1", "--phi", "0,1", *asked)
    first, second = (result["request"]["arguments"] for result in json.loads(done.out)["results"])
    assert first == {"width_mult": 0.5, "num_classes": 10}
    assert second == {"width_mult": pytest.approx(0.5 * 1.1), "num_classes": 10}


def test_the_rule_is_to_the_first_row_as_the_ratios_are(cnnprof: Cnnprof) -> None:
    asked = ("scale", "efficientnet", "--phi", "1..2", "--no-latency")
    rows = list(csv.DictReader(io.StringIO(cnnprof(*asked, "--format", "csv").out)))
    assert [float(row["predicted"]) for row in rows] == pytest.approx([1.0, 1.2 * 1.1**2 * 1.15**2])
    assert "3x258x258 and 3x296x296" in cnnprof(*asked).out.splitlines()[0]


def test_a_timed_family_says_how_it_was_timed(cnnprof: Cnnprof) -> None:
    done = cnnprof(
        "scale", "squeezenet1_1", "--alpha", "1", "--beta", "1", "--phi", "0..1", "--runtime", "fake"
    )
    assert "ratios are to squeezenet1_1 (3x224x224); in brackets: the 95 % interval" in done.out
    assert "interleaved rounds over" in done.out
