"""The register at the table: find a project, read everything that is known about it, with what was found."""

from __future__ import annotations

from html import escape
from typing import Any

import ipywidgets
import pandas as pd

from pmo_kit.doors import door
from pmo_kit.exhibits import Field
from pmo_kit.register import Register
from pmo_kit.widgets.panel import Panel, column, row, scrolled, table_html

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
        text = (
            table.index.astype("str")
            + " "
            + table["name"].astype("str")
            + " "
            + table["area"].fillna("").astype("str")
        )
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

    def findings_of(self, project: str) -> pd.DataFrame:
        """Findings that name the project, or stand in one of its rows."""
        findings = self._findings
        message = findings["message"].astype("str") + " " + findings["value"].astype("str")
        return findings[message.str.contains(rf"\b{project}\b", regex=True, na=False)]

    @property
    def _findings(self) -> pd.DataFrame:
        return self.register.findings

    def page(self) -> list[tuple[str, pd.DataFrame]]:
        """Everything about the open project: (table, its rows), columns that hold nothing left out."""
        if not self.project:
            return []
        facts = self.register.projects.loc[self.project].dropna()
        facts = facts[facts.astype("str") != ""]
        page = [
            (
                "project",
                pd.DataFrame({"what": [str(w).replace("_", " ") for w in facts.index], "value": list(facts)}),
            )
        ]
        for name in self.register.names:
            table = self.register.table(name)
            if name in LEFT_OUT or "project_id" not in table:
                continue
            rows = (
                table[table["project_id"] == self.project]
                .drop(columns="project_id")
                .dropna(axis=1, how="all")
            )
            if len(rows):
                page.append((name, rows))
        return page


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
    wide = ipywidgets.Layout(width="98%")
    word = ipywidgets.Text(placeholder="Find a project", continuous_update=True, layout=wide)
    area = ipywidgets.Dropdown(options=state.areas, layout=wide)
    only = ipywidgets.Checkbox(value=False, description="only with findings", indent=False)
    projects = ipywidgets.Select(options=_options(state), value=state.project or None, rows=18, layout=wide)
    page = ipywidgets.HTML()
    page.add_class("pw-page")
    own = {"moving": False}

    def draw() -> None:
        count = len(state.found)
        own["moving"] = True
        projects.options = _options(state)
        projects.value = state.project or None
        own["moving"] = False
        page.value = _page(state)
        name = register.projects.loc[state.project, "name"] if state.project else "no project"
        found = len(state.findings_of(state.project)) if state.project else 0
        words = "no finding" if not found else f"{found} finding{'s' if found > 1 else ''}"
        panel.headline(
            f"{state.project} {name}: {words}; {count} of {len(register.projects)} projects listed".strip()
        )

    def filtered(_: object) -> None:
        state.find(word.value, area.value, bool(only.value))
        draw()

    def opened(change: dict[str, Any]) -> None:
        if not own["moving"] and change["new"]:
            state.project = str(change["new"])
            draw()

    panel = Panel(
        register.summary,
        [row(column(word, area, only, projects, width="34%"), column(scrolled(page), width="66%"), share=1)],
    )
    panel.state, panel.projects = state, projects
    for control in (word, area, only):
        control.observe(panel.guard(filtered), "value")
    projects.observe(panel.guard(opened), "value")
    draw()
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
        return table_html(pd.DataFrame(), (), "No project fits this filter.")
    parts = []
    findings = state.findings_of(state.project)
    if len(findings):
        fields = (
            Field("severity", "how bad", kind="text"),
            Field("message", "finding", kind="text"),
            Field("fix", "what to do", kind="text"),
        )
        parts.append("<h4>Findings</h4>" + table_html(findings, fields))
    for name, rows in state.page():
        text = rows.apply(lambda cells: cells.map(_cell))
        same = [] if len(rows) == 1 else [c for c in text if text[c].nunique() == 1 and c not in KEPT]
        said = [f"{str(c).replace('_', ' ')} {text[c].iloc[0]}" for c in same]
        said += [state.register.settings.unit] if "amount" in text else []
        shown = text.drop(columns=same).head(MOST_ROWS)
        more = f"<p>and {len(rows) - MOST_ROWS} more rows</p>" if len(rows) > MOST_ROWS else ""
        columns = [Field(str(c), str(c).replace("_", " "), kind="text") for c in shown.columns]
        head = f"<h4>{escape(name.replace('_', ' '))} <span>{escape(', '.join(said))}</span></h4>"
        parts.append(head + table_html(shown, columns) + more)
    return "".join(parts)


def _cell(value: Any) -> str:
    """A cell in words: dates without a time, numbers without noise, nothing where nothing is known."""
    if value is None or value is pd.NA or value != value:
        return ""
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return f"{value:g}" if isinstance(value, float) else str(value)
