"""The workbook of a pack: sheets of answers by subject, the plan on its inputs, and where all comes from.

The plan, its money and its value are formulas on sheets of the register. Spending of a year is every cost row of the
sizes that the plan takes, shifted by what it defers, plus what links save or cost together. The planned net value is
cash benefits less costs, each times the discount factor of its year. So whoever changes an amount, or a size on the
sheet of the plan, sees what follows.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from xlsxwriter.utility import xl_col_to_name

from pmo_kit.exhibits import cells, theme
from pmo_kit.exhibits.cells import source_line
from pmo_kit.exhibits.records import Chart, Exhibit, Field, Kpi, Message, Table
from pmo_kit.packs.media.office import (
    CHART,
    LINE,
    Formats,
    inert_book,
    normalized,
    paragraph,
    stamp,
    text,
    write_cell,
    write_chart,
    write_table,
)
from pmo_kit.rates import describe_schedule, discount_schedule

if TYPE_CHECKING:
    from pmo_kit.packs.layout import Collected, Outline

SHEETS: dict[str, tuple[str, ...]] = {
    "Decisions": ("page_one.*", "annex.decisions", "*.letter_*"),
    "Plan": (),
    "Money by year": ("arbitration.envelopes", "overview.ask", "balance.real_and_nominal", "risk.by_year"),
    "Funded and refused": ("arbitration.plan", "arbitration.refused", "contested.departments"),
    "Limits": ("arbitration.limits", "arbitration.frontier", "contested.c*s", "contested.later",
               "overview.people"),
    "Prices": ("arbitration.*", "contested.*", "confidence.*"),
    "Ranking": ("prioritization.*",),
    "Options": ("scenarios.*", "options.*"),
    "Risk": ("risk.*", "benefits.exposure", "benefits.risks"),
    "Changes": ("what_changed.*", "*.since_last"),
    "Assumptions": ("*.assumptions", "*.actions"),
    "Delivery": ("performance.*", "benefits.*"),
    "Partners": ("partners.*",),
    "Hand check": ("annex.hand_check",),
    "Glossary": ("*.glossary", "*.vocabulary", "annex.method"),
    "Portfolio": ("overview.*", "balance.*"),
    "Data": ("data_quality.*",),
}  # fmt: skip
"""Sheet -> the ids of the exhibits that stand on it; an exhibit stands on the first that names it, else on "More"."""
_HEAD, _APART = 3, 3
"""Rows from the title of an exhibit to its header, and between two exhibits."""
_WIDE, _TALL, _LINE = 130, 470.0, 15.0
"""Characters across a printed page in full size, and in pt how high it is, and a row of one line."""


def annex_bytes(outline: Outline) -> bytes:
    """Render `annex.xlsx`: contents, sheets of answers, the plan with the inputs it stands on, provenance.

    Numbers are numbers at full precision. Sums, declared formulas, the money and the planned value of the plan are
    formulas, with their numbers stored, so that a viewer that computes nothing shows them too. Texts are inert:
    none is read as a formula or a link.

    Parameters
    ----------
    outline : Outline
        The pack.

    Returns
    -------
    bytes
        A workbook; equal for equal packs.

    Raises
    ------
    ValueError
        A declared formula does not give the number of its row.
    """
    stream = io.BytesIO()
    book = inert_book(stream)
    book.set_properties(
        {
            "title": f"{outline.pack.title}: annex", "author": outline.manifest["register"]["name"],
            "comments": outline.strip, "created": dt.datetime(1980, 1, 1),
        }
    )  # fmt: skip
    book.set_size(2400, 1500)
    formats = Formats(book)
    contents = book.add_worksheet("Contents")
    placed = placing(outline)
    for name in placed:
        book.add_worksheet(name)
    next_row = {"Money by year": write_plan(book, outline, formats)} if plan_of(outline) is not None else {}
    where: dict[str, tuple[str, int]] = {}
    for name, items in placed.items():
        sheet = book.get_worksheet_by_name(name)
        row, spans = next_row.get(name, 0), set[tuple[int, int]]()
        for item in items:
            where[item.id] = (name, row)
            row, wide = _exhibit(book, sheet, item.exhibit, row, formats)
            row, spans = row + _APART, spans | {(0, LINE), wide}
        high = formats.settle(sheet)
        if spans:
            right = max(formats.reach(sheet, *span) for span in spans)
            sheet.print_area(0, 0, max(row - 2, 1), right - 1)
            room = _TALL * max(1.0, formats.width(sheet, 0, right - 1) / _WIDE)
            sheet.set_h_pagebreaks(_breaks([where[item.id][1] for item in items], row, high, room))
    _contents(contents, outline, placed, where, formats)
    _provenance(book.add_worksheet("Provenance"), outline, formats)
    for sheet in book.worksheets():
        _page(sheet, outline)
    book.close()
    return normalized(stream.getvalue(), stamp(outline))


def placing(outline: Outline) -> dict[str, list[Collected]]:
    """Sheet -> its exhibits, in the order of the pack; sheets without any are left out."""
    found: dict[str, list[Collected]] = {name: [] for name in (*SHEETS, "More")}
    for _, item in outline.exhibits:
        names = (name for name, patterns in SHEETS.items() if any(fnmatch(item.id, one) for one in patterns))
        found[next(names, "More")].append(item)
    kept = PLAN_SHEETS if plan_of(outline) is not None else ()
    return {name: items for name, items in found.items() if items or name in kept}


def _contents(
    sheet: Any, outline: Outline, placed: Mapping[str, list[Collected]], where: Mapping[str, tuple[str, int]],
    formats: Formats,
) -> None:  # fmt: skip
    text(sheet, 0, 0, f"{outline.pack.title}: the numbers", formats, bold=True, font_size=18,
         font_color=theme.DARK_BLUE)  # fmt: skip
    sheet.set_row(0, 26)
    text(sheet, 1, 0, outline.strip, formats, font_color=theme.QUIET)
    said = "Bold rows at the end of a table are sums. Sums, ratios, differences and what stands in blue are formulas."
    notice = [said, outline.settings.notice or ""]
    text(sheet, 2, 0, " ".join(part for part in notice if part), formats, font_color=theme.QUIET)
    heads = [("Sheet", 24, 0), ("What it says", 96, 0), ("Reference", 36, 1)]
    for column, (title, width, indent) in enumerate(heads):
        text(sheet, 4, column, title, formats, bold=True, bottom=1, indent=indent)
        formats.widen(sheet, column, width)
    row, look = 5, {"font_color": theme.DARK_BLUE, "underline": 1}
    for name, items in placed.items():
        sheet.write_url(row, 0, f"internal:'{name}'!A1", formats(**look), name)
        if name in PLAN_SHEETS and plan_of(outline) is not None:
            text(sheet, row, 1, PLAN_SHEETS[name], formats)
            row += 1
        for item in items:
            title = " ".join(item.exhibit.title.split("\n"))
            text(sheet, row, 1, title or item.id, formats, text_wrap=True)
            place = f"'{name}'!A{where[item.id][1] + 1}"
            if title:  # LibreOffice breaks no line in a cell that is a link, in a formula it does
                sheet.write_formula(row, 1, f'=HYPERLINK("#{place}", {place})', formats(**look, text_wrap=True), title)
            sheet.write_url(row, 2, f"internal:{place}", formats(**look, indent=1), item.id)
            row += 1
    formats.settle(sheet)
    sheet.freeze_panes(5, 0)


def _exhibit(book: Any, sheet: Any, exhibit: Exhibit, top: int, formats: Formats) -> tuple[int, tuple[int, int]]:
    """One exhibit: title, unit line, meaning, its rows, notes and source.

    Returns the first free row, its columns and the characters that a chart needs to their right.
    """
    _title(sheet, " ".join(exhibit.title.split("\n")), exhibit.unit_line, formats, top)
    head, wide = top + _HEAD, (1, 0)
    if isinstance(exhibit, Chart):
        fields = _chart_fields(exhibit)
        under, wide = write_chart(book, sheet, exhibit, head, fields, formats), (len(fields), CHART)
    elif isinstance(exhibit, Table):
        under, wide = _table(sheet, exhibit, head, formats), (len(exhibit.columns) + bool(exhibit.group), 0)
    elif isinstance(exhibit, Kpi):
        under, wide = _tiles(sheet, exhibit, head, formats), (6, 0)
    else:
        assert isinstance(exhibit, Message)
        under = _message(sheet, exhibit, top + 2 + bool(exhibit.takeaway), formats)
    if exhibit.takeaway:
        paragraph(sheet, top + 2, 0, f"▸ {exhibit.takeaway}", formats)
    row = under + 1
    for line in filter(None, (exhibit.note, f"Source: {source_line(exhibit)}")):
        paragraph(sheet, row, 0, line, formats, font_color=theme.QUIET, font_size=9)
        row += 1
    return row, wide


def _breaks(tops: Sequence[int], under: int, high: Mapping[int, float], room: float) -> list[int]:
    """The exhibits, given by their first rows, before which a page ends: they have no room on that of those above."""
    found = [0]
    for top, after in zip(tops, [*tops[1:], under], strict=True):
        if top and sum(high.get(row, _LINE) for row in range(found[-1], after - _APART)) > room:
            found.append(top)
    return found[1:]


def _page(sheet: Any, outline: Outline) -> None:
    """How a sheet prints: landscape, as wide as the page, with the strip."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.hide_gridlines(2)
    strip = outline.strip.replace("&", "&&")[:200]
    sheet.set_footer(f'&L&"{theme.FONT}"&7{strip}&R&7page &P of &N')


