"""The annex of a pack: every exhibit's numbers on a sheet, with live sums and native charts."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pmo_kit.exhibits import theme
from pmo_kit.exhibits.canvas import source_line
from pmo_kit.exhibits.cells import data_table
from pmo_kit.exhibits.records import Chart, Exhibit, Field, Kpi, Message, Table
from pmo_kit.packs.media.archive import normalized
from pmo_kit.packs.media.xlsx_tables import Block, Formats, lines_in, text, write_table

if TYPE_CHECKING:
    from pmo_kit.packs.collect import Collected
    from pmo_kit.packs.media.outline import Outline

_HEAD = 4
"""Row of the header of each sheet, counted from 0: under title, unit line, meaning and a gap."""


def annex_bytes(outline: Outline) -> bytes:
    """Render `annex.xlsx`: a sheet of contents, then one sheet for each exhibit.

    Numbers are numbers at full precision. Sums, ratios and differences are formulas wherever the formula gives
    the exhibit's own number, with that number stored, so that a viewer that computes nothing shows it too.
    Texts are inert: none is read as a formula or a link.

    Parameters
    ----------
    outline : Outline
        The pack.

    Returns
    -------
    bytes
        A workbook; equal for equal packs.
    """
    from xlsxwriter import Workbook

    stream = io.BytesIO()
    book = Workbook(
        stream,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    book.set_properties(
        {
            "title": f"{outline.spec.title}: annex", "author": outline.manifest["register"]["name"],
            "comments": outline.strip, "created": dt.datetime(1980, 1, 1),
        }
    )  # fmt: skip
    book.set_size(2400, 1500)
    formats = Formats(book)
    placed = list(outline.exhibits)
    contents = book.add_worksheet("Contents")
    names = sheet_names([item.id for _, item in placed])
    _contents(contents, outline, [(where, item, names[item.id]) for where, item in placed], formats)
    for _, item in placed:
        sheet = book.add_worksheet(names[item.id])
        _sheet(book, sheet, item.exhibit, outline, formats)
    book.close()
    return normalized(stream.getvalue(), stamp(outline))


def stamp(outline: Outline) -> str:
    """When a pack is of, for the properties of its files: its date, else the date of its data."""
    day = outline.spec.date or outline.settings.as_of or dt.date(1980, 1, 1)
    return f"{day.isoformat()[:10]}T00:00:00Z"


def sheet_names(ids: list[str]) -> dict[str, str]:
    """A sheet's name for each id: its number and the last part of the id, at most 31 letters.

    Examples
    --------
    >>> sheet_names(["overview.ask", "prioritization.value_against_cost"])
    {'overview.ask': '1 ask', 'prioritization.value_against_cost': '2 value against cost'}
    """
    names = {}
    for number, identity in enumerate(ids, 1):
        last = "".join(c if c.isalnum() else " " for c in identity.rpartition(".")[2]).strip()
        names[identity] = f"{number} {last}"[:31].strip()
    return names


def _contents(
    sheet: Any, outline: Outline, placed: list[tuple[str, Collected, str]], formats: Formats
) -> None:
    text(sheet, 0, 0, f"{outline.spec.title}: the numbers", formats, bold=True, font_size=18,
         font_color=theme.DARK_BLUE)  # fmt: skip
    sheet.set_row(0, 26)
    text(sheet, 1, 0, outline.strip, formats, font_color=theme.QUIET)
    text(sheet, 2, 0, " ".join(part for part in (
        "Bold rows at the end of a table are sums. Sums, ratios and differences are formulas.",
        outline.settings.notice or "") if part), formats, font_color=theme.QUIET)  # fmt: skip
    for column, (title, width) in enumerate([("Sheet", 30), ("What it says", 92), ("Reference", 36)]):
        text(sheet, _HEAD, column, title, formats, bold=True, bottom=1)
        sheet.set_column(column, column, width)
    row, chapter = _HEAD + 1, ""
    for where, item, name in placed:
        if where != chapter:
            chapter = where
            text(
                sheet,
                row,
                0,
                where,
                formats,
                bold=True,
                font_color=theme.DARK_BLUE,
                top=1,
                top_color="#D0D0D0",
            )
            for column in (1, 2):
                text(sheet, row, column, "", formats, top=1, top_color="#D0D0D0")
            row += 1
        sheet.write_url(
            row, 0, f"internal:'{name}'!A1", formats(font_color=theme.DARK_BLUE, underline=1), name
        )
        title = " ".join(item.exhibit.title.split("\n"))
        text(sheet, row, 1, title, formats, text_wrap=True)
        sheet.set_row(row, 14 * lines_in(title, 100) + 1)
        text(sheet, row, 2, item.id, formats, font_color=theme.QUIET)
        row += 1
    sheet.freeze_panes(_HEAD + 1, 0)
    _page(sheet, outline)


def _sheet(book: Any, sheet: Any, exhibit: Exhibit, outline: Outline, formats: Formats) -> None:
    """One exhibit: title, unit line, meaning, its rows, then notes and where it comes from."""
    title = " ".join(exhibit.title.split("\n"))
    text(sheet, 0, 0, title, formats, bold=True, font_size=14, font_color=theme.DARK_BLUE)
    sheet.set_row(0, 21)
    text(sheet, 1, 0, exhibit.unit_line, formats, font_color=theme.QUIET)
    if exhibit.takeaway:
        text(sheet, 2, 0, f"▸ {exhibit.takeaway}", formats)
    if isinstance(exhibit, Chart):
        from pmo_kit.packs.media.xlsx_charts import write_chart

        under = write_chart(book, sheet, exhibit, _HEAD, _chart_fields(exhibit), formats)
    elif isinstance(exhibit, Table):
        under = _table(sheet, exhibit, formats)
    elif isinstance(exhibit, Kpi):
        under = _tiles(sheet, exhibit, formats).under
    else:
        assert isinstance(exhibit, Message)
        under = _message(sheet, exhibit, formats)
    row = under + 1
    for line in (exhibit.note, f"Source: {source_line(exhibit)}"):
        if line:
            text(sheet, row, 0, line, formats, font_color=theme.QUIET, font_size=9)
            row += 1
    sheet.write_url(row + 1, 0, "internal:'Contents'!A1", formats(font_color=theme.DARK_BLUE, underline=1),
                    "Back to the contents")  # fmt: skip
    sheet.freeze_panes(_HEAD + 1, 0)
    _page(sheet, outline)


def _page(sheet: Any, outline: Outline) -> None:
    """How a sheet prints: lying, as wide as the page, with the strip."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(_HEAD)
    sheet.hide_gridlines(2)
    strip = outline.strip.replace("&", "&&")[:200]
    sheet.set_footer(f'&L&"{theme.FONT}"&7{strip}&R&7page &P of &N')


