"""Options become the request; what needs no torch is refused before anything is measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnnprof.cli.values import parse_arguments, parse_precision, parse_shape, parse_value
from cnnprof.cost.conventions.registry import CONVENTIONS
from cnnprof.errors import UnknownNameError
from cnnprof.records.request import Request
from cnnprof.results.formats import FORMATS, SUFFIXES
from cnnprof.results.pictures import PICTURES
from cnnprof.runtimes.registry import DEVICES, DTYPES, RUNTIMES
from tests.cli.conftest import Cnnprof, FakePipeline


def test_defaults_are_those_of_the_record(cnnprof: Cnnprof, fake: FakePipeline) -> None:
    assert cnnprof("profile", "ghostnet").code == 0
    assert fake.requests == [Request("ghostnet")]


def test_every_option_reaches_the_request(cnnprof: Cnnprof, fake: FakePipeline) -> None:
    options = (
        "--input 3x64x64 --input 10 --batch 4 --device cpu --dtype bfloat16 --threads 2 --runtime fake "
        "--channels-last --arg width_mult=0.5 --arg layout=authors --no-latency --budget 7.5 --precision 1% "
        "--convention torchstat --verify --seed 9"
    )
    assert cnnprof("profile", "net.py:make", *options.split()).code == 0
    assert fake.requests == [
        Request(
            "net.py:make",
            inputs=((3, 64, 64), (10,)),
            batch=4,
            device="cpu",
            dtype="bfloat16",
            runtime="fake",
            threads=2,
            channels_last=True,
            arguments={"width_mult": 0.5, "layout": "authors"},
            latency=False,
            budget_s=7.5,
            precision=0.01,
            convention="torchstat",
            verify=True,
            seed=9,
        )
    ]


def test_shapes() -> None:
    assert parse_shape("224") == (224,)
    assert parse_shape("64X56x56") == (64, 56, 56)


@pytest.mark.parametrize(
    "text", ["0", "-5", "axb", "", "3x0x3", "3x-1x3", "2.5", "1e3", "x", "9" * 20, "9" * 5000, "٣"]
)
def test_what_is_no_shape(text: str) -> None:
    with pytest.raises(UnknownNameError, match="input"):
        parse_shape(text)


def test_argument_values() -> None:
    texts = ("3", "0.5", "true", "False", "none", "authors", "a=b", "1_000")
    assert [parse_value(text) for text in texts] == [3, 0.5, True, False, None, "authors", "a=b", 1000]
    assert [parse_value(text) for text in ("1_1", "1_0.5", "_")] == ["1_1", "1_0.5", "_"]
    assert parse_arguments(["layout=a=b"]) == {"layout": "a=b"}


@pytest.mark.parametrize("texts", [["width"], ["=3"], ["a b=3"], ["a=1", "a=2"]])
def test_what_is_no_argument(texts: list[str]) -> None:
    with pytest.raises(UnknownNameError, match="--arg"):
        parse_arguments(texts)


def test_precision() -> None:
    assert parse_precision("2%") == parse_precision("0.02") == 0.02


@pytest.mark.parametrize("text", ["0", "100%", "-1%", "wide", "", "%", "nan", "2"])
def test_what_is_no_precision(text: str) -> None:
    with pytest.raises(UnknownNameError, match="precision"):
        parse_precision(text)


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ("--input 0", 3, "input"),
        ("--input -5", 3, "input"),
        ("--input axb", 3, "input"),
        ("--batch 0", 3, "batch"),
        ("--batch -1", 3, "batch"),
        ("--threads 0", 3, "threads"),
        ("--budget 0", 3, "budget"),
        ("--budget nan", 3, "budget"),
        ("--precision 0", 3, "precision"),
        ("--runtime tpu9", 3, "tpu9"),
        ("--convention guess", 3, "guess"),
        ("--device gpu9", 3, "gpu9"),
        ("--dtype int7", 3, "int7"),
        ("--format xml", 3, "xml"),
        ("--arg width", 3, "width"),
        ("--depth 0", 3, "depth"),
        ("--top -2", 3, "top"),
        ("--memory --conventions", 3, "--memory"),
        ("--memory --top 3", 3, "--top"),
        ("--conventions --plot", 3, "--plot"),
        ("-o no/such/folder/x.csv", 5, "folder no/such/folder does not exist"),
        ("-o x.xyz", 3, ".xyz"),
        ("-o .csv", 3, "output '.csv' has no suffix"),
        ("-o results", 3, "output 'results' has no suffix"),
        ("--batch many", 2, "batch"),
        ("--nonsense", 2, "nonsense"),
    ],
)
def test_refused_before_anything_is_measured(
    options: str, code: int, said: str, cnnprof: Cnnprof, fake: FakePipeline
) -> None:
    outcome = cnnprof("profile", "mobilenet_v2", *options.split())
    assert outcome.code == code
    assert said in outcome.err
    assert len(outcome.lines) <= (2 if code != 2 else 3)
    assert outcome.out == ""
    assert fake.requests == []


def test_a_typo_gets_the_nearest_name(cnnprof: Cnnprof, fake: FakePipeline) -> None:
    outcome = cnnprof("profile", "ghostnet", "--convention", "torchstats")
    assert outcome.lines == [
        "error: unknown convention 'torchstats'",
        "hint: did you mean torchstat or torch?",
    ]


@pytest.mark.parametrize(
    ("option", "typed", "hint"),
    [
        ("--runtime", "onnx", "did you mean onnxruntime?"),
        ("--convention", "Torchinfo", "did you mean torchinfo"),
        ("--device", "gpu", "one of: auto, cpu, cuda, mps"),  # the nearest name would be cpu
        ("--device", "cuda:1", "one of: auto, cpu, cuda, mps; CUDA_VISIBLE_DEVICES=1 chooses among several"),
    ],
)
def test_the_next_step_is_what_was_meant(
    option: str, typed: str, hint: str, cnnprof: Cnnprof, fake: FakePipeline
) -> None:
    outcome = cnnprof("profile", "ghostnet", option, typed)
    assert outcome.lines[0] == f"error: unknown {option[2:]} {typed!r}"
    assert hint in outcome.lines[1]


@pytest.mark.parametrize("command", ["profile", "compare"])
def test_a_missing_model_is_a_short_usage_error(command: str, cnnprof: Cnnprof) -> None:
    outcome = cnnprof(command)
    assert outcome.code == 2
    assert len(outcome.lines) <= 6
    assert "Missing argument" in outcome.err


def test_compare_needs_two_models(cnnprof: Cnnprof, fake: FakePipeline) -> None:
    outcome = cnnprof("compare", "ghostnet")
    assert outcome.code == 2
    assert "two models or more" in outcome.err
    assert fake.requests == []


@pytest.mark.parametrize(("wanted", "index"), [("ghostnet", 1), ("0", 0), ("1", 1)])
def test_the_baseline_by_name_or_place(wanted: str, index: int, cnnprof: Cnnprof, fake: FakePipeline) -> None:
    assert cnnprof("compare", "shufflenet_v2", "ghostnet", "--baseline", wanted).code == 0
    assert fake.baseline == index


@pytest.mark.parametrize("wanted", ["2", "-1", "ghostnett", "vgg16"])
def test_a_baseline_that_is_not_there(wanted: str, cnnprof: Cnnprof, fake: FakePipeline) -> None:
    outcome = cnnprof("compare", "shufflenet_v2", "ghostnet", "--baseline", wanted)
    assert outcome.code == 3
    assert wanted in outcome.lines[0]
    assert fake.requests == []


@pytest.mark.parametrize(
    "options", [("--baseline", "9" * 5000), ("--input", "9" * 5000), ("--dtype", "a" * 5000)]
)
def test_what_was_typed_without_end_is_cut(
    options: tuple[str, str], cnnprof: Cnnprof, fake: FakePipeline
) -> None:
    outcome = cnnprof("compare", "shufflenet_v2", "ghostnet", *options)
    assert outcome.code == 3
    assert len(outcome.lines) == 2
    assert len(outcome.lines[0]) < 200


def test_help_names_every_choice(cnnprof: Cnnprof) -> None:
    text = " ".join(cnnprof("profile", "--help").out.split())
    for name in (*CONVENTIONS, *RUNTIMES, *DEVICES, *DTYPES, *FORMATS, *SUFFIXES, *PICTURES):
        assert name in text, f"no help names {name}: cnnprof/cli/options.py lists such names"


def test_outputs_are_checked_together(cnnprof: Cnnprof, fake: FakePipeline, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    outcome = cnnprof("profile", "ghostnet", "-o", file, "-o", file)
    assert outcome.code == 5
    assert "given twice" in outcome.err


def test_processes(cnnprof: Cnnprof, fake: FakePipeline) -> None:
    assert cnnprof("profile", "alexnet").code == 0
    assert fake.requests[0].processes == 6
    assert cnnprof("profile", "alexnet", "--processes", 3).code == 0
    assert fake.requests[0].processes == 3
    for value in (0, 101):
        outcome = cnnprof("profile", "alexnet", "--processes", value)
        assert outcome.code == 3
        assert str(value) in outcome.err


@pytest.mark.parametrize("option", ["--device cpu", "--budget 3", "--format md"])
def test_an_option_of_one_value_is_given_once(cnnprof: Cnnprof, fake: FakePipeline, option: str) -> None:
    ended = cnnprof("profile", "ghostnet", *option.split(), *option.split())
    assert ended.code == 2
    assert f"{option.split()[0]} is given 2 times: it takes one value" in ended.err
    assert not fake.requests
    assert cnnprof("profile", "ghostnet", "--quiet", "-q").code == 0