def _chart_fields(chart: Chart) -> list[Field]:
    """What a chart draws, as columns: words first, then numbers, then its labels."""
    fields = list(cells.data_table(chart).columns)
    if chart.label is not None and chart.label.name not in [field.name for field in fields]:
        fields.append(Field(chart.label.name, title=chart.label.title or "label", kind="text"))
    return fields


def _table(sheet: Any, table: Table, head: int, formats: Formats) -> int:
    """A table and, under it, the tables of its rows; the first free row."""
    fields = [*([table.group] if table.group else []), *table.columns]
    fields = list({field.name: field for field in fields}.values())
    row = write_table(sheet, head, 0, table.data, fields, formats, table.totals).under
    for position, detail in table.details:
        text(sheet, row + 1, 0, f"Under row {position + 1}: {detail.title}".rstrip(": "), formats, bold=True)
        row = write_table(sheet, row + 2, 0, detail.data, detail.columns, formats, detail.totals).under
    return row


def _tiles(sheet: Any, kpi: Kpi, head: int, formats: Formats) -> int:
    """Tiles as rows; the share of the limit is a formula."""
    data = kpi.data.reindex(columns=["label", "value", "limit", "unit", "note", "decimals"]).copy()
    most = max([1, *(int(d) for d in data["decimals"] if not theme.is_missing(d))])
    fields = [Field("label", "what", kind="text"), Field("value", decimals=most), Field("limit", "of", decimals=most)]
    data["share"] = shares = [None if tile["share"] is None else 100 * tile["share"] for tile in cells.tiles(kpi)]
    if any(one is not None for one in shares):
        fields.append(Field("share", "used", "%", formula="100 * value / limit"))
    for name in ("unit", "note"):
        data[name] = ["" if theme.is_missing(value) else value for value in data[name]]
        fields += [Field(name, name, kind="text")] if any(data[name]) else []
    return write_table(sheet, head, 0, data, fields, formats).under


