"""The register: validated tables, and nothing else."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd

from pmo_kit.doors import known
from pmo_kit.errors import DataError, InputError
from pmo_kit.facts import number
from pmo_kit.register.assembly import Assembled, assemble, complete_tables
from pmo_kit.register.findings import COLUMNS, Findings, raise_blocks
from pmo_kit.register.intake import Intake, empty_table
from pmo_kit.register.schema import Schema, load_schema
from pmo_kit.register.settings import Settings
from pmo_kit.register.sheets import sheet_of_frame


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
    _intakes: dict[str, Intake]
    _fingerprint: str | None
    _waivers: pd.DataFrame

    def __init__(
        self, *, settings: pd.DataFrame | Mapping[str, Any] | Settings | None = None, **tables: pd.DataFrame
    ) -> None:
        _admit(tables)
        findings = Findings()
        sheets = {name: sheet_of_frame(name, frame) for name, frame in tables.items()}
        if settings is not None:
            sheets["settings"] = sheet_of_frame("settings", _settings_frame(settings))
        assembled = assemble(dict(sheets), findings, name="register")
        raise_blocks(findings)
        self._fill(assembled, findings)

    @classmethod
    def of_assembled(
        cls, assembled: Assembled, findings: Findings, waivers: pd.DataFrame | None = None
    ) -> Register:
        """A register from tables that were read and checked already."""
        register = object.__new__(cls)
        register._fill(assembled, findings)
        if waivers is not None:
            register._waivers = waivers
        return register

    def _fill(self, assembled: Assembled, findings: Findings) -> None:
        self._tables = {
            name: frame.set_index("project_id") if name == "projects" else frame
            for name, frame in assembled.tables.items()
        }
        self._settings = assembled.settings
        self._intakes = assembled.intakes
        self._findings = findings.frame()
        self._waivers = pd.DataFrame(columns=["rule", "who", "when", "why", "until", "count"])
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
        message = f"The table {name} is needed here and the register has none."
        fix = f"Add {name}.csv, or a sheet {name}, {table.rows} a row, with the columns {', '.join(columns)}."
        error = Findings().refused("table_missing", message, fix, sheet=name)
        raise DataError(f"{message} {fix}", error.findings)

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
                    default = Settings()
                    said = [
                        str(getattr(default, key, "")) != value
                        for key, value in zip(frame["key"], frame["value"], strict=True)
                    ]
                    frame = frame[said]
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
        """
        schema = _admit(tables)
        register = object.__new__(type(self))
        merged = dict(self._tables)
        for name, frame in tables.items():
            columns = [column.name for column in schema[name]]
            if name == "projects":
                frame = frame if frame.index.name == "project_id" else frame.set_index("project_id")
                columns.remove("project_id")
            merged[name] = frame.reindex(columns=columns)
        if "projects" in tables and "levels" not in tables:
            levels = merged["levels"]
            mine = levels["project_id"].isin(merged["projects"].index)
            merged["levels"] = levels[mine].reset_index(drop=True)
        register._tables = complete_tables(merged)
        register._settings = self._settings
        if "settings" in tables:
            given = dict(zip(merged["settings"]["key"], merged["settings"]["value"], strict=True))
            register._settings = Register(
                settings=given, projects=self.projects.reset_index(), costs=self.costs
            ).settings
        register._findings = self._findings
        register._waivers = self._waivers
        register._intakes = self._intakes
        register._fingerprint = None
        return register

    @property
    def summary(self) -> str:
        """One sentence that a committee can read."""
        projects, costs = self.projects, self.costs
        full = costs[costs["level"].isna() | (costs["level"] == "full")]
        years = costs["year"].dropna()
        several = len(years) > 0 and years.min() < years.max()
        span = f"{years.min()} to {years.max()}" if several else f"{years.max()}"
        text = f"{self.settings.name}: {len(projects)} projects in {projects['area'].nunique()} areas"
        if len(years):
            text += f", {number(full['amount'].sum())} of cost in {span} ({self.settings.unit})"
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
        return (
            f"{head}<table><thead><tr><th>table</th><th>rows</th></tr></thead><tbody>{rows}</tbody></table>"
        )


def _settings_frame(settings: pd.DataFrame | Mapping[str, Any] | Settings) -> pd.DataFrame:
    """Settings in any form as a table with the columns key and value."""
    if isinstance(settings, pd.DataFrame):
        return settings
    if isinstance(settings, Settings):
        settings = {field.name: getattr(settings, field.name) for field in fields(settings)}
    if not isinstance(settings, Mapping):
        raise InputError(f"settings is {settings!r}: it is a mapping such as {{'currency': 'EUR'}}.")
    filled = {key: value for key, value in settings.items() if value is not None and str(value) != ""}
    return pd.DataFrame(
        {"key": list(filled), "value": [str(value) for value in filled.values()]}, dtype="str"
    )


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
