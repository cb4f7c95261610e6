"""Speeds that timm publishes of two GPUs and a processor, as milliseconds an image."""

from __future__ import annotations

from cnnprof.records.elsewhere import Device
from cnnprof.records.experiment import Row

SOURCE = "huggingface/pytorch-image-models, results/ at aa4b5850: "
# timm's name: the network of the zoo with those layers, and the side of the input.
NETWORKS: dict[str, Row] = {
    name: Row(name, model, input=(3, side, side))
    for name, model, side in (
        ("mobilenetv3_small_100", "mobilenet_v3_small", 224),
        ("mobilenetv4_conv_small", "mobilenet_v4_conv_small", 224),
        ("mnasnet_small", "mnasnet_small", 224),
        ("resnet18", "resnet18", 224),
        ("mobilenetv3_large_100", "mobilenet_v3_large", 224),
        ("resnet34", "resnet34", 224),
        ("mobilenetv1_100", "mobilenet_v1", 224),
        ("mnasnet_100", "mnasnet_b1", 224),
        ("ghostnet_100", "ghostnet", 224),
        ("semnasnet_100", "mnasnet_a1", 224),
        ("mobilenetv2_100", "mobilenet_v2", 224),
        ("tf_efficientnet_lite0", "efficientnet_lite0", 224),
        ("efficientnet_b0", "efficientnet_b0", 224),
        ("efficientnet_b1", "efficientnet_b1", 240),
        ("resnet50", "resnet50", 224),
        ("resnext50_32x4d", "resnext50_32x4d", 224),
        ("densenet121", "densenet121", 224),
        ("inception_v3", "inception_v3", 299),
        ("vgg16", "vgg16", 224),
        ("legacy_xception", "xception", 299),
    )
}
# file, device, what of it, setting, images a second of each network in the order of NETWORKS; - where not published.
PRINTED: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "benchmark-infer-amp-nhwc-pt240-cu124-rtx3090.csv",
        "RTX 3090",
        "GPU",
        "timm, mixed precision, channels last, batch 1024 (legacy_xception 768)",
        "39045.83 30965.44 26858.45 11188.75 13556.89 6529.57 12074.33 11914.93 11799.55 10029.01 "
        "9887.57 8319.74 8241.4 4954.82 3729.86 3135.91 3031.71 2561.31 1729.39 1625.38",
    ),
    (
        "benchmark-infer-amp-nchw-pt291-cu128-4090.csv",
        "RTX 4090",
        "GPU",
        "timm, mixed precision, batch 1024 (legacy_xception 768)",
        "42944.24 32432.31 28987.83 13726.29 14586.41 8315.61 13735.56 12523.79 14181.4 10904.65 "
        "10807.07 8813.06 8794.71 5460.77 4302.84 3493.48 3630.79 3636.22 2235.61 2261.73",
    ),
    (
        "benchmark-infer-fp32-nchw-pt240-cpu-i9_10940x-dynamo.csv",
        "i9-10940X",
        "CPU",
        "timm, float32, TorchDynamo, batch 1",
        "249.8 246.85 204.46 126.23 176.25 80.61 248.33 184.21 122.98 146.31 "
        "188.22 143.01 100.41 73.32 67.2 76.91 41.48 43.48 8.48 46.16",
    ),
)


def device(file: str, title: str, kind: str, setting: str, printed: str) -> Device:
    """One file's column."""
    values = zip(NETWORKS, printed.split(), strict=True)
    found = {name: 1e3 / float(text) for name, text in values if text != "-"}
    batch = int(setting.rpartition(" batch ")[2].split()[0])
    return Device(title, kind, SOURCE + file, setting, found, batch)


DEVICES = tuple(device(*line) for line in PRINTED)
