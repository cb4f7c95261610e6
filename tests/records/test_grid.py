"""Profiles find their places: models down, engines and batches across."""

from __future__ import annotations

from dataclasses import replace

from cnnprof.records.grid import Engine, Grid, Setting, grid_of
from cnnprof.records.labels import labels, named_together
from tests.grids import cell

FLOAT, ORT_FLOAT = Engine("eager", "float32"), Engine("onnxruntime", "float32")
EAGER, ORT = Setting(FLOAT, 1), Setting(ORT_FLOAT, 1)


def test_models_by_runtimes_in_the_order_given() -> None:
    profiles = [cell(net, runtime) for runtime in ("eager", "onnxruntime") for net in (0, 1, 2)]
    grid = grid_of(profiles, baseline=1)
    assert grid == Grid(
        ("shufflenet_v2", "ghostnet", "mobilenet_v2"), (EAGER, ORT), ((0, 3), (1, 4), (2, 5)), 1
    )
    assert list(grid.columns()) == [(EAGER, [0, 1, 2]), (ORT, [3, 4, 5])]
    assert (grid.base(EAGER), grid.base(ORT)) == (1, 4)
    assert grid.place(2, ORT_FLOAT, 1) == 5
    assert grid.place(2, Engine("ncnn", "float32"), 1) is None


def test_both_dimensions() -> None:
    profiles = [cell(0, runtime, batch) for runtime in ("eager", "onnxruntime") for batch in (1, 8)]
    grid = grid_of(profiles)
    assert grid.engines == (FLOAT, ORT_FLOAT)
    assert grid.batches == (1, 8)
    assert grid.cells == ((0, 1, 2, 3),)


def test_a_model_given_twice_has_two_rows_and_a_hole_is_none() -> None:
    grid = grid_of([cell(0), cell(0), cell(0, "onnxruntime")])
    assert grid.cells == ((0, 2), (1, None))
    assert list(grid.columns()) == [(EAGER, [0, 1]), (ORT, [2])]


def test_one_network_with_other_arguments_or_inputs_is_another_model() -> None:
    first = cell(0)
    wide = replace(first, request=replace(first.request, arguments={"width_mult": 2.0}))
    large = replace(first, request=replace(first.request, inputs=((3, 320, 320),)))
    assert len(grid_of([first, wide, large]).models) == 3


def test_engines_are_named_by_what_tells_them_apart() -> None:
    floats, small = Engine("onnxruntime", "float32"), Engine("onnxruntime", "int8")
    dtypes = grid_of([cell(0, "onnxruntime"), cell(0, "onnxruntime", dtype="int8")])
    assert dtypes.engines == (floats, small)
    assert dtypes.cells == ((0, 1),)
    assert (dtypes.name(small), dtypes.axis) == ("int8", ("dtype", "in"))
    runtimes = grid_of([cell(0), cell(0, "onnxruntime")])
    assert (runtimes.name(floats), runtimes.axis) == ("onnxruntime", ("engine", "under"))
    both = grid_of([cell(0), cell(0, "onnxruntime"), cell(0, "onnxruntime", dtype="int8")])
    assert (both.name(small), both.axis) == ("onnxruntime int8", ("engine", "under"))
    assert grid_of([cell(0, "onnxruntime", dtype="int8")]).name(small) == "onnxruntime"


def test_profiles_are_named_by_what_varies() -> None:
    one = [cell(0), cell(1)]
    assert labels(one) == ["shufflenet_v2", "ghostnet"]
    assert named_together(one, [0, 1]) == "shufflenet_v2, ghostnet"
    small = [cell(0), cell(0, dtype="int8"), cell(1), cell(1, dtype="int8")]
    assert labels(small)[1] == "shufflenet_v2 (int8)"
    assert named_together(small, [1, 3]) == "every model (int8)"
    both = [cell(net, runtime, batch) for runtime in ("eager", "ncnn") for batch in (1, 8) for net in (0, 1)]
    assert labels(both)[3] == "ghostnet (eager, batch 8)"
    assert named_together(both, [4, 5, 6, 7]) == "every model (ncnn)"
    assert named_together(both, [4, 5, 6, 7, 1]) == "every model (ncnn), ghostnet (eager, batch 1)"
    assert named_together(both[:4], range(4)) == "every model"
