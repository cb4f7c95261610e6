"""Latencies that ncnn's own benchmark publishes of twelve devices: one core of each, and its GPU."""

from __future__ import annotations

from cnnprof.records.elsewhere import Device
from cnnprof.records.experiment import Row

SOURCE = "Tencent/ncnn, benchmark/README.md at a4d2ea1d4"
# ncnn's name: the network of the zoo with those layers, and the side of the input in ncnn's file. Its alexnet is the
# grouped one and its detectors other than these two are not in the zoo. The layers were checked in its .param files for
# squeezenet (1.1), shufflenet (v1, 3 groups), mnasnet (B1) and proxylessnasnet (mobile).
NETWORKS: dict[str, Row] = {
    name: Row(name, model, input=(3, side, side))
    for name, model, side in (
        ("squeezenet", "squeezenet1_1", 227),
        ("mobilenet", "mobilenet_v1", 224),
        ("mobilenet_v2", "mobilenet_v2", 224),
        ("mobilenet_v3", "mobilenet_v3_large", 224),
        ("shufflenet", "shufflenet_v1", 224),
        ("shufflenet_v2", "shufflenet_v2", 224),
        ("mnasnet", "mnasnet_b1", 224),
        ("proxylessnasnet", "proxylessnas_mobile", 224),
        ("efficientnet_b0", "efficientnet_b0", 224),
        ("googlenet", "googlenet", 224),
        ("resnet18", "resnet18", 224),
        ("vgg16", "vgg16", 224),
        ("resnet50", "resnet50", 224),
        ("yolov4-tiny", "yolov4_tiny", 416),
        ("nanodet_m", "nanodet_m", 320),
    )
}
# device, what of it, the least milliseconds of each network in the order of NETWORKS; - where not published.
PRINTED: tuple[tuple[str, str, str], ...] = (
    (
        "Threadripper 3970X",
        "CPU",
        "11.73 21.63 14.7 12.12 14.08 25.99 14.12 16.51 22.88 58.42 61.13 217.19 126.84 85.65 -",
    ),
    (
        "Snapdragon 855+",
        "CPU",
        "8.24 14.38 9.82 8.15 5.32 5.38 9.25 10.95 17.67 32.1 22.02 129.57 65.85 47.36 15.08",
    ),
    (
        "Snapdragon 855+",
        "GPU",
        "8.59 13.04 10.68 11.86 8.21 8.84 11.32 12.27 22.64 28.22 24.71 106.08 55.28 46.22 15.96",
    ),
    (
        "Snapdragon 821",
        "CPU",
        "46.27 80.89 51.78 43.71 24.96 24.09 51.28 59.25 92.16 151.15 121.49 674.8 360.44 241.59 63.03",
    ),
    (
        "Snapdragon 810",
        "CPU",
        "70.83 110.7 77.85 63.49 41.43 37.49 73.91 94.13 161.91 232.77 182.58 986.93 502.77 363.71 93.9",
    ),
    (
        "Snapdragon 810",
        "GPU",
        "39.49 60.3 45.38 45.97 29.12 47.58 47.84 49.51 100.56 131.26 116.38 1090.07 299.76 - -",
    ),
    (
        "Kirin 970",
        "CPU",
        "73.47 103.85 70.53 59.87 36.69 33.97 69.24 78.63 147.45 240.26 245.62 1632.98 558.41 - -",
    ),
    (
        "Kirin 970",
        "GPU",
        "24.54 22.03 20.15 34.26 26.29 29.6 25.85 23.64 52.55 60.19 50.42 725.88 124.47 - -",
    ),
    (
        "Raspberry Pi 4",
        "CPU",
        "73.35 123.76 92.98 72.48 47.17 41.62 83.6 98.48 129.45 235.38 190.8 1066.58 533.15 370.55 103.05",
    ),
    (
        "Raspberry Pi 5",
        "CPU",
        "11.77 20.24 16.21 11.64 7.17 7.07 12.93 15.72 24.12 48.62 29.54 188.84 89.04 67.61 19.63",
    ),
    (
        "RK3588",
        "CPU",
        "25.04 41.17 27.27 22.49 18.15 15.82 26.45 31.6 55.53 116.89 60.97 333.81 186.95 136.59 41.4",
    ),
    ("RK3588", "GPU", "7.09 9.16 10.18 8.01 5.88 6.3 7.91 11.2 - 17.69 16.04 64.74 37.83 49.64 10.6"),
    ("RTX3090", "GPU", "1.76 4.77 2.44 2.75 2.2 5.1 3.47 2.59 3.87 4.33 2.14 4.55 4.13 13.01 -"),
    (
        "Jetson Nano",
        "CPU",
        "85.91 137.43 93.81 81.77 47.84 47.93 91.73 115.41 225.64 286.85 221.27 1241.51 624.43 421.01 117.39",
    ),
    (
        "Jetson Nano",
        "GPU",
        "12 16.03 12.84 13.29 14.23 12.94 13.42 14.64 21.28 43.45 43.96 310.32 93.05 96.76 25.26",
    ),
    (
        "MacBook Pro M1",
        "CPU",
        "4.8 9.09 5.64 4.64 3.48 3.69 5.67 7.03 9.13 25.71 17.16 73.41 43.47 30.73 8.54",
    ),
    (
        "MacBook Pro M1",
        "GPU",
        "1.86 2.5 2.93 3.36 1.99 2.35 2.81 3.21 4.74 4.86 3.92 34.1 7.22 12.17 3.54",
    ),
    (
        "Snapdragon 8 Gen 2",
        "CPU",
        "8.44 15.45 9.52 7.89 5.07 5.28 9.52 11.26 18.84 32.07 21.88 91.85 53.59 44.94 13.65",
    ),
    (
        "Snapdragon 8 Gen 2",
        "GPU",
        "9.73 10.87 15.77 18.04 9.82 14.41 16.01 14.18 36.38 31.79 22.61 39 44.07 49.77 17.35",
    ),
)


SETTINGS = {"CPU": "ncnn, one thread", "GPU": "ncnn, Vulkan"}


def device(title: str, kind: str, printed: str) -> Device:
    """One line of the table."""
    values = zip(NETWORKS, printed.split(), strict=True)
    found = {name: float(text) for name, text in values if text != "-"}
    return Device(title, kind, SOURCE, SETTINGS[kind], found)


DEVICES = tuple(device(*line) for line in PRINTED)
