"""Rules of sense between rows: dates, dependencies, obligations."""

from __future__ import annotations

import pandas as pd

from pmo_kit.register.checks.registry import Evidence, rule
from pmo_kit.register.findings import Findings


@rule(10, "start_after_finish", "block", "A project starts after it finishes.")
def start_after_finish(evidence: Evidence, findings: Findings) -> None:
    """Start and finish are the wrong way round, or one of them is wrong."""
    if not evidence.has("projects"):
        return
    projects = evidence.frame("projects")
    wrong = projects["start"] > projects["finish"]
    message = [
        f"Starts on {start:%Y-%m-%d}, after it finishes on {finish:%Y-%m-%d}."
        for start, finish in zip(projects["start"][wrong], projects["finish"][wrong], strict=True)
    ]
    findings.add_rows(
        evidence.intakes["projects"],
        wrong,
        "block",
        "start_after_finish",
        message,
        "Correct one of the two dates.",
        column="start",
    )


def find_cycles(arrows: dict[str, list[str]]) -> list[list[str]]:
    """The groups of projects that require each other in a circle (components of Tarjan 1972).

    >>> find_cycles({"A": ["B"], "B": ["C"], "C": ["B"], "D": ["D"]})
    [['B', 'C'], ['D']]
    """
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    cycles: list[list[str]] = []
    for root in arrows:
        if root in order:
            continue
        work = [(root, iter(arrows.get(root, ())))]
        order[root] = low[root] = len(order)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, targets = work[-1]
            for target in targets:
                if target not in order:
                    order[target] = low[target] = len(order)
                    stack.append(target)
                    on_stack.add(target)
                    work.append((target, iter(arrows.get(target, ()))))
                    break
                if target in on_stack:
                    low[node] = min(low[node], order[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == order[node]:
                    group = []
                    while True:
                        member = stack.pop()
                        on_stack.discard(member)
                        group.append(member)
                        if member == node:
                            break
                    if len(group) > 1 or node in arrows.get(node, ()):
                        cycles.append(sorted(group))
    return sorted(cycles)


@rule(14, "cycle_in_requires", "block", "Projects require each other in a circle.")
def cycle_in_requires(evidence: Evidence, findings: Findings) -> None:
    """A requires B requires A: none of them can be first."""
    if not evidence.has("links"):
        return
    links = evidence.frame("links")
    needs = links[(links["relation"] == "requires") & links["project_id"].notna() & links["other_id"].notna()]
    arrows: dict[str, list[str]] = {}
    for project, other in zip(needs["project_id"], needs["other_id"], strict=True):
        arrows.setdefault(project, []).append(other)
    for cycle in find_cycles(arrows):
        members = set(cycle)
        rows = needs.index[needs["project_id"].isin(members) & needs["other_id"].isin(members)].to_numpy()
        text = (
            f"The projects {', '.join(cycle)} require each other in a circle."
            if len(cycle) > 1
            else f"Project {cycle[0]} requires itself."
        )
        findings.add_rows(
            evidence.intakes["links"],
            rows[:1],
            "block",
            "cycle_in_requires",
            text,
            "Remove one of the links, or make them one project.",
            column="other_id",
        )


def _excluding_pairs(links: pd.DataFrame) -> list[tuple[str, str, int]]:
    """Pairs of projects that exclude each other at every level, with the row that says so."""
    pairs = []
    whole = links[links["level"].isna()]
    direct = whole[
        (whole["relation"] == "excludes") & whole["other_id"].notna() & whole["other_level"].isna()
    ]
    pairs += [
        (a, b, row) for row, a, b in zip(direct.index, direct["project_id"], direct["other_id"], strict=True)
    ]
    grouped = whole[whole["relation"].isin(["excludes", "exactly_one"]) & whole["group"].notna()]
    for _, members in grouped.groupby(["relation", "group"]):
        ids = list(zip(members["project_id"], members.index, strict=True))
        pairs += [(a, b, row) for i, (a, _) in enumerate(ids) for b, row in ids[i + 1 :] if a != b]
    return pairs


@rule(
    15,
    "impossible_obligation",
    "block",
    "Mandatory projects exclude each other, or require what is ruled out.",
)
def impossible_obligation(evidence: Evidence, findings: Findings) -> None:
    """No plan can hold two mandatory projects that exclude each other, or that require a refused one."""
    if not evidence.has("projects", "links"):
        return
    projects, links = evidence.frame("projects"), evidence.frame("links")
    intake = evidence.intakes["links"]
    mandatory = set(projects.loc[projects["commitment"] == "mandatory", "project_id"])
    for one, other, row in _excluding_pairs(links):
        if one in mandatory and other in mandatory:
            findings.add_rows(
                intake,
                [row],
                "block",
                "impossible_obligation",
                f"{one} and {other} are both mandatory and exclude each other.",
                "Remove the link, or make one of them discretionary.",
                column="project_id",
            )
    if not evidence.has("overrides"):
        return
    overrides = evidence.frame("overrides")
    refused = set(overrides.loc[overrides["in_out"] == "out", "project_id"])
    needs = links[(links["relation"] == "requires") & links["level"].isna()]
    wrong = needs["project_id"].isin(mandatory) & needs["other_id"].isin(refused)
    rows = needs.index[wrong].to_numpy()
    message = [
        f"{one} is mandatory and requires {other}, which an override rules out."
        for one, other in zip(needs["project_id"][wrong], needs["other_id"][wrong], strict=True)
    ]
    findings.add_rows(
        intake,
        rows,
        "block",
        "impossible_obligation",
        message,
        "Withdraw the override, or the obligation.",
        column="other_id",
    )


@rule(0, "reason_missing", "warn", "A mandatory project does not say why.")
def reason_missing(evidence: Evidence, findings: Findings) -> None:
    """Whoever forces a project into the plan says by which obligation."""
    if not evidence.has("projects"):
        return
    projects = evidence.frame("projects")
    silent = (projects["commitment"] == "mandatory") & projects["mandatory_reason"].isna()
    findings.add_rows(
        evidence.intakes["projects"],
        silent,
        "warn",
        "reason_missing",
        "The project is mandatory and does not say why.",
        "Name the law or duty in mandatory_reason.",
        column="commitment",
    )


@rule(0, "missing_with_reason", "info", "A value is missing, and its reason is known.")
def missing_with_reason(evidence: Evidence, findings: Findings) -> None:
    """The table exemptions keeps why a source gives no value; the value stays missing."""
    if not evidence.has("exemptions"):
        return
    intake = evidence.intakes["exemptions"]
    message = []
    for line in intake.frame.fillna("").to_dict("records"):
        item = f" of {line['item']}" if line["item"] else ""
        reason = f'the reason given is "{line["reason"]}"'
        message.append(f"{line['column']}{item} in {line['table']} is missing; {reason}.")
    every = list(range(len(intake.frame)))
    findings.add_rows(intake, every, "info", "missing_with_reason", message, column="reason")
