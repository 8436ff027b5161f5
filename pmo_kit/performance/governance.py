"""Governance: gates, top risks, decisions kept and not recorded, baselines and milestones that moved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from pmo_kit.errors import DataError
from pmo_kit.facts import Base, Fact, Of, Sentence, as_given, facts_of, number, printing, say, told_in
from pmo_kit.performance.curves import called, month_of, months_of
from pmo_kit.register import Register
from pmo_kit.register.checks.scopes import QUANTITIES
from pmo_kit.register.levels import at_largest

LABELS = {**QUANTITIES, "bac": "budget at completion"}
MONEY = ("whole_life_cost", "whole_life_benefit", "spend", "bac")
KEYS = ["project_id", "quantity", "year"]
CLOSE = 1e-6
DAYS_IN_MONTH = 365.25 / 12


def baseline_moves(register: Register, previous: Register | None = None) -> pd.DataFrame:
    """Return the re-baseline log: every baselined figure that is no longer what it was.

    Compares the `baselines` of two registers, and the budget at completion of the status table from period to
    period.

    Returns
    -------
    DataFrame
        project_id, quantity, year, before, after, change, reference (missing: nobody asked), since (date),
        explained (a reference exists).
    """
    now = register.table("baselines")
    rows: list[tuple[Any, ...]] = []
    if previous is not None:
        both = now.merge(previous.table("baselines")[[*KEYS, "baseline"]], on=KEYS, suffixes=("", "_before"))
        moved = both[(both["baseline"] - both["baseline_before"]).abs() > CLOSE * both["baseline_before"].abs()]
        moved = moved.assign(since=previous.settings.as_of)
        rows += moved[[*KEYS, "baseline_before", "baseline", "reference", "since"]].itertuples(index=False, name=None)
    given = now.dropna(subset=["reference"]).groupby("project_id")["reference"].first()
    status = register.table("status").dropna(subset=["bac", "ac"])
    status = status.sort_values(["project_id", "period"], kind="stable")
    before = status.groupby("project_id")["bac"].shift()
    changed = status.assign(before=before)[(status["bac"] - before).abs() > CLOSE * before.abs()]
    months, _ = months_of(changed["period"], int(register.settings.fiscal_year_start))
    ends = [pd.Timestamp(month // 12, month % 12 + 1, 1) + pd.offsets.MonthEnd(0) for month in months]
    rows += [
        (r.project_id, "bac", pd.NA, r.before, r.bac, given.get(r.project_id), end)
        for r, end in zip(changed.itertuples(), ends, strict=True)
    ]
    log = pd.DataFrame(rows, columns=[*KEYS, "before", "after", "reference", "since"])
    log["year"] = log["year"].astype("Int64")
    log[["before", "after"]] = log[["before", "after"]].astype(float)
    log.insert(5, "change", log["after"] - log["before"])
    log["since"] = pd.to_datetime(log["since"])
    log["explained"] = log["reference"].notna()
    return log


def unexplained_moves(register: Register, previous: Register | None) -> Findings:
    """Yield one line per project whose baseline moved with no reference, the money first."""
    log = baseline_moves(register, previous)
    log = log[~log["explained"]]
    if previous is not None and previous.settings.as_of is not None and len(log):
        later = log["since"] > pd.Timestamp(previous.settings.as_of)
        log = log[(log["quantity"] != "bac") | later]
    rank = {name: place for place, name in enumerate(LABELS)}
    log = log.assign(rank=log["quantity"].map(rank).fillna(len(rank)))
    for project, moves in log.sort_values("rank", kind="stable").groupby("project_id", sort=True):
        first = moves.iloc[0]
        label = LABELS.get(str(first["quantity"]), str(first["quantity"]).replace("_", " "))
        year = "" if pd.isna(first["year"]) else f" of {first['year']}"
        text = f"The baseline of {called(register.projects, project)} moved without a decision: {label}{year}"
        text += f" from {as_given(first['before'])} to {as_given(first['after'])}."
        amount = float(first["change"]) if first["quantity"] in MONEY else np.nan
        yield str(project), text, amount, first["since"]


def returned_requests(register: Register, previous: Register | None, decisions: pd.DataFrame) -> Findings:
    """Yield refused requests that are back: another name, the same cost; say how benefits changed."""
    for row, project, old, asked, benefits in _returned(register, previous, decisions):
        text = f"{old}, refused on {row.date:%Y-%m-%d}, returns as {register.projects.at[project, 'name']}:"
        text += f" the same cost of {number(asked)}{how(*benefits)}."
        yield project, text, asked, row.date


def _returned(
    register: Register, previous: Register | None, decisions: pd.DataFrame
) -> Iterator[tuple[Any, str, str, float, tuple[float, float]]]:
    """The refusal, the project that is back, what it was called, its cost, its benefits then and now."""
    refused = decisions[decisions["decision"] == "refuse"]
    costs, benefits = whole_life(register, "costs"), whole_life(register, "benefits")
    rows = register.table("baselines")
    stated = rows[rows["quantity"] == "whole_life_benefit"].drop_duplicates("project_id").set_index("project_id")
    names, known = register.projects["name"], (previous or register).projects.index
    for row in refused.itertuples():
        old, asked, gain = row.project_name, row.amount, np.nan
        if previous is not None and row.project_id in known:
            old = previous.projects.at[row.project_id, "name"]
            asked = whole_life(previous, "costs").get(row.project_id, asked)
            gain = whole_life(previous, "benefits").get(row.project_id, np.nan)
        if not isinstance(old, str) or pd.isna(asked) or asked <= 0:
            continue
        for project in costs.index[(costs - asked).abs() <= 0.005 * asked]:
            new = project == row.project_id or project not in known
            if new and names[project].casefold() != old.casefold():
                found = (gain, benefits.get(project, np.nan))
                both = found if pd.notna(gain) else (stated["last"].get(project), stated["now"].get(project))
                yield row, str(project), old, float(asked), both


def how(then: float, now: float) -> str:
    """Say how benefits changed."""
    if pd.isna(then) or pd.isna(now) or then <= 0:
        return ""
    factor = now / then
    if abs(factor - 1) < 0.005:
        return ", the same benefits"
    if abs(factor - 2) < 0.03:
        return f", benefits doubled from {number(then)} to {number(now)}"
    more = "higher" if factor > 1 else "lower"
    return f", benefits {number(100 * abs(factor - 1), 0)} % {more} ({number(then)} to {number(now)})"


def whole_life(register: Register, table: str) -> pd.Series:
    """Sum of costs or benefits by project at the largest level; disbenefits are subtracted."""
    rows = register.table(table)
    rows = rows[rows["state"] != "actual"] if table == "costs" else rows
    signed = rows["amount"].where(rows["kind"] != "disbenefit", -rows["amount"])
    return at_largest(rows.assign(amount=signed))


def milestone_slips(register: Register) -> pd.DataFrame:
    """Return how far every milestone has moved, the latest first.

    Returns
    -------
    DataFrame
        project_id, name, area, milestone, baseline, last, now, done, slip_months (today against what was
        approved; above 0 is late), last_months (the same at the last committee), moved_months (today against
        the last committee).
    """
    slips = register.table("milestones")
    projects = register.projects.reindex(slips["project_id"])
    slips = slips.assign(
        name=projects["name"].to_numpy(),
        area=projects["area"].to_numpy(),
        done=slips["done"].astype("boolean").fillna(False).astype(bool),
        slip_months=months_between(slips["baseline"], slips["now"]),
        last_months=months_between(slips["baseline"], slips["last"]),
        moved_months=months_between(slips["last"], slips["now"]),
    )
    order = ["project_id", "name", "area", "milestone", "baseline", "last", "now", "done", "slip_months", "last_months",
             "moved_months"]  # fmt: skip
    return slips[order].sort_values("slip_months", ascending=False, kind="stable", ignore_index=True)


def months_between(early: pd.Series, late: pd.Series) -> pd.Series:
    """Return calendar months from one date to another; two ends of month are whole months apart.

    Examples
    --------
    >>> dates = pd.to_datetime(pd.Series(["2028-01-31", "2026-01-01"]))
    >>> later = pd.to_datetime(pd.Series(["2029-03-31", "2026-01-16"]))
    >>> months_between(dates, later).round(1).tolist()
    [14.0, 0.5]
    """
    whole = (late.dt.year - early.dt.year) * 12 + late.dt.month - early.dt.month
    both = early.dt.is_month_end & late.dt.is_month_end
    days = (late.dt.day - early.dt.day).where(~both, 0)
    return (whole + days / DAYS_IN_MONTH).astype("float64")


def latest_slips(register: Register) -> pd.DataFrame:
    """Return the open milestone of every project that is latest against what was approved.

    Returns
    -------
    DataFrame
        Index project_id; the columns of `milestone_slips`. Projects with no open milestone are absent.
    """
    slips = milestone_slips(register)
    late = slips[~slips["done"] & slips["slip_months"].notna()]
    return late.drop_duplicates("project_id").set_index("project_id")


LEADS = {
    "against_advice": "Against advice",
    "not_kept": "Not kept",
    "gone": "No record",
    "baseline_moved": "No record",
    "returned": "Back again",
    "open": "Still open",
}
ENDED = ("stop", "refuse", "defer", "pause")
WORDS = {
    "fund": ("fund", "funded"),
    "fund_to_next_gate": ("fund to the next gate", "funded to the next gate"),
    "fund_with_condition": ("fund with a condition", "funded with a condition"),
    "defer": ("defer", "deferred"),
    "pause": ("pause", "paused"),
    "refuse": ("refuse", "refused"),
    "stop": ("stop", "stopped"),
}
"""A decision as advice, and as it was taken."""
Findings = Iterator[tuple[str, str, float, object]]
"""Of each finding the project, the words, the money at stake and the date."""


def since_last_committee(register: Register, previous: Register | None = None) -> pd.DataFrame:
    """Return what became of the last committee's decisions, the most important first.

    Parameters
    ----------
    register : Register
        Today's. Its `decisions` table and that of `previous` are read together.
    previous : Register, optional
        What the last committee saw. Without it, vanished projects are found from the decisions only, and a
        moved baseline from the status table only.

    Returns
    -------
    DataFrame
        One row per finding: kind (against_advice, not_kept, gone, baseline_moved, returned, open), lead (two
        words in bold), project_id, text (plain words), amount (money at stake, in the register's unit;
        missing where there is none), date (of the decision). Empty where no decision is known.

    Raises
    ------
    DataError
        The two registers are in different currencies or units of money.

    Examples
    --------
    >>> from pmo_kit.register import load_register
    >>> from pmo_kit.shipped import shipped
    >>> since_last_committee(load_register(shipped("data", "samples", "meridian_12")))["text"].iloc[1]
    'The baseline of Control-room upgrade moved without a decision: budget at completion from 36 to 40.'
    """
    if previous is not None:
        _same_money(register, previous)
    decisions = last_decisions(register, previous)
    with printing() as told:
        by_kind: dict[str, Findings] = {
            "against_advice": _against_advice(decisions, register),
            "not_kept": _not_kept(decisions, register, previous),
            "gone": _gone(decisions, register, previous),
            "baseline_moved": unexplained_moves(register, previous),
            "returned": returned_requests(register, previous, decisions),
            "open": _open(decisions, register),
        }
        rows = [(kind, *row) for kind, findings in by_kind.items() for row in findings]
    found = pd.DataFrame(rows, columns=["kind", "project_id", "text", "amount", "date"])
    kept = [Sentence(text, (*facts_of(text), *told_in(text, told))) for text in found["text"]]
    found["text"] = pd.Series(kept, found.index, dtype=object)
    found.insert(1, "lead", found["kind"].map(LEADS))
    found["date"] = pd.to_datetime(found["date"])
    found["amount"] = found["amount"].astype(float)
    order = found["kind"].map({kind: rank for rank, kind in enumerate(LEADS)})
    contrary = set(decisions.loc[_goes(decisions["decision"]) != _goes(decisions["recommended"]), "project_id"])
    minor = (found["kind"] == "against_advice") & ~found["project_id"].isin(contrary)
    found["lead"] = found["lead"].mask(minor, "Advice changed")
    sized = found.assign(order=order.mask(minor, len(LEADS) - 1.5), size=-found["amount"].abs().fillna(0))
    return found.loc[sized.sort_values(["order", "size"], kind="stable").index].reset_index(drop=True)


def _goes(decisions: pd.Series) -> pd.Series:
    """Whether the project goes ahead."""
    return decisions.isin(["fund", "fund_to_next_gate", "fund_with_condition"])


def last_decisions(register: Register, previous: Register | None = None) -> pd.DataFrame:
    """Return the last recorded decision on every project up to the register's date."""
    latest = _recorded(register, previous).drop_duplicates("project_id", keep="last")
    return latest.sort_values("project_id").reset_index(drop=True)


