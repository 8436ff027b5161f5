"""Answers at the table: a register, a ladder of budgets, a review, a simulation and an award, each with its controls.

Each explorer is a state, which holds no widget, and a panel that draws it.
"""

from __future__ import annotations

import re
from functools import cached_property, partial
from html import escape
from typing import Any

import ipywidgets
import pandas as pd

from pmo_kit.arbitration import Allocation, Frontier, FundingOrder
from pmo_kit.arbitration import frontier as ladder_of
from pmo_kit.doors import door
from pmo_kit.errors import InfeasibleError, PmoError
from pmo_kit.exhibits import Field, theme
from pmo_kit.exhibits.pictures import figure as drawn
from pmo_kit.facts import as_given, in_row, is_missing, number
from pmo_kit.figures.arbitration import holds
from pmo_kit.figures.partners import bids, lots, sensitivity
from pmo_kit.figures.performance import s_curve
from pmo_kit.partners import Award, select_partners
from pmo_kit.performance import Review
from pmo_kit.register import Register
from pmo_kit.risk import Simulation
from pmo_kit.widgets import panel as ui

ALL = "All areas"


def areas(projects: pd.DataFrame) -> list[str]:
    """The areas of projects, all first."""
    return [ALL, *sorted(map(str, projects["area"].dropna().unique()))]


LEFT_OUT = ("projects", "settings", "criteria", "budgets", "capacity", "rules")
MOST_ROWS = 40
KEPT = ("year", "amount")


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
        table = self.register.projects
        table = table.assign(findings=[len(self.findings_of(str(p))) for p in table.index])
        text = table[["name", "area"]].fillna("").astype("str").assign(id=table.index).agg(" ".join, axis=1)
        keep = text.str.lower().str.contains(self.word.strip().lower(), regex=False)
        if self.area != ALL:
            keep &= table["area"].eq(self.area).fillna(False).to_numpy(bool)
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

    def findings_of(self, project: str) -> pd.DataFrame:
        """Findings that name the project, or stand in one of its rows."""
        findings = self.register.findings
        message = findings["message"].astype("str") + " " + findings["value"].astype("str")
        return findings[message.str.contains(rf"(?<![\w-]){re.escape(project)}(?![\w-])", regex=True, na=False)]

    def page(self) -> list[tuple[str, pd.DataFrame]]:
        """Everything about the open project: (table, its rows), columns that hold nothing left out."""
        if not self.project:
            return []
        facts = self.register.projects.loc[self.project].dropna()
        facts = facts[facts.astype("str") != ""].rename(lambda name: str(name).replace("_", " "))
        page = [("project", facts.rename_axis("what").rename("value").reset_index())]
        for name in self.register.names:
            table = self.register.table(name)
            if name not in LEFT_OUT and "project_id" in table:
                rows = table[table["project_id"] == self.project].drop(columns="project_id")
                page.append((name, rows.dropna(axis=1, how="all")))
        return [(name, rows) for name, rows in page if len(rows)]

    @property
    def headline(self) -> str:
        """The open project, what was found about it, and how many are listed."""
        name = self.register.projects.loc[self.project, "name"] if self.project else "no project"
        count = len(self.findings_of(self.project)) if self.project else 0
        words = f"{count or 'no'} finding{'s' * (count > 1)}"
        listed = f"{len(self.found)} of {len(self.register.projects)} projects listed"
        return f"{self.project} {name}: {words}; {listed}".strip()


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
    word, area, only = (partial(state.find, name) for name in ("word", "area", "only_found"))
    filters = (
        ui.control(ipywidgets.Text, act=word, placeholder="Find a project", continuous_update=True),
        ui.control(ipywidgets.Dropdown, act=area, tooltip="Area", options=areas(register.projects)),
        ui.control(ipywidgets.Checkbox, act=only, value=False, description="only with findings", indent=False),
    )
    projects = ui.control(ipywidgets.Select, act=partial(setattr, state, "project"), tooltip="Projects", rows=18)
    ui.listed(projects, lambda: (state.listed, state.project or None))
    page = ui.shown(lambda: _page(state))
    page.add_class("pw-page")
    left = ui.column(*filters, projects, width="34%")
    parts = ui.row(left, ui.column(ui.scrolled(page), width="66%"), share=1)
    return ui.Panel(state, register.summary, parts, projects=projects)


