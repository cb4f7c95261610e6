"""``cnnprof scale MODEL``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cnnprof.cli.ending import finish_measured
from cnnprof.cli.failures import reported
from cnnprof.cli.options import Options, with_options
from cnnprof.cli.output import check_outputs
from cnnprof.cli.progress import shown_progress
from cnnprof.errors import UnknownNameError
from cnnprof.results.formats import Results
from cnnprof.results.warnings import all_warnings

if TYPE_CHECKING:
    from cnnprof.records.scaling import Scaling

LARGEST_PHI = 20
LARGEST_FACTOR = 64.0  # a network of more takes memory and minutes only to be built


@reported
@with_options("verify", "convention")
def scale(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="A network of the zoo, or a family such as efficientnet.")
    ],
    options: Options,
    phi: Annotated[str, typer.Option(metavar="RANGE", help="0..3, or values such as 0,0.5,1.")] = "0..3",
    # the values of the paper, section 3.3
    alpha: Annotated[float, typer.Option(metavar="X", help="Depth is multiplied by alpha^phi.")] = 1.2,
    beta: Annotated[float, typer.Option(metavar="X", help="Width is multiplied by beta^phi.")] = 1.1,
    gamma: Annotated[float, typer.Option(metavar="X", help="Resolution is multiplied by gamma^phi.")] = 1.15,
) -> None:
    """Scale a network by the compound rule and show what that costs."""
    phis = parse_phis(phi)
    for name, value in (("alpha", alpha), ("beta", beta), ("gamma", gamma)):
        if not 0 < value <= 10:
            raise UnknownNameError(
                f"{name} must be above 0 and at most 10, not {value:g}", "1 leaves it as it is"
            )
        if value ** max(phis) > LARGEST_FACTOR:
            raise UnknownNameError(
                f"{name} {value:g} at phi {max(phis):g} makes a network {value ** max(phis):g} times as large",
                f"at most {LARGEST_FACTOR:g} times; EfficientNet-L2 has 5.3",
            )
    finish_measured(lambda: measure(model, options, phis, (alpha, beta, gamma)), to_results, options)


def measure(
    model: str, options: Options, phis: tuple[float, ...], rule: tuple[float, float, float]
) -> Scaling:
    """The scaled family; everything that can be refused without torch is refused first."""
    from cnnprof.cli.request import to_request
    from cnnprof.pipeline.scaling import scale

    check_outputs(options)
    request = to_request(model, options, "scale")
    alpha, beta, gamma = rule
    with shown_progress(options.quiet) as on_progress:
        return scale(request, phis, alpha=alpha, beta=beta, gamma=gamma, on_progress=on_progress)


def parse_phis(text: str) -> tuple[float, ...]:
    """``0..3`` -> 0, 1, 2, 3; ``0,0.5,1`` as it stands. UnknownNameError for anything else."""
    first, dots, last = text.partition("..")
    try:
        if dots:
            # Only as far as one beyond the limits, which is refused all the same.
            start, stop = max(int(first), -1), min(int(last), LARGEST_PHI + 1)
            phis = tuple(map(float, range(start, stop + 1)))
        else:
            phis = tuple(float(value) for value in text.split(","))
    except ValueError:
        raise UnknownNameError(f"phi {text!r} is not a range", "write 0..3, or 0,0.5,1") from None
    if not phis or not all(0 <= value <= LARGEST_PHI for value in phis):
        raise UnknownNameError(f"phi {text!r} is out of range", f"from 0 to {LARGEST_PHI:g}, such as 0..3")
    return phis


def to_results(scaling: Scaling) -> Results:
    """The family as a report; for files with the place of each network in it before its columns."""
    from cnnprof.render.scaling import scaling_report
    from cnnprof.store.scaling import scaling_csv, scaling_json

    comparison = scaling.comparison
    return Results(
        comparison.profiles,
        scaling_report(scaling),
        all_warnings(comparison),
        csv=lambda: scaling_csv(scaling),
        json=lambda: scaling_json(scaling),
        comparison=comparison,
    )