def brought(decisions: pd.DataFrame, register: Register) -> pd.Series:
    """Whether what a decision asks for by a day was brought: an action on its project, due that day, is done."""
    pair, actions = ["project_id", "due"], register.table("actions")
    done = pd.MultiIndex.from_frame(actions.loc[actions["status"] == "done", pair].dropna())
    return pd.Series(pd.MultiIndex.from_frame(decisions[pair]).isin(done), decisions.index)


def _recorded(register: Register, previous: Register | None) -> pd.DataFrame:
    """Every decision up to the register's date, in order; one that both registers hold stands once."""
    tables = [register.table("decisions")]
    if previous is not None:
        tables.insert(0, previous.table("decisions"))
    together = pd.concat([table for table in tables if len(table)] or tables[:1], ignore_index=True)
    if register.settings.as_of is not None:
        together = together[together["date"] <= pd.Timestamp(register.settings.as_of)]
    together = together.drop_duplicates(["date", "committee", "project_id"], keep="last")
    return together.sort_values("date", kind="stable", ignore_index=True)


def _same_money(register: Register, previous: Register) -> None:
    """Refuse to compare amounts in different money."""
    for name in ("currency", "money_unit"):
        now, then = getattr(register.settings, name), getattr(previous.settings, name)
        if now and then and now != then:
            text = f"The previous register has {name} {then}, this one {now}: amounts cannot be compared."
            one = {"column": name, "rule": "one currency", "message": text, "fix": "Convert one of them."}
            raise DataError.of([one], sheet="settings")


