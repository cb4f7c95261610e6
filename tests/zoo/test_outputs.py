"""Shapes of the raw outputs of detectors and segmenters at two input sizes, with the arithmetic written out."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from cnnprof.errors import ModelError
from cnnprof.trace.trace import trace_model
from cnnprof.zoo.catalogue import catalogue, select_entries
from cnnprof.zoo.sources import find_source

Shape = tuple[int, ...]


def outputs(name: str, height: int, width: int) -> list[Shape]:
    """Shapes without the batch, from the graph; the batch of two comes through."""
    model = find_source(name, {}).build(False, 0)
    graph = trace_model(model, [(2, 3, height, width)])
    assert all(value.shape[0] in (2, 2 * 200, 2 * 1000) for value in graph.outputs)
    return [value.shape[1:] for value in graph.outputs]


def maps(channels: int, strides: Sequence[int], height: int, width: int) -> list[Shape]:
    """One map a level."""
    return [(channels, height // stride, width // stride) for stride in strides]


ANCHORED = 3 * (80 + 5)  # three anchors, each with 80 classes, 4 sides and objectness
FREE = 80 + 4 + 1
SOFT = 80 + 4 * 16  # sides as distributions over 16 bins

YOLO: dict[str, tuple[int, tuple[int, ...]]] = {
    **{f"yolov5{size}": (ANCHORED, (8, 16, 32)) for size in "nsmlx"},
    **{f"yolov8{size}": (SOFT, (8, 16, 32)) for size in "nsm"},
    **{f"yolox_{size}": (FREE, (8, 16, 32)) for size in ("nano", "tiny", "s", "m", "l", "x")},
    "yolov4": (ANCHORED, (8, 16, 32)),
    "yolov3": (ANCHORED, (32, 16, 8)),
    "yolov4_tiny": (ANCHORED, (32, 16)),
    "yolov3_tiny": (ANCHORED, (32, 16)),
    "yolov2": (5 * (80 + 5), (32,)),
    "yolov2_tiny": (5 * (80 + 5), (32,)),
}


@pytest.mark.parametrize("size", [(416, 416), (320, 640)])
@pytest.mark.parametrize("name", YOLO)
def test_yolo_maps(name: str, size: tuple[int, int]) -> None:
    channels, strides = YOLO[name]
    assert outputs(name, *size) == maps(channels, strides, *size)


def test_yolov1_has_one_size() -> None:
    assert outputs("yolov1", 448, 448) == [(7 * 7 * (20 + 2 * 5),)]
    with pytest.raises(ModelError, match="448"):
        outputs("yolov1", 480, 480)


@pytest.mark.parametrize("size", [320, 416])
@pytest.mark.parametrize("name", ["nanodet_m", "nanodet_plus_m_320", "nanodet_plus_m_1_5x_416"])
def test_nanodet_rows(name: str, size: int) -> None:
    strides = (8, 16, 32, 64) if "plus" in name else (8, 16, 32)
    rows = sum((-(-size // stride)) ** 2 for stride in strides)
    assert outputs(name, size, size) == [(rows, 80 + 4 * 8)]


SSD: list[tuple[str, int, int, tuple[tuple[int, int], ...]]] = [
    # name, input, classes with background, (boxes a place, side of the map)
    ("ssd300_vgg16", 300, 91, ((4, 38), (6, 19), (6, 10), (6, 5), (4, 3), (4, 1))),
    ("ssd300_vgg16", 332, 91, ((4, 42), (6, 21), (6, 11), (6, 6), (4, 4), (4, 2))),
    ("ssdlite320_mobilenet_v3_large", 320, 91, ((6, 20), (6, 10), (6, 5), (6, 3), (6, 2), (6, 1))),
    ("ssdlite320_mobilenet_v3_large", 384, 91, ((6, 24), (6, 12), (6, 6), (6, 3), (6, 2), (6, 1))),
]


@pytest.mark.parametrize(("name", "size", "classes", "levels"), SSD)
def test_ssd_rows(name: str, size: int, classes: int, levels: Sequence[tuple[int, int]]) -> None:
    rows = sum(boxes * side * side for boxes, side in levels)
    assert outputs(name, size, size) == [(rows, 4), (rows, classes)]


SEGMENTERS = [entry.name for entry in select_entries(task="segmentation")]


@pytest.mark.parametrize("size", [(256, 512), (512, 320)])
@pytest.mark.parametrize("name", SEGMENTERS)
def test_segmenters_label_every_pixel(name: str, size: tuple[int, int]) -> None:
    classes = 21 if name.startswith("lraspp") else 19
    assert outputs(name, *size) == [(classes, *size)]


@pytest.mark.parametrize(
    "name", ["yolov5n", "yolox_s", "yolov8n", "yolov3", "yolov4_tiny", "bisenet_v2", "nanodet_m"]
)
def test_a_side_that_the_strides_do_not_divide_is_named(name: str) -> None:
    with pytest.raises(ModelError, match=r"multiples? of (32|64)"):
        outputs(name, 300, 300)


def test_every_detector_and_segmenter_runs_at_its_own_input() -> None:
    for entry in catalogue().values():
        if entry.task in ("detection", "segmentation"):
            model = find_source(entry.name, {}).build(False, 0)
            graph = trace_model(model, [(1, *entry.input)])
            assert graph.outputs, entry.name
            assert graph.method == "shapes", entry.name


@pytest.mark.parametrize(("width", "additions"), [(1.0, 9), (0.55, 10)])
def test_the_first_block_of_mnasnet_small_adds_where_its_widths_round_alike(
    width: float, additions: int
) -> None:
    model = find_source("mnasnet_small", {"width_mult": width}).build(False, 0)
    assert sum(op.kind == "add" for op in trace_model(model, [(1, 3, 224, 224)]).ops) == additions
