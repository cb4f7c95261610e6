"""Experiments as the text of a file: what was published beside what was counted and measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cnnprof.records.columns import COLUMNS, columns
from cnnprof.records.elsewhere import Elsewhere, Ranking
from cnnprof.records.experiment import Experiment, ExperimentResult, GroupResult, Row
from cnnprof.records.profile import Profile
from cnnprof.store.documents import comparison_plain, document, profile_plain, rows_csv
from cnnprof.store.plain import to_plain


def experiment_csv(result: ExperimentResult) -> str:
    """One row a network under the flat columns, after those that say which row of which table it is.

    Networks that are not built have their published figures only.
    """
    return rows_csv([_flat(result.experiment, group, row, profile) for group, row, profile in _all(result)])


def experiment_json(result: ExperimentResult) -> str:
    """One result a network that is built: flat columns, the row as published, and the whole record.

    ``experiment`` holds the table's platforms, decisions and sources, ``not_built`` the rows as published of networks
    that are not, ``groups`` the session of each, ``effects`` and ``agreements`` what came of it.
    """
    results = (
        profile_plain(profile, published={**_published(group, row), "rule_macs": _ruled(row, profile)})
        for group, row, profile in _all(result)
        if profile is not None
    )
    experiment = _plain(result.experiment)
    experiment.pop("groups")
    return document(
        results,
        experiment=experiment,
        interrupted=result.interrupted,
        failure=result.failure,
        groups=[
            {"group": group.group.title, "comparison": comparison_plain(group.comparison)}
            for group in result.groups
        ],
        not_built=[_published(group, row) for group, row, profile in _all(result) if profile is None],
        effects=to_plain(result.effects),
        agreements=to_plain(result.agreements),
    )


def _published(group: GroupResult, row: Row) -> Mapping[str, object]:
    """A row as it stands in its paper, and in which table."""
    return {"group": group.group.title, "source": group.group.source, **_plain(row)}


def elsewhere_csv(found: Elsewhere) -> str:
    """One row a device, set of networks and count."""
    return rows_csv(list(_correlations(found)))


def elsewhere_json(found: Elsewhere) -> str:
    """One result a device and set of networks, with the published milliseconds."""
    return document({"networks": networks, **_plain(ranking)} for networks, ranking in _rankings(found))


def experiments_csv(experiments: Iterable[Experiment]) -> str:
    """One row an experiment."""
    return rows_csv(
        [
            {
                "experiment": one.name,
                "title": one.title,
                "source": one.source,
                "groups": len(one.groups),
                "networks": sum(len(group.built) for group in one.groups),
            }
            for one in experiments
        ]
    )


def experiments_json(experiments: Iterable[Experiment]) -> str:
    """Every experiment with all its rows, as published."""
    return document(_plain(one) for one in experiments)


def _all(result: ExperimentResult) -> Iterable[tuple[GroupResult, Row, Profile | None]]:
    """Every row of every group that was run; the profile is None where it is not built."""
    for group in result.groups:
        profiles = {id(row): profile for row, profile in group.members}
        for row in group.group.rows:
            yield group, row, profiles.get(id(row))


def _ruled(row: Row, profile: Profile | None) -> int | None:
    """The multiply-adds of an image under the row's rule, where it has one and is built."""
    return row.rule.total(profile.counts, profile.request.batch) if row.rule and profile else None


def _flat(
    experiment: Experiment, group: GroupResult, row: Row, profile: Profile | None
) -> Mapping[str, object]:
    found = {} if profile is None else columns(profile)
    arguments = row.arguments if profile is None else profile.request.arguments
    return {
        "experiment": experiment.name,
        "group": group.group.title,
        "label": row.label,
        "arguments": " ".join(f"{name}={value}" for name, value in arguments.items()),
        "paper_macs": round(row.macs.value) if row.macs else None,
        "paper_metric": row.metric,
        **{
            f"{platform.key}_{platform.unit.replace('/s', '_per_s')}": row.speeds.get(platform.key)
            for platform in experiment.platforms
        },
        "paper_rule": row.rule.name if row.rule else "",
        "paper_rule_macs": _ruled(row, profile),
        "macs_elsewhere": round(row.macs_elsewhere.value) if row.macs_elsewhere else None,
        "differs": row.differs,
        **(found or dict.fromkeys(COLUMNS)),
    }


def _rankings(found: Elsewhere) -> Iterable[tuple[str, Ranking]]:
    yield from (("all", ranking) for ranking in found.rankings)
    yield from (("light", ranking) for ranking in found.light)


def _correlations(found: Elsewhere) -> Iterable[Mapping[str, object]]:
    for networks, ranking in _rankings(found):
        for one in ranking.correlations:
            yield {
                "device": ranking.device.title,
                "kind": ranking.device.kind,
                "setting": ranking.device.setting,
                "networks": networks,
                "models": one.models,
                "column": one.column,
                "rho": one.rho,
                "rho_low": one.rho_low,
                "rho_high": one.rho_high,
                "tau": one.tau,
                "tau_low": one.tau_low,
                "tau_high": one.tau_high,
                "source": ranking.device.source,
            }


def _plain(record: object) -> dict[str, object]:
    found = to_plain(record)
    assert isinstance(found, dict)
    return found