def _chart_fields(chart: Chart) -> list[Field]:
    """What a chart draws, as columns: words first, then numbers, then its labels."""
    fields = list(data_table(chart).columns)
    if chart.label is not None and chart.label.name not in [field.name for field in fields]:
        fields.append(Field(chart.label.name, title=chart.label.title or "label", kind="text"))
    return fields


def _table(sheet: Any, table: Table, formats: Formats) -> int:
    """A table and, under it, the tables of its rows."""
    fields = [*([table.group] if table.group else []), *table.columns]
    fields = list({field.name: field for field in fields}.values())
    block = write_table(sheet, _HEAD, 0, table.data, fields, formats, table.totals)
    row = block.under
    for position, detail in table.details:
        text(sheet, row + 1, 0, f"Under row {position + 1}: {detail.title or detail.alt}", formats, bold=True)
        block = write_table(sheet, row + 2, 0, detail.data, detail.columns, formats, detail.totals)
        row = block.under
    return row


def _tiles(sheet: Any, kpi: Kpi, formats: Formats) -> Block:
    """Tiles as rows; the share of the limit is a formula."""
    import pandas as pd

    data = pd.DataFrame({"label": kpi.data["label"].tolist()})
    known: Mapping[str, Any] = {name: kpi.data[name].tolist() for name in kpi.data.columns}
    data["value"] = known["value"]
    decimals = max([1] + [int(d) for d in known.get("decimals", []) if not theme.is_missing(d)])
    fields = [Field("label", title="what", kind="text"), Field("value", title="value", decimals=decimals)]
    if any(not theme.is_missing(value) for value in known.get("limit", [])):
        data["limit"] = known["limit"]
        fields.append(Field("limit", title="of", decimals=decimals))
    for name in ("unit", "note"):
        if any(not theme.is_missing(value) and value for value in known.get(name, [])):
            data[name] = ["" if theme.is_missing(value) else value for value in known[name]]
            fields.append(Field(name, title=name, kind="text"))
    block = write_table(sheet, _HEAD, 0, data, fields, formats)
    if "limit" in data:
        column = block.right
        text(sheet, _HEAD, column, "used, %", formats, bold=True, bottom=1, align="right", valign="bottom")
        for row in range(block.rows):
            value, limit = data["value"].iloc[row], data["limit"].iloc[row]
            if not (
                theme.is_missing(value) or theme.is_missing(limit) or not limit or isinstance(value, str)
            ):
                formula = f"=100*{block.cell(row, 'value')}/{block.cell(row, 'limit')}"
                style = formats(num_format="0.0", align="right")
                sheet.write_formula(
                    _HEAD + 1 + row, column, formula, style, 100 * float(value) / float(limit)
                )
    return block


def _message(sheet: Any, message: Message, formats: Formats) -> int:
    """Paragraphs, one a row: the lead in bold, the text beside it."""
    text(sheet, _HEAD, 0, "what", formats, bold=True, bottom=1)
    text(sheet, _HEAD, 1, "in words", formats, bold=True, bottom=1)
    for row, (lead, said) in enumerate(message.items, _HEAD + 1):
        text(sheet, row, 0, lead, formats, bold=True, text_wrap=True)
        text(sheet, row, 1, said, formats, text_wrap=True)
        sheet.set_row(row, 14 * max(lines_in(lead, 44), lines_in(said, 116)) + 2)
    sheet.set_column(0, 0, 44)
    sheet.set_column(1, 1, 110)
    return _HEAD + 1 + len(message.items)
