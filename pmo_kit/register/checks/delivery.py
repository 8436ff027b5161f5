"""Rules of delivery: stages, ages, earned value, ratings, what is not as the previous committee saw it; then of sense
between rows: dates, dependencies, obligations."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pandas as pd

from pmo_kit.facts import number
from pmo_kit.register.checks.registry import Evidence, Found, Previous, of_projects, rule

OLD_AFTER_DAYS = 90
_FAR, _GAP = 100, 25
_COST_RED, _COST_AMBER = 0.85, 0.95
_WATERMELON_COST, _WATERMELON_SLIP = 0.9, 0.1


@rule(11)
def start_passed(evidence: Evidence, projects: pd.DataFrame) -> Iterator[Found]:
    """The start has passed and the project is still an idea.

    A start in the past with the stage idea: one of the two is not up to date.
    """
    passed = (projects["start"] < pd.Timestamp(evidence.settings.as_of)) & (projects["stage"] == "idea")
    yield Found("projects", "start", passed)


@rule(12)
def status_old(evidence: Evidence, projects: pd.DataFrame) -> Iterator[Found]:
    """The status is older than 90 days, or of a day to come.

    The age on the date of the register (or on the day of the check, when it is given).
    """
    status = projects["status_date"]
    age = (pd.Timestamp(evidence.today or evidence.settings.as_of) - status).dt.days
    yield Found("projects", "status_date", pd.DataFrame({"days": age[age > OLD_AFTER_DAYS]}))
    later = status > pd.Timestamp(evidence.settings.as_of)
    yield Found("projects", "status_date", later, "later", as_of=evidence.settings.as_of)


@rule(23)
def ev_above_bac(status: pd.DataFrame) -> Iterator[Found]:
    """More work earned than the whole budget.

    Earned value is the budgeted cost of the work done: it cannot exceed the budget at completion.
    """
    yield Found("status", "ev", status["ev"] > status["bac"] + 1e-9 * status["bac"].abs())


@rule(23)
def actual_falls(status: pd.DataFrame) -> Iterator[Found]:
    """The cumulative actual cost, or earned value, falls from one period to the next.

    Cumulative figures do not fall; a credit note is explained in a waiver.
    """
    status = status.sort_values("period", kind="stable")
    for column in ("ac", "ev"):
        before = status.groupby("project_id")[column].ffill().groupby(status["project_id"]).shift()
        rows = status.assign(before=before, now=status[column])[status[column] < before - 1e-9]
        yield Found("status", column, rows, name=column.upper())


def _ratings(evidence: Evidence) -> pd.DataFrame:
    """Declared rating, CPI of the latest status, and the worst slip as a share of the duration; as the projects."""
    projects, status, milestones = map(evidence.frame, ("projects", "status", "milestones"))
    status = status[status["ev"].notna() & (status["ac"] > 0)].sort_values("period", kind="stable")
    latest = status.groupby("project_id").last()
    worst = (milestones["now"] - milestones["baseline"]).dt.days.groupby(milestones["project_id"]).max()
    length = (projects["finish"] - projects["start"]).dt.days
    frame = pd.DataFrame({"rag": projects["rag_declared"]})
    frame["cpi"] = of_projects(projects["project_id"], latest["ev"] / latest["ac"])
    frame["slip"] = of_projects(projects["project_id"], worst) / length.where(length > 0)
    hidden = (frame["cpi"] < _WATERMELON_COST) | (frame["slip"] > _WATERMELON_SLIP)
    frame["melon"] = ((frame["rag"] == "G") & hidden).fillna(False)
    return frame


@rule(24)
def watermelon(evidence: Evidence) -> Iterator[Found]:
    """Declared green, and red inside: CPI below 0.9 or a slip above 10 %.

    Green outside, red inside: the declared rating hides cost or time.
    """
    melons, words = evidence.once(_ratings).loc[lambda frame: frame["melon"]], []
    for cpi, slip in zip(melons["cpi"], melons["slip"], strict=True):
        parts = [f"it earns {number(cpi, 2)} for 1 spent"] if cpi < _WATERMELON_COST else []
        if slip > _WATERMELON_SLIP:
            parts.append(f"a milestone slips by {number(100 * slip, 0)} % of its duration")
        words.append(" and ".join(parts))
    yield Found("projects", "rag_declared", melons.assign(inside=words))


@rule(25)
def rating_differs(evidence: Evidence) -> Iterator[Found]:
    """The declared rating is not the one that cost and time give by rule.

    By rule: red below 0.85 earned per 1 spent or above 10 % slip, amber below 0.95 or above 5 %.
    """
    frame = evidence.once(_ratings)
    known = frame["cpi"].notna() | frame["slip"].notna()
    red = (frame["cpi"] < _COST_RED) | (frame["slip"] > 0.10)
    amber = (frame["cpi"] < _COST_AMBER) | (frame["slip"] > 0.05)
    by_rule = np.select([red, amber], ["R", "A"], "G")
    differs = (known & frame["rag"].notna() & (frame["rag"] != by_rule) & ~frame["melon"]).fillna(False)
    yield Found("projects", "rag_declared", frame.assign(by_rule=by_rule)[differs])


_GONE = {"stop", "refuse", "defer", "pause"}


@rule(33)
def project_vanished(evidence: Evidence, previous: Previous, projects: pd.DataFrame) -> Iterator[Found]:
    """A project of the last register is gone without a decision.

    Projects end by decision; one that is simply gone took its money and its promises along.
    """
    before = previous.table("projects")
    decisions = pd.concat([previous.table("decisions"), evidence.frame("decisions")])
    decided = set(decisions.loc[decisions["decision"].isin(_GONE), "project_id"])
    gone = before[~before.index.isin(decided.union(projects["project_id"]))]
    for project, name in gone["name"].items():
        yield Found("projects", "project_id", value=project, project=project, name=name)


def _moved(now: pd.DataFrame, before: pd.DataFrame, key: list[str], column: str) -> pd.DataFrame:
    """Rows whose value differs from that of the same key before; index of the table, old value in `old`."""
    old = before.dropna(subset=[column]).drop_duplicates(key).set_index(key)[column]
    now = now.assign(old=old.reindex(pd.MultiIndex.from_frame(now[key])).to_numpy())
    return now[now["old"].notna() & now[column].notna() & (now[column] != now["old"])]


@rule(34)
def baseline_moved(evidence: Evidence, previous: Previous) -> Iterator[Found]:
    """A baseline is not what it was, and no change request is named.

    A baseline moves with a reference, or the promise is re-written in silence.
    """
    named = evidence.frame("baselines")
    if len(named):
        moved = _moved(named, previous.table("baselines"), ["project_id", "quantity", "year"], "baseline")
        yield Found("baselines", "baseline", moved[moved["reference"].isna()])
    if evidence.has("milestones"):
        now, before = evidence.frame("milestones"), previous.table("milestones")
        moved = _moved(now, before, ["project_id", "milestone"], "baseline")
        moved = moved[~moved["project_id"].isin(named.loc[named["reference"].notna(), "project_id"])]
        yield Found("milestones", "baseline", moved, "date")


@rule(20)
def score_changed(previous: Previous, scores: pd.DataFrame) -> Iterator[Found]:
    """A score differs from the published one and carries no new date.

    After results are published scores change only with a date and evidence.
    """
    moved = _moved(scores, previous.table("scores"), ["project_id", "level", "criterion", "assessor"], "score")
    yield Found("scores", "score", moved[~(moved["date"] > pd.Timestamp(previous.settings.as_of))])


@rule(10)
def start_after_finish(projects: pd.DataFrame) -> Iterator[Found]:
    """A project starts after it finishes.

    Start and finish are the wrong way round, or one of them is wrong.
    """
    yield Found("projects", "start", projects["start"] > projects["finish"])


@rule()
def year_far(evidence: Evidence) -> Iterator[Found]:
    """A year or date is far from all others: a slip of a finger.

    More than a century from today, or a quarter of a century from the next year of its table.
    """
    today = evidence.settings.discount_to if evidence.settings.as_of is None else evidence.this_year
    for table, intake in evidence.intakes.items():
        dated = [one.name for one in intake.table if one.type in ("year", "date") and one.name in intake.raw]
        cells = {name: intake.frame[name] for name in dated}
        cells = {name: one.dt.year if one.dtype.kind == "M" else one for name, one in cells.items()}
        years = {name: one.to_numpy(dtype=float, na_value=np.nan) for name, one in cells.items()}
        if not years:
            continue
        found = np.unique(np.concatenate([*years.values(), [] if today is None else [today]]))
        found = found[~np.isnan(found)]
        gaps = np.diff(found, prepend=-np.inf, append=np.inf)
        lone = found[(np.minimum(gaps[:-1], gaps[1:]) > _GAP) & (len(found) > 1)]
        for name, one in years.items():
            odd = np.isin(one, lone)
            yield Found(table, name, odd if today is None else odd | (np.abs(one - today) > _FAR))


@rule(14)
def cycle_in_requires(links: pd.DataFrame) -> Iterator[Found]:
    """Projects require each other in a circle.

    A requires B requires A: none of them can be first. Circles are the strongly connected components of the links.
    """
    needs = links[(links["relation"] == "requires") & links["project_id"].notna() & links["other_id"].notna()]
    if not len(needs):
        return
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ends, names = pd.factorize(needs[["project_id", "other_id"]].to_numpy().ravel())
    graph = coo_array((np.ones(len(needs)), (ends[::2], ends[1::2])), shape=(len(names), len(names)))
    circle = connected_components(graph, connection="strong")[1][ends]
    inside = needs[circle[::2] == circle[1::2]].groupby(circle[::2][circle[::2] == circle[1::2]])
    for members, row in sorted((sorted({*rows["project_id"], *rows["other_id"]}), rows.index[0]) for _, rows in inside):
        what = "" if len(members) > 1 else "self"
        yield Found("links", "other_id", links.loc[[row]], what, members=", ".join(members))


@rule(15)
def impossible_obligation(evidence: Evidence, projects: pd.DataFrame, links: pd.DataFrame) -> Iterator[Found]:
    """Mandatory projects exclude each other, or require what is ruled out.

    No plan can hold two mandatory projects that exclude each other, or that require a refused one.
    """
    mandatory = projects.loc[projects["commitment"] == "mandatory", "project_id"]
    whole = links[links["level"].isna() & links["project_id"].isin(mandatory)]
    pairs = whole[(whole["relation"] == "excludes") & whole["other_id"].isin(mandatory) & whole["other_level"].isna()]
    yield Found("links", "project_id", pairs.assign(one=pairs["project_id"], other=pairs["other_id"]))
    grouped = whole[whole["relation"].isin(["excludes", "exactly_one"]) & whole["group"].notna()]
    for _, members in grouped.groupby(["relation", "group"]):
        for (_, one), (row, other) in combinations(members["project_id"].items(), 2):
            if one != other:
                yield Found("links", "project_id", links.loc[[row]], one=one, other=other)
    overrides = evidence.frame("overrides")
    refused = overrides.loc[overrides["in_out"] == "out", "project_id"]
    yield Found(
        "links", "other_id", whole[(whole["relation"] == "requires") & whole["other_id"].isin(refused)], "refused"
    )


@rule()
def reason_missing(projects: pd.DataFrame) -> Iterator[Found]:
    """A mandatory project does not say why.

    Whoever forces a project into the plan says by which obligation.
    """
    silent = (projects["commitment"] == "mandatory") & projects["mandatory_reason"].isna()
    yield Found("projects", "commitment", silent)


@rule()
def missing_with_reason(exemptions: pd.DataFrame) -> Iterator[Found]:
    """A value is missing, and its reason is known.

    The table exemptions keeps why a source gives no value; the value stays missing.
    """
    rows = exemptions.fillna("")
    rows["of"] = (" of " + rows["item"]).where(rows["item"] != "", "")
    yield Found("exemptions", "reason", rows, "exempt")
