"""Since the last committee: decisions kept, broken and not recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pmo_kit.errors import DataError
from pmo_kit.performance.baselines import returned_requests, unexplained_moves
from pmo_kit.performance.curves import listed
from pmo_kit.performance.periods import called, month_of, months_of, rows_of

if TYPE_CHECKING:
    from pmo_kit.register import Register

LEADS = {
    "against_advice": "Against advice",
    "not_kept": "Not kept",
    "gone": "No record",
    "baseline_moved": "No record",
    "returned": "Back again",
    "open": "Still open",
}
COLUMNS = ("kind", "lead", "project_id", "text", "amount", "date")
ENDED = ("stop", "refuse", "defer", "pause")
WORDS = {
    "fund": "funded",
    "fund_to_next_gate": "funded to the next gate",
    "fund_with_condition": "funded with a condition",
    "defer": "deferred",
    "pause": "paused",
    "refuse": "refused",
    "stop": "stopped",
}
ADVICE = {
    "fund": "fund",
    "fund_to_next_gate": "fund to the next gate",
    "fund_with_condition": "fund with a condition",
    "defer": "defer",
    "pause": "pause",
    "refuse": "refuse",
    "stop": "stop",
}
Row = tuple[str, str, str, float, object]


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
    rows: list[Row] = []
    rows += _against_advice(decisions, register)
    rows += _not_kept(decisions, register, previous)
    rows += _gone(decisions, register, previous)
    rows += [("baseline_moved", *row) for row in unexplained_moves(register, previous)]
    rows += [("returned", *row) for row in returned_requests(register, previous, decisions)]
    rows += _open(decisions, register)
    found = pd.DataFrame(rows, columns=["kind", "project_id", "text", "amount", "date"])
    found.insert(1, "lead", found["kind"].map(LEADS))
    found["date"] = pd.to_datetime(found["date"])
    found["amount"] = found["amount"].astype(float)
    order = found["kind"].map({kind: rank for rank, kind in enumerate(LEADS)})
    contrary = set(
        decisions.loc[_goes(decisions["decision"]) != _goes(decisions["recommended"]), "project_id"]
    )
    minor = (found["kind"] == "against_advice") & ~found["project_id"].isin(contrary)
    found["lead"] = found["lead"].mask(minor, "Advice changed")
    sized = found.assign(order=order.mask(minor, len(LEADS) - 1.5), size=-found["amount"].abs().fillna(0))
    found = found.loc[sized.sort_values(["order", "size"], kind="stable").index]
    return found.reset_index(drop=True)[list(COLUMNS)]


def _goes(decisions: pd.Series) -> pd.Series:
    """Whether the project goes ahead."""
    return decisions.isin(["fund", "fund_to_next_gate", "fund_with_condition"])


def last_decisions(register: Register, previous: Register | None = None) -> pd.DataFrame:
    """Return the last recorded decision on every project up to the register's date."""
    latest = _recorded(register, previous).drop_duplicates("project_id", keep="last")
    return latest.sort_values("project_id").reset_index(drop=True)


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
            raise DataError(text, listed([("block", name, "one currency", text, "Convert one of them.", "")]))


def _latest_status(register: Register) -> pd.DataFrame:
    """Earned value and actual cost of the last period reported, by project."""
    status = register.table("status").dropna(subset=["ev", "ac"])
    return (
        status.sort_values("period", kind="stable")
        .drop_duplicates("project_id", keep="last")
        .set_index("project_id")
    )


def _against_advice(decisions: pd.DataFrame, register: Register) -> list[Row]:
    """Decided otherwise than recommended."""
    status, projects, rows = _latest_status(register), register.projects, []
    last = decisions[decisions["date"] == decisions["date"].max()]
    for row in rows_of(last.dropna(subset=["recommended"])):
        if row.decision == row.recommended:
            continue
        name, advice = called(projects, row.project_id, row.project_name), ADVICE[row.recommended]
        text = f"{name} was {WORDS[row.decision]}; the advice was to {advice}."
        if row.project_id in status.index:
            figures = status.loc[row.project_id]
            text += f" It has earned {figures['ev']:.1f} of work for {figures['ac']:.1f} spent"
            declared = projects["rag_declared"].get(row.project_id)
            green = declared == "G" and figures["ev"] < 0.95 * figures["ac"]
            text += " and still reports Green." if green else "."
        rows.append(("against_advice", row.project_id, text, row.amount, row.date))
    return rows


def _not_kept(decisions: pd.DataFrame, register: Register, previous: Register | None) -> list[Row]:
    """Stopped, refused or paused, and still spending."""
    rows = []
    for row in rows_of(decisions[decisions["decision"].isin(["stop", "refuse", "pause"])]):
        amount, words = _spent_since(register, previous, row.project_id, row.date)
        if amount > 1e-9:
            name = called(register.projects, row.project_id, row.project_name)
            text = f"{name} was {WORDS[row.decision]} on {row.date:%Y-%m-%d} and {words.format(amount)}."
            rows.append(("not_kept", row.project_id, text, amount, row.date))
    return rows