def _page(state: RegisterState) -> str:
    """The page of a project."""
    if not state.project:
        return ui.table_html(pd.DataFrame(), empty="No project fits this filter.")
    parts, findings = [], state.findings_of(state.project)
    if len(findings):
        columns = (("severity", "how bad"), ("message", "finding"), ("fix", "what to do"))
        parts.append("<h4>Findings</h4>" + ui.table_html(findings, *columns))
    for name, rows in state.page():
        text = rows.map(_cell)
        same = [] if len(rows) == 1 else [c for c in text if text[c].nunique() == 1 and c not in KEPT]
        said = [f"{str(c).replace('_', ' ')} {text[c].iloc[0]}" for c in same]
        said += [state.register.settings.unit] if "amount" in text else []
        shown = text.drop(columns=same).head(MOST_ROWS)
        more = f"<p>and {len(rows) - MOST_ROWS} more rows</p>" if len(rows) > MOST_ROWS else ""
        head = f"<h4>{escape(name.replace('_', ' '))} <span>{escape(', '.join(said))}</span></h4>"
        parts.append(head + ui.table_html(shown, *((str(c), str(c).replace("_", " ")) for c in shown)) + more)
    return "".join(parts)


def _cell(value: Any) -> str:
    """A cell in words: dates without a time, numbers without noise, nothing where nothing is known."""
    if is_missing(value):
        return ""
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return as_given(value) if isinstance(value, float) else str(value)


class FrontierState:
    """The state: which budget is looked at.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> question = pmo.Question(pmo.load_register("data/samples/meridian_12"))
    >>> state = FrontierState(pmo.frontier(question, budgets=[0.85, 1.0]))
    >>> state.choose(0.85)
    >>> state.plan.value, state.difference
    (28.5, {'enters': ['P07'], 'leaves': [], 'shifts': []})
    >>> state.order.table["price"].tolist()
    [0.0, 0.0]
    """

    def __init__(self, ladder: Frontier) -> None:
        self._given = ladder
        if isinstance(ladder, FundingOrder):
            ladder = ladder_of(ladder.question, ladder.table["factor"].tolist())
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
        found = self._given
        if not isinstance(found, FundingOrder):
            try:
                found = ladder_of(self.ladder.question, self.points["factor"].tolist(), nested=True)
            except InfeasibleError:
                return None
        assert isinstance(found, FundingOrder)
        return found

    @property
    def plan(self) -> Allocation:
        """The plan at this budget."""
        return self.ladder.allocations[self.factor]

    @property
    def difference(self) -> dict[str, list[str]]:
        """What the next larger budget would change: enters, leaves, shifts."""
        more = self.points[self.points["factor"] > self.factor]
        return {name: list(more.iloc[0][name]) if len(more) else [] for name in ("enters", "leaves", "shifts")}

    @property
    def table(self) -> pd.DataFrame:
        """The plan at this budget: decision, project, level, value, cost; nothing where nothing is funded."""
        plan = self.plan.table.reset_index()
        plan[["value", "cost"]] = plan[["value", "cost"]].mask(plan["decision"] == "refuse")
        order = plan["decision"].map({"fund": 0, "stop": 1, "refuse": 2})
        return plan.assign(order=order).sort_values(by=["order", "value"], ascending=[True, False], kind="stable")

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
        names, found = self.ladder.question.register.projects["name"], self.difference
        words = [
            f"{in_row(str(names[p]) for p in found[key])} {verb}"
            for key, verb in (("enters", "in"), ("leaves", "out"), ("shifts", "at another level"))
            if found[key]
        ]
        last = self.factor == self.points["factor"].max()
        more = f"One step more money: {'; '.join(words) or 'nothing changes'}."
        more = "This is the largest budget of the ladder." if last else more
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
    figure = ui.Chart(partial(_lines, state), lambda curve, point: slider.set_trait("value", options[point][1]))
    columns = (("name", "project"), ("project_id", "id"), Field("value", "value"), Field("cost", "cost"))
    plan = ui.shown(lambda: ui.table_html(state.table, Field("decision", "", kind="decision"), *columns))
    order = ipywidgets.HTML("" if state.order is None else ui.exhibit_html(holds(state.order)))
    following = ui.shown(lambda: ui.about_html(state.next_words))
    titles = ("The plan at this budget", "The line that holds")
    tables = ipywidgets.Tab([ui.scrolled(plan), ui.scrolled(order)], titles=titles)
    about = (
        f"Best plan at each share of every envelope, and the order of funding that holds for all (dashed); "
        f"{ladder.question.built.value_unit}. Point at a budget to read it; click it, or move the slider."
    )
    parts = ui.row(ui.column(figure, slider, following), ui.column(tables), share=1)
    return ui.Panel(state, about, parts, figure=figure, slider=slider)


