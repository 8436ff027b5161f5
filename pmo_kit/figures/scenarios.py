"""Scenarios side by side: what each changes and funds, what always holds, what a wrong guess costs, when to switch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pmo_kit.arbitration.rules import role_words
from pmo_kit.exhibits import Exhibit, Field, Table
from pmo_kit.facts import SHARE, Fact, as_given, count, doing, listed, many, number, or_none, say, sentence, shortened
from pmo_kit.figures import claims
from pmo_kit.figures.arbitration import changes, or_nothing
from pmo_kit.figures.figure import figure, named, named_by, nothing, tabled, unit_line
from pmo_kit.scenarios import Comparison, Scenario, partly
from pmo_kit.scenarios.comparison import OUT

if TYPE_CHECKING:
    from pmo_kit.register import Register

ROWS = 24
LEAST = "Least regret"
NONE_YET = 0.005  # of a case: what is printed as none of it
PRESENCE = ("always", "sometimes", "never")
WORDS = {
    "budget": "money",
    "capacity": "people",
    "cost": "costs",
    "benefit": "benefits",
    "project_in": "taken in",
    "project_out": "taken out",
    "rule_off": "set aside",
    "discount_schedule": "discounting",
    "weight": "weight",
    "delay": "start",
}
KINDS = {"capex": "capital", "opex": "operation"}


@figure("scenarios.definitions")
def definitions(comparison: Comparison) -> Table:
    """Return what each scenario changes against the base, and nothing else."""
    register, table = comparison.question.register, comparison.changes
    rows = table.assign(
        what=table["what"].map(WORDS),
        scope=[_scope(register, str(row.what), str(row.scope)) for row in table.itertuples()],
        change=[_change(row) for row in table.itertuples()],
    )
    title = f"{many(len(comparison.scenarios), 'case is|cases are')} set beside {comparison.base.lower()}"
    return tabled(data=rows, title=title)


@figure("scenarios.results")
def results(comparison: Comparison) -> Table:
    """Return what each case is worth, what keeping the base's plan would give, and who enters and leaves."""
    table, kept = comparison.table.reset_index(), comparison.kept
    names, now = comparison.question.register.projects["name"], table["scenario"].map(kept)
    table = table.assign(
        held=now - kept[comparison.base],
        anew=table["value"] - now,
        **{column: named_by(names, table[column], 1) for column in ("entered", "left", "resized")},
    )
    table["entered"] = table["entered"].mask(table["status"] == "infeasible", "no plan obeys the limits")
    helpless = "; n/a where that does not help." if now.isna().any() else "."
    return tabled(
        data=table,
        title=_extremes(comparison),
        facts=claims.each(comparison, "plan.value", comparison.table["value"].dropna(), "case"),
        takeaway=comparison.summary,
        note=f"What today's plan no longer fits is dropped from it first{helpless}",
    )


@figure("scenarios.grid")
def grid(comparison: Comparison) -> Table:
    """Return project by case: in full, reduced or out; always first, then sometimes, then never."""
    names, levels, presence = comparison.question.register.projects["name"], comparison.grid, comparison.presence
    full = levels.eq(claims.asks(comparison.question)["level"].reindex(levels.index), axis=0)
    marks = np.select([levels.isin([OUT, "stop"]) | levels.isna(), full], ["out", "full"], "reduced")
    shown = pd.DataFrame(marks, levels.index, levels.columns, dtype="str")
    rows = shown.assign(**dict.fromkeys(comparison.reasons, None)).assign(
        project=named(names), presence=presence.map(sentence), order=presence.map(PRESENCE.index)
    )
    rows = rows.sort_values("order", kind="stable")
    changing = rows.index[rows["order"] == 1]
    first = [*changing, *rows.index.difference(changing, sort=False)][: max(ROWS, len(changing))]
    hidden = rows.drop(index=first)["presence"].value_counts()
    rest = listed(f"{number(many, 0)} more {name.lower()}" for name, many in hidden.items())
    notes = [f"Not listed: {rest}."] if len(hidden) else []
    forced = [name for name in levels if any(one.name == name and one.forces for one in comparison.scenarios)]
    if forced:
        verbs = ("forces", "is") if len(forced) == 1 else ("force", "are")
        notes.append(f"{listed(sorted(forced))} {verbs[0]} the answer and {verbs[1]} not counted.")
    notes += ["n/a: no plan obeys the limits."] if comparison.reasons else []
    found = comparison.funded
    size = say(" ({same:nones-words} at one size)", **found) if found["always"].value else ""
    return tabled(
        data=rows[rows.index.isin(first)],
        own=[Field(name, name, kind="mark", ruled=name in forced[:1]) for name in levels],
        title=say(
            "Over {over} {always:words project is|projects are} always funded{size}, {sometimes:nones-words} "
            "sometimes, {never:nones-words} never",
            over=comparison.over, size=size, **found,
        ),
        takeaway=f"The case decides {shortened(names[changing], 4)}."
        if len(changing)
        else f"None of these cases{' with a plan' * bool(comparison.reasons)} changes the list.",
        note=" ".join(notes),
    )  # fmt: skip


