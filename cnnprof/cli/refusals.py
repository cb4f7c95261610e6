"""Options that would change nothing where they are given: refused, for silence would be taken for an answer."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from cnnprof.errors import UnknownNameError

if TYPE_CHECKING:
    from cnnprof.cli.options import Options

# Who does take it, by the field of Options.
TAKEN_BY = {
    "verify": "profile and compare do: cnnprof profile MODEL --verify",
    "convention": "profile and compare do: cnnprof profile MODEL --convention thop",
    "no_latency": "it always measures: cnnprof profile MODEL --no-latency only counts",
    "deploy": "profile and compare do: cnnprof profile MODEL --deploy",
    "processes": "whole networks are timed in several, by profile, compare, scale and experiment",
}


def check_refused(command: str, options: Options, refused: Collection[str], hint: str = "") -> None:
    """UnknownNameError for the first field of ``refused`` that is not as it is where nothing is given."""
    standard = type(options)()
    for field in refused:
        # an option that may be repeated is None or empty where it is not given
        if (getattr(options, field) or None) != (getattr(standard, field) or None):
            option = f"--{field.replace('_', '-')}"
            raise UnknownNameError(f"{command} takes no {option}", hint or TAKEN_BY[field])