def _lines(state: FrontierState) -> Any:
    """The ladder, the point that is looked at, and the order that holds."""
    unit, money = state.ladder.question.worth.short, state.ladder.question.money.short

    def line(points: pd.DataFrame, name: str, color: str, dash: str, size: int) -> dict[str, Any]:
        words = [
            f"{number(100 * f, 0)} % of the money: {number(b)} {money}<br>{name} worth {number(v)} {unit}"
            for f, b, v in zip(points["factor"], points["budget"], points["value"], strict=True)
        ]
        return {
            "type": "scatter", "x": (100 * points["factor"]).tolist(), "y": points["value"].tolist(), "name": name,
            "mode": "lines+markers", "line": {"color": color, "width": 2, "dash": dash}, "hovertext": words,
            "hoverinfo": "text", "marker": {"size": size, "color": color},
        }  # fmt: skip

    traces = [line(state.points, "best plan", theme.DARK_GRAY, "solid", 11)]
    traces.append(ui.ring(100 * state.factor, state.plan.value))
    if state.order is not None:
        held = state.order.table.dropna(subset="value")
        dashed = line(held, "order that holds", theme.ORANGE, "dash", 6)
        traces.append(dashed | {"mode": "lines", "hoverinfo": "skip"})
    worth = {"title": f"worth of the plan, {unit}", "rangemode": "tozero"}
    return ui.plot(traces, {"title": "share of every envelope, %"}, worth)


COLORS = {"R": "Red", "A": "Amber", "G": "Green"}
FACTS = (
    ("Earned per 1 spent", "cpi", 2), ("Earned per 1 planned", "spi", 2), ("Months behind (−) or ahead", "sv_t", 1),
    ("Budget, {unit}", "bac", 1), ("Spent, {unit}", "ac", 1), ("Cost at this pace, {unit}", "eac", 1),
)  # fmt: skip


class PerformanceState:
    """The state: the area and the project that are looked at.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> state = PerformanceState(pmo.review_performance(pmo.load_register("data/samples/meridian_12")))
    >>> state.choose_area("Corporate")
    >>> state.project, round(float(state.row["cpi"]), 2)
    ('P06', 0.81)
    """

    def __init__(self, review: Review) -> None:
        self.review = review
        if review.table.empty:
            raise PmoError("The register has no status rows: there is no curve to show.")
        self.choose_area(ALL)

    @property
    def projects(self) -> pd.DataFrame:
        """The area's projects, the worst by rule first."""
        table = self.review.table
        if self.area != ALL:
            table = table[table["area"] == self.area]
        order = table["rag_rule"].map({color: place for place, color in enumerate(COLORS)}).fillna(3)
        return table.assign(order=order).sort_values(["order", "bac"], ascending=[True, False], kind="stable")

    @property
    def row(self) -> pd.Series:
        """The row of the open project."""
        return self.review.table.loc[self.project]

    @property
    def facts(self) -> pd.DataFrame:
        """The figures of the open project: what, today."""
        unit = self.review.register.settings.money.short
        words = [(what.format(unit=unit), number(self.row[key], places)) for what, key, places in FACTS]
        words += [
            ("Rated by rule", COLORS.get(self.row["rag_rule"], "not rated")),
            ("Declared", COLORS.get(self.row["rag_declared"], "not stated")),
        ]
        return pd.DataFrame(words, columns=["what", "today"])

    @property
    def headline(self) -> str:
        """The title of the curve."""
        return s_curve(self.review, self.project).title

    @property
    def listed(self) -> list[tuple[str, str]]:
        """The area's projects, each in words and by its id."""
        projects = self.projects
        rated = projects["rag_rule"].map(COLORS).fillna("not rated") + ": " + projects["name"]
        green = projects["watermelon"].map({True: "  (declared Green)", False: ""})
        return [(f"{words} {p}{green[p]}", str(p)) for p, words in rated.items()]

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
    projects = ui.control(ipywidgets.Select, act=partial(setattr, state, "project"), tooltip="Projects", rows=9)
    ui.listed(projects, lambda: (state.listed, state.project))
    figure = ui.Chart(partial(_earned, state))
    facts = ui.shown(lambda: ui.table_html(state.facts, ("what", "measure"), ("today", "today")))
    left = ui.column(area, projects, ui.scrolled(facts), width="39%")
    parts = ui.row(left, ui.column(figure, width="61%"), share=1)
    return ui.Panel(state, review.summary, parts, figure=figure, projects=projects)