def _latest_status(register: Register) -> pd.DataFrame:
    """Earned value and actual cost of the last period reported, by project."""
    status = register.table("status").dropna(subset=["ev", "ac"])
    return (
        status.sort_values("period", kind="stable").drop_duplicates("project_id", keep="last").set_index("project_id")
    )


def _against_advice(decisions: pd.DataFrame, register: Register) -> Findings:
    """Decided otherwise than recommended."""
    status, projects = _latest_status(register), register.projects
    last = decisions[decisions["date"] == decisions["date"].max()]
    for row in last.dropna(subset=["recommended"]).itertuples():
        if row.decision == row.recommended:
            continue
        name, advice = called(projects, row.project_id, row.project_name), WORDS[row.recommended][0]
        text = f"{name} was {WORDS[row.decision][1]}; the advice was to {advice}."
        if row.project_id in status.index:
            figures = status.loc[row.project_id]
            text += " It has " + _earned(register, row.project_id, figures)
            declared = projects["rag_declared"].get(row.project_id)
            green = declared == "G" and figures["ev"] < 0.95 * figures["ac"]
            text += " and still reports Green." if green else "."
        yield row.project_id, text, row.amount, row.date


def _not_kept(decisions: pd.DataFrame, register: Register, previous: Register | None) -> Findings:
    """Stopped, refused or paused, and still spending."""
    for row in decisions[decisions["decision"].isin(["stop", "refuse", "pause"])].itertuples():
        amount, words = _spent_since(register, previous, row.project_id, row.date)
        if amount > 1e-9:
            name = called(register.projects, row.project_id, row.project_name)
            text = f"{name} was {WORDS[row.decision][1]} on {row.date:%Y-%m-%d} and {words}."
            yield row.project_id, text, amount, row.date


