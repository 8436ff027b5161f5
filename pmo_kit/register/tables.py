"""Sheets to one Register: settings first, then each table, levels completed, all rules run; then it only holds them."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from pmo_kit.doors import known
from pmo_kit.errors import DataError, InputError
from pmo_kit.facts import number
from pmo_kit.register import values
from pmo_kit.register.checks.registry import Evidence, Previous, run_checks
from pmo_kit.register.findings import COLUMNS, Findings, Intake, apply_waivers, empty_table, raise_blocks
from pmo_kit.register.layout import find_wide_form
from pmo_kit.register.levels import at_largest, complete_tables, derive_levels
from pmo_kit.register.schema import Schema, load_schema
from pmo_kit.register.settings import Settings, read_settings, settings_frame
from pmo_kit.register.shaping import Elsewhere, list_unmapped, match_columns, shape_table, without_formulas
from pmo_kit.register.sheets import Body, body_of_frame

_NOTES = {"meaning", "note", "notes", "comment", "unit", "example"}
_A_NUMBER = re.compile(r"\D{0,6}\d[\d.,'’ ]*\D{0,12}")


@dataclass(frozen=True, eq=False)
class Assembled:
    """What a register is made of, before it is one."""

    tables: dict[str, pd.DataFrame]
    settings: Settings
    intakes: dict[str, Intake]


def assemble(
    found: Mapping[str, Body | None],
    findings: Findings,
    *,
    name: str,
    previous: Previous | None = None,
    today: date | None = None,
    account: Callable[[dict[str, Intake], Findings], Mapping[str, Body]] | None = None,
) -> Assembled:
    """Type, complete and check the tables of a register; findings collect everything.

    Parameters
    ----------
    found : mapping of str to Body or None
        Tables; None where there is a sheet for one, and no header in it.
    findings : Findings
        Collects; nothing is raised here.
    name : str
        Of the register, where the settings do not name it.
    previous : Previous or None
        For rules that compare with the last committee.
    today : date or None
        For ages; `as_of` when None.
    account : callable or None
        Makes the tables that say what is left of the source from those that are read.
    """
    schema = load_schema()
    bodies = {title: body for title, body in found.items() if body is not None}
    if "costs" not in found and "projects" in bodies:
        bodies |= _split_off_costs(bodies["projects"], findings)
    settings, canonical, places = _settings(bodies.get("settings"), findings, name)
    intakes: dict[str, Intake] = {}
    elsewhere = _proof_of(bodies)

    def shape(some: Mapping[str, Body]) -> None:
        for table in (table for table in schema.tables.values() if table.name in some and table.name != "settings"):
            known = frozenset[str]()
            if "criterion" in table and "criteria" in intakes:
                known = frozenset(intakes["criteria"].frame["criterion"].dropna())
            intakes[table.name] = shape_table(some[table.name], table, findings, settings, elsewhere, known)

    shape(bodies)
    shape(account(intakes, findings) if account else {})
    for table in (table for table in schema if table.required):
        absent, title = _absent(table.name, intakes), table.name
        if absent:
            findings.tell("table_absent", table=title, why=absent, sheet=title)
        elif title not in (*found, *bodies):
            columns = ", ".join(column.name for column in table if column.required)
            findings.tell("table_missing", table=title, columns=columns, file=name)
        elif title in intakes and not len(intakes[title].frame):
            findings.tell("table_missing rows", table=title, file=name)
    _restore_codes(intakes)
    derive_levels(intakes, findings)
    settings = _with_first_year(settings, intakes)
    run_checks(Evidence(intakes, settings, previous, today, places), findings)
    tables = {title: intake.frame for title, intake in intakes.items()}
    if len(canonical):
        tables["settings"] = canonical
    return Assembled(complete_tables(tables), settings, intakes)


def _split_off_costs(body: Body, findings: Findings) -> dict[str, Body]:
    """Where there is no sheet of costs, the columns of years in the sheet of projects are the costs."""
    schema = load_schema()
    matched, rest = match_columns(body, schema["projects"], Findings())
    place = matched.get("project_id")
    wide, years = find_wide_form(schema["costs"], {}, body.headers, rest, frozenset())
    if place is None or wide is None:
        return {}
    value = ", ".join(body.headers[one] for one in years)
    findings.tell("costs_beside_projects", count=len(years), at=body, value=value)
    others = [one for one in range(len(body.headers)) if one not in years and one not in rest]
    return {"projects": _columns_of(body, others), "costs": _columns_of(body, [place, *rest])}


def _columns_of(body: Body, places: list[int]) -> Body:
    """Some columns of a body."""
    cells = body.cells.iloc[:, places].set_axis(range(len(places)), axis=1)
    labels = None if body.labels is None else [body.label(place) for place in places]
    headers = [body.headers[place] for place in places]
    return replace(body, headers=headers, cells=cells, labels=labels, beside=True)


def _absent(table: str, intakes: Mapping[str, Intake]) -> str:
    """Why a source has no rows for a table at all, as its mapping says; empty where it does not say."""
    if "left_out" not in intakes:
        return ""
    frame = intakes["left_out"].frame
    said = frame.loc[(frame["table"] == table) & frame["row"].isna() & frame["column"].isna(), "reason"]
    return str(said.iloc[0]).removeprefix("? ") if len(said) else ""


def _settings(
    body: Body | None, findings: Findings, name: str
) -> tuple[Settings, pd.DataFrame, dict[str, dict[str, Any]]]:
    """Read the settings, or say that there are none; and where each of them is written."""
    table = load_schema()["settings"]
    nothing = body_of_frame("settings", pd.DataFrame({"key": [], "value": []}), "settings")
    body = body or nothing
    matched, rest = match_columns(body, table, Findings())
    rest = [place for place in rest if values.folded(body.headers[place]) not in _NOTES]
    list_unmapped(body, rest, table, findings, matched)
    body = without_formulas(body, list(matched.values()), findings)
    both = [matched[one] for one in ("key", "value") if one in matched]
    lines = _columns_of(body, both) if len(both) > 1 else replace(nothing, raw=body.raw)
    return read_settings(lines, findings, name=name)


def _proof_of(bodies: Mapping[str, Body]) -> Elsewhere:
    """How the register is written, as all sheets together prove; asked only where needed."""

    @cache
    def elsewhere(kind: str) -> bool | None:
        first = second = False
        for body in bodies.values():
            for place in body.cells:
                texts = values.texts_of(body.cells[place])
                dates = set(filter(values.SLASHED.fullmatch, texts))
                numbers = filter(_A_NUMBER.fullmatch, texts - dates)
                found = values.order_evidence(dates) if kind == "date" else values.decimal_evidence(numbers)
                first, second = first or found[0], second or found[1]
        return second if first != second else None

    return elsewhere


def _with_first_year(settings: Settings, intakes: Mapping[str, Intake]) -> Settings:
    """`discount_to` is the first cost year where the settings do not say."""
    if settings.discount_to is not None or "costs" not in intakes:
        return settings
    costs = intakes["costs"].frame
    years = costs.loc[~costs["state"].eq("actual").fillna(False), "year"].dropna()
    return replace(settings, discount_to=int(years.min())) if len(years) else settings


def _restore_codes(intakes: Mapping[str, Intake]) -> None:
    """A text that usually says "not available" is a value where its own table lists it: the area NA."""

    @cache
    def of(table: str, name: str) -> set[str]:
        listed = intakes[table].frame[name].dropna().tolist() if table in intakes else ()
        return set(filter(values.MISSING.fullmatch, listed))

    for intake in intakes.values():
        for column in intake.table:
            codes = set().union(*(of(*ref) for ref in column.refs))
            if codes and column.name in intake.raw:
                text = values.clean_text(intake.raw[column.name])
                read = intake.frame[column.name]
                intake.frame[column.name] = read.mask(read.isna() & text.isin(codes), text)


class Register:
    """The tables of a portfolio, validated: types, keys, ranges and references hold.

    Parameters
    ----------
    settings : DataFrame, mapping, Settings or None
        What all figures share; a table has the columns key and value.
    **tables : DataFrame
        Tables of the schema by name; `projects` and `costs` are needed. Wide forms are accepted.

    Raises
    ------
    DataError
        With every problem at once, when at least one of them blocks.

    Examples
    --------
    >>> register = Register(
    ...     settings={"currency": "EUR", "money_unit": "million", "price_basis": "nominal"},
    ...     projects=pd.DataFrame({"project_id": ["P01"], "name": ["Pipes"], "area": ["Networks"]}),
    ...     costs=pd.DataFrame({"project_id": ["P01"], "2027": [3.5], "2028": [1.5]}),
    ... )
    >>> register.costs[["project_id", "level", "year", "amount"]].values.tolist()
    [['P01', 'full', 2027, 3.5], ['P01', 'full', 2028, 1.5]]
    >>> register.has("scores"), register.settings.unit
    (False, 'EUR million, nominal')
    """

    _tables: dict[str, pd.DataFrame]
    _settings: Settings
    _findings: pd.DataFrame
    _fingerprint: str | None
    _waivers: pd.DataFrame

    def __init__(
        self, *, settings: pd.DataFrame | Mapping[str, Any] | Settings | None = None, **tables: pd.DataFrame
    ) -> None:
        _admit(tables)
        findings = Findings()
        if settings is not None:
            tables = {**tables, "settings": settings_frame(settings)}
        bodies = {name: body_of_frame(name, frame, name) for name, frame in tables.items()}
        assembled = assemble(bodies, findings, name="register")
        raise_blocks(findings)
        self._fill(assembled, findings)

    @classmethod
    def of_assembled(cls, assembled: Assembled, findings: Findings, waivers: pd.DataFrame | None = None) -> Register:
        """A register from tables that were read and checked already."""
        register = object.__new__(cls)
        register._fill(assembled, findings, waivers)
        return register

    def _fill(self, assembled: Assembled, findings: Findings, waivers: pd.DataFrame | None = None) -> None:
        self._tables = {
            name: frame.set_index("project_id") if name == "projects" else frame
            for name, frame in assembled.tables.items()
        }
        self._settings = assembled.settings
        self._findings = findings.frame()
        self._waivers = apply_waivers(findings, (), None, "") if waivers is None else waivers
        self._fingerprint = None

    def table(self, name: str) -> pd.DataFrame:
        """A table by name; an empty one with the columns of the schema where it is absent.

        Parameters
        ----------
        name : str
            A table of the schema.

        Returns
        -------
        DataFrame
            `projects` is indexed by project_id; all others have a plain index. A copy.

        Raises
        ------
        InputError
            When the schema has no such table; the one that was meant is named.
        """
        if name in self._tables:
            return self._tables[name].copy(deep=False)
        known([name], load_schema().tables, "table")
        frame = empty_table(load_schema()[name])
        return frame.set_index("project_id") if name == "projects" else frame

    def has(self, name: str) -> bool:
        """True when the table is present and has rows."""
        return name in self._tables and len(self._tables[name]) > 0

    def need(self, name: str) -> pd.DataFrame:
        """The table, or the error that says what to put where.

        Raises
        ------
        DataError
            When the table is absent or empty.
        """
        found = self.table(name)
        if self.has(name):
            return found
        table = load_schema()[name]
        columns = [column.name for column in table if column.required]
        said = {"table": name, "rows": table.rows, "columns": ", ".join(columns)}
        refused = Findings().refused("table_missing needed", sheet=name, **said)
        raise DataError(" ".join(refused.findings.loc[0, ["message", "fix"]]), refused.findings)

    @property
    def projects(self) -> pd.DataFrame:
        """The projects, indexed by project_id."""
        return self.table("projects")

    @property
    def costs(self) -> pd.DataFrame:
        """The costs by project, level, year and kind."""
        return self.table("costs")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the tables that are present, in the order of the workbook."""
        return tuple(table.name for table in load_schema() if self.has(table.name))

    @property
    def settings(self) -> Settings:
        """Currency, unit, prices, dates and discounting of all figures."""
        return self._settings

    @property
    def findings(self) -> pd.DataFrame:
        """What was found while reading: warnings and information (blocks raise), one row each."""
        return self._findings[list(COLUMNS)].copy(deep=False)

    @property
    def waivers(self) -> pd.DataFrame:
        """Findings that somebody accepted: rule, who, when, why, until, count."""
        return self._waivers.copy(deep=False)

    @property
    def concerned(self) -> pd.Series:
        """Project of each row of `findings`, empty where a finding is about none."""
        return self._findings["project_id"].copy(deep=False)

    def warnings_by_project(self) -> pd.Series:
        """How many different rules with warnings each project trips; projects without any are left out."""
        warns = self._findings[(self._findings["severity"] == "warn") & (self._findings["project_id"] != "")]
        return warns.groupby("project_id")["rule"].nunique()

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the content, whatever the order of rows, columns and files, from CSV or workbook."""
        if self._fingerprint is None:
            digest = hashlib.sha256()
            for name in sorted(self._tables):
                frame = self._tables[name]
                if name == "settings":  # a default that is written down says nothing new
                    default = [str(getattr(Settings(), key, "")) for key in frame["key"]]
                    frame = frame[frame["value"].to_numpy(object) != np.array(default, dtype=object)]
                lines = _canonical_lines(frame)
                if lines:
                    digest.update(f"\x1d{name}\x1d".encode())
                    digest.update("\x1e".join(lines).encode())
            self._fingerprint = digest.hexdigest()
        return self._fingerprint

    def replace(self, **tables: pd.DataFrame) -> Register:
        """A new register with some tables replaced.

        Parameters
        ----------
        **tables : DataFrame
            Frames in the form that `table` returns; they are not read or checked again.

        Returns
        -------
        Register
            With the same settings and findings.

        Raises
        ------
        InputError
            A project has no name or no area.
        """
        schema = _admit(tables)
        register, merged = copy(self), dict(self._tables)
        for name, frame in tables.items():
            columns = [column.name for column in schema[name]]
            if name == "projects":
                frame = frame if frame.index.name == "project_id" else frame.set_index("project_id")
                columns.remove("project_id")
                if frame.reindex(columns=["name", "area"]).isna().any(axis=None):
                    raise InputError("The table projects has a row without a name or an area: each project needs both.")
            merged[name] = frame.reindex(columns=columns)
        if "projects" in tables and "levels" not in tables:
            levels = merged["levels"]
            mine = levels["project_id"].isin(merged["projects"].index)
            merged["levels"] = levels[mine].reset_index(drop=True)
        register._tables, register._fingerprint = complete_tables(merged), None
        if "settings" in tables:
            tables = {"projects": self.projects.reset_index(), "costs": self.costs}
            register._settings = Register(settings=merged["settings"], **tables).settings
        return register

    @property
    def summary(self) -> str:
        """One sentence that a committee can read."""
        projects, costs = self.projects, self.costs
        years = costs["year"].dropna()
        several = len(years) > 0 and years.min() < years.max()
        span = f"{years.min()} to {years.max()}" if several else f"{years.max()}"
        text = f"{self.settings.name}: {len(projects)} projects in {projects['area'].nunique()} areas"
        if len(years):
            text += f", {number(at_largest(costs).sum())} of cost in {span} ({self.settings.unit})"
        warns = int((self._findings["severity"] == "warn").sum())
        return f"{text}; {warns} {'warning' if warns == 1 else 'warnings'} on the data."

    def __repr__(self) -> str:
        return f"<Register {self.summary}>"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{name}</td><td style='text-align:right'>{number(len(self._tables[name]), 0)}</td></tr>"
            for name in self.names
        )
        head = f"<p><b>{html.escape(self.summary)}</b></p>"
        return f"{head}<table><thead><tr><th>table</th><th>rows</th></tr></thead><tbody>{rows}</tbody></table>"


def _canonical_lines(frame: pd.DataFrame) -> list[str]:
    """Rows as sorted text: columns by name, empty columns left out, numbers to 12 significant digits."""
    if frame.index.name is not None:
        frame = frame.reset_index()
    names = sorted(name for name in frame.columns if frame[name].notna().any())
    texts = []
    for name in names:
        column = frame[name]
        if pd.api.types.is_float_dtype(column):
            cells = [format(value, ".12g") for value in column.to_numpy(dtype=float, na_value=np.nan)]
        elif pd.api.types.is_datetime64_any_dtype(column):
            cells = column.dt.strftime("%Y-%m-%d").astype("str").fillna("").tolist()
        else:
            cells = column.astype("str").fillna("").tolist()
        texts.append([f"{name}\x1f{cell}" for cell in cells])
    return sorted(map("\x1f".join, zip(*texts, strict=True))) if texts else []


def _admit(tables: Mapping[str, object]) -> Schema:
    """Refuse what is no table of a register, or no DataFrame."""
    schema = load_schema()
    known(tables, [table.name for table in schema], "table")
    for name, frame in tables.items():
        if not isinstance(frame, pd.DataFrame):
            raise InputError(f"The table {name} is of type {type(frame).__name__}: it must be a DataFrame.")
    return schema
