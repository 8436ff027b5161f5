"""Sheets to one set of tables: settings first, then each table, levels completed, all rules run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from pmo_kit.register.checks.registry import Evidence, Previous, run_checks
from pmo_kit.register.findings import Findings
from pmo_kit.register.intake import Intake, empty_table
from pmo_kit.register.layout import find_body, find_wide_form
from pmo_kit.register.schema import load_schema
from pmo_kit.register.settings import Settings, read_settings
from pmo_kit.register.shaping import Style, list_unmapped, match_columns, shape_table, without_formulas
from pmo_kit.register.sheets import Body, RawSheet
from pmo_kit.register.values import (
    MISSING,
    ODD_SIGNS,
    SLASHED,
    clean_text,
    decimal_evidence,
    folded,
    order_evidence,
    texts_of,
)

_NOTES = {"meaning", "note", "notes", "comment", "unit", "example"}
_A_DATE = re.compile(SLASHED)
_A_NUMBER = re.compile(r"\D{0,6}\d[\d.,'’ ]*\D{0,12}")
_LEVELED = ("costs", "benefits", "resources")


@dataclass(frozen=True, eq=False)
class Assembled:
    """What a register is made of, before it is one."""

    tables: dict[str, pd.DataFrame]
    settings: Settings
    intakes: dict[str, Intake]


def assemble(
    sheets: Mapping[str, tuple[RawSheet, list[str] | None]],
    findings: Findings,
    *,
    name: str,
    previous: Previous | None = None,
    today: date | None = None,
) -> Assembled:
    """Type, complete and check the tables of a register; findings collect everything.

    Parameters
    ----------
    sheets : mapping
        Table -> sheet and its headers (None: the header is looked for in the sheet).
    findings : Findings
        Collects; nothing is raised here.
    name : str
        Of the register, where the settings do not name it.
    previous : Previous or None
        For rules that compare with the last committee.
    today : date or None
        For ages; `as_of` when None.
    """
    schema = load_schema()
    bodies: dict[str, Body] = {}
    for title, (raw, headers) in sheets.items():
        given = None if headers is None else Body(raw, headers, raw.cells, raw.rows, raw.labels, raw.around)
        body = given or find_body(raw, schema[title], findings)
        if body is not None:
            bodies[title] = body
    sheets = _split_off_costs(dict(sheets), bodies, findings)
    settings, canonical, places = _settings(bodies.get("settings"), findings, name)
    intakes: dict[str, Intake] = {}
    style = _style(settings, bodies)
    for table in schema.tables.values():
        if table.name == "settings" or table.name not in bodies:
            continue
        known = frozenset[str]()
        if "criterion" in table and "criteria" in intakes:
            known = frozenset(intakes["criteria"].frame["criterion"].dropna())
        intakes[table.name] = shape_table(bodies[table.name], table, findings, settings, style, known)
    for table in schema.tables.values():
        absent, words = _absent(table.name, intakes), f"The table {table.name}"
        if table.required and absent:
            findings.add("warn", "table_absent", f"{words} is empty: {absent}.", sheet=table.name)
        elif table.required and table.name not in sheets:
            columns = ", ".join(column.name for column in table if column.required)
            fix = f"Add a sheet or a file {table.name} with the columns {columns}."
            findings.add("block", "table_missing", f"{words} is missing.", fix, file=name)
        elif table.required and table.name in intakes and not len(intakes[table.name].frame):
            findings.add("block", "table_missing", f"{words} has no rows.", "Fill it in.", file=name)
    _restore_codes(intakes)
    _derive_levels(intakes, findings)
    settings = _with_first_year(settings, {name: intake.frame for name, intake in intakes.items()})
    run_checks(Evidence(intakes, settings, schema, previous, today, places), findings)
    tables = {title: intake.frame for title, intake in intakes.items()}
    if len(canonical):
        tables["settings"] = canonical
    return Assembled(complete_tables(tables), settings, intakes)


def _split_off_costs(
    sheets: dict[str, tuple[RawSheet, list[str] | None]], bodies: dict[str, Body], findings: Findings
) -> dict[str, tuple[RawSheet, list[str] | None]]:
    """Where there is no sheet of costs, the columns of years in the sheet of projects are the costs."""
    if "costs" in sheets or "projects" not in bodies:
        return sheets
    schema, body = load_schema(), bodies["projects"]
    matched, rest = match_columns(body, schema["projects"], Findings())
    place = matched.get("project_id")
    wide, years = find_wide_form(schema["costs"], {}, body.headers, rest, frozenset())
    if place is None or wide is None:
        return sheets
    text = f"There is no table costs; {len(years)} columns of years beside the projects were read as costs."
    value = ", ".join(body.headers[one] for one in years)
    findings.add("info", "costs_beside_projects", text, at=body, value=value)
    others = [one for one in range(len(body.headers)) if one not in years and one not in rest]
    bodies["projects"] = _columns_of(body, others)
    bodies["costs"] = _columns_of(body, [place, *rest])
    return {**sheets, "costs": (body.raw, None)}


def _columns_of(body: Body, places: list[int]) -> Body:
    """Some columns of a body."""
    cells = body.cells.iloc[:, places].set_axis(range(len(places)), axis=1)
    labels = None if body.labels is None else [body.label(place) for place in places]
    headers = [body.headers[place] for place in places]
    return Body(body.raw, headers, cells, body.rows, labels, body.around, beside=True)


def _absent(table: str, intakes: Mapping[str, Intake]) -> str:
    """Why a source has no rows for a table at all, as its mapping says; empty where it does not say."""
    if "left_out" not in intakes:
        return ""
    frame = intakes["left_out"].frame
    said = frame.loc[(frame["table"] == table) & frame["row"].isna(), "reason"]
    return str(said.iloc[0]) if len(said) else ""


def _settings(
    body: Body | None, findings: Findings, name: str
) -> tuple[Settings, pd.DataFrame, dict[str, dict[str, Any]]]:
    """Read the settings, or say that there are none; and where each of them is written."""
    table = load_schema()["settings"]
    frame, rows = pd.DataFrame({"key": [], "value": []}), []
    if body is not None:
        matched, rest = match_columns(body, table, Findings())
        rest = [place for place in rest if folded(body.headers[place]) not in _NOTES]
        list_unmapped(body, rest, table, findings, matched)
        body = without_formulas(body, list(matched.values()), findings)
        if "key" in matched and "value" in matched:
            frame = pd.DataFrame({key: clean_text(body.cells[matched[key]]) for key in ("key", "value")})
            rows = [int(row) for row in body.rows]
            for row, cells in zip(
                rows, body.cells[[matched["key"], matched["value"]]].to_numpy(), strict=True
            ):
                if signs := {sign for cell in cells for sign in ODD_SIGNS.findall(str(cell).strip())}:
                    severity = "block" if min(signs) < " " else "warn"
                    words = "The line holds characters that cannot be seen."
                    findings.add(severity, "signs_unseen", words, "Type it again.", at=body.raw, row=row)
    return read_settings(frame, findings, name=name, rows=rows, raw=None if body is None else body.raw)


def _style(settings: Settings, bodies: Mapping[str, Body]) -> Style:
    """How the register is written: as the settings say, else as all sheets together prove (asked only where needed)."""

    @cache
    def elsewhere(kind: str) -> bool | None:
        first = second = False
        for body in bodies.values():
            for place in body.cells:
                texts = texts_of(body.cells[place])
                dates = set(filter(_A_DATE.fullmatch, texts))
                numbers = filter(_A_NUMBER.fullmatch, texts - dates)
                found = order_evidence(dates) if kind == "date" else decimal_evidence(numbers)
                first, second = first or found[0], second or found[1]
        return second if first != second else None

    decimal = {"point": False, "comma": True}.get(settings.decimal)
    order = {"day_first": False, "month_first": True}.get(settings.date_order)
    return Style(decimal, order, elsewhere=elsewhere)


def _with_first_year(settings: Settings, tables: Mapping[str, pd.DataFrame]) -> Settings:
    """`discount_to` is the first cost year where the settings do not say."""
    if settings.discount_to is not None or "costs" not in tables:
        return settings
    costs = tables["costs"]
    years = costs.loc[~costs["state"].eq("actual").fillna(False), "year"].dropna()
    return replace(settings, discount_to=int(years.min())) if len(years) else settings


def _restore_codes(intakes: Mapping[str, Intake]) -> None:
    """A text that usually says "not available" is a value where its own table lists it: the area NA."""
    for intake in intakes.values():
        for column in intake.table:
            known: set[str] = set()
            for table, name in column.refs:
                known |= set(intakes[table].frame[name].dropna()) if table in intakes else set()
            codes = [one for one in known if MISSING.fullmatch(one)]
            if codes and column.name in intake.raw:
                text = clean_text(intake.raw[column.name])
                values = intake.frame[column.name]
                intake.frame[column.name] = values.mask(values.isna() & text.isin(codes), text)


def _derive_levels(intakes: dict[str, Intake], findings: Findings) -> None:
    """Without a table of levels, the levels are those that costs and benefits name."""
    if "levels" in intakes and len(intakes["levels"].frame):
        return
    pairs = [intakes[name].frame[["project_id", "level"]] for name in _LEVELED if name in intakes]
    named = pd.concat([pd.DataFrame(columns=["project_id", "level"], dtype="str"), *pairs])
    named = named.dropna().drop_duplicates()
    several = named.loc[named["level"] != "full", "project_id"].unique()
    if not len(several):
        return
    table = load_schema()["levels"]
    frame = named[named["project_id"].isin(several)].reset_index(drop=True)
    frame = frame.reindex(columns=list(table.columns)).astype("str")
    raw = {name: frame[name] for name in ("project_id", "level")}
    intakes["levels"] = Intake(table, "", "levels", frame, raw, np.arange(1, len(frame) + 1))
    text = f"There is no table levels; {len(several)} projects have the levels that their rows name."
    findings.add("info", "levels_derived", text, sheet="levels", value=", ".join(several[:20]))


def complete_tables(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Fill what follows from the rest: one level full for each project without levels."""
    tables = dict(tables)
    if "projects" not in tables:
        return tables
    projects = tables["projects"]
    ids = projects["project_id"] if "project_id" in projects else projects.index.to_series()
    levels = tables.get("levels", empty_table(load_schema()["levels"]))
    with_levels = set(levels["project_id"].dropna())
    several = set(levels.loc[levels["level"] != "full", "project_id"])
    for name in _LEVELED:
        if name in tables:
            frame = tables[name]
            fill = frame["level"].isna() & ~frame["project_id"].isin(several)
            if fill.any():
                tables[name] = frame.assign(level=frame["level"].mask(fill, "full"))
    lone = ids[~ids.isin(with_levels)].dropna()
    added = pd.DataFrame({"project_id": lone.to_numpy(), "level": "full", "label": ""}).astype("str")
    order = {project: place for place, project in enumerate(ids)}
    both = pd.concat([levels.assign(label=levels["label"].fillna("")), added], ignore_index=True)
    place = both["project_id"].map(order)
    tables["levels"] = both.loc[place.sort_values(kind="stable").index].reset_index(drop=True)
    return tables
