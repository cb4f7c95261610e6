"""MobileOne, as trained (with its branches) and as deployed (each layer one convolution)."""

from __future__ import annotations

from cnnprof.records.entry import Entry, Figure, Paper, Reference

PAPER = Paper("MobileOne: An Improved One Millisecond Mobile Backbone", 2022, "2206.04040")
BUILDER = "mobileone:mobileone"
FAMILY = "mobileone"
CODE = "apple/ml-mobileone at b7f4e6d"
README = "README of apple/ml-mobileone"
TIMM = "huggingface/pytorch-image-models results/benchmark-infer-amp-nchw-pt240-cu124-rtx4090.csv"
MMPRETRAIN = "README of open-mmlab/mmpretrain configs/mobileone (deployed)"
WITH_NORM = "the source's counter adds the batch norms, 3 to 4 % of the multiply-adds"
NOTES = (
    "the authors' code adds a literal zero where a layer lacks a branch; that addition is left out",
    "the paper's figures are of the deployed network",
)
# Variant: exact params and macs as trained and as deployed, timm's and mmpretrain's figures (M, G), top-1.
VARIANTS = {
    "s0": ((5_293_272, 1_051_935_232), (2_078_504, 275_110_400), (5.29, 1.09), (2.08, 0.27), 71.4),
    "s1": ((4_825_192, 830_062_080), (4_764_840, 825_057_024), (4.83, 0.86), (4.76, 0.82), 75.9),
    "s2": ((7_884_648, 1_304_027_392), (7_808_168, 1_298_426_496), (7.88, 1.34), (7.81, 1.30), 77.4),
    "s3": ((10_170_600, 1_902_112_768), (10_078_312, 1_895_790_592), (10.17, 1.94), (10.08, 1.89), 78.1),
    "s4": ((14_951_248, 2_986_802_432), (14_838_352, 2_979_269_760), (14.95, 3.04), (14.84, 2.98), 79.4),
}


def _entry(variant: str, deploy: bool) -> Entry:
    """One variant, as trained or as deployed."""
    trained, deployed, timm, mmpretrain, top1 = VARIANTS[variant]
    counted, published, where = (deployed, mmpretrain, MMPRETRAIN) if deploy else (trained, timm, TIMM)
    return Entry(
        f"mobileone_{variant}{'_deploy' if deploy else ''}",
        FAMILY,
        PAPER,
        BUILDER,
        Reference(f"{CODE}{', inference_mode' if deploy else ''}", *counted),
        {"variant": variant, "deploy": True} if deploy else {"variant": variant},
        params=Figure(round(published[0] * 1e6), 0.01e6, where),
        macs=Figure(round(published[1] * 1e9), 0.01e9, where),
        metric=Figure(top1, 0.1, README),
        differs="" if deploy else WITH_NORM,
        notes=NOTES,
    )


ENTRIES = tuple(_entry(variant, deploy) for deploy in (False, True) for variant in VARIANTS)