def _spent_since(register: Register, previous: Register | None, project: str, day: pd.Timestamp) -> tuple[float, str]:
    """Money spent since a day, from the status, else from actual costs; else what is still planned."""
    status = register.table("status")
    status = status[status["project_id"] == project].dropna(subset=["ac"])
    paid, planned = _spending(register, project)
    if len(status):
        month, _ = months_of(status["period"], int(register.settings.fiscal_year_start))
        spent = status["ac"].to_numpy(dtype=float)[np.argsort(month, kind="stable")]
        until = spent[np.sort(month) <= month_of(day + pd.offsets.MonthEnd(0))]
        more = float(spent[-1] - (until[-1] if len(until) else 0.0))
    elif previous is not None:
        more = float(at_largest(paid).sum() - at_largest(_spending(previous, project)[0]).sum())
    else:
        more = float(at_largest(paid[paid["year"] > day.year]).sum())
    if more > 1e-9:
        return more, f"has spent {number(more)} since"
    if planned > 1e-9 and register.projects["stage"].get(project) in ("delivery", "closing", "operating", "stopped"):
        return planned, f"still plans to spend {number(planned)}"
    return 0.0, ""


def _spending(register: Register, project: str) -> tuple[pd.DataFrame, float]:
    """What a project has paid, and what it plans to pay at its largest level; what leaving costs is neither."""
    costs = register.table("costs")
    costs = costs[(costs["project_id"] == project) & (costs["kind"] != "exit")]
    paid = costs["state"] == "actual"
    return costs[paid], float(at_largest(costs[~paid]).sum())


