"""How far the figures can be trusted: grades, findings, what is missing and why, what was waived."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from pmo_kit import overview
from pmo_kit.exhibits import Exhibit, Field, Message, Table
from pmo_kit.exhibits.theme import format_number
from pmo_kit.figures.captions import count, listed, money, sentence, shortened, unit_line
from pmo_kit.figures.figure import figure
from pmo_kit.register import Register
from pmo_kit.register.checks.provenance import accounts
from pmo_kit.register.report import LETTERS, Grades

ROWS = 15
SEVERITY = {"block": "must be fixed", "warn": "doubtful", "waived": "accepted", "info": "note"}


@figure("data_quality.known", source="all sheets")
def known(register: Register) -> Message:
    """Return how far the figures can be trusted: what is missing, how old they are, what is doubtful."""
    findings = register.findings["severity"].value_counts()
    warnings, notes = int(findings.get("warn", 0)), int(findings.get("info", 0))
    told = accounts(register.table("sources"))
    items = [("From the source:", told.sentence)] if told is not None else []
    if told is not None and told.accepted and told.share:
        items.append(("Accepted:", f"{told.accepted}."))
    items += [
        (
            "Data findings:",
            f"{count(warnings) if warnings else 'none'} to look at and {count(notes, 'note')}; nothing was repaired.",
        )
    ]
    if register.has("baselines"):
        base = register.table("baselines").pivot_table(
            index="project_id", columns="quantity", values="baseline"
        )
        missing = len(register.projects) - base.reindex(register.projects.index).notna().sum()
        named = [
            f"{name.replace('_', ' ')} of {count(int(number), 'project')}" for name, number in missing.items()
        ]
        items.append(("Not stated:", f"{listed(named)}."))
    age = overview.freshness(register).median()
    if age == age:
        items.append(("Age:", f"half of the statuses are at most {format_number(age, 0)} days old."))
    return Message(
        title="How well we know it",
        items=tuple(items),
        unit_line=unit_line(register, "Data quality", ""),
    )


@figure("data_quality.findings", source="all sheets")
def findings(register: Register) -> Exhibit:
    """Return what is doubtful or missing in the register: where, of whom, and how to mend it; the most money first."""
    table = overview.findings_by_rule(register)
    counts = register.findings["severity"].value_counts()
    warnings, notes = int(counts.get("warn", 0)), int(counts.get("info", 0))
    names = register.projects["name"].to_dict()
    shown = table.assign(severity=lambda rows: rows["severity"].map(SEVERITY))
    shown["where"] = [_where(row) for row in shown.itertuples()]
    shown["who"] = [shortened([names[one] for one in who]) if who else "–" for who in shown["projects"]]
    shown["message"] = [_named(f"{row.message} {row.fix}".strip(), names) for row in shown.itertuples()]
    shown["behind"] = [money(amount) if amount else "–" for amount in shown["money"]]
    shown = shown.drop(columns=["rows", "projects"])
    age = overview.freshness(register).median()
    fresh = (
        f"half of the statuses are at most {format_number(age, 0)} days old"
        if age == age
        else "no status is dated"
    )
    title = f"{sentence(count(warnings, 'finding'))} to look at, {count(notes, 'note')}; nothing was repaired"
    if table.empty:
        line = f"No data-quality findings; {fresh}."
        return Message(
            title=line,
            items=(("", line),),
        )
    return Table(
        data=shown,
        first=ROWS,
        columns=(
            Field("severity", "", kind="text"),
            Field("where", "where", kind="text"),
            Field("who", "project", kind="text"),
            Field("count", "times", "", decimals=0),
            Field("message", "what is wrong, for example; how to mend it", kind="text"),
            Field("behind", "money behind it", kind="text"),
        ),
        title=title,
        takeaway=_first(shown),
        unit_line=unit_line(register, "Data quality: the most money first", scope=fresh),
    )


def _first(shown: pd.DataFrame) -> str:
    """What to fix first."""
    doubtful = shown[shown["severity"] == SEVERITY["warn"]]
    if doubtful.empty or not doubtful["money"].iloc[0]:
        return "Nothing is doubtful that has money behind it." if doubtful.empty else ""
    first = doubtful.iloc[0]
    return f"Fix first: {first['where']} of {first['who']}, {money(first['money'])} of money behind it."


def _where(row: Any) -> str:
    """File or sheet, column and rows of a finding; all rows are in the register's own findings."""
    rows = [str(number) for number in row.rows[:3]]
    more = " …" if len(row.rows) > 3 else ""
    parts = [
        row.file,
        row.sheet,
        str(row.column).replace("_", " "),
        f"row {', '.join(rows)}{more}" if rows else "",
    ]
    return " · ".join(part for part in parts if part) or "register"


