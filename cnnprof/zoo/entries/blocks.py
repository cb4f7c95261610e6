"""Blocks that are profiled alone, on 64 x 56 x 56: counted by arithmetic at their default arguments.

In the formulas M channels come in and N go out, k is the kernel, H W the positions of the output; ``norm`` is
a scale and a shift a channel. Figures of speed or accuracy exist only for the networks that have the blocks.
"""

from __future__ import annotations

from cnnprof.records.entry import Entry, Paper, Reference
from cnnprof.zoo.entries import (
    bsconv,
    efficientnet,
    ghostnet,
    micronet,
    mobilenet_v1,
    mobilenet_v2,
    mobilenext,
    resnet,
    resnext,
    se_resnet,
    shufflenet_v1,
    shufflenet_v2,
    squeezenet,
    xception,
)

FAMILY = TASK = "block"
INPUT = (64, 56, 56)
M = N = 64
HW = 56 * 56
# The first grouped convolutions, split over two processors (figure 2); the zoo's alexnet is the later one.
ALEXNET = Paper("ImageNet Classification with Deep Convolutional Neural Networks", 2012)


def block(
    name: str,
    paper: Paper,
    builder: str,
    formula: str,
    weights: int,
    norms: int = 0,
    others: int = 0,
    pooled: int = 0,
    notes: tuple[str, ...] = (),
) -> Entry:
    """An entry from its arithmetic.

    ``weights`` are those of convolutions that run on all positions, ``pooled`` on one; ``norms`` are channels
    with a batch norm; ``others`` are biases.
    """
    params = weights + pooled + 2 * norms + others
    macs = weights * HW + pooled
    return Entry(
        f"block:{name}",
        FAMILY,
        paper,
        f"blocks.{builder}:{name}",
        Reference(f"arithmetic: {formula}", params, macs),
        task=TASK,
        input=INPUT,
        metric_name="",
        notes=notes,
    )


ENTRIES = (
    block(
        "conv",
        mobilenet_v1.PAPER,
        "convolutions",
        "weights k k M N with k = 3; macs weights H W",
        3 * 3 * M * N,
    ),
    block(
        "grouped_conv",
        ALEXNET,
        "convolutions",
        "weights k k M N / g with k = 3, g = 2; macs weights H W",
        3 * 3 * M * N // 2,
    ),
    block(
        "depthwise_separable",
        mobilenet_v1.PAPER,
        "convolutions",
        "weights k k M + M N with k = 3; macs weights H W",
        3 * 3 * M + M * N,
        notes=("plain convolutions: 1/N + 1/k^2 of block:conv, exactly",),
    ),
    block(
        "bsconv_u",
        bsconv.PAPER,
        "convolutions",
        "weights M N + k k N with k = 3; macs weights H W; norm of N",
        M * N + 3 * 3 * N,
        norms=N,
    ),
    block(
        "xception_separable",
        xception.PAPER,
        "convolutions",
        "weights k k M + M N with k = 3; macs weights H W; norm of N",
        3 * 3 * M + M * N,
        norms=N,
    ),
    block(
        "resnet_bottleneck",
        resnet.PAPER,
        "bottlenecks",
        "weights M d + k k d d + d N with k = 3, d = N / 4; macs weights H W; norms of d, d, N",
        M * 16 + 3 * 3 * 16 * 16 + 16 * N,
        norms=16 + 16 + N,
    ),
    block(
        "resnext_bottleneck",
        resnext.PAPER,
        "bottlenecks",
        "weights M d + k k d d / g + d N with k = 3, d = N / 2, g = 32; macs weights H W; norms of d, d, N",
        M * 32 + 3 * 3 * 32 * 32 // 32 + 32 * N,
        norms=32 + 32 + N,
        notes=("with 64 channels each of the 32 groups has one; the paper's blocks have 256 and more",),
    ),
    block(
        "shuffle_v1",
        shufflenet_v1.PAPER,
        "shuffle",
        "weights M d / g + k k d + d N / g with k = 3, d = N / 4, g = 4; macs weights H W; norms of d, d, N",
        M * 16 // 4 + 3 * 3 * 16 + 16 * N // 4,
        norms=16 + 16 + N,
        notes=("four groups: three, which the paper prefers, do not divide 64 channels",),
    ),
    block(
        "shuffle_v2",
        shufflenet_v2.PAPER,
        "shuffle",
        "weights d d + k k d + d d with k = 3, d = N / 2; macs weights H W; norms of d, d, d",
        32 * 32 + 3 * 3 * 32 + 32 * 32,
        norms=32 + 32 + 32,
    ),
    block(
        "inverted_residual",
        mobilenet_v2.PAPER,
        "bottlenecks",
        "weights M d + k k d + d N with k = 3, d = 6 M; macs weights H W; norms of d, d, N",
        M * 384 + 3 * 3 * 384 + 384 * N,
        norms=384 + 384 + N,
    ),
    block(
        "mbconv",
        efficientnet.PAPER,
        "bottlenecks",
        "weights w = M d + k k d + d N with k = 3, d = 6 M, gate v = 2 d r with r = M / 4; macs w H W + v; "
        "norms of d, d, N; biases r + d",
        M * 384 + 3 * 3 * 384 + 384 * N,
        norms=384 + 384 + N,
        others=16 + 384,
        pooled=2 * 384 * 16,
    ),
    block(
        "sandglass",
        mobilenext.PAPER,
        "bottlenecks",
        "weights k k M + M d + d N + k k N with k = 3, d = 16; macs weights H W; norms of M, d, N, N",
        3 * 3 * M + M * 16 + 16 * N + 3 * 3 * N,
        norms=M + 16 + N + N,
        notes=("M / 6 = 10 channels in the middle are fewer than N / 6, so the authors' code makes them 16",),
    ),
    block(
        "ghost_module",
        ghostnet.PAPER,
        "ghost",
        "weights M d + k k d with k = 3, d = N / 2; macs weights H W; norms of d, d",
        M * 32 + 3 * 3 * 32,
        norms=32 + 32,
    ),
    block(
        "ghost_bottleneck",
        ghostnet.PAPER,
        "ghost",
        "weights M d + k k d + 2 d e + k k e with k = 3, d = 3 M / 2, e = N / 2; macs weights H W; "
        "norms of d, d, e, e",
        M * 96 + 3 * 3 * 96 + 2 * 96 * 32 + 3 * 3 * 32,
        norms=96 + 96 + 32 + 32,
    ),
    block(
        "fire",
        squeezenet.PAPER,
        "factorised",
        "weights M s + s e + k k s e with k = 3, s = N / 8, e = N / 2; macs weights H W; biases s + 2 e",
        M * 8 + 8 * 32 + 3 * 3 * 8 * 32,
        others=8 + 2 * 32,
    ),
    block(
        "micro_factorized",
        micronet.PAPER,
        "factorised",
        "weights 2 k M + M d / g + d N / g with k = 3, d = M / 4, g = 4; macs weights H W; "
        "norms of M, M, d, N",
        2 * 3 * M + M * 16 // 4 + 16 * N // 4,
        norms=M + M + 16 + N,
    ),
    block(
        "squeeze_excite",
        se_resnet.PAPER,
        "attention",
        "weights 2 M r with r = M / 16, on one position; macs weights; biases r + M",
        0,
        others=4 + M,
        pooled=2 * M * 4,
    ),
    block("channel_shuffle", shufflenet_v1.PAPER, "shuffle", "no weights, no macs: a copy", 0),
)