def _gone(decisions: pd.DataFrame, register: Register, previous: Register | None) -> Findings:
    """In the last register, not in this one, and nobody decided so."""
    decided = set(decisions.loc[decisions["decision"].isin(ENDED), "project_id"])
    known = set(register.projects.index)
    dates = decisions.set_index("project_id")["date"]
    if previous is not None:
        costs = whole_life(previous, "costs")
        for project in previous.projects.index.difference(list(known | decided), sort=True):
            asked = float(costs.get(project, np.nan))
            of = f", with {number(asked)} of planned cost" if asked > 0 else ""
            text = f"{called(previous.projects, project)} is no longer in the register{of}; no decision says so."
            yield project, text, asked, dates.get(project, pd.NaT)
        known |= set(previous.projects.index)
    for row in decisions.itertuples():
        if row.project_id not in known and row.decision not in ENDED:
            name = called(register.projects, row.project_id, row.project_name)
            text = f"{name} was {WORDS[row.decision][1]} and is no longer in the register; no decision says so."
            yield row.project_id, text, row.amount, row.date


def _open(decisions: pd.DataFrame, register: Register) -> Findings:
    """Decisions that wait for something, and actions past their date."""
    projects = register.projects
    waiting = decisions[decisions["decision"].isin(["fund_to_next_gate", "fund_with_condition", "defer", "pause"])]
    waiting = waiting[~brought(waiting, register)]
    for row in waiting[waiting["project_id"].isin(projects.index)].itertuples():
        text = f"{called(projects, row.project_id)} was {WORDS[row.decision][1]}"
        text += f": {row.condition}" if isinstance(row.condition, str) and row.condition else ""
        text += f" (due {row.due:%Y-%m-%d})" if pd.notna(row.due) else ""
        yield row.project_id, f"{text}.", row.amount, row.date
    actions = register.table("actions")
    late = ~actions["status"].isin(["done", "dropped"]) & (actions["due"] < pd.Timestamp(register.settings.as_of))
    for row in actions[late].itertuples():
        project = row.project_id if isinstance(row.project_id, str) else ""
        whose = f", {row.owner}" if isinstance(row.owner, str) else ""
        yield project, f"{row.action}: was due on {row.due:%Y-%m-%d}{whose}.", np.nan, row.due


def decision_log(register: Register, previous: Register | None = None) -> pd.DataFrame:
    """Return every decision on record up to the register's date, the latest first, and what became of it.

    Parameters
    ----------
    register : Register
        Today's. Its `decisions` table and that of `previous` are read together.
    previous : Register, optional
        What the last committee saw.

    Returns
    -------
    DataFrame
        One row a decision: date, committee, project_id, name (as it was decided on), recommended, decision,
        followed (as recommended, money with a condition being money; missing where nothing was recommended), kept
        (False: stopped, refused or paused, and spending since), reason, decided_by, outcome (plain words).

    Examples
    --------
    >>> from pmo_kit.register import load_register
    >>> from pmo_kit.shipped import shipped
    >>> log = decision_log(load_register(shipped("data", "samples", "meridian_12"))).set_index("project_id")
    >>> log.loc["P06", ["recommended", "decision", "outcome"]].tolist()
    ['defer', 'fund', 'earned 18.2 of work for 22.5 spent']
    """
    if previous is not None:
        _same_money(register, previous)
    table = _recorded(register, previous)
    latest = table.groupby("project_id")["date"].max()
    back = _returned(register, previous, last_decisions(register, previous))
    returned = {project: register.projects.at[project, "name"] for _, project, *_ in back}
    status, rows = _latest_status(register), []
    for row in table.itertuples():
        spent, words = 0.0, ""
        later = latest[row.project_id]
        if later > row.date:
            words = f"decided again on {later:%Y-%m-%d}"
        elif row.decision in ("stop", "refuse", "pause"):
            spent, words = _spent_since(register, previous, row.project_id, row.date)
        rows.append((spent <= 1e-9, words or _state(row, register, status, returned)))
    table["kept"], table["outcome"] = [kept for kept, _ in rows], [words for _, words in rows]
    same = (table["decision"] == table["recommended"]) | (_goes(table["decision"]) & _goes(table["recommended"]))
    table["followed"] = same.astype("boolean").mask(table["recommended"].isna())
    today = table["project_id"].map(register.projects["name"]).fillna(table["project_id"])
    table["name"] = table["project_name"].fillna(today)
    columns = [
        "date", "committee", "project_id", "name", "recommended", "decision", "followed", "kept", "reason",
        "decided_by", "outcome",
    ]  # fmt: skip
    return table.sort_values(["date", "project_id"], ascending=[False, True], ignore_index=True)[columns]