@figure("scenarios.regret")
def regret(comparison: Comparison) -> Table:
    """Return what each plan loses if another case comes, the least maximum first; how that one differs from today."""
    found, own, projects = comparison.minimax, comparison.regret, comparison.question.register.projects
    least = {"maximum": found.maximum, "mean": float(found.regrets.mean()), "fits": found.fits}
    other = pd.DataFrame([dict(found.regrets) | least], index=[LEAST], columns=own.columns)
    table = pd.concat([other, own]).sort_values(["maximum", "mean"], kind="stable")
    possible = [LEAST, *comparison.possible]
    beaten = comparison.dominated[comparison.dominated["plan"].isin(possible)]
    today = listed(plan for plan in table.index if plan not in possible)
    notes = [f"Not possible today as they are: {today}."] if len(possible) < len(table) else []
    notes += [f"In none of these cases better than another plan here: {listed(beaten['plan'])}."] if len(beaten) else []
    title, better, takeaway = _behind(comparison)
    if not found.proven:
        notes.append(f"No plan that is possible today is less than {number(found.bound)} behind in its worst case.")
    elif better:
        notes.append("Proven: no plan that is possible today is less behind in its worst case.")
    if better:
        takeaway = say(
            "Least regret has {moved}; it gives up {given} if nothing changes, and its worst case is {worst}.",
            moved=changes(projects["name"], comparison.allocations[comparison.base].plan, found.plan),
            given=_given_up(comparison), worst=str(found.regrets.idxmax()),
        )  # fmt: skip
    lost = "% of the best possible" if comparison.in_percent else None
    return tabled(
        data=table.rename_axis("plan").reset_index(),
        own=[Field(name, f"lost if {name}") for name in comparison.names if name in own.columns],
        title=title,
        takeaway=takeaway,
        note=" ".join(notes),
        unit_line=unit_line("How much worse than the best plan of the case, if the plan was made for another", lost),
    )


@figure("scenarios.switch")
def switch(comparison: Comparison, points: pd.DataFrame) -> Exhibit:
    """Return where in each case the plan of least regret overtakes today's (from `switching_points`)."""
    if comparison.minimax.plan == comparison.allocations[comparison.base].plan:
        return nothing("Today's plan is the plan of least regret: there is nothing to change to", "")
    cases = {scenario.name: scenario for scenario in comparison.scenarios}
    told = [_turn(point, cases[str(point.scenario)]) for point in points.itertuples()]
    rows = points.assign(share=[share for share, _ in told], words=[words for _, words in told])
    turns = points.dropna(subset="share").sort_values("share", kind="stable")
    title = f"With none of {count(len(points), 'case')} is the plan of least regret better than today's"
    if len(turns) and turns["share"].iloc[0] > NONE_YET:
        first = rows.loc[turns.index[0], "words"] or turns["scenario"].iloc[0]
        title = f"At {first} the plan of least regret overtakes today's"
    elif len(turns):
        alike = "The plan of least regret is worth as much as today's even if no case comes"
        at_once = f"As soon as any of {turns['scenario'].iloc[0]} comes the plan of least regret overtakes today's"
        title = alike if turns["before"].iloc[0] > -claims.SMALL else at_once
    pays = int((points["after"] > 1e-9).sum())
    return tabled(
        data=rows,
        title=title,
        takeaway=say(
            "Changing to it gives up {given} if nothing comes; it is worth more in {pays}.",
            given=or_nothing(_given_up(comparison)),
            pays="the one case" if len(points) == pays == 1 else f"{or_none(pays)} of {count(len(points), 'case')}",
        ),
        note=""
        if points["after"].abs().max() < float("inf")
        else "n/a: one of them fits no more, whatever is dropped.",
    )


