"""``torchvision:NAME`` and ``timm:NAME``: networks of other packages, built without their weights."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from cnnprof.errors import MissingRuntimeError, ModelError, UnknownNameError, first_line, unknown

if TYPE_CHECKING:
    from torch import nn

PACKAGES = ("torchvision", "timm")
# Arguments that would fetch weights from the network or unpickle a file.
LOADING = ("weights", "weights_backbone", "pretrained", "pretrained_cfg", "pretrained_cfg_overlay", "checkpoint_path",
           "cache_dir", "pretrained_backbone", "progress")  # fmt: skip
Shape = tuple[int, ...]
Build = Callable[[bool, int], "nn.Module"]


def find_packaged(package: str, name: str, arguments: Mapping[str, object]) -> tuple[Shape, Build]:
    """The default input (batch left out) and the builder of a network of another package; nothing is downloaded.

    Raises MissingRuntimeError where the package is absent, UnknownNameError for a name that it does not have or an
    argument that would load weights.
    """
    for argument in arguments:
        if argument in LOADING:
            raise UnknownNameError(
                f"--arg {argument} would load weights: cnnprof builds {package}:{name} without them",
                "counts and latency do not depend on the weights; leave it out",
            )
    library = _import(package)
    shape, construct = (_torchvision if package == "torchvision" else _timm)(library, name, arguments)
    return shape, _builder(f"{package}:{name}", construct, arguments)


def _import(package: str) -> Any:
    try:
        return import_module(package)
    except ModuleNotFoundError as error:
        if error.name != package:
            raise ModelError(
                f"{package} cannot be imported: {first_line(error)}", "install what it imports"
            ) from error
        raise MissingRuntimeError(
            f"{package}:NAME needs the package {package}, which is not installed",
            f'pip install "cnnprof[{package}]"',
        ) from error
    except Exception as error:  # a build for another version of torch fails in its own ways
        raise ModelError(
            f"{package} cannot be imported: {first_line(error)}",
            "install the version made for the torch that is here",
        ) from error


def _torchvision(library: Any, name: str, arguments: Mapping[str, object]) -> tuple[Shape, Callable[[], Any]]:
    from inspect import signature

    models = import_module("torchvision.models")
    _check("torchvision", name, models.list_models())
    builder = models.get_model_builder(name)
    # Detection and segmentation fetch weights of their backbone unless told otherwise.
    absent = {key: None for key in ("weights", "weights_backbone") if key in signature(builder).parameters}
    side = 299 if name == "inception_v3" else 224
    return (3, side, side), lambda: builder(**absent, **arguments)


def _timm(library: Any, name: str, arguments: Mapping[str, object]) -> tuple[Shape, Callable[[], Any]]:
    architecture, _, tag = name.partition(".")
    _check("timm", architecture, library.list_models())
    try:
        settings = library.get_pretrained_cfg(name)
    except RuntimeError:  # a tag that it does not know
        settings = None
    if tag and settings is None:
        tagged = library.list_pretrained(f"{architecture}.*") if hasattr(library, "list_pretrained") else []
        raise unknown(
            "model", name, tagged, otherwise=f"leave out the tag: timm:{architecture}", where="of timm"
        )
    shape = tuple(settings.input_size) if settings is not None else (3, 224, 224)
    return shape, lambda: library.create_model(name, pretrained=False, **arguments)


def _check(package: str, name: str, known: Sequence[str]) -> None:
    if name not in known:
        raise unknown(
            "model", name, known, otherwise=f"{package} has {len(known)} models", where=f"of {package}"
        )


def _builder(model: str, construct: Callable[[], nn.Module], arguments: Mapping[str, object]) -> Build:
    def build(weights: bool, seed: int) -> nn.Module:
        from cnnprof.zoo.build import seeded, without_weights

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what these packages say of weights to come is not about us
            if not weights:
                try:
                    with without_weights():
                        return construct().eval()
                except (
                    Exception
                ):  # some builders compute with values (drop-path rates, positions): with weights then
                    pass
            with seeded(seed):
                return _constructed(model, construct, arguments).eval()

    return build


def _constructed(
    model: str, construct: Callable[[], nn.Module], arguments: Mapping[str, object]
) -> nn.Module:
    try:
        return construct()
    except Exception as error:  # whatever the package's code raises
        problem = first_line(error)
        if isinstance(error, TypeError) and "unexpected keyword argument" in problem:
            raise UnknownNameError(
                f"{model}: {problem}", "see the package's documentation for its arguments"
            ) from error
        shown = ", ".join(f"{name}={value!r}" for name, value in arguments.items()) or "its defaults"
        raise ModelError(
            f"{model} cannot be built with {shown}: {problem}", "check the --arg values"
        ) from error