def _message(sheet: Any, message: Message, head: int, formats: Formats) -> int:
    """Paragraphs, one a row: the lead and the text."""
    formats.widen(sheet, 0, 24)
    for row, (lead, said) in enumerate(message.items, head):
        text(sheet, row, 0, lead, formats, bold=True, text_wrap=True)
        paragraph(sheet, row, 1, said, formats)
    return head + len(message.items)


def _provenance(sheet: Any, outline: Outline, formats: Formats) -> None:
    """What the pack follows from: register, figures, notebooks, files, software."""
    told = outline.provenance
    figures = [(name, f"{book}, cell {cell}", *rest) for book, name, cell, *rest in told["figures"]]
    parts = (
        (("Figure or table", "notebook", "tables and rows", "how it was computed"), figures),
        (("Notebook", "parameters", "SHA-256"), told["notebooks"]),
        (("File read", "SHA-256"), told["files"]),
        (("Software", "version"), told["software"]),
    )
    for column, width in enumerate((40, 44, 36, 60)):
        formats.widen(sheet, column, width)
    for row, key in enumerate(("line", "register", "rebuild")):
        paragraph(sheet, row, 0, told[key], formats, bold=not row)
    lines = [(line, line is heads) for heads, rows in parts for line in (heads, *rows)]
    for row, (line, bold) in enumerate(lines, 3):
        for column, said in enumerate(line):
            text(sheet, row, column, said, formats, bold=bold, text_wrap=True, indent=int(column > 0))
    formats.settle(sheet)


