"""The portfolio as it is asked for: by area, goal and year, against its envelopes, and how well it is known.

Sums of a register, each a DataFrame with one row per group. No choice is made here.
"""

from __future__ import annotations

import pandas as pd

from pmo_kit.appraisal import Appraisal
from pmo_kit.register import Register
from pmo_kit.register.findings import group_findings
from pmo_kit.register.levels import at_largest

NOT_STATED = "not stated"


def asked_levels(appraisal: Appraisal) -> pd.Series:
    """Return the level that each project asks for: the one that costs most, `stop` left out.

    Parameters
    ----------
    appraisal : Appraisal

    Returns
    -------
    Series of str
        Level by project_id. Of two levels with equal cost the one with more net value counts, then the first in the
        register.
    """
    table = appraisal.table[["cost", "npv"]]
    going_on = table[table.index.get_level_values("level") != "stop"]
    first = going_on.reset_index().sort_values(["cost", "npv"], ascending=False, kind="stable")
    return first.drop_duplicates("project_id").set_index("project_id")["level"].sort_index()


def asked_by_year(appraisal: Appraisal) -> pd.DataFrame:
    """Return the forward spend that each project asks for.

    Returns
    -------
    DataFrame
        Projects x fiscal years, in the register's money unit; exclusive projects are both counted.
    """
    return appraisal.spend.loc[[*asked_levels(appraisal).items()]].droplevel("level")


def ask_against_envelopes(register: Register, appraisal: Appraisal) -> pd.DataFrame:
    """Return what is asked and what there is, by fiscal year.

    Parameters
    ----------
    register : Register
        Its budgets with scope `all` are the envelopes; several in one year are summed.
    appraisal : Appraisal

    Returns
    -------
    DataFrame
        Index year; columns asked, envelope (missing in a year without one), in the register's money unit.
    """
    budgets = register.table("budgets")
    whole = budgets[budgets["scope"].fillna("all") == "all"]
    envelope = whole.groupby("year")["amount"].sum().rename_axis("year")
    table = pd.DataFrame({"asked": asked_by_year(appraisal).sum(), "envelope": envelope})
    table.index = table.index.astype("int64")
    return table[(table["asked"] > 0) | table["envelope"].notna()].sort_index()


def most_carried_in(register: Register) -> pd.Series:
    """Return year -> the most money that the rules let the year before hand over, envelopes of the whole together."""
    budgets = register.table("budgets")
    whole = budgets[budgets["scope"].fillna("all") == "all"].sort_values(["envelope", "year"])
    follows = whole.groupby("envelope")["year"].diff() == 1
    carried = whole.groupby("envelope")["carry_limit"].shift().where(follows).fillna(0.0)
    return carried.groupby(whole["year"]).sum()


def ask_against_capacity(register: Register, appraisal: Appraisal) -> pd.DataFrame:
    """Return the people asked for and the people there are, by role and period.

    Returns
    -------
    DataFrame
        Columns role, period, asked, capacity (full-time equivalents), share = asked / capacity; the scarcest first.
    """
    levels = asked_levels(appraisal)
    demand = register.table("resources")
    demand = demand[demand["level"].fillna("full") == demand["project_id"].map(levels)]
    asked = demand.groupby(["role", "period"], as_index=False)["fte"].sum().rename(columns={"fte": "asked"})
    there = register.table("capacity")[["role", "period", "fte"]].rename(columns={"fte": "capacity"})
    table = there.merge(asked, on=["role", "period"], how="outer").fillna({"asked": 0.0})
    table["share"] = table["asked"] / table["capacity"]
    return table.sort_values(["share", "role", "period"], ascending=[False, True, True], ignore_index=True)


def labels(register: Register, column: str) -> dict[str, str]:
    """Return words for the values of a column of `projects`, where a sheet holds them."""
    sheet, key = {"area": ("areas", "area"), "strategic_goal": ("goals", "goal")}.get(column, ("", ""))
    return register.table(sheet).dropna(subset="label").set_index(key)["label"].to_dict() if sheet else {}