def _turn(point: Any, case: Scenario) -> tuple[str, str]:
    """How much of a case it takes until the plan of least regret is better, and what that is."""
    if point.share != point.share:
        return "today's plan stays better", ""
    if point.whole:
        return "with all of it", ""
    if point.share <= NONE_YET:
        return "with any of it", ""
    changed = (f"{WORDS[str(row.what)]} {_change(row)}" for row in partly(case, point.share).table.itertuples())
    return f"{number(100 * point.share, 0)}\u202f% of it", listed(changed)


def _extremes(comparison: Comparison) -> str:
    """Which of the cases beside today costs most, and which gains most."""
    known = comparison.table["delta"].drop(comparison.base).dropna()
    if known.empty:
        return "None of the cases has a plan"
    low, high = (
        claims.told(comparison, "case.change", known[case], over=comparison.over, case=str(case))
        for case in (known.idxmin(), known.idxmax())
    )
    parts: list[str] = [say("{case} costs most: {low:+}", case=low.of.case, low=low)] if low.value < 0 else []
    parts += [say("{case} gains {high}", case=high.of.case, high=high)] if high.value > 0 else []
    lost = without_plan(comparison)
    none = "none of the other cases changes the net value" if lost else "None of the cases changes the net value"
    return say("; ").join([*lost, *(parts or [none])])


def without_plan(comparison: Comparison) -> list[str]:
    """Which cases have no plan, where some have none."""
    forced = [scenario.name for scenario in comparison.scenarios if scenario.forces]
    lost = [name for name in comparison.reasons if name not in forced]
    return [doing(lost, "has no plan|have no plan")] if lost else []


def _behind(comparison: Comparison) -> tuple[str, bool, str]:
    """How far today's plan and that of least regret are behind, whether the latter less as printed, today's worst case.

    Today's plan may fit no more, whatever is dropped from it.
    """
    found, row = comparison.minimax, comparison.regret.loc[comparison.base]
    today, (part, unit) = float(row["maximum"]), (100, SHARE) if comparison.in_percent else (1, None)
    now, least = (
        claims.told(comparison, "plan.regret", worst / part, unit, over=comparison.over, plan=plan)
        for plan, worst in (("today", today), ("least regret", found.maximum))
    )
    better, most = number(found.maximum) != number(today), "today's plan is at most {now} worse than the best"
    if not better and number(today) == number(0.0):
        return f"Over {comparison.over} today's plan is the best of every case", False, ""
    proof = ": no plan that is possible today has less to regret" if found.proven else ""
    words = (
        f"{most} plan of the case; the plan of least regret at most {{least}}"
        if better
        else f"{most} of the case{proof}"
    )
    if today == float("inf"):
        words = "today's plan does not fit in every case, whatever is dropped"
        words += "; the plan of least regret is at most {least} worse than the best plan of the case" * better
    title = say(f"Over {{over}} {words}", now=now, least=least, over=comparison.over)
    return title, better, f"Its worst case is {row[comparison.cases].astype(float).idxmax()}."


def _given_up(comparison: Comparison) -> Fact:
    """What the plan of least regret is worth less than today's if nothing changes."""
    lost = float(comparison.minimax.regrets[comparison.base])
    return claims.ours(comparison, "plan.gain", lost, part="least regret")


def _scope(register: Register, what: str, scope: str) -> str:
    """What a change is about, in words."""
    projects = register.projects["name"]
    column, given, value = scope.partition("=")
    if scope == "all":
        return "everything"
    if not given:
        return str(projects.get(scope, role_words(scope) if what == "capacity" else scope.replace("_", " ")))
    if column == "project_id":
        return str(projects.get(value, value))
    if column == "strategic_goal":
        return str(register.table("goals").set_index("goal")["label"].get(value, value))
    return KINDS.get(value, value) if column == "kind" else f"{column.replace('_', ' ')} {value}"


def _change(row: Any) -> str:
    """By how much, in words."""
    if row.what == "delay":
        return f"{count(int(row.factor), 'year')} later"
    if row.factor == row.factor:
        whole = abs(100 * row.factor - round(100 * row.factor)) < 1e-9
        by = 100 * (row.factor - 1)
        tiny = not whole and number(by) == number(0)  # but not none
        return f"{'+' * (by > 0) + as_given(by) if tiny else number(by, 0 if whole else 1, signed=True)}\u202f%"
    return str(row.value).replace("_", " ") or ("any size" if row.what == "project_in" else "")
