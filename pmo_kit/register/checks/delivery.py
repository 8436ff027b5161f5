"""Rules of delivery: stages, ages, earned value, ratings, what is not as the previous committee saw it; then of sense
between rows: dates, dependencies, obligations."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from pmo_kit.facts import number
from pmo_kit.register.checks.registry import Evidence, Found, rule

OLD_AFTER_DAYS = 90
_FAR, _GAP = 100, 25
_COST_RED, _COST_AMBER = 0.85, 0.95
_WATERMELON_COST, _WATERMELON_SLIP = 0.9, 0.1
_ASK = "Ask the sponsor to explain the rating, or to change it."


@rule(11, "warn", "The start has passed and the project is still an idea.")
def start_passed(evidence: Evidence, projects: pd.DataFrame) -> Iterator[Found]:
    """A start in the past with the stage idea: one of the two is not up to date."""
    passed = (projects["start"] < pd.Timestamp(evidence.settings.as_of)) & (projects["stage"] == "idea")
    text = "The start, {value}, has passed, and the stage is idea."
    yield Found("projects", "start", passed, text, "Correct the start or the stage.")


@rule(12, "warn", f"The status is older than {OLD_AFTER_DAYS} days, or of a day to come.")
def status_old(evidence: Evidence, projects: pd.DataFrame) -> Iterator[Found]:
    """The age on the date of the register (or on the day of the check, when it is given)."""
    status = projects["status_date"]
    age = (pd.Timestamp(evidence.today or evidence.settings.as_of) - status).dt.days
    old = pd.DataFrame({"days": age[age > OLD_AFTER_DAYS]})
    text, fix = "The status is {days} days old.", "Ask the project for its status of this month."
    yield Found("projects", "status_date", old, text, fix)
    later = status > pd.Timestamp(evidence.settings.as_of)
    text = f"The status_date {{value}} is after as_of ({evidence.settings.as_of})."
    yield Found("projects", "status_date", later, text, "Correct the date, or as_of of the settings.")


@rule(23, "block", "More work earned than the whole budget.")
def ev_above_bac(status: pd.DataFrame) -> Iterator[Found]:
    """Earned value is the budgeted cost of the work done: it cannot exceed the budget at completion."""
    wrong = status[status["ev"] > status["bac"] + 1e-9 * status["bac"].abs()]
    fix = "Correct the earned value, or re-baseline BAC with a reference."
    yield Found("status", "ev", wrong, "EV {ev} is above BAC {bac}.", fix)


@rule(23, "warn", "The cumulative actual cost, or earned value, falls from one period to the next.")
def actual_falls(status: pd.DataFrame) -> Iterator[Found]:
    """Cumulative figures do not fall; a credit note is explained in a waiver."""
    status = status.sort_values("period", kind="stable")
    for column in ("ac", "ev"):
        before = status.groupby("project_id")[column].ffill().groupby(status["project_id"]).shift()
        rows = status.assign(before=before)[status[column] < before - 1e-9]
        text = f"{column.upper()} falls from {{before}} to {{{column}}}."
        fix = "Figures are cumulative; correct this one or the one before."
        yield Found("status", column, rows, text, fix)


def _ratings(evidence: Evidence, projects: pd.DataFrame) -> pd.DataFrame:
    """Declared rating, CPI of the latest status, and the worst slip as a share of the duration; as the projects."""
    status, milestones = map(evidence.frame, ("status", "milestones"))
    status = status[status["ev"].notna() & (status["ac"] > 0)].sort_values("period", kind="stable")
    latest = status.groupby("project_id").last()
    worst = (milestones["now"] - milestones["baseline"]).dt.days.groupby(milestones["project_id"]).max()
    length = (projects["finish"] - projects["start"]).dt.days
    frame = pd.DataFrame({"rag": projects["rag_declared"]})
    frame["cpi"] = projects["project_id"].map(latest["ev"] / latest["ac"]).astype("float64")
    frame["slip"] = projects["project_id"].map(worst).astype("float64") / length.where(length > 0)
    hidden = (frame["cpi"] < _WATERMELON_COST) | (frame["slip"] > _WATERMELON_SLIP)
    frame["melon"] = ((frame["rag"] == "G") & hidden).fillna(False)
    return frame


@rule(24, "warn", "Declared green, and red inside: CPI below 0.9 or a slip above 10 %.")
def watermelon(evidence: Evidence, projects: pd.DataFrame) -> Iterator[Found]:
    """Green outside, red inside: the declared rating hides cost or time."""
    frame, words = _ratings(evidence, projects), []
    for line in frame[frame["melon"]].itertuples():
        parts = [f"it earns {number(line.cpi, 2)} for 1 spent"] if line.cpi < _WATERMELON_COST else []
        if line.slip > _WATERMELON_SLIP:
            parts.append(f"a milestone slips by {number(100 * line.slip, 0)} % of its duration")
        words.append(f"Declared green, but {' and '.join(parts)}.")
    yield Found("projects", "rag_declared", frame["melon"], words, _ASK)


@rule(25, "warn", "The declared rating is not the one that cost and time give by rule.")
def rating_differs(evidence: Evidence, projects: pd.DataFrame) -> Iterator[Found]:
    """By rule: red below 0.85 earned per 1 spent or above 10 % slip, amber below 0.95 or above 5 %."""
    frame = _ratings(evidence, projects)
    known = frame["cpi"].notna() | frame["slip"].notna()
    red = (frame["cpi"] < _COST_RED) | (frame["slip"] > 0.10)
    amber = (frame["cpi"] < _COST_AMBER) | (frame["slip"] > 0.05)
    frame["by_rule"] = np.select([red, amber], ["R", "A"], "G")
    differs = (known & frame["rag"].notna() & (frame["rag"] != frame["by_rule"]) & ~frame["melon"]).fillna(False)
    yield Found("projects", "rag_declared", frame[differs], "Declared {rag}, and {by_rule} by rule.", _ASK)


_GONE = {"stop", "refuse", "defer", "pause"}


@rule(33, "warn", "A project of the last register is gone without a decision.")
def project_vanished(evidence: Evidence, projects: pd.DataFrame) -> Iterator[Found]:
    """Projects end by decision; one that is simply gone took its money and its promises along."""
    if evidence.previous is None:
        return
    before = evidence.previous.table("projects")
    decisions = pd.concat([evidence.previous.table("decisions"), evidence.frame("decisions")])
    decided = set(decisions.loc[decisions["decision"].isin(_GONE), "project_id"])
    gone = before[~before.index.isin(decided.union(projects["project_id"]))]
    for project, name in gone["name"].items():
        text = f"{project} ({name}) was in the last register, is gone, and no decision says so."
        fix = "Bring it back, or record the decision to stop it."
        yield Found("projects", "project_id", None, text, fix, value=project)


def _moved(now: pd.DataFrame, before: pd.DataFrame, key: list[str], column: str) -> pd.DataFrame:
    """Rows whose value differs from that of the same key before; index of the table, old value in `old`."""
    old = before.dropna(subset=[column]).drop_duplicates(key).set_index(key)[column]
    now = now.assign(old=old.reindex(pd.MultiIndex.from_frame(now[key])).to_numpy())
    return now[now["old"].notna() & now[column].notna() & (now[column] != now["old"])]


@rule(34, "warn", "A baseline is not what it was, and no change request is named.")
def baseline_moved(evidence: Evidence) -> Iterator[Found]:
    """A baseline moves with a reference, or the promise is re-written in silence."""
    previous, named = evidence.previous, evidence.frame("baselines")
    if previous is None:
        return
    fix = "Name the change request in reference, or restore the baseline."
    if len(named):
        moved = _moved(named, previous.table("baselines"), ["project_id", "quantity", "year"], "baseline")
        text = "The baseline of {quantity} was {old} and is {baseline}."
        yield Found("baselines", "baseline", moved[moved["reference"].isna()], text, fix)
    if evidence.has("milestones"):
        now, before = evidence.frame("milestones"), previous.table("milestones")
        moved = _moved(now, before, ["project_id", "milestone"], "baseline")
        moved = moved[~moved["project_id"].isin(named.loc[named["reference"].notna(), "project_id"])]
        text = "The baseline of {milestone} was {old:%Y-%m-%d}, now {baseline:%Y-%m-%d}."
        yield Found("milestones", "baseline", moved, text, fix)


@rule(20, "warn", "A score differs from the published one and carries no new date.")
def score_changed(evidence: Evidence, scores: pd.DataFrame) -> Iterator[Found]:
    """After results are published scores change only with a date and evidence."""
    if evidence.previous is None:
        return
    key = ["project_id", "level", "criterion", "assessor"]
    moved = _moved(scores, evidence.previous.table("scores"), key, "score")
    if (published := evidence.previous.settings.as_of) is not None:
        moved = moved[~(moved["date"] > pd.Timestamp(published))]
    text = "The score of {criterion} was published as {old}, and is {score}."
    yield Found("scores", "score", moved, text, "Restore the score, or give the date and the evidence of the new one.")


@rule(10, "block", "A project starts after it finishes.")
def start_after_finish(projects: pd.DataFrame) -> Iterator[Found]:
    """Start and finish are the wrong way round, or one of them is wrong."""
    wrong = projects[projects["start"] > projects["finish"]]
    text = "Starts on {start:%Y-%m-%d}, after it finishes on {finish:%Y-%m-%d}."
    yield Found("projects", "start", wrong, text, "Correct one of the two dates.")


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


@rule(14, "block", "Projects require each other in a circle.")
def cycle_in_requires(links: pd.DataFrame) -> Iterator[Found]:
    """A requires B requires A: none of them can be first."""
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


@rule(15, "block", "Mandatory projects exclude each other, or require what is ruled out.")
def impossible_obligation(evidence: Evidence, projects: pd.DataFrame, links: pd.DataFrame) -> Iterator[Found]:
    """No plan can hold two mandatory projects that exclude each other, or that require a refused one."""
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
    text = "{project_id} is mandatory and requires {other_id}, which an override rules out."
    yield Found("links", "other_id", links[wrong.fillna(False)], text, "Withdraw the override, or the obligation.")


@rule(0, "warn", "A mandatory project does not say why.")
def reason_missing(projects: pd.DataFrame) -> Iterator[Found]:
    """Whoever forces a project into the plan says by which obligation."""
    silent = (projects["commitment"] == "mandatory") & projects["mandatory_reason"].isna()
    text = "The project is mandatory and does not say why."
    yield Found("projects", "commitment", silent, text, "Name the law or duty in mandatory_reason.")


@rule(0, "info", "A value is missing, and its reason is known.")
def missing_with_reason(exemptions: pd.DataFrame) -> Iterator[Found]:
    """The table exemptions keeps why a source gives no value; the value stays missing."""
    rows = exemptions.fillna("")
    rows["of"] = (" of " + rows["item"]).where(rows["item"] != "", "")
    yield Found("exemptions", "reason", rows, '{column}{of} in {table} is missing; the reason given is "{reason}".')
