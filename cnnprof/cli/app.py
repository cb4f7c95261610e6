"""The command ``cnnprof`` and its subcommands."""

from __future__ import annotations

from typing import Annotated

import typer

from cnnprof.cli.cache import cache
from cnnprof.cli.catalogue import list_models
from cnnprof.cli.coercion import LightCommand, LightGroup
from cnnprof.cli.compare import compare
from cnnprof.cli.environment import show_environment
from cnnprof.cli.experiment import experiment
from cnnprof.cli.explain import explain
from cnnprof.cli.guidelines import guidelines
from cnnprof.cli.profile import profile
from cnnprof.cli.scale import scale
from cnnprof.version import __version__

# Plain help and plain usage errors: rich's panels cost a third of the start-up time and turn a two-line error
# into a box. No completion options: they would take two of the ten lines of help.
app = typer.Typer(
    name="cnnprof",
    cls=LightGroup,
    help="Counts and times light-weight CNNs, and says whether FLOPs told the truth about speed.",
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
app.command("profile", cls=LightCommand)(profile)
app.command("compare", cls=LightCommand)(compare)
app.command("scale", cls=LightCommand)(scale)
app.command("guidelines", cls=LightCommand)(guidelines)
app.command("explain", cls=LightCommand)(explain)
app.command("experiment", cls=LightCommand)(experiment)
app.command("list", cls=LightCommand)(list_models)
app.command("env", cls=LightCommand)(show_environment)
app.command("cache", cls=LightCommand)(cache)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"cnnprof {__version__}")
        raise typer.Exit


@app.callback()
def cnnprof(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Counts and times light-weight CNNs, and says whether FLOPs told the truth about speed."""
