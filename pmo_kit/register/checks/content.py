"""Rules of content: names, totals, people, formulas; and the rules that reading itself applies."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from pmo_kit.register.checks.registry import Evidence, reading_rule, rule
from pmo_kit.register.findings import Findings

_TOTAL = (
    r"(?i)(?:grand[\s\-]+|sub[\s\-]*|overall[\s\-]+)?totals?\b"
    r"(?:[\s\-:]*(?:all|of all|portfolio|projects?|costs?)?)*"
)
_PEOPLE = ("sponsor", "manager", "owner", "decided_by", "assessor", "evaluator")
_MAIL = r"[\w.+\-]+@[\w\-]+\.[\w.\-]+"
_PERSON = re.compile(
    r"(?:(?:Mr|Mrs|Ms|Dr|Prof|Sir|Dame)\.?\s+)?"
    r"[A-Z][a-zà-ÿ'’\-]+(?:\s+[A-Z]\.?)?\s+[A-Z][a-zA-Zà-ÿ'’\-]+"
)
_OFFICES = re.compile(
    r"(?i)director|manager|officer|lead|head|chief|committee|board|team|office|engineer|owner|council|unit|group|"
    r"department|service|analyst|asset|operations|finance|environment|customer|president|minister|secretary|pmo"
)
_FORMULA = r"^\s*(?:[=@]|[+\-](?=[A-Za-z_]+[(!|]|\d+[+\-*/]))"

reading_rule(4, "number_not_read", "block", "A number, date, year, period or flag cannot be read.")
reading_rule(6, "currency_mixed", "block", "An amount is in another currency than the settings say.")
reading_rule(
    29, "transposed_layout", "warn", "Projects are columns and fields are rows; the sheet was turned."
)
reading_rule(30, "encoding_repaired", "warn", "A file is not UTF-8, or its characters were damaged.")
reading_rule(31, "column_renamed", "info", "A column was read by another name.")
reading_rule(32, "column_not_mapped", "warn", "A column names nothing in the dictionary and was not read.")


@rule(2, "same_name", "warn", "Two projects have the same name and different ids.")
def same_name(evidence: Evidence, findings: Findings) -> None:
    """One project entered twice, or two that nobody can tell apart in a pack."""
    if not evidence.has("projects"):
        return
    intake = evidence.intakes["projects"]
    names = intake.frame["name"].str.casefold().str.replace(r"[^\w]+", " ", regex=True).str.strip()
    ids = intake.frame["project_id"].str.casefold()
    frame = pd.DataFrame({"name": names, "id": ids}).dropna().drop_duplicates()
    twice = frame["name"].duplicated(keep="first")
    first = frame.drop_duplicates("name").reset_index().set_index("name")["index"]
    rows = frame.index[twice]
    owner = intake.frame["project_id"]
    message = [f"The name is also that of {owner[first[frame.at[row, 'name']]]}." for row in rows]
    fix = "Merge the two rows, or give each its own name."
    findings.add_rows(intake, rows.to_numpy(), "warn", "same_name", message, fix, column="name")


@rule(28, "total_as_project", "block", "A row of totals was entered as a project.")
def total_as_project(evidence: Evidence, findings: Findings) -> None:
    """By its name, or because its cost is the sum of all others."""
    if not evidence.has("projects"):
        return
    intake = evidence.intakes["projects"]
    fix = "Delete the row and its rows in the other tables."
    ids, names = intake.frame["project_id"], intake.frame["name"]
    named = ids.str.fullmatch(_TOTAL, na=False) | names.str.fullmatch(_TOTAL, na=False)
    findings.add_rows(
        intake, named, "block", "total_as_project", '"{value}" is a total, not a project.', fix, column="name"
    )
    if not evidence.has("costs"):
        return
    costs = evidence.frame("costs")
    costs = costs[costs["level"].isna() | (costs["level"] == "full")]
    totals = intake.frame["project_id"].map(costs.groupby("project_id")["amount"].sum())
    if (totals > 0).sum() < 5 or named.any():
        return
    rest = totals.sum() - totals
    equal = (totals > 0) & np.isclose(totals, rest, rtol=1e-9)
    text = "Its cost is the sum of all other projects: it looks like a total."
    findings.add_rows(intake, equal, "block", "total_as_project", text, fix, column="project_id")


@rule(35, "personal_data", "info", "Names of people or mail addresses are in the register.")
def personal_data(evidence: Evidence, findings: Findings) -> None:
    """One finding for each column, so that somebody decides before the register is shared."""
    for intake in evidence.intakes.values():
        for column in intake.table:
            if column.type not in ("text", "id", "category") or column.name not in intake.raw:
                continue
            cells = pd.Series(intake.frame[column.name].dropna().unique(), dtype="str")
            found = cells.str.contains(_MAIL, regex=True)
            if column.name in _PEOPLE:
                person = [bool(_PERSON.fullmatch(cell)) and not _OFFICES.search(cell) for cell in cells]
                found |= np.array(person, dtype=bool)
            if found.any():
                findings.add(
                    "info",
                    "personal_data",
                    f"{int(found.sum())} different names or addresses of people are in {column.name}.",
                    "Use roles instead, or run pmo-kit anonymize before sharing.",
                    file=intake.file,
                    sheet=intake.sheet,
                    column=intake.header(column.name, 0),
                    value=f"{int(found.sum())} people",
                )


@rule(36, "formula_in_text", "warn", "A text begins like a formula.")
def formula_in_text(evidence: Evidence, findings: Findings) -> None:
    """A spreadsheet would run it; every file that pmo_kit writes makes it inert."""
    for intake in evidence.intakes.values():
        for column in intake.table:
            if column.type not in ("text", "id", "category") or column.name not in intake.raw:
                continue
            cells = intake.frame[column.name]
            odd = pd.unique(cells.dropna())
            odd = [cell for cell in odd if re.match(_FORMULA, cell)]
            if odd:
                message = "The text begins like a formula; it is shown as text everywhere."
                fix = "Delete the sign in front, unless it is meant."
                findings.add_rows(
                    intake, cells.isin(odd), "warn", "formula_in_text", message, fix, column=column.name
                )