def _named(text: str, names: Mapping[str, str]) -> str:
    """A message with the names of projects in place of their ids, and words in place of codes."""
    for word in dict.fromkeys(re.findall(r"[\w\-/.]*\w", text)):
        if word in names:
            text = re.sub(rf"(?<![\w\-]){re.escape(word)}(?![\w\-])", names[word].replace("\\", ""), text)
        elif "_" in word:
            text = text.replace(word, word.replace("_", " "))
    return re.sub(r";(?=\S)", " and ", text)


@figure("data_quality.waivers", source="waivers.yml, exemptions")
def waivers(register: Register) -> Exhibit:
    """Return what was accepted by name: findings that are waived, and values that are missing for a reason."""
    rows = [
        {
            "what": f"{sentence(str(row.rule).replace('_', ' '))}, {count(int(row.times), 'finding')}",
            "why": row.why,
            "who": f"{row.who}, {row.when:%Y-%m-%d}",
            "until": f"{row.until:%Y-%m-%d}" if pd.notna(row.until) else "no end",
        }
        for row in register.waivers.rename(columns={"count": "times"}).itertuples(index=False)
    ]
    names = register.projects["name"]
    rows += [
        {
            "what": f"{names[row.project_id]}: no {str(row.column).replace('_', ' ')} in {row.table.replace('_', ' ')}",
            "why": row.reason,
            "who": "register",
            "until": "–",
        }
        for row in register.table("exemptions").itertuples(index=False)
    ]
    if not rows:
        line = "Nothing was waived: every finding counts."
        return Message(
            title=line,
            items=(("", line),),
        )
    return Table(
        data=pd.DataFrame(rows),
        columns=(
            Field("what", "accepted", kind="text"),
            Field("why", "reason", kind="text"),
            Field("who", "by", kind="text"),
            Field("until", "until", kind="text"),
        ),
        title=f"{sentence(count(len(register.waivers), 'waiver'))}; "
        f"{count(len(register.table('exemptions')), 'value')} missing with a reason",
        unit_line=unit_line(register, "What was accepted in the data, and by whom", ""),
    )


@figure("data_quality.grades", source="all sheets")
def grades(register: Register, graded: Grades) -> Table:
    """Return how many projects have data of each grade, and whose data are weakest."""
    table = graded.table
    rows = pd.DataFrame(
        [
            {
                "grade": letter,
                "projects": float((table["grade"] == letter).sum()),
                "who": shortened(register.projects["name"][table["grade"] == letter], 5)
                if (table["grade"] == letter).any()
                else "–",
            }
            for letter in LETTERS
        ]
    )
    worst, best = table[table["grade"] == max(table["grade"])], int((table["grade"] == "A").sum())
    return Table(
        data=rows,
        columns=(
            Field("grade", "grade", kind="text"),
            Field("projects", "projects", "", decimals=0),
            Field("who", "which", kind="text"),
        ),
        title=f"The register's data are grade {graded.grade}: "
        f"{count(best) if best else 'none'} of {len(table)} projects reach A",
        takeaway=f"Weakest: {shortened(register.projects.loc[worst.index, 'name'])}.",
        note="A: at least 90 % of the expected columns, no warning, status at most 45 days old; "
        "B: 75 %, one, 90 days; C: 50 %, three, 180 days.",
        unit_line=unit_line(register, "Grade of the data of each project", ""),
    )
