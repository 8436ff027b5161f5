"""Explorers: answers to look at, weights to agree on, scenarios and parameters to draft, each with its controls.

Each explorer is a state, which holds no widget, and a panel that draws it.
"""

from __future__ import annotations

import ast
import dataclasses
import datetime as dt
import json
import os
from collections.abc import Iterator
from functools import cached_property, partial
from html import escape
from itertools import combinations
from os import PathLike
from pathlib import Path
from typing import Any

import ipywidgets
import numpy as np
import pandas as pd

from pmo_kit import arbitration, figures
from pmo_kit.arbitration import Allocation, Capacity, Envelope, Frontier, FundingOrder, Question, arbitrate
from pmo_kit.arbitration.allocation import answered
from pmo_kit.arbitration.question import revalued
from pmo_kit.arbitration.rules import role_words
from pmo_kit.disk import inert, real
from pmo_kit.doors import door, known
from pmo_kit.errors import InfeasibleError, PmoError
from pmo_kit.exhibits import Chart, Field, Reference, theme
from pmo_kit.facts import as_given, count, in_row, listed, money, number, percent, shortened
from pmo_kit.partners import Award, select_partners
from pmo_kit.performance import Review
from pmo_kit.prioritization import Ranking, ahp_weights, arbitration_value, compare_stakeholders, prioritize
from pmo_kit.prioritization.robustness import weight_stability
from pmo_kit.register import Register
from pmo_kit.risk import Simulation
from pmo_kit.scenarios import Comparison, Scenario, read_scenarios
from pmo_kit.scenarios.comparison import TODAY, compared
from pmo_kit.widgets import panel as ui
from pmo_kit.widgets.session_files import save_scenarios, unused, write_csv

ALL = "All areas"


def areas(projects: pd.DataFrame) -> list[str]:
    """The areas of projects, all first."""
    return [ALL, *sorted(map(str, projects["area"].dropna().unique()))]


def in_area(projects: pd.DataFrame, area: str) -> pd.DataFrame:
    """The projects of an area, or all."""
    return projects if area == ALL else projects[projects["area"].eq(area).fillna(False).to_numpy(bool)]


MOST_ROWS = 40


