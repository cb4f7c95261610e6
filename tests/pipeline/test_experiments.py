"""Experiments through the real pipeline, on made-up time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from cnnprof.errors import ModelError, UnknownNameError
from cnnprof.experiments import ncnn, timm
from cnnprof.experiments.registry import find_experiment
from cnnprof.pipeline import experiments as room
from cnnprof.pipeline import flow
from cnnprof.pipeline.experiments import rank_elsewhere, run_experiment, select_groups
from cnnprof.pipeline.interrupted import EarlyInterrupt
from cnnprof.records.experiment import Group
from cnnprof.records.request import Request

FAKE = Request("", runtime="fake", budget_s=0.3, threads=1)
COUNT = replace(FAKE, latency=False)


def test_groups_are_compared_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[Request]] = []
    seen: list[tuple[str, int, int]] = []
    real = flow.compare

    def recorded(requests: Sequence[Request], **options: Any) -> Any:
        asked.append(list(requests))
        return real(requests, **options)

    monkeypatch.setattr(room, "compare", recorded)

    def on_group(group: Group, place: int, groups: int) -> None:
        seen.append((group.title, place, groups))

    found = run_experiment(find_experiment("g4"), FAKE, on_group=on_group)
    assert [len(requests) for requests in asked] == [4, 4, 4]
    assert seen == [("c = 32", 1, 3), ("c = 64", 2, 3), ("c = 128", 3, 3)]
    assert asked[0][3].arguments == {"channels": 32, "relu": False, "shortcut": False, "blocks": 10}
    assert len(found.profiles) == 12
    assert len(found.effects) == 6
    # Made-up time is of memory access and macs, so that fewer element-wise ops are faster.
    verdicts = {effect.verdict.partition(",")[0] for effect in found.effects}
    assert "holds" in verdicts
    assert verdicts <= {"holds", "not resolved"}


def test_what_is_open_can_be_chosen() -> None:
    request = replace(COUNT, arguments={"norm": True}, batch=8)
    found = run_experiment(find_experiment("g1"), request, only="x1, channels of the gtx")
    (group,) = found.groups
    assert all(profile.request.batch == 8 for profile in group.comparison.profiles)
    kinds = {op.kind for op in group.comparison.profiles[0].counts.ops}
    assert kinds == {"conv", "batch_norm"}


def test_g4_takes_another_input() -> None:
    found = run_experiment(find_experiment("g4"), replace(COUNT, inputs=((28,),)), only="c = 32")
    assert found.profiles[0].request.inputs == ((32, 28, 28),)


@pytest.mark.parametrize(
    ("name", "change", "said", "hint"),
    [
        ("g1", {"inputs": ((28,),)}, "fixes its inputs", "compare"),
        ("table8", {"arguments": {"width_mult": 0.5}}, "fixes its networks", "compare"),
        ("g3", {"arguments": {"joint": "concat"}}, "of experiment g3", "join"),
        ("g1", {"arguments": {"c1": 5}}, "of experiment g1", "norm, bias, relu"),
    ],
)
def test_what_is_fixed_is_refused(name: str, change: dict[str, Any], said: str, hint: str) -> None:
    with pytest.raises(UnknownNameError, match=said) as refused:
        run_experiment(find_experiment(name), replace(COUNT, **change))
    assert hint in refused.value.hint


def test_selecting_groups() -> None:
    assert len(select_groups(find_experiment("g1"), "SNAPDRAGON")) == 3
    with pytest.raises(UnknownNameError, match="unknown group 'c = 33'") as refused:
        select_groups(find_experiment("g4"), "c = 33")
    assert "c = 32" in refused.value.hint


def test_interrupted_between_groups_keeps_what_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    real = flow.compare
    calls: list[int] = []

    def interrupted(requests: Sequence[Request], **options: Any) -> Any:
        calls.append(len(requests))
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(requests, **options)

    monkeypatch.setattr(room, "compare", interrupted)
    found = run_experiment(find_experiment("g4"), FAKE)
    assert found.interrupted
    assert [group.group.title for group in found.groups] == ["c = 32"]
    calls[:] = [1]
    with pytest.raises(KeyboardInterrupt):
        run_experiment(find_experiment("g4"), FAKE)


def test_interrupted_within_a_group_it_ends_with_that_group(monkeypatch: pytest.MonkeyPatch) -> None:
    real = flow.compare

    def cut_short(requests: Sequence[Request], **options: Any) -> Any:
        found = real(requests, **options)
        assert found.measurement is not None
        return replace(found, measurement=replace(found.measurement, interrupted=True))

    monkeypatch.setattr(room, "compare", cut_short)
    found = run_experiment(find_experiment("g4"), FAKE)
    assert found.interrupted
    assert [group.group.title for group in found.groups] == ["c = 32"]


def test_interrupted_before_the_first_round_it_keeps_what_was_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(requests: Sequence[Request], **options: Any) -> Any:
        raise EarlyInterrupt(flow.compare([replace(request, latency=False) for request in requests]))

    monkeypatch.setattr(room, "compare", interrupted)
    found = run_experiment(find_experiment("g4"), FAKE)
    assert found.interrupted
    assert [group.group.title for group in found.groups] == ["c = 32"]
    assert all(profile.counts.macs and profile.timing is None for profile in found.profiles)


def test_a_group_that_fails_loses_none_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = flow.compare
    calls: list[int] = []

    def failing(requests: Sequence[Request], **options: Any) -> Any:
        calls.append(len(requests))
        if len(calls) == 2:
            raise ModelError("out of memory", "a smaller --batch")
        return real(requests, **options)

    monkeypatch.setattr(room, "compare", failing)
    found = run_experiment(find_experiment("g4"), FAKE)
    assert [group.group.title for group in found.groups] == ["c = 32"]
    assert (found.failure, found.failure_code, found.interrupted) == ("c = 64: out of memory", 4, False)
    calls[:] = [1]
    with pytest.raises(ModelError):
        run_experiment(find_experiment("g4"), FAKE)


def test_two_networks_with_a_published_latency_are_no_order() -> None:
    found = run_experiment(find_experiment("micronet"), COUNT)
    assert [one.platform for one in found.agreements] == []


def test_each_network_counts_once_in_the_correlation() -> None:
    found = run_experiment(find_experiment("mobilenet-v3"), COUNT)
    pixel = next(one for one in found.agreements if one.platform == "pixel1")
    # 27 rows; V3-Large and V3-Small at 224 with widths 1 and 0.75 stand in both tables
    assert {one.models for one in pixel.correlations} == {23}
    sides = {profile.request.inputs[0][-1] for profile in found.profiles if profile.request.inputs}
    assert sides == {96, 128, 160, 192, 224, 256}, "each at the input of its row"


def test_elsewhere_counts_and_ranks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ncnn, "DEVICES", ncnn.DEVICES[1:3])
    monkeypatch.setattr(timm, "DEVICES", timm.DEVICES[:1])
    found = rank_elsewhere()
    assert [ranking.device.title for ranking in found.rankings] == [
        "Snapdragon 855+",
        "Snapdragon 855+",
        "RTX 3090",
    ]
    assert len(found.light) == 3
    assert [ranking.device.batch for ranking in found.rankings] == [1, 1, 1024]
    assert found.light[2].models == tuple(
        name for name in found.rankings[2].models if name in found.light[2].models
    )
    assert 5 <= len(found.light[2].models) < len(found.rankings[2].models)
    for ranking in found.rankings:
        columns = [one.column for one in ranking.correlations]
        assert columns == [
            "macs",
            "memory_bytes",
            "memory_paper_bytes",
            "memory_fused_bytes",
            "params",
            "activations",
        ]
        assert all(one.models == len(ranking.models) for one in ranking.correlations)
    assert all("vgg16" not in ranking.models for ranking in found.light)
    rho = next(one.rho for one in found.rankings[0].correlations if one.column == "macs")
    cpu, gpus = found.median("macs", "CPU", light=False), found.median("macs", "GPU", light=False)
    assert cpu is not None
    assert cpu.rho == rho
    assert gpus is not None
    assert gpus.models == 2