def ask_by(register: Register, appraisal: Appraisal, column: str) -> pd.DataFrame:
    """Return projects and money by one column of `projects` (area, strategic_goal, project_type, stage, ...).

    Returns
    -------
    DataFrame
        Index the column's values, missing ones as "not stated"; projects (count), asked (money), share of money;
        the largest first.
    """
    group = register.projects[column].astype("str").fillna(NOT_STATED)
    asked = asked_by_year(appraisal).sum(axis=1).reindex(group.index)
    table = pd.DataFrame({"projects": group.groupby(group).size(), "asked": asked.groupby(group).sum()})
    table["share"] = table["asked"] / table["asked"].sum()
    return table.rename_axis(column).sort_values(["asked", "projects"], ascending=False, kind="stable")


def confidence_counts(register: Register) -> pd.DataFrame:
    """Return the declared and the assured rating of the projects, counted apart and never merged.

    Returns
    -------
    DataFrame
        Index R, A, G, "not stated"; columns declared, assured (projects).
    """
    order = ["R", "A", "G", NOT_STATED]
    projects = register.projects
    counts = {
        words: projects[column].astype("str").fillna(NOT_STATED).value_counts().reindex(order, fill_value=0)
        for words, column in (("declared", "rag_declared"), ("assured", "rag_assured"))
    }
    return pd.DataFrame(counts).rename_axis("rating")


def budget_variance(register: Register) -> pd.DataFrame:
    """Return forecast against baseline of the year's spending.

    Parameters
    ----------
    register : Register
        Needs `baselines`.

    Returns
    -------
    DataFrame
        Index project_id; name, baseline, now (of several years: their sums), variance = now - baseline, share =
        variance / baseline (missing where the baseline is missing or 0), years (a tuple). Projects where both figures
        are missing are left out; the largest variance, up or down, first.

    Raises
    ------
    DataError
        The register has no baselines.
    """
    rows = register.need("baselines")
    rows = rows[(rows["quantity"] == "spend") & rows[["baseline", "now"]].notna().any(axis=1)]
    table = rows.groupby("project_id")[["baseline", "now"]].sum(min_count=1)
    table.insert(0, "name", register.projects["name"].reindex(table.index))
    table["variance"] = table["now"] - table["baseline"]
    table["share"] = (table["variance"] / table["baseline"]).where(table["baseline"] > 0)
    table["years"] = rows.groupby("project_id")["year"].agg(lambda years: tuple(years.dropna()))
    order = table["variance"].abs().sort_values(ascending=False, kind="stable", na_position="last").index
    return table.loc[order]


def spend_by_goal(register: Register, appraisal: Appraisal) -> pd.DataFrame:
    """Return each strategic goal with its owner and its share of the ask against the share it should have.

    Returns
    -------
    DataFrame
        Index goal; label, owner, projects, asked, share, target_share, gap = share - target_share (missing without a
        target). A goal that nobody asks for is a row of 0; projects without a goal are "not stated".
    """
    asked = ask_by(register, appraisal, "strategic_goal").rename_axis("goal")
    goals = register.table("goals").set_index("goal")[["label", "owner", "target_share"]]
    table = goals.join(asked, how="outer")
    table[["projects", "asked", "share"]] = table[["projects", "asked", "share"]].fillna(0.0)
    table["label"] = table["label"].fillna(table.index.to_series())
    table["gap"] = table["share"] - table["target_share"]
    order = ["label", "owner", "projects", "asked", "share", "target_share", "gap"]
    return table.astype({"projects": "int64"})[order].sort_values("asked", ascending=False, kind="stable")


def enablers(register: Register, appraisal: Appraisal) -> pd.DataFrame:
    """Return the projects that others require, directly or through others, the most required first.

    Returns
    -------
    DataFrame
        Index project_id; name, npv (at the level it asks for), dependents (tuple of project ids, all steps),
        dependents_npv (sum of theirs). Empty where no link says requires.
    """
    links = register.table("links")
    needs = links[links["relation"] == "requires"]
    direct = needs.groupby("other_id")["project_id"].agg(set).to_dict()
    npv = appraisal.table["npv"].loc[[*asked_levels(appraisal).items()]].droplevel("level")
    table = register.projects.loc[register.projects.index.isin(direct), ["name"]].join(npv)
    found = []
    for enabler in table.index:
        stand, more = set[str](), direct[enabler]
        while more:
            stand |= more
            more = set[str]().union(*(direct.get(one, ()) for one in more)) - stand
        found.append(tuple(sorted(stand)))
    table["dependents"] = pd.Series(found, table.index, dtype=object)
    table["dependents_npv"] = [float(npv.reindex([*some]).sum()) for some in found]
    steps = table["dependents"].map(len)
    return table.assign(steps=steps).sort_values(["steps", "dependents_npv"], ascending=False).drop(columns="steps")


