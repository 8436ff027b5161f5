"""The register at the table: find a project, read everything that is known about it, with what was found."""

from __future__ import annotations

from html import escape
from typing import Any

import ipywidgets
import pandas as pd

from pmo_kit.doors import door
from pmo_kit.facts import as_given
from pmo_kit.register import Register
from pmo_kit.widgets.panel import Panel, column, control, row, scrolled, table_html

LEFT_OUT = ("projects", "settings", "criteria", "budgets", "capacity", "rules")
ALL = "All areas"
MOST_ROWS = 40
KEPT = ("year", "amount")


class RegisterState:
    """The state: the filter and the project that is open.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> state = RegisterState(pmo.load_register("data/samples/meridian_12"))
    >>> state.find(word="solar")
    >>> list(state.found.index), state.project
    (['P09', 'P10'], 'P09')
    """

    def __init__(self, register: Register) -> None:
        self.register = register
        self.word, self.area, self.only_found = "", ALL, False
        self.project = str(register.projects.index[0]) if len(register.projects) else ""

    @property
    def areas(self) -> list[str]:
        """The areas, all first."""
        return [ALL, *sorted(map(str, self.register.projects["area"].dropna().unique()))]

    @property
    def found(self) -> pd.DataFrame:
        """The projects that the filter leaves, with the number of findings of each."""
        table = self.register.projects
        table = table.assign(findings=[len(self.findings_of(str(p))) for p in table.index])
        text = table[["name", "area"]].fillna("").astype("str").assign(id=table.index).agg(" ".join, axis=1)
        keep = text.str.lower().str.contains(self.word.lower(), regex=False)
        if self.area != ALL:
            keep &= (table["area"] == self.area).fillna(False).to_numpy(bool)
        if self.only_found:
            keep &= (table["findings"] > 0).to_numpy()
        return table[keep]

    def find(self, word: str | None = None, area: str | None = None, only_found: bool | None = None) -> None:
        """Filter; a project that is no longer there gives way to the first that is."""
        self.word = self.word if word is None else word.strip()
        self.area = self.area if area is None else area
        self.only_found = self.only_found if only_found is None else only_found
        there = [str(p) for p in self.found.index]
        if self.project not in there:
            self.project = there[0] if there else ""

    def choose(self, project: str | None) -> None:
        """Open a project."""
        self.project = project or self.project

    def findings_of(self, project: str) -> pd.DataFrame:
        """Findings that name the project, or stand in one of its rows."""
        findings = self.register.findings
        message = findings["message"].astype("str") + " " + findings["value"].astype("str")
        return findings[message.str.contains(rf"\b{project}\b", regex=True, na=False)]

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
def register(register: Register) -> Panel:
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
    word = control(ipywidgets.Text, placeholder="Find a project", continuous_update=True)
    area = control(ipywidgets.Dropdown, tooltip="Area", options=state.areas)
    only = ipywidgets.Checkbox(value=False, description="only with findings", indent=False)
    projects = control(
        ipywidgets.Select, tooltip="Projects", options=_options(state), value=state.project or None, rows=18
    )
    page = ipywidgets.HTML()
    page.add_class("pw-page")
    panel = Panel(state, register.summary)

    def draw() -> str:
        projects.options = _options(state)
        projects.value = state.project or None
        page.value = _page(state)
        return state.headline

    panel.projects = projects
    left = column(word, area, only, projects, width="34%")
    panel.play(
        [row(left, column(scrolled(page), width="66%"), share=1)],
        draw,
        {
            word: lambda new: state.find(word=new), area: lambda new: state.find(area=new),
            only: lambda new: state.find(only_found=new), projects: state.choose,
        },
    )  # fmt: skip
    return panel


def _options(state: RegisterState) -> list[tuple[str, str]]:
    """Projects for the list, with a mark where something was found."""
    return [
        (f"{p}  {r['name']}" + (f"  ({r['findings']} found)" if r["findings"] else ""), str(p))
        for p, r in state.found.iterrows()
    ]


def _page(state: RegisterState) -> str:
    """The page of a project."""
    if not state.project:
        return table_html(pd.DataFrame(), empty="No project fits this filter.")
    parts = []
    findings = state.findings_of(state.project)
    if len(findings):
        columns = (("severity", "how bad"), ("message", "finding"), ("fix", "what to do"))
        parts.append("<h4>Findings</h4>" + table_html(findings, *columns))
    for name, rows in state.page():
        text = rows.map(_cell)
        same = [] if len(rows) == 1 else [c for c in text if text[c].nunique() == 1 and c not in KEPT]
        said = [f"{str(c).replace('_', ' ')} {text[c].iloc[0]}" for c in same]
        said += [state.register.settings.unit] if "amount" in text else []
        shown = text.drop(columns=same).head(MOST_ROWS)
        more = f"<p>and {len(rows) - MOST_ROWS} more rows</p>" if len(rows) > MOST_ROWS else ""
        head = f"<h4>{escape(name.replace('_', ' '))} <span>{escape(', '.join(said))}</span></h4>"
        parts.append(head + table_html(shown, *((str(c), str(c).replace("_", " ")) for c in shown)) + more)
    return "".join(parts)


def _cell(value: Any) -> str:
    """A cell in words: dates without a time, numbers without noise, nothing where nothing is known."""
    if value is None or value is pd.NA or value != value:
        return ""
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return as_given(value) if isinstance(value, float) else str(value)
