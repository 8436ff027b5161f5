"""The workbook of a pack: sheets of answers by subject, the plan on its inputs, and where all comes from."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

from pmo_kit.exhibits import cells, theme
from pmo_kit.exhibits.canvas import short_hash, source_line
from pmo_kit.exhibits.records import Chart, Exhibit, Field, Kpi, Message, Table
from pmo_kit.packs.media.office import normalized
from pmo_kit.packs.media.xlsx_live import SHEETS as LIVE
from pmo_kit.packs.media.xlsx_live import plan_of, write_plan
from pmo_kit.packs.media.xlsx_sheets import Formats, inert_book, lines_in, text, write_chart, write_table

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
_HEAD = 3
"""Rows from the title of an exhibit to its header."""


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
            "title": f"{outline.spec.title}: annex", "author": outline.manifest["register"]["name"],
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
        row, right = next_row.get(name, 0), 0
        for item in items:
            where[item.id] = (name, row)
            row, wide = _exhibit(book, sheet, item.exhibit, row, formats)
            row, right = row + 3, max(right, wide)
        if right:
            sheet.print_area(0, 0, max(row - 2, 1), right - 1)
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
    kept = LIVE if plan_of(outline) is not None else ()
    return {name: items for name, items in found.items() if items or name in kept}


def stamp(outline: Outline) -> str:
    """When a pack is of, for the properties of its files: its date, else the date of its data."""
    day = outline.spec.date or outline.settings.as_of or dt.date(1980, 1, 1)
    return f"{day.isoformat()[:10]}T00:00:00Z"


def _contents(
    sheet: Any, outline: Outline, placed: Mapping[str, list[Collected]], where: Mapping[str, tuple[str, int]],
    formats: Formats,
) -> None:  # fmt: skip
    text(sheet, 0, 0, f"{outline.spec.title}: the numbers", formats, bold=True, font_size=18,
         font_color=theme.DARK_BLUE)  # fmt: skip
    sheet.set_row(0, 26)
    text(sheet, 1, 0, outline.strip, formats, font_color=theme.QUIET)
    said = "Bold rows at the end of a table are sums. Sums, ratios, differences and what stands in blue are formulas."
    notice = [said, outline.settings.notice or ""]
    text(sheet, 2, 0, " ".join(part for part in notice if part), formats, font_color=theme.QUIET)
    for column, (title, width) in enumerate([("Sheet", 24), ("What it says", 96), ("Reference", 36)]):
        text(sheet, 4, column, title, formats, bold=True, bottom=1)
        sheet.set_column(column, column, width)
    link = formats(font_color=theme.DARK_BLUE, underline=1)
    row = 5
    for name, items in placed.items():
        sheet.write_url(row, 0, f"internal:'{name}'!A1", link, name)
        if name in LIVE and plan_of(outline) is not None:
            text(sheet, row, 1, LIVE[name], formats)
            row += 1
        for item in items:
            title = " ".join(item.exhibit.title.split("\n"))
            sheet.write_url(row, 1, f"internal:'{name}'!A{where[item.id][1] + 1}",
                            formats(text_wrap=True, font_color=theme.INK), title[:255] or item.id)  # fmt: skip
            sheet.set_row(row, 14 * lines_in(title, 104) + 1)
            text(sheet, row, 2, item.id, formats, font_color=theme.QUIET)
            row += 1
    sheet.freeze_panes(5, 0)


def _exhibit(book: Any, sheet: Any, exhibit: Exhibit, top: int, formats: Formats) -> tuple[int, int]:
    """One exhibit: title, unit line, meaning, its rows, notes and source; first free row and column for print."""
    title = " ".join(exhibit.title.split("\n"))
    text(sheet, top, 0, title, formats, bold=True, font_size=14, font_color=theme.DARK_BLUE)
    sheet.set_row(top, 21)
    text(sheet, top + 1, 0, exhibit.unit_line, formats, font_color=theme.QUIET)
    if exhibit.takeaway:
        text(sheet, top + 2, 0, f"▸ {exhibit.takeaway}", formats)
    head, right = top + _HEAD, 1
    if isinstance(exhibit, Chart):
        fields = _chart_fields(exhibit)
        under, right = write_chart(book, sheet, exhibit, head, fields, formats), len(fields) + 11
    elif isinstance(exhibit, Table):
        under, right = _table(sheet, exhibit, head, formats), len(exhibit.columns) + 1
    elif isinstance(exhibit, Kpi):
        under, right = _tiles(sheet, exhibit, head, formats), 6
    else:
        assert isinstance(exhibit, Message)
        under = _message(sheet, exhibit, top + 2 + bool(exhibit.takeaway), formats)
    row = under + 1
    for line in (exhibit.note, f"Source: {source_line(exhibit)}"):
        if line:
            text(sheet, row, 0, line, formats, font_color=theme.QUIET, font_size=9)
            row += 1
    return row, right


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
    fields = [
        Field("label", "what", kind="text"),
        Field("value", decimals=most),
        Field("limit", "of", decimals=most),
    ]
    numeric = [not isinstance(value, str) and not theme.is_missing(value) for value in data["value"]]
    shares = [100 * float(v) / float(b) if ok and not theme.is_missing(b) and b else None
              for ok, v, b in zip(numeric, data["value"], data["limit"], strict=True)]  # fmt: skip
    data["share"] = shares
    share = Field("share", "used", "%", formula="100 * value / limit")
    fields += [share] if any(one is not None for one in shares) else []
    for name in ("unit", "note"):
        if any(not theme.is_missing(value) and value for value in data[name]):
            data[name] = ["" if theme.is_missing(value) else value for value in data[name]]
            fields.append(Field(name, name, kind="text"))
    return write_table(sheet, head, 0, data, fields, formats).under


def _message(sheet: Any, message: Message, head: int, formats: Formats) -> int:
    """Paragraphs, one a row: the lead and the text."""
    formats.widen(sheet, 0, 44)
    for row, (lead, said) in enumerate(message.items, head):
        text(sheet, row, 0, lead, formats, bold=True, text_wrap=True)
        text(sheet, row, 1, said, formats)
    return head + len(message.items)


def _provenance(sheet: Any, outline: Outline, formats: Formats) -> None:
    """What the pack follows from: register, exhibits, notebooks, files, software."""
    manifest = outline.manifest
    lines = [(f"Pack {outline.pack_id}", "", "", ""), (outline.rebuild, "", "", "")]
    lines += [("Register", manifest["register"]["name"], manifest["register"]["fingerprint"], "")]
    lines += [("Figure or table", "notebook", "tables", "how it was computed")]
    for item in manifest["exhibits"]:
        how = "; ".join(f"{key} {short_hash(str(value))}" for key, value in item["inputs"].items())
        lines.append((item["id"], f"{item['notebook']}, cell {item['cell']}", item["source"], how))
    lines += [("Notebook", "parameters", "SHA-256", "")]
    for chapter in manifest["chapters"]:
        given = "; ".join(f"{name} = {value}" for name, value in chapter["parameters"].items())
        lines.append((chapter["notebook"], given, chapter["sha256"], ""))
    lines += [("File read", "", "SHA-256", "")]
    lines += [(name, "", value, "") for name, value in manifest["inputs"].items()]
    lines += [("Software", "", "", "")]
    lines += [(name, str(value), "", "") for name, value in manifest["software"].items()]
    heads = ("Register", "Figure or table", "Notebook", "File read", "Software")
    for row, line in enumerate(lines):
        for column, said in enumerate(line):
            text(sheet, row, column, said, formats, bold=line[0] in heads or not row)
    for column, width in enumerate((40, 44, 36, 60)):
        sheet.set_column(column, column, width)