def whole_life(register: Register) -> pd.DataFrame:
    """Return what each project costs and brings over its life, and its year, the dearest first.

    Returns
    -------
    DataFrame
        Index project_id; name, rag_declared, rag_assured, finish, life_cost, life_benefit (as forecast now, else as
        baselined; missing where neither is stated), now, variance (of the year's spending). Projects without any of
        these sums are left out.
    """
    rows = register.need("baselines")
    now = rows["now"].fillna(rows["baseline"])
    sums = now.groupby([rows["project_id"], rows["quantity"]]).sum(min_count=1).unstack()
    sums = sums.reindex(columns=["whole_life_cost", "whole_life_benefit"])
    table = register.projects[["name", "rag_declared", "rag_assured", "finish"]].copy()
    table[["life_cost", "life_benefit"]] = sums.reindex(table.index).to_numpy()
    table[["now", "variance"]] = budget_variance(register)[["now", "variance"]].reindex(table.index)
    table = table.dropna(subset=["life_cost", "life_benefit", "now"], how="all")
    return table.sort_values(["life_cost", "now"], ascending=False, kind="stable", na_position="last")


def money_of_projects(register: Register) -> pd.Series:
    """Return the money that each project is about: its costs at its largest level; of a register without costs, its
    whole life as stated, else its largest baseline. The two are never set side by side.

    Returns
    -------
    Series of float
        By project_id, in the register's money unit; missing where nothing is stated.
    """
    projects = register.projects.index
    if register.has("costs"):
        return at_largest(register.costs).reindex(projects)
    base = register.table("baselines")
    base = base[~base["quantity"].str.contains("benefit|month", na=True)]
    whole = base[base["quantity"] == "whole_life_cost"]
    life = whole["now"].fillna(whole["baseline"]).groupby(whole["project_id"]).sum(min_count=1)
    stated = base.groupby("project_id")[["baseline", "now"]].max().max(axis=1)
    return life.reindex(projects).fillna(stated)


def under_way(projects: pd.DataFrame) -> pd.Series:
    """Return how many projects are under way in each calendar year from the first start to the last finish.

    Examples
    --------
    >>> days = {"start": ["2026-01-01", "2027-05-01"], "finish": ["2027-12-31", "2028-03-31"]}
    >>> under_way(pd.DataFrame(days).apply(pd.to_datetime)).to_dict()
    {2026: 1, 2027: 2, 2028: 1}
    """
    begins, ends = projects["start"].dt.year, projects["finish"].dt.year
    return pd.Series({y: int(((begins <= y) & (ends >= y)).sum()) for y in range(begins.min(), ends.max() + 1)})


def findings_by_rule(register: Register) -> pd.DataFrame:
    """Return the data-quality findings, one row per severity, rule, file, sheet and column, what to fix first on top.

    Returns
    -------
    DataFrame
        severity, file, sheet, column, rule, count, rows (tuple of row numbers), projects (tuple of project ids),
        money (sum of `money_of_projects`), message (of the first), fix; the most severe first, then the most money.
    """
    table, money = group_findings(register.findings), money_of_projects(register)
    rows, who = register.findings["row"], register.concerned
    table["rows"] = [tuple(sorted(set(rows[mine].dropna()))) for mine in table["members"]]
    table["projects"] = [
        tuple(one for one in dict.fromkeys(who[mine]) if one in money.index) for mine in table["members"]
    ]
    table["money"] = [money[list(some)].sum() for some in table["projects"]]
    table["order"] = table["severity"].map({"block": 0, "warn": 1, "info": 2})
    table = table.sort_values(["order", "money", "count"], ascending=[True, False, False], kind="stable")
    names = ["severity", "file", "sheet", "column", "rule", "count", "rows", "projects", "money", "message", "fix"]
    return table[names].reset_index(drop=True)
