"""Weights at the table: swing points on sliders, or pairs compared, and the order that follows at once."""

from __future__ import annotations

import datetime as dt
from functools import partial
from itertools import combinations
from os import PathLike
from pathlib import Path
from typing import Any

import ipywidgets
import numpy as np
import pandas as pd

from pmo_kit.arbitration import Question, arbitrate
from pmo_kit.arbitration.question import revalued
from pmo_kit.disk import inert
from pmo_kit.doors import door
from pmo_kit.errors import InputError, PmoError
from pmo_kit.exhibits import Field, theme
from pmo_kit.facts import as_given, count, number
from pmo_kit.figures.figure import listed
from pmo_kit.prioritization import Ranking, ahp_weights, arbitration_value, compare_stakeholders, prioritize
from pmo_kit.prioritization.robustness import weight_interval
from pmo_kit.register import Register
from pmo_kit.widgets import panel as ui
from pmo_kit.widgets.session_files import unused, write_csv

SHOWN = 15
SCALE = (9, 7, 5, 3, 2, 1, 1 / 2, 1 / 3, 1 / 5, 1 / 7, 1 / 9)
PAIR = {9.0: "9 times more", 1.0: "as much"}
SECONDS = 5.0
"""Longest search for the plan under one person's weights."""
MOST = 4


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
    >>> round(float(state.weights.sum()), 9), float(state.weights["carbon"])
    (1.0, 0.0)
    """

    def __init__(self, source: Register | Ranking) -> None:
        self.first = source if isinstance(source, Ranking) else prioritize(source)
        criteria = self.first.card.criteria
        self.labels = {str(c): str(label) or str(c) for c, label in criteria["label"].items()}
        top = float(self.first.weights.max()) or 1.0
        self.points: dict[str, float] = {str(c): round(100 * float(w) / top) for c, w in self.first.weights.items()}
        self._start = dict(self.points)
        self.judgements = {(one, other): self._times(one, other) for one, other in combinations(self.points, 2)}
        self.ranking, self.consistency = self.first, ""

    @property
    def weights(self) -> pd.Series:
        """Normalized weights, as the points say."""
        return self.ranking.weights

    def _times(self, one: str, other: str) -> float:
        """How many times more one criterion matters than another by the points, on the scale of the pairs."""
        ratio = max(self.points[one], 1e-9) / max(self.points[other], 1e-9)
        return float(min(SCALE, key=lambda step: abs(np.log(step / ratio))))

    def set(self, criterion: str, points: float) -> None:
        """Give a criterion points from 0 to 100 for its whole range.

        Raises
        ------
        InputError
            No such criterion.
        PmoError
            Every criterion would have none.
        """
        if criterion not in self.points or points < 0:
            raise InputError(f"There is no criterion {criterion!r} with {as_given(points)} points.")
        self._rank({**self.points, criterion: points})

    def set_all(self, weights: dict[str, float]) -> None:
        """Take weights over, the largest as 100 points."""
        top = max(weights.values())
        self._rank({c: round(100 * w / top, 1) for c, w in weights.items()})

    def reset(self) -> None:
        """Back to the weights at the start, exactly."""
        self.points, self.ranking = dict(self._start), self.first

    def _rank(self, points: dict[str, float]) -> None:
        if not sum(points.values()) > 0:
            raise PmoError("At least one criterion needs points.")
        self.ranking = prioritize(self.first.register, weights=points)
        self.points = points

    @property
    def table(self) -> pd.DataFrame:
        """Projects in order: rank, name, value, before (rank at the start), moved (places gained)."""
        table = self.ranking.table.dropna(subset="rank")
        table = table.assign(before=self.first.table["rank"])
        table["moved"] = table["before"] - table["rank"]
        places = ["rank", "before", "moved"]
        return table.astype(dict.fromkeys(places, int))[["rank", "name", "value", "before", "moved"]]

    @property
    def flips(self) -> pd.DataFrame:
        """One row per criterion: weight now, in percent, and who would lead at another."""
        cells, names, rows = self.ranking.cells()[0], self.ranking.table["name"], []
        for criterion, weight in self.weights.items():
            part = self.weights.index == criterion
            if weight == 1:
                continue
            span = weight_interval(cells, self.weights, part)
            ends = (("below", span.low, span.challenger_low), ("above", span.high, span.challenger_high))
            leads = [
                f"{side} {number(100 * end, 0)} %: {names[self.ranking.ranked[at]]}"
                for side, end, at in ends
                if at is not None
            ]
            words = "; ".join(leads) or "nobody, whatever its weight"
            rows.append((self.labels[str(criterion)], 100 * weight, words))
        return pd.DataFrame(rows, columns=["criterion", "now", "leads"])

    @property
    def headline(self) -> str:
        """Who leads, and how many have moved."""
        table = self.table
        leader, was = table["name"].iloc[0], self.first.table["name"].iloc[0]
        lead = f"{leader} leads with {number(table['value'].iloc[0])} of 100" + f" instead of {was}" * (leader != was)
        moved = f"{(table['moved'] != 0).sum()} of {len(table)} projects have moved"
        return f"{lead}; {moved if table['moved'].any() else 'the order is that of the weights at the start'}"

    def save(self, folder: str | PathLike[str], name: str, day: dt.date | None = None) -> Path:
        """Keep the weights of a person, with the date, in `stakeholder_weights.csv`: a sheet of a register.

        Those of other people, and of the same person at other dates, stay.

        Raises
        ------
        PmoError
            There is no name, or the folder cannot be written.
        """
        who = f"{_named(name)} {(day or dt.date.today()).isoformat()}"
        kept = self.saved(folder)
        mine = self.weights.round(6).rename_axis("criterion").reset_index().assign(stakeholder=inert(who))
        rows = pd.concat([kept[kept["stakeholder"] != inert(who)], mine[kept.columns]])
        return write_csv(Path(folder) / "stakeholder_weights.csv", rows)

    def save_criteria(self, folder: str | PathLike[str], name: str, day: dt.date | None = None) -> Path:
        """Keep the weights as those of the register, with who agreed on them and when, in `criteria.csv`.

        Those agreed on before stay: these are then `criteria-2.csv`.

        Raises
        ------
        PmoError
            There is no name, or the folder cannot be written.
        """
        criteria = self.first.register.table("criteria")
        weights = (100 * criteria["criterion"].map(self.weights)).round(6)
        day = day or dt.date.today()
        rows = criteria.assign(weight=weights, weighted_by=_named(name), weighted_on=day.isoformat())
        return write_csv(unused(Path(folder) / "criteria.csv"), rows.dropna(axis=1, how="all"))

    def saved(self, folder: str | PathLike[str]) -> pd.DataFrame:
        """The weights kept in a folder: stakeholder, criterion, weight."""
        file = Path(folder) / "stakeholder_weights.csv"
        if file.exists():
            return pd.read_csv(file)
        return pd.DataFrame(columns=["stakeholder", "criterion", "weight"])

    def decisions(self, folder: str | PathLike[str]) -> pd.DataFrame:
        """What is decided under the weights of each person kept in a folder: projects x people, fund, stop or refuse.

        The value of a plan is that of its scores over doing nothing. Among equally good plans the one nearest to that
        of the person before is taken, so that only what the weights move differs. `attrs["unproven"]`
        names the people whose plan is the best one known, not proven best.

        Raises
        ------
        PmoError
            Under some weights no plan obeys the rules, or none was found in the time allowed.
        """
        register = self._with_those_of(folder)
        question = Question(register, overrides=False, time_limit=SECONDS)
        plans: dict[str, pd.Series] = {}
        last: dict[str, str] | None = None
        unproven = []
        for who in register.table("stakeholder_weights")["stakeholder"].unique():
            value = arbitration_value(prioritize(register, str(who)), scale=1.0)
            plan = arbitrate(revalued(question, value).replace(last_plan=last))
            plans[str(who)], last = plan.table["decision"], dict(plan.plan)
            unproven += [str(who)] if ui.sure_words(plan) else []
        found = pd.DataFrame(plans)
        found.attrs["unproven"] = unproven
        return found

    def spread(self, folder: str | PathLike[str]) -> str:
        """Whether the people whose weights are kept disagree on any rank, and on any decision, in words."""
        if self.saved(folder)["stakeholder"].nunique() < 2:
            return "Save the weights of a second person to see whether they disagree on anything that matters."
        ranks = compare_stakeholders(prioritize(self._with_those_of(folder))).summary
        try:
            plans = self.decisions(folder)
        except PmoError as problem:
            return f"{ranks} What would be funded was not compared: {problem}"
        moved, unproven = plans[plans.nunique(axis=1) > 1], plans.attrs["unproven"]
        sure = f" The best plan is not proven for {listed(unproven)}." if unproven else ""
        if moved.empty:
            same = "The spread changes no decision: the same projects are funded under everybody's weights."
            return f"{ranks} {same}{sure}"
        names = self.first.table["name"]
        words = [
            f"{names[project]} (funded for {listed(row.index[row == 'fund'])})" for project, row in moved.iterrows()
        ]
        more = [f"{len(words) - MOST} more"] if len(words) > MOST else []
        changes = f"The spread changes {count(len(moved), 'decision')}: {listed([*words[:MOST], *more])}."
        return f"{ranks} {changes}{sure}"

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
        self.set_all(dict(zip(names, map(float, found.weights), strict=True)))


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
    sliders = {
        c: ui.control(
            ipywidgets.IntSlider, state.labels[c], "48%", partial(state.set, c), value=round(p), min=0, max=100
        )
        for c, p in state.points.items()
    }
    for c, slider in sliders.items():
        slider.write = lambda c=c, slider=slider: slider.set_trait("value", round(state.points[c]))
    named = {s: f"{as_given(s)} times" if s >= 1 else f"1/{round(1 / s)}" for s in SCALE} | PAIR
    choices = [(named[s], float(s)) for s in SCALE]
    pairs = [
        ui.control(
            ipywidgets.Dropdown, f"{state.labels[one]} : {state.labels[other]}", "60%",
            partial(state.judge, one, other), options=choices, value=times,
        )
        for (one, other), times in state.judgements.items()
    ]  # fmt: skip
    for one in (*sliders.values(), *pairs):
        one.add_class("pw-points")

    def saved() -> str:
        return f"Saved in {state.save(folder, person.value)}. {state.spread(folder)}"

    def agreed() -> str:
        return f"Saved in {state.save_criteria(folder, person.value)}, a sheet of the register."

    points = ui.scrolled(ui.column(*sliders.values(), width="100%"))
    judged = ui.scrolled(ui.column(*pairs, width="96%"))
    consistency = ui.shown(lambda: ui.about_html(state.consistency))
    tabs = ipywidgets.Tab([points, ui.column(judged, consistency, width="100%")], titles=("Points", "Pairs"))
    person = ipywidgets.Text(placeholder="Whose weights", layout=ipywidgets.Layout(width="130px"))
    buttons = ui.row(
        person,
        ui.button("Save", saved, "As this person's: stakeholder_weights.csv, a sheet of a register"),
        ui.button("Save as agreed", agreed, "As the register's: criteria.csv"),
    )
    back, figure = ui.button("Back to the weights at the start", state.reset), ui.Chart(partial(_bars, state))
    flips, order = ui.shown(lambda: _flips(state)), ui.shown(lambda: _order(state))
    leads = ui.column(ui.labeled("What it takes for another project to lead"), ui.scrolled(flips))
    whole = ui.column(ui.labeled("The whole order"), ui.scrolled(order))
    above = ui.row(ui.column(tabs, back, buttons, width="46%"), ui.column(figure, width="54%"), share=10)
    about = (
        "Points say how much the whole range of a criterion matters, from its worst end to its best: 100 for the "
        "one that matters most."
    )
    parts = [above, ui.row(leads, whole, share=7)]
    return ui.Panel(state, about, *parts, figure=figure, sliders=sliders, person=person)


def _bars(state: WeightsState) -> Any:
    """The first projects as bars."""
    table = state.table.head(SHOWN).iloc[::-1]
    places = table["rank"].astype("str") + "  " + table["name"]
    bars = {
        "type": "bar", "x": table["value"].tolist(), "y": places.tolist(), "orientation": "h",
        "text": table["value"].map(number).tolist(), "textposition": "outside", "cliponaxis": False,
        "marker": {"color": theme.DARK_BLUE}, "constraintext": "none",
        "hovertemplate": "%{y}: %{x:.1f}<extra></extra>",
    }  # fmt: skip
    x = {"range": [0, 105], "title": {"text": "value, points of 100", "standoff": 4, "font": {"size": 13}}}
    y = {"automargin": True, "ticklen": 4, "dtick": 1, "showgrid": False}
    return ui.plot([bars], x, y, margin={"l": 10, "r": 20, "t": 4, "b": 36})


def _order(state: WeightsState) -> str:
    """The whole order as a table."""
    table = state.table.reset_index()
    table["change"] = [
        "–" if not m else f"{'▲' if m > 0 else '▼'} {abs(m)} (was {b})"
        for m, b in zip(table["moved"], table["before"], strict=True)
    ]
    return ui.table_html(
        table, Field("rank", "rank", decimals=0), ("name", "project"), ("project_id", "id"),
        Field("value", "value, of 100"), ("change", "moved"),
    )  # fmt: skip


def _flips(state: WeightsState) -> str:
    """What weight would make another project lead."""
    return ui.table_html(
        state.flips, ("criterion", "criterion"), Field("now", "weight, %", decimals=0),
        ("leads", "who would lead at another weight"),
    )  # fmt: skip