def _earned(register: Register, project: str, figures: pd.Series) -> str:
    """What a project has earned for what it has spent."""
    money, of = register.settings.money, Of(project=project)
    ev, ac = (
        Fact(f"delivery.{key}", float(figures[name]), money, of, Base("counted"))
        for key, name in (("earned", "ev"), ("spent", "ac"))
    )
    return say("earned {ev} of work for {ac} spent", ev=ev, ac=ac)


def _state(row: Any, register: Register, status: pd.DataFrame, returned: dict[str, str]) -> str:
    """Where a project stands that was decided on last."""
    goes = row.decision not in ENDED
    if row.project_id not in register.projects.index:
        return "no longer in the register" + ("; no decision says so" if goes else "")
    project = register.projects.loc[row.project_id]
    if goes and row.project_id in status.index:
        figures = status.loc[row.project_id]
        return _earned(register, row.project_id, figures)
    condition = row.condition if isinstance(row.condition, str) else ""
    if row.decision == "refuse":
        return f"asked again{' as ' + returned[row.project_id] if row.project_id in returned else ''}"
    if row.decision == "stop":
        return "stopped; nothing spent since"
    stage = f"now: {project['stage']}".replace("_", " ") if isinstance(project["stage"], str) else "in the register"
    return f"{stage}; condition: {condition}" if condition else stage


STAGES = ("idea", "outline_case", "full_case", "contract", "delivery", "go_live", "closing", "operating")
SAME = 0.05
EACH = 3


def gate_coverage(register: Register) -> pd.DataFrame:
    """Return which gate and quality checks every project has behind it.

    A check is asked of a project when its gate is at or before the project's stage (the order of STAGES; a
    gate of another name is asked of the projects that have it) and any project of the register has that
    check.

    Returns
    -------
    DataFrame
        Index project_id: name, area, stage, asked, passed, failed, missing (asked, with no row),
        coverage = passed / asked.

    Raises
    ------
    DataError
        There is no `gates` table.
    """
    gates = register.need("gates")
    gates = gates.assign(check=gates["check"].fillna("review"), passed=gates["passed"].astype("boolean"))
    place = {stage: rank for rank, stage in enumerate(STAGES)}
    projects = register.projects[register.projects["stage"] != "stopped"]
    checks = gates[["gate", "check"]].drop_duplicates()
    checks = checks.assign(order=checks["gate"].map(place))
    asked = projects[["stage"]].reset_index().merge(checks.dropna(subset=["order"]), how="cross")
    asked = asked[asked["order"] <= asked["stage"].map(place)][["project_id", "gate", "check"]]
    own = gates[gates["project_id"].isin(projects.index)][["project_id", "gate", "check"]]
    asked = pd.concat([asked, own], ignore_index=True).drop_duplicates()
    found = asked.merge(gates, on=["project_id", "gate", "check"], how="left")
    status = found["passed"]
    found = found.assign(passed=status.fillna(False), failed=(~status).fillna(False), missing=status.isna())
    grouped = found.groupby("project_id")
    table = projects[["name", "area", "stage"]].copy()
    table["asked"] = grouped.size().reindex(table.index, fill_value=0)
    states = ["passed", "failed", "missing"]
    table[states] = grouped[states].sum().reindex(table.index, fill_value=0).astype(int)
    table["coverage"] = (table["passed"] / table["asked"]).where(table["asked"] > 0)
    return table


