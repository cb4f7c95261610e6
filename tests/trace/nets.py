"""Small networks, one for each way in which a forward pass can be written."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import parametrizations

PICTURE = (2, 4, 12, 10)
Shapes = list[tuple[int, ...]]
Built = tuple[nn.Module, Shapes]


class Net(nn.Module):
    """A forward pass written as a function of the network and its inputs."""

    def __init__(self, run: Callable[..., Any], **parts: Any) -> None:
        super().__init__()
        self.run = run
        for name, part in parts.items():
            setattr(self, name, part)

    def __getattr__(self, name: str) -> Any:
        return super().__getattr__(name)

    def forward(self, *inputs: Tensor) -> Any:
        return self.run(self, *inputs)


@dataclass
class Pair:
    first: Tensor
    second: Tensor


class PlusOne(nn.Conv2d):
    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input) + 1


class Keywords(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3)

    def forward(self, x: Tensor, scale: float = 2.0, mask: Tensor | None = None) -> Tensor:
        y: Tensor = self.conv(x) * scale
        return y if mask is None else y * mask


class Counter(nn.Module):
    """Changes a buffer in place, by assignment, and an ordinary attribute while it runs."""

    seen: Tensor
    calls: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("seen", torch.zeros(4, 1, 1))
        self.register_buffer("calls", torch.zeros(()))
        self.conv = nn.Conv2d(4, 4, 1)
        self.runs = 0

    def forward(self, x: Tensor) -> Tensor:
        self.seen += 1
        self.calls = self.calls + 1
        self.runs += 1
        y: Tensor = self.conv(x) + self.seen
        return y


class Residual(nn.Module):
    """Attributes of its own, children, functional ops and a module called three times."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(4, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU(True))
        self.shared = nn.Conv2d(8, 8, 1)
        self.head = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        y = self.stem(x)
        for _ in range(3):
            y = F.relu(self.shared(y)) + y
        logits: Tensor = self.head(F.adaptive_avg_pool2d(y, 1).flatten(1))
        return logits