PLAN = "arbitration.plan"
"""The exhibit whose data hold the plan: project_id, level, decision and delay of what it funds or stops."""
PLAN_SHEETS = {
    "Plan": "Each project, its money by year and its planned net value, as formulas on the inputs",
    "Money by year": "What the plan spends and is worth on planned figures, as formulas on the inputs",
}
INPUTS = ("costs", "benefits", "links", "budgets")
_DISCOUNT = "discount factors"
_PLAN_HEAD = 4


@dataclass(frozen=True)
class Live:
    """A sheet in the making: its data and the formulas of some columns; {0} is a row from 1, {1} that above it."""

    name: str
    data: pd.DataFrame
    title: str
    unit: str
    formulas: dict[str, str] = field(default_factory=dict)

    def add(self, column: str, values: Any, formula: str) -> None:
        """Add a column of numbers that follow from a formula."""
        self.data[column] = values
        self.formulas[column] = formula

    def range(self, column: str) -> str:
        """The cells of a column, for a formula on another sheet."""
        letter = self.letter(column)
        return f"'{self.name}'!${letter}${_PLAN_HEAD + 2}:${letter}${_PLAN_HEAD + 1 + len(self.data)}"

    def letter(self, column: str) -> str:
        """The letter of a column."""
        return str(xl_col_to_name(list(self.data.columns).index(column)))

    def here(self, column: str) -> str:
        """A cell of the same row, on its own sheet."""
        return f"${self.letter(column)}{{0}}"

    def sums(self, column: str, *tests: str) -> str:
        """The sum of a column where tests hold, each a range and what it is to be, as the part of a formula."""
        return f"SUMIFS({self.range(column)}, {', '.join(tests)})"

    def total(self, column: str, year: int, test: str, wanted: str) -> tuple[float, str]:
        """The sum of a column in a year where another says something, and its formula."""
        rows = self.data[(self.data[test] == wanted) & (self.data["year"] == year)]
        pairs = (self.range(test), f'"{wanted}"', self.range("year"), str(year))
        return float(rows[column].sum()), f"={self.sums(column, *pairs)}"


def plan_of(outline: Outline) -> pd.DataFrame | None:
    """The projects of the plan that a pack shows, refused ones too; None without a register, a plan, or its years."""
    for _, item in outline.exhibits:
        data: Any = getattr(item.exhibit, "data", None)
        if (
            item.id == PLAN
            and outline.register is not None
            and {"project_id", "level", "decision"} <= set(data.columns)
            and any(str(name).isdigit() for name in data.columns)
        ):
            return data[data["project_id"].fillna("").ne("")]
    return None


def write_plan(book: Any, outline: Outline, formats: Formats) -> int:
    """Write the sheets Plan and Money by year, which are there, and add those of the inputs they stand on.

    Parameters
    ----------
    book : xlsxwriter workbook
        With empty sheets of the names `PLAN_SHEETS`.
    outline : Outline
        Of a pack with a plan (`plan_of`).
    formats : Formats
        Of the workbook.

    Returns
    -------
    int
        The first free row of the sheet Money by year; that of the plan is filled by all projects.
    """
    plan = plan_of(outline)
    assert plan is not None
    years = [int(name) for name in plan.columns if str(name).isdigit()]
    register, listed = outline.register, set(plan["project_id"])
    whole = listed >= set(register.projects.index)
    inputs = {name: register.table(name) for name in INPUTS[: None if whole else 2] if register.has(name)}
    inputs = {
        name: table[table["project_id"].isin(listed)] if "project_id" in table else table.copy()
        for name, table in inputs.items()
    }
    said = "change a size in the column level (empty: not in the plan) and money and value follow"
    title = "The plan by project: money by year and planned net value"
    sheet = Live("Plan", _projects(register, plan), title, f"{outline.settings.unit} · {said}")
    factors = _factors(register, inputs)
    live = {name: _input(name, table, sheet, factors) for name, table in inputs.items()}
    _spend(sheet, years, live)
    for one in (sheet, *live.values(), *([factors] if factors else [])):
        _write(book.get_worksheet_by_name(one.name) or book.add_worksheet(one.name), one, formats)
    return _money(book, sheet, plan, years, live, outline.settings.unit, formats, whole)


