"""Rules of sense between rows: dates, dependencies, obligations."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from pmo_kit.register.checks.registry import Evidence, Found, rule

_FAR, _GAP = 100, 25


@rule(10, "block", "A project starts after it finishes.", "projects")
def start_after_finish(evidence: Evidence) -> Iterator[Found]:
    """Start and finish are the wrong way round, or one of them is wrong."""
    projects = evidence.frame("projects")
    wrong = projects["start"] > projects["finish"]
    words = [f"Starts on {one.start:%Y-%m-%d}, after it finishes on {one.finish:%Y-%m-%d}."
             for one in projects[wrong].itertuples()]  # fmt: skip
    yield Found("projects", "start", wrong, words, "Correct one of the two dates.")


@rule(0, "warn", "A year or date is far from all others: a slip of a finger.")
def year_far(evidence: Evidence) -> Iterator[Found]:
    """More than a century from today, or a quarter of a century from the next year of its table."""
    today = evidence.this_year or evidence.settings.discount_to
    for table, intake in evidence.intakes.items():
        dated = [one.name for one in intake.table if one.type in ("year", "date") and one.name in intake.raw]
        cells = {name: intake.frame[name] for name in dated}
        years = {name: one.dt.year if one.dtype.kind == "M" else one for name, one in cells.items()}
        years = {name: one.astype("Float64") for name, one in years.items()}
        if not years:
            continue
        found = np.unique(pd.concat(years.values()).dropna().to_numpy(float))
        found = np.unique(np.append(found, [] if today is None else [today]))
        gaps = np.diff(found, prepend=-np.inf, append=np.inf)
        lone = found[(np.minimum(gaps[:-1], gaps[1:]) > _GAP) & (len(found) > 1)]
        for name, one in years.items():
            odd = one.isin(lone)
            odd |= False if today is None else ((one - today).abs() > _FAR).fillna(False)
            text = "{value} is far from every other year here."
            yield Found(table, name, odd.to_numpy(bool), text, "Correct the year, or accept it in a waiver.")


def find_cycles(arrows: dict[str, list[str]]) -> list[list[str]]:
    """The groups of projects that require each other in a circle (strongly connected components).

    >>> find_cycles({"A": ["B"], "B": ["C"], "C": ["B"], "D": ["D"]})
    [['B', 'C'], ['D']]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    names = sorted({*arrows, *(one for targets in arrows.values() for one in targets)})
    place = {name: n for n, name in enumerate(names)}
    pairs = [(place[one], place[other]) for one, targets in arrows.items() for other in targets]
    if not pairs:
        return []
    rows, columns = zip(*pairs, strict=True)
    graph = coo_array((np.ones(len(rows)), (rows, columns)), shape=(len(names), len(names)))
    _, label = connected_components(graph, connection="strong")
    groups = pd.Series(names).groupby(label).agg(list)
    return sorted(group for group in groups if len(group) > 1 or group[0] in arrows.get(group[0], ()))


@rule(14, "block", "Projects require each other in a circle.", "links")
def cycle_in_requires(evidence: Evidence) -> Iterator[Found]:
    """A requires B requires A: none of them can be first."""
    links = evidence.frame("links")
    needs = links[(links["relation"] == "requires") & links["project_id"].notna() & links["other_id"].notna()]
    arrows = needs.groupby("project_id")["other_id"].agg(list).to_dict()
    for cycle in find_cycles(arrows):
        rows = needs.index[needs["project_id"].isin(cycle) & needs["other_id"].isin(cycle)].to_numpy()
        text = f"The projects {', '.join(cycle)} require each other in a circle."
        text = text if len(cycle) > 1 else f"Project {cycle[0]} requires itself."
        yield Found("links", "other_id", rows[:1], text, "Remove one of the links, or make them one project.")


def _excluding_pairs(links: pd.DataFrame) -> list[tuple[str, str, int]]:
    """Pairs of projects that exclude each other at every level, with the row that says so."""
    whole = links[links["level"].isna()]
    direct = whole[(whole["relation"] == "excludes") & whole["other_id"].notna() & whole["other_level"].isna()]
    pairs = list(zip(direct["project_id"], direct["other_id"], direct.index, strict=True))
    grouped = whole[whole["relation"].isin(["excludes", "exactly_one"]) & whole["group"].notna()]
    for _, members in grouped.groupby(["relation", "group"]):
        ids = list(zip(members["project_id"], members.index, strict=True))
        pairs += [(a, b, row) for i, (a, _) in enumerate(ids) for b, row in ids[i + 1 :] if a != b]
    return pairs


@rule(15, "block", "Mandatory projects exclude each other, or require what is ruled out.", "projects links")
def impossible_obligation(evidence: Evidence) -> Iterator[Found]:
    """No plan can hold two mandatory projects that exclude each other, or that require a refused one."""
    projects, links = evidence.frame("projects"), evidence.frame("links")
    mandatory = set(projects.loc[projects["commitment"] == "mandatory", "project_id"])
    for one, other, row in _excluding_pairs(links):
        if one in mandatory and other in mandatory:
            text = f"{one} and {other} are both mandatory and exclude each other."
            fix = "Remove the link, or make one of them discretionary."
            yield Found("links", "project_id", [row], text, fix)
    overrides = evidence.frame("overrides")
    refused = set(overrides.loc[overrides["in_out"] == "out", "project_id"])
    wrong = (links["relation"] == "requires") & links["level"].isna()
    wrong &= links["project_id"].isin(mandatory) & links["other_id"].isin(refused)
    words = [f"{one.project_id} is mandatory and requires {one.other_id}, which an override rules out."
             for one in links[wrong.fillna(False)].itertuples()]  # fmt: skip
    yield Found("links", "other_id", wrong.fillna(False), words, "Withdraw the override, or the obligation.")


@rule(0, "warn", "A mandatory project does not say why.", "projects")
def reason_missing(evidence: Evidence) -> Iterator[Found]:
    """Whoever forces a project into the plan says by which obligation."""
    projects = evidence.frame("projects")
    silent = (projects["commitment"] == "mandatory") & projects["mandatory_reason"].isna()
    text = "The project is mandatory and does not say why."
    yield Found("projects", "commitment", silent, text, "Name the law or duty in mandatory_reason.")


@rule(0, "info", "A value is missing, and its reason is known.", "exemptions")
def missing_with_reason(evidence: Evidence) -> Iterator[Found]:
    """The table exemptions keeps why a source gives no value; the value stays missing."""
    words, text = [], '{column}{of} in {table} is missing; the reason given is "{reason}".'
    for line in evidence.frame("exemptions").fillna("").to_dict("records"):
        words.append(text.format(of=f" of {line['item']}" if line["item"] else "", **line))
    yield Found("exemptions", "reason", list(range(len(words))), words)
