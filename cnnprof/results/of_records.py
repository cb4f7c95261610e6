"""The results of records that a call in Python returned, as the command line has them of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path

from cnnprof.errors import UnknownNameError
from cnnprof.records.grid import grid_of
from cnnprof.records.profile import Comparison, Profile
from cnnprof.results.comparison import comparison_results
from cnnprof.results.formats import SUFFIXES, Results, check_format
from cnnprof.results.network import network_results
from cnnprof.results.pictures import PICTURES, pictures_among


def text_of(found: Profile | Comparison, form: str) -> str:
    """What ``profile`` or ``compare`` prints, with its warnings below; UnknownNameError for another form."""
    results = results_of(found)
    check_format(form)
    return results.text(form)


def save_files(found: Profile | Comparison, given: Sequence[str | PathLike[str]]) -> None:
    """Every file, or those that can be written and the error of the first that cannot."""
    from cnnprof.store.files import check_files, write_files

    results, paths = results_of(found), [Path(path) for path in given]
    if not paths:
        raise UnknownNameError("save was given no file", 'for example save(found, "results.csv")')
    check_files(paths, (*SUFFIXES, *PICTURES))
    _check_pictures(results.profiles, pictures_among(paths))
    for failure in write_files({path: results.content(path) for path in paths}).values():
        raise failure


def _check_pictures(profiles: Sequence[Profile], pictures: Sequence[Path]) -> None:
    """UnknownNameError for a picture of nothing, MissingRuntimeError for one that no library here can draw."""
    if not pictures:
        return
    from cnnprof.render.plots.library import check_matplotlib

    if _are_of_one_network(profiles) and not any(profile.roofline for profile in profiles):
        raise UnknownNameError(
            f"{pictures[0]} has nothing to draw: of one network it is the roofline",
            "roofline=True measures it; several networks are drawn by their latency",
        )
    check_matplotlib(pictures[0].suffix.lower())


def results_of(found: Profile | Comparison) -> Results:
    """The report of a command; UnknownNameError for what is no record of one."""
    if isinstance(found, Profile):
        return replace(network_results(Comparison((found,), 0, None)), comparison=None)
    if not isinstance(found, Comparison):
        raise UnknownNameError(
            f"a {type(found).__name__} has no report",
            "give what profile or compare returned; of what load did, one profile or Comparison(profiles, 0, None)",
        )
    if _are_of_one_network(found.profiles):
        return network_results(found)
    return comparison_results(found, any(profile.roofline for profile in found.profiles))


def _are_of_one_network(profiles: Sequence[Profile]) -> bool:
    """On one engine or on several; a network beside itself is a comparison."""
    return len(grid_of(profiles).models) == 1