class RegisterState:
    """The state: the filter and the project that is open.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> state = RegisterState(pmo.load_register("data/samples/meridian_12"))
    >>> state.find("word", "solar")
    >>> list(state.found.index), state.project
    (['P09', 'P10'], 'P09')
    """

    def __init__(self, register: Register) -> None:
        self.register = register
        self.word, self.area, self.only_found, self.project = "", ALL, False, ""
        self.find("word", "")

    @property
    def found(self) -> pd.DataFrame:
        """The projects that the filter leaves, with the number of findings of each."""
        table, counts = in_area(self.register.projects, self.area), self.register.concerned.value_counts()
        table = table.assign(findings=counts.reindex(table.index, fill_value=0))
        text = table[["name", "area"]].fillna("").astype("str").assign(id=table.index).agg(" ".join, axis=1)
        keep = text.str.lower().str.contains(self.word.strip().lower(), regex=False)
        return table[keep & (table["findings"] >= int(self.only_found)).to_numpy()]

    @property
    def listed(self) -> list[tuple[str, str]]:
        """The projects found, each in words and by its id."""
        rows = self.found[["name", "findings"]].itertuples()
        return [(f"{p}  {name}" + f"  ({n} found)" * (n > 0), str(p)) for p, name, n in rows]

    def find(self, filter: str, wanted: str | bool) -> None:
        """Filter by `word`, `area` or `only_found`; a project no longer there gives way to the first that is."""
        setattr(self, filter, wanted)
        there = [str(p) for p in self.found.index]
        if self.project not in there:
            self.project = there[0] if there else ""

    @property
    def findings(self) -> pd.DataFrame:
        """Findings that name the open project, or stand in one of its rows."""
        return self.register.findings[(self.register.concerned == self.project).to_numpy(bool)]

    def page(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Everything about the open project: (table, its rows), columns that hold nothing left out."""
        facts = self.register.projects.loc[self.project].dropna()
        facts = facts[facts.astype("str") != ""].rename(_plain)
        yield "project", facts.rename_axis("what").rename("value").reset_index()
        for name, table in ((name, self.register.table(name)) for name in self.register.names):
            if name != "projects" and "project_id" in table and self.project in set(table["project_id"]):
                rows = table[table["project_id"] == self.project].drop(columns="project_id")
                yield name, rows.dropna(axis=1, how="all")

    @property
    def headline(self) -> str:
        """The open project, what was found about it, and how many are listed."""
        listed = f"{len(self.found)} of {len(self.register.projects)} projects listed"
        if not self.project:
            return listed
        name, found = self.register.projects.loc[self.project, "name"], count(len(self.findings), "finding")
        return f"{self.project} {name}: {found}; {listed}"


@door
def register(register: Register) -> ui.Panel:
    """Browse a register: filter projects, see findings beside them, open a project's page.

    Parameters
    ----------
    register : Register

    Returns
    -------
    Panel
        `panel.state` is the `RegisterState`.
    """
    state = RegisterState(register)
    word = ui.control(ipywidgets.Text, act=partial(state.find, "word"), placeholder="Find a project")
    every = areas(register.projects)
    area = ui.control(ipywidgets.Dropdown, act=partial(state.find, "area"), tooltip="Area", options=every)
    only = ui.control(ipywidgets.Checkbox, "only with findings", act=partial(state.find, "only_found"), indent=False)
    own = "", "", partial(setattr, state, "project"), lambda: (state.listed, state.project or None)
    projects = ui.control(ipywidgets.Select, *own, tooltip="Projects", rows=18)
    page = ui.shown(lambda: _page(state)).add_class("pw-page")
    left = ui.column(word, area, only, projects, width="34%")
    parts = ui.row(left, ui.column(ui.scrolled(page), width="66%"), share=1)
    return ui.Panel(state, register.summary, parts, projects=projects)


def _page(state: RegisterState) -> str:
    """The page of a project."""
    if not state.project:
        return ui.table_html(pd.DataFrame(), empty="No project fits this filter.")
    columns = (("severity", "how bad"), ("message", "finding"), ("fix", "what to do"))
    parts = ["<h4>Findings</h4>" + ui.table_html(state.findings, *columns)] if len(state.findings) else []
    for name, rows in state.page():
        text = rows.map(lambda cell: as_given(cell) if isinstance(cell, float) else theme.format_text(cell))
        same = [] if len(rows) == 1 else [c for c in text if text[c].nunique() == 1 and c not in ("year", "amount")]
        said = [f"{_plain(c)} {text[c].iloc[0]}" for c in same]
        said += [state.register.settings.unit] if "amount" in text else []
        shown = text.drop(columns=same).head(MOST_ROWS)
        more = f"<p>and {len(rows) - MOST_ROWS} more rows</p>" if len(rows) > MOST_ROWS else ""
        head = f"<h4>{escape(_plain(name))} <span>{escape(', '.join(said))}</span></h4>"
        parts.append(head + ui.table_html(shown, *((str(c), _plain(c)) for c in shown)) + more)
    return "".join(parts)


SHOWN = 10
"""Bars, or rows, of the projects that matter most."""
SCALE = {"9 times more": 9.0, **{f"{n} times": float(n) for n in (7, 5, 3, 2)}, "as much": 1.0}
SCALE |= {f"1/{n}": 1 / n for n in (2, 3, 5, 7, 9)}
"""How many times more one criterion matters than another, in the words of the pairs."""
SECONDS = 5.0
"""Longest search for the plan under one person's weights."""
NONE_CHANGED = "no decision: the same projects are funded under everybody's weights"


class WeightsState:
    """The state: points of each criterion, pairwise judgements, and the ranking that follows.

    Parameters
    ----------
    source : Register or Ranking
        A ranking gives its weights; a register those of its criteria table.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> state = WeightsState(pmo.load_register("data/samples/meridian_12"))
    >>> state.set("carbon", 0)
    >>> round(float(state.ranking.weights.sum()), 9), float(state.ranking.weights["carbon"])
    (1.0, 0.0)
    """

    def __init__(self, source: Register | Ranking) -> None:
        self.first = source if isinstance(source, Ranking) else prioritize(source)
        if self.first.ranked.empty:
            raise PmoError("No project is ranked: there is no order that weights could move.")
        criteria = self.first.card.criteria
        self.labels = {str(c): _plain(c) if pd.isna(label) else str(label) for c, label in criteria["label"].items()}
        top = float(self.first.weights.max()) or 1.0
        self.points = self._start = {str(c): round(100 * float(w) / top, 0) for c, w in self.first.weights.items()}
        self.judgements = {(one, other): self._times(one, other) for one, other in combinations(self.points, 2)}
        self.ranking, self.consistency = self.first, ""

    def _times(self, one: str, other: str) -> float:
        """How many times more one criterion matters than another by the points, on the scale of the pairs."""
        ratio = max(self.points[one], 1e-9) / max(self.points[other], 1e-9)
        return min(SCALE.values(), key=lambda step: abs(np.log(step / ratio)))

    def set(self, criterion: str, points: float) -> None:
        """Give a criterion points from 0 to 100 for its whole range.

        Raises
        ------
        InputError
            No such criterion.
        PmoError
            Every criterion would have none.
        """
        known([criterion], self.points, "criterion")
        self._rank({**self.points, criterion: points})

    def reset(self) -> None:
        """Back to the weights at the start, exactly."""
        self.points, self.ranking = self._start, self.first

    def _rank(self, points: dict[str, float]) -> None:
        if not sum(points.values()) > 0:
            raise PmoError("At least one criterion needs points.")
        self.ranking, self.points = prioritize(self.first.register, weights=points), points

    @property
    def table(self) -> pd.DataFrame:
        """Projects in order: rank, name, value, moved (places gained), and change (that in words)."""
        table = self.ranking.table.dropna(subset="rank").astype({"rank": int})
        before = self.first.table["rank"].reindex(table.index).astype(int)
        table["moved"] = before - table["rank"]
        steps = zip(table["moved"], before, strict=True)
        table["change"] = [f"{'▲' if m > 0 else '▼'} {abs(m)} (was {b})" if m else "–" for m, b in steps]
        return table

    @property
    def flips(self) -> pd.DataFrame:
        """One row per criterion: weight now, in percent, and who would lead at another."""
        names, rows = self.ranking.table["name"], []
        for (_, criterion), row in weight_stability(self.ranking).query("kind == 'criterion'").iterrows():
            ends = (("below", row["low"], row["leads_below"]), ("above", row["high"], row["leads_above"]))
            leads = [f"{side} {number(100 * end, 0)} %: {names[who]}" for side, end, who in ends if who]
            words = "; ".join(leads) or "nobody, whatever its weight"
            rows.append((self.labels[criterion], 100 * row["weight"], words))
        return pd.DataFrame(rows, columns=["criterion", "now", "leads"])

    @property
    def headline(self) -> str:
        """Who leads, and how many have moved."""
        table = self.table
        leader, was = table["name"].iloc[0], self.first.table["name"].iloc[0]
        lead = f"{leader} leads with {number(table['value'].iloc[0])} of 100" + f" instead of {was}" * (leader != was)
        moved = f"{(table['moved'] != 0).sum()} of {len(table)} projects have moved"
        return f"{lead}; {moved if table['moved'].any() else 'the order is that of the weights at the start'}"

    def save(self, folder: str | PathLike[str], name: str) -> Path:
        """Keep the weights of a person, with the date, in `stakeholder_weights.csv`: a sheet of a register.

        Those of other people, and of the same person at other dates, stay.

        Raises
        ------
        PmoError
            There is no name.
        """
        who = f"{_named(name)} {dt.date.today()}"
        kept = self.saved(folder)
        mine = self.ranking.weights.round(6).rename_axis("criterion").reset_index().assign(stakeholder=inert(who))
        rows = pd.concat([kept[kept["stakeholder"] != inert(who)], mine[kept.columns]])
        return write_csv(Path(folder) / "stakeholder_weights.csv", rows)

    def save_criteria(self, folder: str | PathLike[str], name: str) -> Path:
        """Keep the weights as those of the register, with who agreed on them and when, in `criteria.csv`.

        Those agreed on before stay: these are then `criteria-2.csv`.

        Raises
        ------
        PmoError
            There is no name.
        """
        criteria = self.first.register.table("criteria")
        weights = (100 * criteria["criterion"].map(self.ranking.weights)).round(6)
        rows = criteria.assign(weight=weights, weighted_by=_named(name), weighted_on=dt.date.today())
        return write_csv(unused(Path(folder) / "criteria.csv"), rows.dropna(axis=1, how="all"))

    def saved(self, folder: str | PathLike[str]) -> pd.DataFrame:
        """The weights kept in a folder: stakeholder, criterion, weight."""
        file = Path(folder) / "stakeholder_weights.csv"
        return pd.read_csv(file) if file.exists() else pd.DataFrame(columns=["stakeholder", "criterion", "weight"])

    def plans(self, folder: str | PathLike[str]) -> dict[str, Allocation]:
        """The best plan under the weights of each person kept in a folder.

        The value of a plan is that of its scores over doing nothing. Among equally good plans the one nearest to that
        of the person before is taken, so that only what the weights move differs.

        Raises
        ------
        PmoError
            Under some weights no plan obeys the rules, or none was found in the time allowed.
        """
        register, found = self._with_those_of(folder), dict[str, Allocation]()
        question = Question(register, overrides=False, time_limit=SECONDS)
        for who in register.table("stakeholder_weights")["stakeholder"].unique():
            found[who] = arbitrate(revalued(question, arbitration_value(prioritize(register, who), scale=1.0)))
            question = question.replace(last_plan=found[who].plan)
        return found

    def spread(self, folder: str | PathLike[str]) -> str:
        """Whether the people whose weights are kept disagree on any rank, and on any decision, in words."""
        if self.saved(folder)["stakeholder"].nunique() < 2:
            return "Save the weights of a second person to see whether they disagree on anything that matters."
        ranks = compare_stakeholders(prioritize(self._with_those_of(folder))).summary
        try:
            plans = self.plans(folder)
        except PmoError as problem:
            return f"{ranks} What would be funded was not compared: {problem}"
        decided = pd.DataFrame({who: plan.table["decision"] for who, plan in plans.items()})
        moved = decided[decided.nunique(axis=1) > 1].rename(self.first.table["name"]).eq("fund")
        words = [f"{name} (funded for {listed(row.index[row])})" for name, row in moved.iterrows()]
        changed = f"{count(len(words), 'decision')}: {shortened(words)}" if words else NONE_CHANGED
        unproven = [who for who in plans if ui.sure_words(plans[who])]
        sure = f" The best plan is not proven for {listed(unproven)}." if unproven else ""
        return f"{ranks} The spread changes {changed}.{sure}"

    def _with_those_of(self, folder: str | PathLike[str]) -> Register:
        return self.first.register.replace(stakeholder_weights=self.saved(folder))

    def judge(self, one: str, other: str, times: float) -> None:
        """Say how many times more one criterion matters than another; weights and `consistency` follow from all."""
        self.judgements[one, other] = times
        names = list(self.points)
        matrix, above = np.ones((len(names), len(names))), np.triu_indices(len(names), 1)
        matrix[above] = list(self.judgements.values())
        matrix.T[above] = 1 / matrix[above]
        found, words = ahp_weights(matrix), "consistent"
        if found.worst_pair is not None and found.consistency_ratio > 0.1:
            pair = " against ".join(self.labels[names[place]] for place in found.worst_pair[:2])
            words = f"look again at {pair}"
        self.consistency = f"Consistency ratio {number(found.consistency_ratio, 2)}: {words}."
        self._rank(dict(zip(names, (100 * found.weights / found.weights.max()).round(1).tolist(), strict=True)))


def _named(name: str) -> str:
    """Whose weights these are."""
    if not name.strip():
        raise PmoError("Say whose weights these are before they are saved.")
    return name.strip()


@door
def weights(source: Register | Ranking, *, folder: str | PathLike[str] = "session") -> ui.Panel:
    """Explore the weights of the criteria: sliders, pairs, the order, and what it takes for another to lead.

    *Save* keeps them by person and date in `stakeholder_weights.csv`, and says whether the people kept so far disagree
    on any decision; *Save as agreed* writes `criteria.csv` with who agreed and when. Both are sheets of a register.

    Parameters
    ----------
    source : Register or Ranking
    folder : path
        Where Save writes; beside the notebook.

    Returns
    -------
    Panel
        `panel.state` is the `WeightsState`.
    """
    state = WeightsState(source)

    def slider(c: str) -> Any:
        own = state.labels[c], "48%", partial(state.set, c), lambda: round(state.points[c])
        return ui.control(ipywidgets.IntSlider, *own, max=100)

    sliders = {c: slider(c) for c in state.points}
    pairs = [
        ui.control(
            ipywidgets.Dropdown, f"{state.labels[one]} : {state.labels[other]}", "60%",
            partial(state.judge, one, other), options=list(SCALE.items()), value=times,
        )
        for (one, other), times in state.judgements.items()
    ]  # fmt: skip

    def saved() -> str:
        return f"Saved in {state.save(folder, person.value)}. {state.spread(folder)}"

    def agreed() -> str:
        return f"Saved in {state.save_criteria(folder, person.value)}, a sheet of the register."

    points = ui.scrolled(ui.column(*sliders.values(), width="100%"))
    judged = ui.scrolled(ui.column(*pairs, width="96%"))
    consistency = ui.shown(lambda: ui.about_html(state.consistency))
    tabs = ipywidgets.Tab([points, ui.column(judged, consistency, width="100%")], titles=("Points", "Pairs"))
    person = ipywidgets.Text(placeholder="Whose weights", layout=ipywidgets.Layout(width="130px"))
    keep = ui.button("Save", saved, "As this person's: stakeholder_weights.csv, a sheet of a register")
    agree = ui.button("Save as agreed", agreed, "As the register's: criteria.csv")
    back = ui.button("Back to the weights at the start", state.reset)

    def bars() -> Chart:
        chart = figures.prioritization.contributions(state.ranking)
        first = chart.data["project"].unique()[:SHOWN]
        return dataclasses.replace(chart, data=chart.data[chart.data["project"].isin(first)])

    figure = ui.Drawn(bars)
    flips = ui.shown(
        lambda: state.flips, ("criterion", "criterion"), Field("now", "weight, %", decimals=0),
        ("leads", "who would lead at another weight"),
    )  # fmt: skip
    order = ui.shown(
        lambda: state.table.reset_index(), Field("rank", "rank", decimals=0), ("name", "project"), ("project_id", "id"),
        Field("value", "value, of 100"), ("change", "moved"),
    )  # fmt: skip
    leads = ui.column(ui.labeled("What it takes for another project to lead"), ui.scrolled(flips))
    whole = ui.column(ui.labeled("The whole order"), ui.scrolled(order))
    buttons = ui.row(person, keep, agree)
    above = ui.row(ui.column(tabs, back, buttons, width="46%"), ui.column(figure, width="54%"), share=10)
    about = "Points say how much the whole range of a criterion, worst to best, matters: 100 for the most important."
    return ui.Panel(state, about, above, ui.row(leads, whole, share=7), figure=figure, sliders=sliders, person=person)


class FrontierState:
    """The state: which budget is looked at.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> question = pmo.Question(pmo.load_register("data/samples/meridian_12"))
    >>> state = FrontierState(pmo.frontier(question, budgets=[0.85, 1.0]))
    >>> state.choose(0.85)
    >>> state.plan.value, state.order.table["price"].tolist()
    (28.5, [0.0, 0.0])
    >>> state.next_words
    'One step more money: Storm overflows in. Holding to one order costs 0.0 here.'
    """

    def __init__(self, ladder: Frontier) -> None:
        if isinstance(ladder, FundingOrder):
            self.order = ladder
            ladder = arbitration.frontier(ladder.question, ladder.table["factor"].tolist())
        self.ladder = ladder
        self.points = ladder.table[ladder.table["value"].notna()].reset_index(drop=True)
        if self.points.empty:
            raise InfeasibleError(ladder.summary, ())
        self.choose(1.0)

    def choose(self, factor: float) -> None:
        """Look at the point nearest to a factor on the envelopes."""
        self.factor = min(map(float, self.points["factor"]), key=lambda f: abs(f - factor))

    @cached_property
    def order(self) -> FundingOrder | None:
        """The line that holds: one order of funding for the budgets of the ladder; None where no order holds."""
        try:
            found = arbitration.frontier(self.ladder.question, self.points["factor"].tolist(), nested=True)
        except InfeasibleError:
            return None
        assert isinstance(found, FundingOrder)
        return found

    @property
    def plan(self) -> Allocation:
        """The plan at this budget."""
        return self.ladder.allocations[self.factor]

    @property
    def table(self) -> pd.DataFrame:
        """The plan at this budget: decision, project, level, value, cost; nothing where nothing is funded."""
        plan = self.plan.table.reset_index()
        plan[["value", "cost"]] = plan[["value", "cost"]].mask(plan["decision"] == "refuse")
        return plan.assign(order=plan["decision"] != "fund").sort_values(["order", "value"], ascending=[True, False])

    @property
    def headline(self) -> str:
        """The point in a sentence."""
        plan, question = self.plan, self.ladder.question
        funded = int((plan.table["decision"] == "fund").sum())
        money = f"{number(self.points.set_index('factor')['budget'][self.factor])} {question.money.short}"
        return (
            f"{number(100 * self.factor, 0)} % of the money ({money}) buys {number(plan.value)} "
            f"{question.worth.short}{ui.sure_words(plan, ', ')}: {funded} project{'s' * (funded != 1)} funded"
        )

    @property
    def next_words(self) -> str:
        """What more money changes, and what holding to one order costs here, in a sentence each."""
        names, larger = self.ladder.question.register.projects["name"], self.points["factor"] > self.factor
        more = "This is the largest budget of the ladder."
        if larger.any():
            following = self.ladder.allocations[self.points["factor"][larger].iloc[0]]
            change = figures.arbitration.changes(names, self.plan.plan, following.plan)
            more = f"One step more money: {change or 'nothing changes'}."
        if self.order is None:
            return f"{more} No order of funding holds for all these budgets."
        price = self.order.table.set_index("factor")["price"][self.factor]
        return f"{more} Holding to one order costs {number(price)} here."


@door
def frontier(ladder: Frontier) -> ui.Panel:
    """Explore a ladder of budgets: point at a budget, or move the slider, and see its plan.

    The dashed line is the one that holds: one order of funding that only adds, and what it costs at each budget.

    Parameters
    ----------
    ladder : Frontier
        From `pmo.frontier(question)`.

    Returns
    -------
    Panel
        `panel.state` is the `FrontierState`.
    """
    state = FrontierState(ladder)
    options = [(f"{number(100 * f, 0)} %", float(f)) for f in state.points["factor"]]
    slider = ui.control(ipywidgets.SelectionSlider, "Money", "60px", state.choose, options=options, value=state.factor)
    figure = ui.Drawn(partial(_lines, state), lambda point: slider.set_trait("value", options[point][1]))
    columns = (("name", "project"), ("project_id", "id"), Field("value", "value"), Field("cost", "cost"))
    plan = ui.shown(lambda: state.table, Field("decision", "", kind="decision"), *columns)
    order = ipywidgets.HTML("" if state.order is None else ui.exhibit_html(figures.arbitration.holds(state.order)))
    following = ui.shown(lambda: ui.about_html(state.next_words))
    titles = ("The plan at this budget", "The line that holds")
    tables = ipywidgets.Tab([ui.scrolled(plan), ui.scrolled(order)], titles=titles)
    about = (
        f"Best plan at each share of every envelope, and the order of funding that holds for all (dashed); "
        f"{ladder.question.built.value_unit}. Point at a budget to read it; click it, or move the slider."
    )
    parts = ui.row(ui.column(figure, slider, following), ui.column(tables), share=1)
    return ui.Panel(state, about, parts, figure=figure, slider=slider)


def _lines(state: FrontierState) -> Chart:
    """The ladder, the point that is looked at, and the order that holds."""
    worth, held = state.ladder.question.worth.short, {"best plan": state.points}
    if state.order is not None:
        rungs = state.order.table
        held["one order"] = rungs[rungs["factor"].isin(state.points["factor"])]
    rows = pd.concat(held, names=["what"]).reset_index().assign(percent=lambda rows: 100 * rows["factor"])
    return Chart(
        id="widget.frontier", alt="worth of the plan by money", mark="line",
        data=rows.assign(label=rows["value"].map(number).where(rows["what"] == "best plan", ""),
                         money=rows["budget"].map(number) + f" {state.ladder.question.money.short}"),
        x=Field("percent", "share of every envelope", "%", decimals=0), series=Field("what", kind="category"),
        y=Field("value", "worth of the plan", worth), label=Field("label", kind="text"),
        name=Field("money", kind="text"), styles={"best plan": "focus", "one order": "forecast"},
        references=(Reference("x", 100 * state.factor, "chosen"),),
    )  # fmt: skip


COLORS = {"R": "Red", "A": "Amber", "G": "Green"}
FACTS = (
    ("Earned per 1 spent", "cpi", 2), ("Earned per 1 planned", "spi", 2), ("Months behind (−) or ahead", "sv_t", 1),
    ("Budget, {unit}", "bac", 1), ("Spent, {unit}", "ac", 1), ("Cost at this pace, {unit}", "eac_cpi", 1),
)  # fmt: skip


class PerformanceState:
    """The state: the area and the project that are looked at.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> state = PerformanceState(pmo.review_performance(pmo.load_register("data/samples/meridian_12")))
    >>> state.choose_area("Corporate")
    >>> state.project, state.facts["today"][0]
    ('P06', '0.81')
    """

    def __init__(self, review: Review) -> None:
        self.review = review
        if review.table.empty:
            raise PmoError("The register has no status rows: there is no curve to show.")
        self.choose_area(ALL)

    @property
    def projects(self) -> pd.DataFrame:
        """The area's projects, the worst by rule first."""
        table = in_area(self.review.table, self.area)
        order = table["rag_rule"].map({color: place for place, color in enumerate(COLORS)}).fillna(3)
        return table.assign(order=order).sort_values(["order", "bac"], ascending=[True, False], kind="stable")

    @property
    def facts(self) -> pd.DataFrame:
        """The figures of the open project: what, today."""
        row, unit = self.review.table.loc[self.project], self.review.register.settings.money.short
        words = {what.format(unit=unit): number(row[key], places) for what, key, places in FACTS}
        words["Rated by rule"] = COLORS.get(row["rag_rule"], "not rated")
        words["Declared"] = COLORS.get(row["rag_declared"], "not stated")
        return pd.DataFrame(words.items(), columns=["what", "today"])

    @property
    def headline(self) -> str:
        """The title of the curve."""
        return figures.performance.s_curve(self.review, self.project).title

    @property
    def listed(self) -> list[tuple[str, str]]:
        """The area's projects, each in words and by its id."""
        rows = self.projects[["name", "rag_rule", "watermelon"]].itertuples()
        green = "  (declared Green)"
        return [
            (f"{COLORS.get(rag, 'not rated')}: {name} {p}{green * bool(mask)}", str(p)) for p, name, rag, mask in rows
        ]

    def choose_area(self, area: str) -> None:
        """Look at an area; its worst project opens."""
        self.area = area
        self.project = str(self.projects.index[0])


@door
def performance(review: Review) -> ui.Panel:
    """Explore a performance review: area, project, its plan, what it has earned and spent.

    Parameters
    ----------
    review : Review
        From `pmo.review_performance(register)`.

    Returns
    -------
    Panel
        `panel.state` is the `PerformanceState`.
    """
    state = PerformanceState(review)
    area = ui.control(ipywidgets.Dropdown, act=state.choose_area, tooltip="Area", options=areas(review.table))
    own = "", "", partial(setattr, state, "project"), lambda: (state.listed, state.project)
    projects = ui.control(ipywidgets.Select, *own, tooltip="Projects", rows=9)
    figure = ui.Drawn(lambda: figures.performance.s_curve(state.review, state.project))
    facts = ui.shown(lambda: state.facts, ("what", "measure"), ("today", "today"))
    left = ui.column(area, projects, ui.scrolled(facts), width="39%")
    parts = ui.row(left, ui.column(figure, width="61%"), share=1)
    return ui.Panel(state, review.summary, parts, figure=figure, projects=projects)


class RiskState:
    """The state: the confidence that is asked for.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> allocation = pmo.arbitrate(pmo.Question(pmo.load_register("data/samples/meridian_12")))
    >>> state = RiskState(pmo.simulate(allocation, draws=500, seed=7))
    >>> state.choose(90)
    >>> state.reserve.confidence, round(state.reserve.base, 1)
    (0.9, 92.5)
    """

    def __init__(self, simulation: Simulation) -> None:
        self.simulation, self.unit = simulation, simulation.question.money.short
        self.choose(80)

    def choose(self, percent: float) -> None:
        """Ask to be so sure."""
        self.reserve = self.simulation.contingency(percent / 100)

    @property
    def headline(self) -> str:
        """What the confidence costs, in a sentence."""
        held, sure = self.reserve, number(100 * self.reserve.confidence, 0)
        apart = f"; held project by project it would be {number(held.unpooled)}" if held.saved > 0.05 else ""
        return f"To be {sure} % sure hold {number(held.pooled)} {self.unit} on top of {number(held.base)}{apart}"


@door
def risk(simulation: Simulation) -> ui.Panel:
    """Explore a simulation: move the confidence, see the reserve that it asks for and what drives it.

    Parameters
    ----------
    simulation : Simulation
        From `pmo.simulate(allocation)`.

    Returns
    -------
    Panel
        `panel.state` is the `RiskState`.
    """
    state = RiskState(simulation)
    figure = ui.Drawn(partial(_curve, state, figures.risk.s_curve(simulation)))
    sure = ui.control(ipywidgets.IntSlider, "How sure, %", "90px", state.choose, value=80, min=5, max=99)
    columns = ("year", "year"), Field("base", "planned"), Field("quantile", "at most"), Field("contingency", "reserve")
    by_year = simulation.contingency_by_year
    years = ui.shown(lambda: by_year(state.reserve.confidence).reset_index().astype({"year": "str"}), *columns)
    most = simulation.drivers.sort_values("share_cost", ascending=False).head(SHOWN)
    share = Field("percent", "share of the spread, %", decimals=0)
    drivers = ui.table_html(most.assign(percent=100 * most["share_cost"]), ("name", "project"), share)
    answers = ui.column(
        ui.labeled(f"Reserve by year, {state.unit}"), ui.scrolled(years, 4),
        ui.labeled("What drives the cost"), ui.scrolled(ipywidgets.HTML(drivers), 5), width="48%",
    )  # fmt: skip
    parts = ui.row(ui.column(figure, sure, width="52%"), answers, share=1)
    return ui.Panel(state, simulation.summary, parts, figure=figure, slider=sure)


def _curve(state: RiskState, curve: Chart) -> Chart:
    """The cost that is not exceeded, at every confidence; the one asked for is marked."""
    sure = f"{percent(state.reserve.confidence)} sure {money(state.reserve.quantile)}"
    asked = Reference("x", state.reserve.quantile, sure, "limit")
    return dataclasses.replace(curve, references=(curve.references[0], asked))


DRAWS = 50


class PartnersState:
    """The state: the weight of the price, and the award that is best with it.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> state = PartnersState(pmo.select_partners(pmo.load_register("data/samples/meridian")))
    >>> state.choose(90)
    >>> state.award.price_weight, state.first.price_weight
    (0.9, 0.4)
    """

    def __init__(self, award: Award) -> None:
        self.first = self.award = award

    def choose(self, percent: float) -> None:
        """Let the price count so much."""
        seed = int(self.first.inputs["seed"])
        self.award = select_partners(self.first.register, percent / 100, draws=DRAWS, seed=seed)

    @property
    def headline(self) -> str:
        """The award at this weight, and whether it is that of the start."""
        same = self.award.lots["partner_id"].equals(self.first.lots["partner_id"])
        words = "the award of the start" if same else "another award than at the start"
        return f"{figures.partners.lots(self.award).title}; {words}"


@door
def partners(award: Award) -> ui.Panel:
    """Explore an award: move the weight of the price, see who gets which lot, and from where on it changes.

    Parameters
    ----------
    award : Award
        From `pmo.select_partners(register)`.

    Returns
    -------
    Panel
        `panel.state` is the `PartnersState`.
    """
    state = PartnersState(award)
    start: dict[str, Any] = {"value": round(100 * award.price_weight), "min": 0, "max": 100}
    slider = ui.control(ipywidgets.IntSlider, "Price counts, %", act=state.choose, continuous_update=False, **start)
    given = ui.scrolled(ui.shown(lambda: ui.exhibit_html(figures.partners.lots(state.award))))
    offers = ui.scrolled(ui.shown(lambda: ui.exhibit_html(figures.partners.bids(state.award))))
    spans, weighed = figures.partners.sensitivity(award), ui.labeled("Best award by weight of the price")
    first = ui.column(given, weighed, ui.scrolled(ipywidgets.HTML(ui.exhibit_html(spans))), width="100%")
    tables = ipywidgets.Tab([first, offers], titles=(f"Award, {award.unit}", "Every bid"))
    parts = ui.row(ui.column(slider, tables, width="100%"), share=1)
    return ui.Panel(state, f"Quality counts for the rest. {spans.title}.", parts, slider=slider)


class ScenariosState:
    """The state: scenarios built so far and the best plan of each.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> state = ScenariosState(pmo.Question(pmo.load_register("data/samples/meridian_12")))
    >>> case = pmo.Scenario("Less money", budget=0.85)
    >>> state.solve(case)()
    >>> state.comparison.table.loc["Less money", ["value", "delta"]].tolist()
    [28.5, -5.0]
    """

    def __init__(self, question: Question, seconds: float = 10.0) -> None:
        self.question, self.seconds = question, seconds
        self._today = arbitrate(question.replace(time_limit=seconds))
        self._cases: dict[str, tuple[Scenario, Allocation | InfeasibleError]] = {}
        self.shown = ""

    def solve(self, scenario: Scenario) -> ui.Act:
        """Find the best plan under a scenario, or why there is none; what is given keeps that.

        Raises
        ------
        PmoError
            It is called as today is, changes nothing, or names what the question does not have; or no plan was found in
            the time allowed.
        """
        if scenario.name.strip() == TODAY:
            raise PmoError("Give the scenario a name of its own.")
        if scenario.table.empty:
            raise PmoError("This scenario changes nothing: move a limit, or take a project in or out.")
        return partial(self.keep, scenario, answered(scenario(self.question).replace(time_limit=self.seconds)))

    def keep(self, scenario: Scenario, answer: Allocation | InfeasibleError) -> None:
        """Take the answer of a scenario in; one of the same name is replaced."""
        self._cases.pop(scenario.name, None)
        self._cases[scenario.name], self.shown = (scenario, answer), scenario.name

    def remove(self, name: str) -> None:
        """Forget a scenario; the last one is shown."""
        self._cases.pop(name, None)
        self.shown = next(reversed(self._cases), "")

    @property
    def comparison(self) -> Comparison:
        """All scenarios side by side, the last one added at the end."""
        scenarios = tuple(scenario for scenario, _ in self._cases.values())
        found = {TODAY: self._today} | {name: answer for name, (_, answer) in self._cases.items()}
        return compared(self.question, scenarios, found)

    @property
    def headline(self) -> str:
        """What today is worth, and the hardest case, with what is not proven."""
        found, lost = self.comparison.allocations, -self.comparison.table["delta"].drop(TODAY)
        today = f"Today {number(found[TODAY].value)} {self.question.worth.short}{ui.sure_words(found[TODAY], ', ')}"
        if lost.empty:
            return f"{today}; no case yet"
        if none := int(lost.isna().sum()):
            return f"{today}; {count(none, 'case leaves', 'cases leave')} no plan"
        worst = lost.idxmax()
        sure = ui.sure_words(found[worst], ", its plan ")
        return f"{today}; the hardest case, {worst}, costs {number(max(0.0, lost[worst]))}{sure}"


@door
def scenarios(question: Question, *, folder: str | PathLike[str] = "session") -> ui.Panel:
    """Build scenarios, compare them with today, and save them for the next pack.

    A scenario moves money, costs and benefits, in every year or in one, people, and takes projects in, out or later.

    Parameters
    ----------
    question : Question
        Today; the scenarios of its register are there from the start.
    folder : path
        Where Save writes `scenarios.yml`.

    Returns
    -------
    Panel
        `panel.state` is the `ScenariosState`.
    """
    state, unit = ScenariosState(question), question.built.value_unit
    fields = _fields(question)
    table = ui.shown(
        partial(_results, state), ("scenario", "case"), Field("value", "worth"),
        Field("delta", "against today", signed=True), ("entered", "projects in"), ("left", "projects out"),
        ("resized", "other level"), ("sure", "plan"),
    )  # fmt: skip
    detail = ui.shown(lambda: _detail(state) if state.shown else "")
    own = partial(setattr, state, "shown"), lambda: (state.comparison.names[1:], state.shown or None)
    chosen = ui.control(ipywidgets.Dropdown, "Show", "50px", *own)

    def ask(scenarios: list[Scenario]) -> bool:
        jobs = [(one.name or "The scenario", partial(state.solve, one)) for one in scenarios]
        return panel.beside("added", jobs, add)

    def stopped() -> str:
        panel.stop()
        add.disabled = False
        return "Stopped: the case under way and those after it are left out."

    def saved() -> str:
        scenarios = state.comparison.scenarios
        if not scenarios:
            raise PmoError("There is no scenario to save.")
        file = save_scenarios(scenarios, folder, question)
        return f"Saved in {file}. A pack reads it: scenarios_path under parameters of its scenarios chapter."

    add = ui.button("Add and compare", lambda: ask([_draft(fields)]), "Find the best plan of this case")
    stop = ui.button("Stop", stopped, "Leave out the case that is searched")
    remove = ui.button("Remove the one shown", lambda: state.remove(state.shown))
    save = ui.button("Save", saved, "scenarios.yml, which the next pack reads")
    above = ui.labeled(f"Worth of the best plan, {unit}")
    answers = ui.column(above, ui.scrolled(table, 3), chosen, ui.scrolled(detail, 2), width="60%")
    left = ui.column(ui.scrolled(ui.column(*fields.values(), width="100%")), width="40%")
    about = f"A scenario is a set of changes to today; each gets its own best plan. Values in {unit}."
    panel = ui.Panel(state, about, ui.row(left, answers, share=1), ui.row(add, stop, remove, save), fields=fields)
    ask(read_scenarios(question.register))
    return panel


def _fields(question: Question) -> dict[str, Any]:
    """The controls of a scenario."""
    projects = [(f"{p} {name}", str(p)) for p, name in question.register.projects["name"].items()]
    roles = sorted({rule.role for rule in question.active_rules if isinstance(rule, Capacity)})
    years = sorted({rule.year for rule in question.active_rules if isinstance(rule, Envelope)})
    span: dict[str, Any] = {"value": 0, "min": -50, "max": 50, "continuous_update": False, "readout_format": "+d"}
    slider: Any = partial(ui.control, ipywidgets.IntSlider, **span)
    several = partial(ui.control, ipywidgets.SelectMultiple, options=projects, rows=3)
    return {
        "name": ui.control(ipywidgets.Text, "Name", placeholder="What the committee calls it"),
        "money": slider("Money, %"), "cost": slider("Costs, %", min=-30), "benefit": slider("Benefits, %", max=30),
        "year": ui.control(ipywidgets.Dropdown, "in", options=[("every year", 0), *((str(y), y) for y in years)]),
        "people": slider("People, %"),
        "role": ui.control(
            ipywidgets.Dropdown, "of", options=[("every role", ""), *((role_words(r), r) for r in roles)]
        ),
        "in": several("Take in"), "out": several("Leave out"), "later": several("Start later"),
        "years": ui.control(ipywidgets.IntSlider, "by years", value=1, min=1, max=5),
    }  # fmt: skip


def _draft(fields: dict[str, Any]) -> Scenario:
    """The scenario that the controls say."""
    now = {name: field.value for name, field in fields.items()}

    def factor(name: str) -> Any:
        times = round(1 + now[name] / 100, 6)
        return {f"year={now['year']}": times} if now["year"] and times != 1 else times

    people = [role for _, role in fields["role"].options if role and now["role"] in ("", role)]
    return Scenario(
        now["name"].strip(),
        budget=factor("money"),
        cost=factor("cost"),
        benefit=factor("benefit"),
        capacity=dict.fromkeys(people, round(1 + now["people"] / 100, 6)) if now["people"] else {},
        projects_in=dict.fromkeys(now["in"], ""),
        projects_out=now["out"],
        delay={f"project_id={project}": now["years"] for project in now["later"]},
    )


def _results(state: ScenariosState) -> pd.DataFrame:
    """Every case with its worth, how sure that is, and how much it changes."""
    rows, plans = state.comparison.table.reset_index(), state.comparison.allocations
    moved = ["entered", "left", "resized"]
    rows[moved] = rows[moved].map(lambda ids: str(len(ids)), na_action="ignore").fillna("–")
    sure = {name: ui.sure_words(plan) or "best" for name, plan in plans.items()}
    return rows.assign(sure=rows["scenario"].map(sure).fillna("no plan obeys the rules"))


def _detail(state: ScenariosState) -> str:
    """What the case shown changes in the question, and in the plan."""
    name, found = state.shown, state.comparison
    one = tuple(scenario for scenario in found.scenarios if scenario.name == name)
    changes = figures.scenarios.definitions(dataclasses.replace(found, scenarios=one))
    line, names = found.table.loc[name], state.question.register.projects["name"]
    moved = {} if line["reason"] else {"In": line["entered"], "Out": line["left"], "Other level": line["resized"]}
    words = [(label, in_row(f"{names[p]} {p}" for p in ids)) for label, ids in moved.items() if ids]
    frame = pd.DataFrame(words if moved else [("No plan", line["reason"])], columns=["what", "is"])
    return ui.exhibit_html(changes) + ui.table_html(frame, ("what", ""), ("is", name), empty="The plan is today's.")


CONTROLS = {bool: ipywidgets.Checkbox, int: ipywidgets.IntText, float: ipywidgets.FloatText}


class ParametersState:
    """The state: what the annotated `parameters` cell of a notebook says, and the values to run it with.

    Examples
    --------
    >>> state = ParametersState("notebooks/05_partner_selection.ipynb")
    >>> state.values["price_weight"], state.changed
    (0.4, {})
    """

    def __init__(self, notebook: str | PathLike[str]) -> None:
        self.notebook = real(notebook)
        if not self.notebook.is_file() or self.notebook.suffix != ".ipynb":
            raise PmoError(f"There is no notebook {self.notebook}.")
        cells = json.loads(self.notebook.read_text(encoding="utf-8"))["cells"]
        tagged = ["".join(c["source"]) for c in cells if "parameters" in c["metadata"].get("tags", ())]
        lines = [line for line in ast.parse("\n".join(tagged)).body if isinstance(line, ast.AnnAssign)]
        self.first = {ast.unparse(line.target): ast.literal_eval(line.value) for line in lines if line.value}
        self.values: dict[str, Any] = dict(self.first)

    @property
    def changed(self) -> dict[str, Any]:
        """The parameters that are not as in the notebook."""
        return {name: value for name, value in self.values.items() if value != self.first[name]}

    @property
    def headline(self) -> str:
        """The notebook, and what is changed."""
        words = [f"{_plain(name)} {value}" for name, value in self.changed.items()]
        return f"{self.notebook.stem}: {'; '.join(words) or 'the parameters of the notebook'}"

    def run(self, folder: str | PathLike[str], values: dict[str, Any]) -> Path:
        """Run the notebook with other values and keep it in a folder; the notebook itself stays as it is.

        Raises
        ------
        PmoError
            A cell stopped it; what it shows up to there is kept.
        """
        import papermill

        place = real(folder) / f"{self.notebook.stem}_{dt.datetime.now():%Y-%m-%d_%H%M%S}.ipynb"
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            papermill.execute_notebook(
                str(self.notebook), str(place), parameters=values, progress_bar=False,
                cwd=str(self.notebook.parent), skip_cells_with_tag="interactive",
            )  # fmt: skip
        except papermill.PapermillExecutionError as error:
            raise PmoError(f"It stopped: {error.evalue} What it shows up to there is in {place}.") from error
        return place


@door
def parameters(notebook: str | PathLike[str], *, folder: str | PathLike[str] = "session") -> ui.Panel:
    """Change the parameters of a notebook and run it: a field for each name in its annotated `parameters` cell.

    A copy is run and kept with its answers; the notebook and its later cells stay as they are.

    Parameters
    ----------
    notebook : path
        The notebook itself, seen from its own folder.
    folder : path
        Where the copies are kept.

    Returns
    -------
    Panel
        `panel.state` is the `ParametersState`.
    """
    state = ParametersState(notebook)
    fields = {
        name: ui.control(
            CONTROLS.get(type(value), ipywidgets.Text), _plain(name), "150px",
            partial(state.values.__setitem__, name), value=value,
        )
        for name, value in state.values.items()
    }  # fmt: skip
    done = ipywidgets.HTML()

    def shown(words: str, place: Path) -> None:
        link = os.path.relpath(place, state.notebook.parent).replace(os.sep, "/")
        done.value += f'<div><a href="{escape(link)}" target="_blank">{escape(words)}</a></div>'

    def run() -> bool:
        words, job = state.headline, partial(state.run, folder, state.changed)  # as they are now, whatever is set next
        return panel.beside("run", [(state.notebook.name, lambda: partial(shown, words, job()))], start)

    start = ui.button("Run", run, "The whole notebook with these parameters")
    parts = ui.row(ui.scrolled(ui.column(*fields.values(), width="100%")), ui.column(start, ui.scrolled(done)), share=1)
    about = "Run makes a copy of this notebook with these parameters and opens nothing by itself."
    panel = ui.Panel(state, about, parts, fields=fields)
    return panel.add_class("pw-bar-only")


def _plain(name: object) -> str:
    return str(name).replace("_", " ")