def _projects(register: Any, plan: pd.DataFrame) -> pd.DataFrame:
    """The projects of a plan with what it does with them, in the order of the register: what it takes first."""
    shown = plan.set_index("project_id")
    table = register.projects.reset_index()[["project_id", "name", "area", "commitment"]].astype("object")
    table = table[table["project_id"].isin(shown.index)].reset_index(drop=True)
    known = shown.loc[table["project_id"]]
    table["decision"], table["level"] = known["decision"].to_numpy(), known["level"].fillna("").to_numpy()
    table["delay"] = known["delay"].fillna(0.0).to_numpy(float) if "delay" in shown else 0.0
    return table.sort_values("level", key=lambda level: level == "", kind="stable", ignore_index=True)


def _factors(register: Any, inputs: dict[str, pd.DataFrame]) -> Live | None:
    """Discount factors by year, as formulas on the rates of the register's schedule."""
    if "benefits" not in inputs:
        return None
    settings = register.settings
    first = int(settings.discount_to or inputs["costs"]["year"].min())
    count = max(int(table["year"].max()) for table in (inputs["costs"], inputs["benefits"])) - first + 12
    rates = discount_schedule(settings.discount_schedule, count)
    start = np.concatenate([[1.0], 1 / np.cumprod(1 + rates[:-1])])
    within = {"start": start, "mid": start / np.sqrt(1 + rates), "end": start / (1 + rates)}[settings.timing]
    schedule = describe_schedule(settings.discount_schedule)
    told = (schedule.title, schedule.dated, schedule.source, f"timing {settings.timing}")
    data = pd.DataFrame({"year": range(first, first + count), "rate": rates})
    found = Live(_DISCOUNT, data, "Discount factors", " · ".join(part for part in told if part))
    found.add("at the start", start, f"=IF(ROW()={_PLAN_HEAD + 2},1,C{{1}}/(1+B{{1}}))")
    how = {"start": "=C{0}", "mid": "=C{0}/SQRT(1+B{0})", "end": "=C{0}/(1+B{0})"}[settings.timing]
    found.add("factor", within, how)
    return found


def _input(name: str, table: pd.DataFrame, plan: Live, factors: Live | None) -> Live:
    """A table of the register as it was read, and beside it what each row gives the plan."""
    table = table.reset_index(drop=True)
    one = Live(name, table, f"Register: {name}", "As it was read; columns in blue follow from the plan")
    projects, known = plan.data, pd.Series(dtype=float)
    if factors:
        known = factors.data.set_index("year")["factor"]

    def factor(year: str) -> str:
        assert factors is not None
        return factors.sums("factor", factors.range("year"), one.here(year))

    if name in ("costs", "benefits"):
        at = projects.set_index("project_id").reindex(table["project_id"])
        later = table["year"].astype(float) + at["delay"].fillna(0.0).to_numpy(float)
        delay = plan.sums("delay", plan.range("project_id"), one.here("project_id"))
        one.add("year in the plan", later, f"={one.here('year')} + {delay}")
        if factors:
            column, kept, same = ("kind", "cash", "=") if name == "benefits" else ("state", "actual", "<>")
            counted = table[column].eq(kept) if same == "=" else table[column].ne(kept).fillna(True)
            worth = table["amount"].fillna(0.0) * later.map(known).fillna(0.0) * counted.astype(bool)
            test = f'{one.here(column)}{same}"{kept}"'
            formula = f"=IF({test}, {one.here('amount')} * {factor('year in the plan')}, 0)"
            one.add("value", worth, formula)
    elif name == "links":
        level = projects.set_index("project_id")["level"]
        both = pd.Series(True, index=table.index)
        tests = ""
        for who, size in (("project_id", "level"), ("other_id", "other_level")):
            have = table[who].map(level).fillna("")
            any_size = table[size].isna() | (table[size] == "")
            both &= ~have.isin(["", "stop"]) & (any_size | (have == table[size]))
            wanted = f'IF({one.here(size)}="", "<>stop", {one.here(size)})'
            tests += (
                f' * (COUNTIFS({plan.range("project_id")}, {one.here(who)}, {plan.range("level")}, "?*", '
                f"{plan.range('level')}, {wanted})>0)"
            )
        joint = table["amount"].fillna(0.0) * (both & (table["relation"] == "synergy"))
        amount = f"N({one.here('amount')})"
        one.add("in the plan", joint, f'=IF({one.here("relation")}="synergy", {amount}{tests}, 0)')
        if factors:
            discount = table["year"].map(known).fillna(0.0).astype(float)
            cost, here = (table["quantity"] == "cost").fillna(False), one.here("in the plan")
            formula = f'=IF({one.here("quantity")}="cost", -{here} * {factor("year")}, {here})'
            one.add("value", joint.where(~cost, -joint * discount), formula)
    return one