def _spent_since(
    register: Register, previous: Register | None, project: str, day: pd.Timestamp
) -> tuple[float, str]:
    """Money spent since a day, from the status, else from actual costs; else what is still planned."""
    status = register.table("status")
    status = status[status["project_id"] == project].dropna(subset=["ac"])
    costs = register.table("costs")
    mine = costs[(costs["project_id"] == project) & (costs["kind"] != "exit")]
    actual = mine[mine["state"] == "actual"]
    more = 0.0
    if len(status):
        month, _ = months_of(status["period"], int(register.settings.fiscal_year_start))
        spent = status["ac"].to_numpy(dtype=float)[np.argsort(month, kind="stable")]
        until = spent[np.sort(month) <= month_of(day + pd.offsets.MonthEnd(0))]
        more = float(spent[-1] - (until[-1] if len(until) else 0.0))
    elif previous is not None:
        then = previous.table("costs")
        before = then[(then["project_id"] == project) & (then["state"] == "actual")]
        more = float(actual["amount"].sum() - before["amount"].sum())
    else:
        more = float(actual.loc[actual["year"] > day.year, "amount"].sum())
    if more > 1e-9:
        return more, "has spent {:.1f} since"
    if register.projects["stage"].get(project) in ("delivery", "closing", "operating", "stopped"):
        return float(mine["amount"].sum() - actual["amount"].sum()), "still plans to spend {:.1f}"
    return 0.0, ""


def _gone(decisions: pd.DataFrame, register: Register, previous: Register | None) -> list[Row]:
    """In the last register, not in this one, and nobody decided so."""
    decided = set(decisions.loc[decisions["decision"].isin(ENDED), "project_id"])
    here, rows = set(register.projects.index), []
    dates = decisions.set_index("project_id")["date"]
    if previous is not None:
        costs = previous.table("costs").groupby("project_id")["amount"].sum()
        for project in previous.projects.index.difference(list(here | decided), sort=True):
            asked = float(costs.get(project, np.nan))
            of = f", with {asked:.1f} of planned cost" if asked > 0 else ""
            text = (
                f"{called(previous.projects, project)} is no longer in the register{of}; no decision says so."
            )
            rows.append(("gone", project, text, asked, dates.get(project, pd.NaT)))
    seen = {row[1] for row in rows}
    for row in rows_of(decisions):
        if row.project_id not in here | seen and row.decision not in ENDED:
            name = called(register.projects, row.project_id, row.project_name)
            text = f"{name} was {WORDS[row.decision]} and is no longer in the register; no decision says so."
            rows.append(("gone", row.project_id, text, row.amount, row.date))
    return rows


def _open(decisions: pd.DataFrame, register: Register) -> list[Row]:
    """Decisions that wait for something, and actions past their date."""
    projects, as_of, rows = register.projects, register.settings.as_of, []
    waiting = decisions[
        decisions["decision"].isin(["fund_to_next_gate", "fund_with_condition", "defer", "pause"])
    ]
    for row in rows_of(waiting[waiting["project_id"].isin(projects.index)]):
        text = f"{called(projects, row.project_id)} was {WORDS[row.decision]}"
        text += f": {row.condition}" if isinstance(row.condition, str) and row.condition else ""
        text += f" (due {row.due:%Y-%m-%d})" if pd.notna(row.due) else ""
        rows.append(("open", row.project_id, f"{text}.", row.amount, row.date))
    actions = register.table("actions")
    late = actions[actions["status"] == "open"]
    late = late[late["due"] <= pd.Timestamp(as_of)] if as_of is not None else late.iloc[:0]
    for row in rows_of(late):
        project = row.project_id if isinstance(row.project_id, str) else ""
        rows.append(
            ("open", project, f"{row.action}: was due on {row.due:%Y-%m-%d}, {row.owner}.", np.nan, row.due)
        )
    return rows


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
    returned = {row[0]: row[1].partition(" returns as ")[2].partition(":")[0]
                for row in returned_requests(register, previous, last_decisions(register, previous))}  # fmt: skip
    status, rows = _latest_status(register), []
    for row in rows_of(table):
        spent, words = 0.0, ""
        later = latest[row.project_id]
        if later > row.date:
            words = f"decided again on {later:%Y-%m-%d}"
        elif row.decision in ("stop", "refuse", "pause"):
            spent, words = _spent_since(register, previous, row.project_id, row.date)
            words = words.format(spent)
        rows.append((spent <= 1e-9, words or _state(row, register, status, returned)))
    table["kept"], table["outcome"] = [kept for kept, _ in rows], [words for _, words in rows]
    same = (table["decision"] == table["recommended"]) | (
        _goes(table["decision"]) & _goes(table["recommended"])
    )
    table["followed"] = same.astype("boolean").mask(table["recommended"].isna())
    today = [called(register.projects, row.project_id) for row in rows_of(table)]
    table["name"] = table["project_name"].where(table["project_name"].notna(), pd.Series(today, dtype="str"))
    columns = [
        "date", "committee", "project_id", "name", "recommended", "decision", "followed", "kept", "reason",
        "decided_by", "outcome",
    ]  # fmt: skip
    return table.sort_values(["date", "project_id"], ascending=[False, True], ignore_index=True)[columns]


def _state(row: Any, register: Register, status: pd.DataFrame, returned: dict[str, str]) -> str:
    """Where a project stands that was decided on last."""
    goes = row.decision not in ENDED
    if row.project_id not in register.projects.index:
        return "no longer in the register" + ("; no decision says so" if goes else "")
    project = register.projects.loc[row.project_id]
    if goes and row.project_id in status.index:
        figures = status.loc[row.project_id]
        return f"earned {figures['ev']:.1f} of work for {figures['ac']:.1f} spent"
    condition = row.condition if isinstance(row.condition, str) else ""
    if row.decision == "refuse":
        return f"asked again{' as ' + returned[row.project_id] if row.project_id in returned else ''}"
    if row.decision == "stop":
        return "stopped; nothing spent since"
    stage = (
        f"now: {project['stage']}".replace("_", " ")
        if isinstance(project["stage"], str)
        else "in the register"
    )
    return f"{stage}; condition: {condition}" if condition else stage