def _earned(state: PerformanceState) -> Any:
    """The curve as the pack draws it; labels move with the lines when the chart is larger."""
    picture = drawn(s_curve(state.review, state.project), width=505)
    margin = picture.layout.margin
    height = picture.layout.height - margin.t - margin.b
    for label in picture.layout.annotations:
        if label.yref == "paper" and label.y == 1 and (label.yshift or 0) < 0:
            label.y, label.yshift = 1 + label.yshift / height, 0
    return picture


SHOWN_DRIVERS = 10


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
        self.confidence = percent / 100
        self.reserve = self.simulation.contingency(self.confidence)

    @property
    def table(self) -> pd.DataFrame:
        """The projects that drive the uncertainty, the largest share of the cost's first."""
        drivers = self.simulation.drivers.sort_values("share_cost", ascending=False).head(SHOWN_DRIVERS)
        return drivers.assign(percent=100 * drivers["share_cost"])

    @property
    def headline(self) -> str:
        """What the confidence costs, in a sentence."""
        held, sure = self.reserve, number(100 * self.confidence, 0)
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
    figure = ui.Chart(partial(_curve, state))
    sure = ui.control(ipywidgets.IntSlider, "How sure, %", "90px", state.choose, value=80, min=5, max=99)
    amounts = [Field(*one) for one in (("base", "planned"), ("quantile", "at most"), ("contingency", "reserve"))]

    def by_year() -> str:
        table = simulation.contingency_by_year(state.confidence).reset_index().astype({"year": "str"})
        return ui.table_html(table, ("year", "year"), *amounts)

    years = ui.shown(by_year)
    drivers = ui.table_html(state.table, ("name", "project"), Field("percent", "share of the spread, %", decimals=0))
    answers = ui.column(
        ui.labeled(f"Reserve by year, {state.unit}"), ui.scrolled(years, 4),
        ui.labeled("What drives the cost"), ui.scrolled(ipywidgets.HTML(drivers), 5), width="48%",
    )  # fmt: skip
    parts = ui.row(ui.column(figure, sure, width="52%"), answers, share=1)
    return ui.Panel(state, simulation.summary, parts, figure=figure, slider=sure)


def _curve(state: RiskState) -> Any:
    """The cost that is not exceeded, at every confidence; the one asked for is ringed."""
    points = state.simulation.s_curve("cost")
    line = {
        "type": "scatter", "x": points["value"].tolist(), "y": (100 * points["probability"]).tolist(), "mode": "lines",
        "line": {"color": theme.DARK_BLUE, "width": 3},
        "hovertemplate": f"%{{y:.0f}} % sure: at most %{{x:.1f}} {state.unit}<extra></extra>",
    }  # fmt: skip
    at = ui.ring(state.reserve.quantile, 100 * state.confidence)
    sure = {"title": "how sure, %", "range": [0, 104]}
    figure = ui.plot([line, at], {"title": f"cost of the plan, {state.unit}"}, sure)
    planned = {"color": theme.INK, "width": 2}
    figure.add_vline(x=state.reserve.base, line=planned, annotation_text="as planned", annotation_xshift=6)
    return figure


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
        return f"{lots(self.award).title}; {'the award of the start' if same else 'another award than at the start'}"


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
    given = ui.scrolled(ui.shown(lambda: ui.exhibit_html(lots(state.award))))
    offers = ui.scrolled(ui.shown(lambda: ui.exhibit_html(bids(state.award))))
    spans, weighed = sensitivity(award), ui.labeled("Best award by weight of the price")
    first = ui.column(given, weighed, ui.scrolled(ipywidgets.HTML(ui.exhibit_html(spans))), width="100%")
    tables = ipywidgets.Tab([first, offers], titles=(f"Award, {award.unit}", "Every bid"))
    parts = ui.row(ui.column(slider, tables, width="100%"), share=1)
    return ui.Panel(state, f"Quality counts for the rest. {spans.title}.", parts, slider=slider)