def _spend(plan: Live, years: Sequence[int], live: dict[str, Live]) -> None:
    """Add to all projects of a plan their money by year and value, as formulas on the inputs."""
    projects, size = plan.data[["project_id", "level"]], plan.here("level")

    def mine(name: str, column: str, *tests: str) -> str:
        of = live[name]
        pairs = [of.range("project_id"), plan.here("project_id"), of.range("level"), size, *tests]
        return of.sums(column, *pairs)

    costs = live["costs"]
    ahead = costs.data[costs.data["state"].ne("actual").fillna(True)]
    for year in years:
        rows = ahead[ahead["year in the plan"] == year].groupby(["project_id", "level"])["amount"].sum()
        tests = (costs.range("year in the plan"), str(year), costs.range("state"), '"<>actual"')
        plan.add(str(year), _of(rows, projects), f'=IF({size}="", 0, {mine("costs", "amount", *tests)})')
    first, last = (plan.letter(str(year)) for year in (years[0], years[-1]))
    whole = plan.data[[str(year) for year in years]].sum(axis=1)
    plan.add(f"{years[0]} to {years[-1]}", whole, f"=SUM({first}{{0}}:{last}{{0}})")
    if "benefits" in live:
        gain, spent = (
            _of(live[name].data.groupby(["project_id", "level"])["value"].sum(), projects)
            for name in ("benefits", "costs")
        )
        formula = f'=IF({size}="", 0, {mine("benefits", "value")} - {mine("costs", "value")})'
        plan.add("planned net value", gain - spent, formula)


def _of(values: pd.Series, projects: pd.DataFrame) -> Any:
    """The values of the sizes that the plan takes, by project."""
    return values.reindex(pd.MultiIndex.from_frame(projects)).fillna(0.0).to_numpy(float)


def _money(
    book: Any, plan: Live, shown: pd.DataFrame, years: Sequence[int], live: dict[str, Live], unit: str,
    formats: Formats, whole: bool,
) -> int:  # fmt: skip
    """Spending of the plan against the envelope of all, by year, and its planned net value: all formulas.

    Of a plan that is not shown as a whole only what its projects spend and are worth: others take from the envelope.
    """
    names = ("projects", "what projects save or cost together", "the plan spends", "envelope of all", "left")
    links, budgets, sheet = live.get("links"), live.get("budgets"), book.get_worksheet_by_name("Money by year")
    said = "planned figures, formulas on the sheet Plan and the inputs"
    said += "; what is carried stands on the sheet Hand check" * whole
    _title(sheet, "What the plan spends by year and is worth, on planned figures", f"{unit} · {said}", formats)
    top = _PLAN_HEAD + 2

    def line(row: int, name: str, found: Sequence[tuple[float, str]], total: bool = False) -> None:
        look = {"bold": True, "top": 1} if total else {}
        text(sheet, row, 0, name, formats, **look)
        for column, (value, formula) in enumerate(found, 1):
            write_cell(sheet, row, column, Field(name), value, formats, formula, **look)

    text(sheet, _PLAN_HEAD, 0, "", formats, bold=True, bottom=1)
    columns = []
    for place, year in enumerate(years, 1):
        letter, mine = xl_col_to_name(place), float(plan.data[str(year)].sum())
        joint, together = links.total("in the plan", year, "quantity", "cost") if links else (0.0, "=0")
        there, envelope = budgets.total("amount", year, "scope", "all") if budgets else (0.0, "=0")
        spent = (mine + joint, f"={letter}{top}+{letter}{top + 1}")
        left = (there - mine - joint, f"={letter}{top + 3}-{letter}{top + 2}")
        columns.append([(mine, f"=SUM({plan.range(str(year))})"), (joint, together), spent, (there, envelope), left])
        text(sheet, _PLAN_HEAD, place, str(year), formats, bold=True, bottom=1, align="right")
        book.define_name(f"planned_spend_{year}", f"='Money by year'!${letter}${top + 2 * whole}")
    rows = list(zip(names, zip(*columns, strict=True), strict=True))[: None if whole else 1]
    for row, (name, found) in enumerate(rows, _PLAN_HEAD + 1):
        line(row, name, found, name in ("the plan spends", "left"))
    formats.widen(sheet, 0, 44)
    row = _PLAN_HEAD + 2 + len(rows)
    if "benefits" in live:
        value = float(plan.data["planned net value"].sum())
        joint = float(links.data["value"].sum()) if links else 0.0
        of_all = [("planned net value of its projects", value, f"=SUM({plan.range('planned net value')})"),
                  ("what projects add or save together", joint, f"=SUM({links.range('value')})" if links else "=0"),
                  ("planned net value of the plan", value + joint, f"=B{row + 1}+B{row + 2}")]  # fmt: skip
        for name, number, formula in of_all[: None if whole else 1]:
            line(row, name, [(number, formula)], name == "planned net value of the plan")
            row += 1
        book.define_name("planned_value", f"='Money by year'!$B${row}")
        row += 1
    shown = shown[shown["level"].fillna("").ne("")]
    printed = [float(shown[str(year)].sum()) for year in years]
    planned = [float(plan.data[str(year)].sum()) for year in years]
    if any(abs(one - other) > 1e-6 for one, other in zip(printed, planned, strict=True)):
        text(sheet, row, 0, "As the pack prints it: expected figures", formats, bold=True)
        line(row + 1, "means of estimates, risks and delays, of projects", [(amount, "") for amount in printed])
        line(row + 2, "value of the projects", [(float(shown["value"].sum()), "")])
        row += 4
    return row + 1