def script(code: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is deprecated, and in use
        return torch.jit.script(code)


def relu_plus_one(x: Tensor) -> Tensor:
    return torch.relu(x) + 1


def with_script_function() -> Built:
    function = script(relu_plus_one)
    return Net(lambda n, x: function(n.conv(x)), conv=conv()), [PICTURE]


def weight(*shape: int) -> nn.Parameter:
    return nn.Parameter(torch.ones(shape))


def conv(size: int = 1) -> nn.Conv2d:
    return nn.Conv2d(4, 4, size)


def standardised(net: Net, x: Tensor) -> Tensor:
    weight: Tensor = net.conv.weight
    dims = (1, 2, 3)
    weight = (weight - weight.mean(dims, keepdim=True)) / weight.std(dims, keepdim=True)
    return F.conv2d(x, weight)


def into_empty(net: Net, x: Tensor) -> Tensor:
    return torch.add(x, x, out=torch.empty_like(x)) * 2


def put_by_index(net: Net, x: Tensor) -> Tensor:
    y = x * 2
    y[:, torch.arange(2)] = x[:, 1:3]
    return y


def augmented(net: Net, x: Tensor) -> Tensor:
    y = net.conv(x)
    y += x
    y *= 2
    assert isinstance(y, Tensor)
    return y


def tied() -> nn.Module:
    layer = nn.Linear(10, 10)
    return nn.Sequential(layer, nn.ReLU(), layer)


def pooled(net: Net, x: Tensor) -> Tensor:
    return F.relu(F.avg_pool2d(F.max_pool2d(net.conv(x), 2), 2) + 1).flatten(1)


# Both ways of tracing see the same ops in these.
EQUAL: dict[str, Callable[[], Built]] = {
    "functional": lambda: (Net(pooled, conv=nn.Conv2d(4, 8, 3, padding=1)), [PICTURE]),
    "residual": lambda: (Residual(), [PICTURE]),
    "shared": lambda: (Net(lambda n, x: n.conv(n.conv(n.conv(x))), conv=conv()), [PICTURE]),
    "tied": lambda: (tied(), [(2, 10)]),
    "subclass": lambda: (PlusOne(4, 4, 3), [PICTURE]),
    "keywords": lambda: (Keywords(), [PICTURE]),
    "buffers": lambda: (Counter(), [PICTURE]),
    "several inputs": lambda: (Net(lambda n, a, b: n.conv(a) + b.mean(), conv=conv()), [PICTURE, (3,)]),
    "dict": lambda: (Net(lambda n, x: {"a": n.conv(x), "b": [x + 1, (x * 2,)]}, conv=conv()), [PICTURE]),
    "dataclass": lambda: (Net(lambda n, x: Pair(n.conv(x), x + 1), conv=conv()), [PICTURE]),
    "unbatched": lambda: (nn.Conv2d(4, 6, 3), [(4, 8, 8)]),
    "transposed": lambda: (nn.ConvTranspose2d(4, 6, 3, 2, 1, output_padding=1, groups=2), [PICTURE]),
    "conv1d": lambda: (nn.Conv1d(4, 6, 3), [(2, 4, 9)]),
    "conv3d": lambda: (nn.Conv3d(4, 6, 3), [(2, 4, 5, 6, 7)]),
    "same": lambda: (nn.Conv2d(4, 6, 3, padding="same", dilation=2), [PICTURE]),
    "reflect": lambda: (nn.Conv2d(4, 6, 3, padding=1, padding_mode="reflect"), [PICTURE]),
    "circular": lambda: (nn.Conv2d(4, 6, 3, padding=1, padding_mode="circular"), [PICTURE]),
    "weight norm": lambda: (parametrizations.weight_norm(nn.Conv2d(4, 6, 3)), [PICTURE]),
    "spectral norm": lambda: (parametrizations.spectral_norm(nn.Conv2d(4, 6, 3)), [PICTURE]),
    "weight standardised": lambda: (Net(standardised, conv=nn.Conv2d(4, 6, 3)), [PICTURE]),
    "detached weight": lambda: (Net(lambda n, x: F.conv2d(x, n.conv.weight.detach()), conv=conv()), [PICTURE]),
    "slice of a weight": lambda: (Net(lambda n, x: F.conv2d(x, n.w[:2, :4]), w=weight(8, 8, 3, 3)), [PICTURE]),
    "flipped weight": lambda: (Net(lambda n, x: F.conv2d(x, n.conv.weight.flip(2)), conv=conv(3)), [PICTURE]),
    "weights alone": lambda: (Net(lambda n, x: x * n.conv.weight.view(4, 4).sum(), conv=conv()), [PICTURE]),
    "group norm": lambda: (nn.GroupNorm(2, 4), [PICTURE]),
    "layer norm": lambda: (nn.LayerNorm(10), [PICTURE]),
    "instance norm": lambda: (nn.InstanceNorm2d(4, affine=True, track_running_stats=True), [PICTURE]),
    "batch norm by batch": lambda: (nn.BatchNorm2d(4, track_running_stats=False), [PICTURE]),
    "batch norm of vectors": lambda: (nn.BatchNorm1d(4), [(3, 4)]),
    "prelu": lambda: (nn.PReLU(4), [PICTURE]),
    "linear of pictures": lambda: (nn.Linear(10, 7), [PICTURE]),
    "bilinear": lambda: (Net(lambda n, x: F.interpolate(x, scale_factor=2, mode="bilinear")), [PICTURE]),
    "nearest": lambda: (nn.Upsample(scale_factor=2), [PICTURE]),
    "bicubic": lambda: (nn.Upsample(scale_factor=2, mode="bicubic"), [PICTURE]),
    "antialiased": lambda: (Net(lambda n, x: F.interpolate(x, 5, mode="bilinear", antialias=True)), [PICTURE]),
    "resized rows": lambda: (nn.Upsample(scale_factor=2, mode="linear"), [(2, 4, 9)]),
    "pixel shuffle": lambda: (nn.PixelShuffle(2), [PICTURE]),
    "pixel unshuffle": lambda: (nn.PixelUnshuffle(2), [PICTURE]),
    "channel shuffle": lambda: (nn.ChannelShuffle(2), [PICTURE]),
    "einsum": lambda: (Net(lambda n, x: torch.einsum("nchw,ncxw->nhx", x, x)), [PICTURE]),
    "indexing": lambda: (Net(lambda n, x: x[:, [0, 2]] + x[:, 1:3]), [PICTURE]),
    "index tensor": lambda: (Net(lambda n, x: x[..., torch.arange(3)]), [PICTURE]),
    "focus": lambda: (Net(lambda n, x: torch.cat([x[..., ::2, ::2], x[..., 1::2, ::2]], 1)), [PICTURE]),
    "constant": lambda: (Net(lambda n, x: x * torch.tensor([1.0, 2.0, 3.0, 4.0]).view(4, 1, 1)), [PICTURE]),
    "by name": lambda: (Net(lambda n, x: torch.flatten(input=torch.relu(input=x), start_dim=1)), [PICTURE]),
    "embedding": lambda: (
        Net(lambda n, x: n.table(torch.zeros(3, dtype=torch.long)) + x, table=nn.Embedding(5, 10)),
        [(3, 10)],
    ),
    "augmented": lambda: (Net(augmented, conv=conv()), [PICTURE]),
    "in place": lambda: (Net(lambda n, x: n.conv(x).add_(x).relu_(), conv=conv()), [PICTURE]),
    "out argument": lambda: (Net(into_empty), [PICTURE]),
    "softmax in double": lambda: (Net(lambda n, x: F.softmax(x, 1, dtype=torch.float64)), [PICTURE]),
    "half": lambda: (Net(lambda n, x: x.half().float()), [PICTURE]),
    "ceil": lambda: (nn.MaxPool2d(3, 2, 1, ceil_mode=True), [PICTURE]),
    "pools of volumes": lambda: (
        nn.Sequential(nn.MaxPool3d(2, 1), nn.AvgPool3d(2, 1), nn.AdaptiveAvgPool3d((2, 3, 2))),
        [(2, 4, 6, 5, 7)],
    ),
    "glu": lambda: (nn.GLU(1), [PICTURE]),
    "unfold and fold": lambda: (nn.Sequential(nn.Unfold(2, stride=2), nn.Fold((12, 10), 2, stride=2)), [PICTURE]),
    "put by index": lambda: (Net(put_by_index), [PICTURE]),
    "pool of vectors": lambda: (nn.Sequential(nn.MaxPool1d(2), nn.AvgPool1d(2)), [(2, 4, 9)]),
    "adaptive": lambda: (nn.Sequential(nn.AdaptiveAvgPool2d((5, 3)), nn.AdaptiveMaxPool2d(2)), [PICTURE]),
    "expand": lambda: (Net(lambda n, x: x.mean(1, keepdim=True).expand_as(x) * x), [PICTURE]),
    "reshape copies": lambda: (Net(lambda n, x: x.transpose(1, 2).reshape(2, -1) * 1.0), [PICTURE]),
    "strides kept": lambda: (Net(lambda n, x: F.gelu(x.transpose(1, 2)).reshape(2, -1) * 1.0), [PICTURE]),
    "channels last": lambda: (
        Net(lambda n, x: (x.permute(0, 2, 3, 1) * 2).permute(0, 3, 1, 2).contiguous() + 1),
        [PICTURE],
    ),
    "dropout": lambda: (nn.Sequential(nn.Dropout(), nn.Conv2d(4, 4, 1), nn.Dropout2d()), [PICTURE]),
    "split": lambda: (Net(lambda n, x: torch.cat([y + 1 for y in torch.split(x, [1, 3], 1)], 1)), [PICTURE]),
    "aten ops": lambda: (Net(lambda n, x: torch.ops.aten.relu.default(n.conv(x)), conv=conv()), [PICTURE]),
    "matrix by vector": lambda: (Net(lambda n, x: x @ torch.ones(10)), [PICTURE]),
    "batched matrices": lambda: (Net(lambda n, x: torch.bmm(x, x.transpose(1, 2))), [(2, 3, 4)]),
    "added matrices": lambda: (
        Net(lambda n, x: torch.baddbmm(torch.zeros(3, 3), x, x.transpose(1, 2))),
        [(2, 3, 4)],
    ),
    "by a vector of weights": lambda: (
        Net(lambda n, x: x @ n.v + torch.mv(x[0], n.v)[0] + torch.dot(x[0, 0], n.v), v=weight(10)),
        [(2, 3, 10)],
    ),
    "spectral norm by hook": lambda: (nn.utils.spectral_norm(nn.Conv2d(4, 6, 3)), [PICTURE]),
    "matrix of weights": lambda: (
        Net(lambda n, x: torch.cat([x @ n.w, x.matmul(n.w), torch.mm(x, n.w), x @ n.w.T.T], 1), w=weight(10, 7)),
        [(3, 10)],
    ),
    "batch by a matrix of weights": lambda: (Net(lambda n, x: x.bmm(n.w), w=weight(2, 4, 5)), [(2, 3, 4)]),
    "attention": lambda: (Net(lambda n, x: F.scaled_dot_product_attention(x, x, x)), [(2, 3, 5, 8)]),
    "reductions": lambda: (
        Net(lambda n, x: x.std(1) + x.var(1) + x.sum(1) + x.amax(1) + x.max(1)[0] + x.norm(dim=1)),
        [PICTURE],
    ),
    "normalize": lambda: (Net(lambda n, x: F.normalize(x)), [PICTURE]),
    "fx": lambda: (torch.fx.symbolic_trace(nn.Sequential(conv(), nn.BatchNorm2d(4), nn.ReLU())), [PICTURE]),
    "replicas": lambda: (nn.DataParallel(nn.Sequential(conv())), [PICTURE]),
    "activations": lambda: (
        nn.Sequential(
            nn.ReLU6(), nn.Hardtanh(), nn.Hardswish(), nn.Hardsigmoid(), nn.SiLU(), nn.Sigmoid(), nn.Tanh(),
            nn.GELU(), nn.Mish(), nn.LeakyReLU(), nn.ELU(), nn.SELU(), nn.CELU(), nn.Softplus(), nn.Softsign(),
            nn.LogSigmoid(), nn.RReLU(), nn.Threshold(0.1, 0), nn.Softmax(1), nn.LogSoftmax(1),
        ),
        [PICTURE],
    ),
}  # fmt: skip

# Torch computes these by other ops with data than without (recurrent layers join the products of all steps, fused
# attention comes apart): multiply-adds and parameters are equal, what moves between the ops is not.
SAME_MACS: dict[str, Callable[[], Built]] = {
    "multi-head": lambda: (
        Net(lambda n, x: n.attend(x, x, x)[0], attend=nn.MultiheadAttention(8, 2, batch_first=True)),
        [(2, 5, 8)],
    ),
    "multi-head, no weights": lambda: (
        Net(lambda n, x: n.attend(x, x, x, need_weights=False)[0], attend=nn.MultiheadAttention(8, 2)),
        [(5, 2, 8)],
    ),
    "one query for the batch": lambda: (
        Net(lambda n, x: F.scaled_dot_product_attention(n.q, x, x), q=weight(1, 3, 1, 8)),
        [(2, 3, 5, 8)],
    ),
    "encoder": lambda: (nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), [(2, 5, 8)]),
    "lstm": lambda: (nn.LSTM(8, 6, 2, bidirectional=True), [(5, 2, 8)]),
    "gru": lambda: (nn.GRU(8, 6, batch_first=True), [(2, 5, 8)]),
    "rnn": lambda: (nn.RNN(8, 6), [(5, 2, 8)]),
    "even same": lambda: (nn.Conv2d(4, 6, (4, 1), padding="same"), [PICTURE]),
}

# Shapes alone do not decide these, or would give a wrong graph: one real forward pass does.
UNDECIDED: dict[str, Callable[[], Built]] = {
    "branch on a value": lambda: (
        Net(lambda n, x: n.conv(x) if float(x.sum()) > -1e9 else n.conv(n.conv(x)), conv=conv()),
        [PICTURE],
    ),
    "value as a number": lambda: (Net(lambda n, x: n.conv(x) * x.max().item(), conv=conv()), [PICTURE]),
    "mask": lambda: (Net(lambda n, x: n.conv(x)[x > -1e9].sum(), conv=conv()), [PICTURE]),
    "script module": lambda: (script(nn.Sequential(conv(), nn.ReLU())), [PICTURE]),
    "script module inside": lambda: (nn.Sequential(conv(), script(nn.ReLU())), [PICTURE]),
    "script function": with_script_function,
    "vmap": lambda: (Net(lambda n, x: torch.vmap(n.conv)(x), conv=conv()), [PICTURE]),
}
