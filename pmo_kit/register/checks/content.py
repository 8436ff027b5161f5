"""Rules of content: names, totals, people, formulas, signs that nobody sees; and the rules of reading itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from pmo_kit.register.checks.registry import Evidence, Found, reading_rule, rule
from pmo_kit.register.values import ODD_SIGNS, is_total, shown, texts_of

_PEOPLE = ("sponsor", "manager", "owner", "decided_by", "assessor", "evaluator")
_MAIL = re.compile(r"[\w.+\-]+@[\w\-]+\.[\w.\-]+")
_PERSON = re.compile(
    r"(?:(?:Mr|Mrs|Ms|Dr|Prof|Sir|Dame)\.?\s+)?"
    r"[A-Z][a-zà-ÿ'’\-]+(?:\s+[A-Z]\.?)?\s+[A-Z][a-zA-Zà-ÿ'’\-]+"
)
_OFFICES = re.compile(
    r"(?i)director|manager|officer|lead|head|chief|committee|board|team|office|engineer|owner|council|unit|group|"
    r"department|service|analyst|asset|operations|finance|environment|customer|president|minister|secretary|pmo"
)
_FORMULA = re.compile(r"\s*(?:[=@]|[+\-](?=[A-Za-z_]+[(!|]|\d+[+\-*/]))")
_OF_ALL = r"(?i)\b(?:of|all|the|portfolio|projects?|costs?)\b"
_WRITTEN = ("text", "id", "category")

reading_rule(4, "number_not_read", "block", "A number, date, year, period or flag cannot be read.")
reading_rule(6, "currency_mixed", "block", "An amount is in another currency than the settings say.")
reading_rule(
    29, "transposed_layout", "warn", "Projects are columns and fields are rows; the sheet was turned."
)
reading_rule(30, "encoding_repaired", "warn", "A file is not UTF-8, or its characters were damaged.")
reading_rule(31, "column_renamed", "info", "A column was read by another name.")
reading_rule(32, "column_not_mapped", "block", "A column names nothing in the dictionary and was not read.")


@rule(2, "warn", "Two projects have the same name and different ids.", "projects")
def same_name(evidence: Evidence) -> Iterator[Found]:
    """One project entered twice, or two that nobody can tell apart in a pack."""
    projects = evidence.frame("projects")
    names = projects["name"].str.casefold().str.replace(r"[^\w]+", " ", regex=True).str.strip()
    frame = pd.DataFrame({"name": names, "id": projects["project_id"].str.casefold()})
    frame = frame.dropna().drop_duplicates()
    rows = frame.index[frame["name"].duplicated(keep="first")]
    first = frame.drop_duplicates("name").reset_index().set_index("name")["index"]
    twins = projects.loc[first[frame.loc[rows, "name"]], "project_id"]
    words = [f"The name is also that of {one}." for one in twins]
    yield Found("projects", "name", rows.to_numpy(), words, "Merge the two rows, or give each its own name.")


@rule(28, "block", "A row of totals was entered as a project.", "projects")
def total_as_project(evidence: Evidence) -> Iterator[Found]:
    """By its name, or because its cost is the sum of all others."""
    projects = evidence.frame("projects")
    ids, fix = projects["project_id"], "Delete the row and its rows in the other tables."
    names = projects["name"].str.replace(_OF_ALL, " ", regex=True)
    named = np.array([is_total(one) or is_total(name) for one, name in zip(ids, names, strict=True)], bool)
    yield Found("projects", "name", named, '"{value}" is a total, not a project.', fix)
    costs = evidence.frame("costs")
    costs = costs[costs["level"].isna() | (costs["level"] == "full")]
    totals = ids.map(costs.groupby("project_id")["amount"].sum())
    if (totals > 0).sum() >= 5 and not named.any():
        equal = (totals > 0) & np.isclose(totals, totals.sum() - totals, rtol=1e-9)
        text = "Its cost is the sum of all other projects: it looks like a total."
        yield Found("projects", "project_id", equal, text, fix)


@rule(0, "warn", "An id was damaged by a spreadsheet.", "projects")
def id_damaged(evidence: Evidence) -> Iterator[Found]:
    """Long numbers are shown as 1.21E+15: digits are lost, and different projects may have become one."""
    odd = evidence.frame("projects")["project_id"].str.fullmatch(r"\d+(?:[.,]\d+)?[eE]\+?\d+", na=False)
    text = "{value} is a long number that a spreadsheet has cut short."
    yield Found("projects", "project_id", odd, text, "Export the ids as text.")


def _written(evidence: Evidence) -> Iterator[tuple[str, str, pd.Series]]:
    """Tables, columns and cells of everything that is text."""
    for name, intake in evidence.intakes.items():
        for column in intake.table:
            if column.type in _WRITTEN and column.name in intake.raw:
                yield name, column.name, intake.frame[column.name]


@rule(35, "info", "Names of people or mail addresses are in the register.")
def personal_data(evidence: Evidence) -> Iterator[Found]:
    """One finding for each column, so that somebody decides before the register is shared."""
    for name, column, cells in _written(evidence):
        count = 0
        for cell in texts_of(cells):
            person = column in _PEOPLE and _PERSON.fullmatch(cell) and not _OFFICES.search(cell)
            count += bool(person or ("@" in cell and _MAIL.search(cell)))
        if count:
            text = f"{count} different names or addresses of people are in {column}."
            fix = "Use roles instead, or run pmo-kit anonymize before sharing."
            yield Found(name, column, None, text, fix, value=f"{count} people")


@rule(36, "warn", "A text begins like a formula.")
def formula_in_text(evidence: Evidence) -> Iterator[Found]:
    """A spreadsheet would run it; every file that pmo_kit writes makes it inert."""
    for name, column, cells in _written(evidence):
        if odd := [cell for cell in texts_of(cells) if _FORMULA.match(cell)]:
            text = "The text begins like a formula; it is shown as text everywhere."
            yield Found(name, column, cells.isin(odd), text, "Delete the sign in front, unless it is meant.")


@rule(0, "block", "A cell holds control characters, or characters that nobody can see.")
def signs_unseen(evidence: Evidence) -> Iterator[Found]:
    """No sheet shows them: they are left out of texts, so that these can be printed and compared; no number has any."""
    for name, intake in evidence.intakes.items():
        for column in filter(intake.table.__contains__, intake.raw):
            cells = intake.raw[column]
            odd = [
                one for one in texts_of(cells) if not (one.isascii() and one.isprintable()) or "_x00" in one
            ]
            signs = {one: found for one in odd if (found := ODD_SIGNS.findall(one.strip()))}
            hard = [one for one, found in signs.items() if any(sign < " " or len(sign) > 1 for sign in found)]
            hard = [] if intake.table[column].type in (*_WRITTEN, "value") else hard
            for severity, some, end in (
                ("block", hard, "they cannot be in a number or a date."),
                ("warn", [one for one in signs if one not in hard], "they were left out."),
            ):
                if some:
                    mask = cells.isin(some)
                    words = [_unseen(one, signs[one], end) for one in cells[mask]]
                    yield Found(name, column, mask, words, "Type the cell again.", severity)


def _unseen(text: str, signs: list[str], end: str) -> str:
    """A cell with its unseen signs shown as points, and named."""
    codes = " ".join(dict.fromkeys(f"U+{ord(sign[0]):04X}" for sign in signs))
    return f'"{shown(ODD_SIGNS.sub("·", text))}" holds characters that cannot be seen ({codes}); {end}'