def coverage_by_area(coverage: pd.DataFrame) -> pd.DataFrame:
    """Sum gate coverage by area, "All" last; the share is recomputed from the sums."""
    counts = ["asked", "passed", "failed", "missing"]
    table = coverage.groupby("area")[counts].sum()
    table.loc["All"] = table.sum()
    table.insert(0, "projects", [*coverage.groupby("area").size(), len(coverage)])
    table["coverage"] = (table["passed"] / table["asked"]).where(table["asked"] > 0)
    return table


def risk_movement(register: Register, previous: Register | None = None) -> pd.DataFrame:
    """Return every risk with its exposure, and how that moved since the last committee; the largest first.

    exposure = probability x (low + 4 likely + high) / 6, the mean of a PERT cost (Malcolm et al. 1959);
    where only the likely cost is known, probability x likely.

    Parameters
    ----------
    register : Register
        With `risks`.
    previous : Register, optional
        The last committee's.

    Returns
    -------
    DataFrame
        project_id, name, risk, label, risk_class, probability, exposure (money), before (exposure then),
        movement ("new", "up", "down", "same", "closed"; missing without a previous register), delay_months,
        owner, response.
    """
    now, keys = exposures(register.need("risks")), ["project_id", "risk"]
    now["before"], now["movement"], names = np.nan, pd.NA, register.projects["name"]
    if previous is not None:
        then = exposures(previous.table("risks"))
        known = then.set_index(keys)["exposure"].rename("before")
        now = now.drop(columns="before").join(known, on=keys)
        change = now["exposure"] / now["before"] - 1
        words = np.select([now["before"].isna(), change > SAME, change < -SAME], ["new", "up", "down"], "same")
        closed = then[~pd.MultiIndex.from_frame(then[keys]).isin(pd.MultiIndex.from_frame(now[keys]))]
        closed = closed.assign(before=closed["exposure"], exposure=0.0, movement="closed")
        now = pd.concat([now.assign(movement=words), closed], ignore_index=True)
        names = names.combine_first(previous.projects["name"])
    now["name"], now["movement"] = now["project_id"].map(names), now["movement"].astype("str")
    order = [*keys, "name", "label", "risk_class", "probability", "exposure", "before", "movement", "delay_months",
             "owner", "response"]  # fmt: skip
    return now[order].sort_values(["exposure", "project_id"], ascending=[False, True], kind="stable", ignore_index=True)


def exposures(risks: pd.DataFrame) -> pd.DataFrame:
    """Risks with their expected cost."""
    mean = (risks["cost_low"] + 4 * risks["cost_likely"] + risks["cost_high"]) / 6
    return risks.assign(exposure=risks["probability"] * mean.fillna(risks["cost_likely"]).fillna(0.0))


def top_risks(movement: pd.DataFrame) -> pd.DataFrame:
    """Return the three largest open risks of every class: financial, human, technical, external."""
    still_open = movement[movement["movement"].fillna("") != "closed"]
    classes = still_open["risk_class"].fillna("not stated")
    top = still_open.assign(risk_class=classes).groupby("risk_class", sort=True).head(EACH)
    return top.sort_values(["risk_class", "exposure"], ascending=[True, False], ignore_index=True)


def exposure_by_class(movement: pd.DataFrame) -> pd.DataFrame:
    """Sum exposure now and before by risk class, "All" last."""
    classes = movement["risk_class"].fillna("not stated")
    table = movement.groupby(classes)[["exposure", "before"]].sum(min_count=1)
    counts = movement[movement["exposure"] > 0].groupby(classes).size()
    table.insert(0, "risks", counts.reindex(table.index, fill_value=0))
    table.loc["All"] = table.sum(min_count=1)
    table["risks"] = table["risks"].astype(int)
    table["change"] = table["exposure"] - table["before"]
    return table


def directions(register: Register) -> pd.DataFrame:
    """Return the actions and directions that are open, the most overdue first.

    Returns
    -------
    DataFrame
        action_id, action, project_id, name, owner, due, status, days_late (above 0: overdue; missing without
        a due date).
    """
    actions = register.table("actions")
    actions = actions[~actions["status"].isin(["done", "dropped"])]
    late = (pd.Timestamp(register.settings.as_of) - actions["due"]).dt.days
    table = actions.assign(name=actions["project_id"].map(register.projects["name"]), days_late=late)
    order = ["action_id", "action", "project_id", "name", "owner", "due", "status", "days_late"]
    return table[order].sort_values("days_late", ascending=False, kind="stable", ignore_index=True)