def _write(sheet: Any, live: Live, formats: Formats) -> None:
    """A table with filters: values as they are, missing ones empty, for formulas count on it."""
    _title(sheet, live.title, live.unit, formats)
    kinds = {"decision": "decision", "year": "time", "year in the plan": "time", "delay": "time"}
    count, names = len(live.data), list(map(str, live.data.columns))
    numbers = live.data.select_dtypes("number").columns.difference(list(kinds))
    sides = [{"align": "right"} if name in numbers else {"align": "left", "indent": int(n > 0)}
             for n, name in enumerate(names)]  # fmt: skip
    if count:
        bold = {"bold": True, "bottom": 1, "text_wrap": True, "valign": "bottom"}
        heads = [{"header": name, "header_format": formats(**bold, **side)}
                 for name, side in zip(names, sides, strict=True)]  # fmt: skip
        name = f"t_{live.name.replace(' ', '_').lower()}"
        area = (_PLAN_HEAD, 0, _PLAN_HEAD + count, len(heads) - 1)
        sheet.add_table(*area, {"columns": heads, "style": None, "name": name})
    for column, (name, side) in enumerate(zip(names, sides, strict=True)):
        decimals = {"rate": 3, "factor": 4, "at the start": 4, "value": 2}.get(name, 1)
        field = Field(name, kind=kinds.get(name, "number"), decimals=decimals)  # type: ignore[arg-type]
        formula = live.formulas.get(name, "")
        look: dict[str, Any] = side | ({"font_color": theme.DARK_BLUE} if formula else {})
        longest = 9
        for row, value in enumerate(live.data[name].tolist()):
            if theme.is_missing(value):
                continue
            at = _PLAN_HEAD + 1 + row
            cell = formula.format(at + 1, at) if formula else ""
            part = write_cell(sheet, at, column, field, value, formats, cell, **look)
            longest = max(longest, len(str(part.get("text") or value)))
        formats.widen(sheet, column, min(longest + 3, 40))
    sheet.freeze_panes(_PLAN_HEAD + 1, 2 if live.name == "Plan" else 0)
    sheet.repeat_rows(_PLAN_HEAD)


def _title(sheet: Any, title: str, unit: str, formats: Formats, top: int = 0) -> None:
    text(sheet, top, 0, title, formats, bold=True, font_size=14, font_color=theme.DARK_BLUE)
    sheet.set_row(top, 21)
    text(sheet, top + 1, 0, unit, formats, font_color=theme.QUIET)
