"""Rules of shape: required cells, keys, ranges, references, levels, periods."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

import numpy as np
import pandas as pd

from pmo_kit.register.checks.registry import Evidence, rule
from pmo_kit.register.findings import Findings


@rule(3, "missing_required", "block", "A required cell is empty.")
def missing_required(evidence: Evidence, findings: Findings) -> None:
    """A row cannot be used without its required cells; a column that is absent is one finding."""
    for name, intake in evidence.intakes.items():
        for column in intake.table:
            if not column.required or not len(intake.frame):
                continue
            what = f" ({column.meaning})" if column.meaning else ""
            if column.name not in intake.raw and column.default is None:
                findings.add(
                    "block",
                    "missing_required",
                    f"The table {name} has no column {column.name}.",
                    f"Add the column {column.name}{what}.",
                    file=intake.file,
                    sheet=intake.sheet,
                    column=column.name,
                )
                continue
            empty = intake.frame[column.name].isna().to_numpy()
            bad = intake.unread.get(column.name)
            empty = empty if bad is None else empty & ~bad
            if empty.any():
                fix = f"Fill it in{what}." + (f" Example: {column.example}." if column.example else "")
                message = f"{column.name} is missing."
                findings.add_rows(
                    intake, empty, "block", "missing_required", message, fix, column=column.name
                )


def _first_rows(keys: pd.DataFrame) -> np.ndarray:
    """For each row, the position of the first row with the same key."""
    group = keys.groupby(list(keys.columns), dropna=False, sort=False).ngroup().to_numpy()
    first = np.full(group.max(initial=-1) + 1, -1)
    order = np.arange(len(group))[::-1]
    first[group[order]] = order
    return first[group]


@rule(1, "duplicate_key", "block", "Two rows say the same thing (also when only case or blanks differ).")
def duplicate_key(evidence: Evidence, findings: Findings) -> None:
    """Two rows with one key: which of them is right, nobody can tell."""
    for intake in evidence.intakes.values():
        frame = intake.frame
        key = [name for name in intake.table.key if name in frame]
        if len(frame) < 2 or not key:
            continue
        keys = frame[key].copy(deep=False)
        for name in key:
            if intake.table[name].type in ("id", "category", "text"):
                keys[name] = keys[name].str.casefold()
        needed = [name for name in key if intake.table[name].required]
        whole = frame[needed].notna().all(axis=1) if needed else pd.Series(True, index=frame.index)
        twice = keys.duplicated(keep="first") & whole
        if not twice.any():
            continue
        first = _first_rows(keys)
        positions = np.flatnonzero(twice).tolist()
        filled = [name for name in key if frame[name].notna().any()]
        messages = []
        for position, line in zip(positions, frame[filled].iloc[positions].to_dict("records"), strict=True):
            text = ", ".join(f"{name} {value}" for name, value in line.items() if not pd.isna(value))
            messages.append(f"{text} is there twice; row {intake.rows[first[position]]} says it first.")
        fix = f"Keep one row for each {intake.table.rows.removeprefix('one ')}."
        column = "project_id" if key == ["project_id"] else key[0]
        findings.add_rows(intake, positions, "block", "duplicate_key", messages, fix, column=column)


@rule(18, "out_of_range", "block", "A number is outside the range that its column allows.")
def out_of_range(evidence: Evidence, findings: Findings) -> None:
    """A number below or above what its column allows (a negative amount, a probability above 1)."""
    for intake in evidence.intakes.values():
        for column in intake.table:
            if column.type != "number" or column.name not in intake.raw:
                continue
            values = intake.frame[column.name]
            low = values < column.low if column.low is not None else pd.Series(False, index=values.index)
            high = values > column.high if column.high is not None else pd.Series(False, index=values.index)
            if not (low | high).any():
                continue
            ends = [
                f"at least {column.low:g}" if column.low is not None else "",
                f"at most {column.high:g}" if column.high is not None else "",
            ]
            allowed = " and ".join(end for end in ends if end)
            fix = (
                "Costs, benefits and disbenefits are positive amounts."
                if column.is_money
                else f"Write a number that is {allowed}."
            )
            message = f"{column.name} {{value}} must be {allowed}."
            findings.add_rows(intake, low | high, "block", "out_of_range", message, fix, column=column.name)


def _near_values(lost: Iterable[str], known: set[str]) -> dict[str, str]:
    """For each lost value the known one that it most likely means, if any."""
    plain = {value.casefold(): value for value in known}
    near = {}
    for value in lost:
        found = difflib.get_close_matches(value.casefold(), plain, n=1, cutoff=0.75)
        if found:
            near[value] = plain[found[0]]
    return near


@rule(13, "unknown_reference", "block", "A value refers to a row of another table that is not there.")
def unknown_reference(evidence: Evidence, findings: Findings) -> None:
    """A project, criterion, area, goal, role or partner that its own table does not know."""
    for intake in evidence.intakes.values():
        for column in intake.table:
            refs = [ref for ref in column.refs if ref[0] != "levels"]
            if not refs or not all(evidence.has(table) for table, _ in refs) or column.name not in intake.raw:
                continue
            known = set().union(*(evidence.known(table, name) for table, name in refs))
            values = intake.frame[column.name]
            lost = values.notna() & ~values.isin(known)
            if not lost.any():
                continue
            tables = " or ".join(table for table, _ in refs)
            near = _near_values(pd.unique(values[lost])[:200], known)
            messages = []
            for value in values[lost]:
                hint = f' Did you mean "{near[value]}"?' if value in near else ""
                messages.append(f'{column.name} "{value}" is not in the table {tables}.{hint}')
            fix = f"Correct it, or add it to the table {tables}."
            findings.add_rows(intake, lost, "block", "unknown_reference", messages, fix, column=column.name)


_LEVEL_TABLES = {
    "costs": "level",
    "benefits": "level",
    "resources": "level",
    "scores": "level",
    "links": "level",
    "overrides": "level",
}


@rule(0, "level_not_stated", "block", "A project has funding levels, and a row does not say which one.")
def level_not_stated(evidence: Evidence, findings: Findings) -> None:
    """Amounts of a project with levels belong to one level; money spent is the same in all."""
    levels = (
        evidence.frame("levels") if evidence.has("levels") else pd.DataFrame({"project_id": [], "level": []})
    )
    with_levels = set(levels.loc[levels["level"] != "full", "project_id"].dropna())
    for name in ("costs", "benefits", "resources"):
        if not with_levels or not evidence.has(name):
            continue
        frame = evidence.frame(name)
        open_rows = frame["project_id"].isin(with_levels) & frame["level"].isna()
        if name == "costs":
            open_rows &= ~frame["state"].eq("actual").fillna(False)
        message = [
            f"Project {project} has funding levels; this row does not say which one."
            for project in frame["project_id"][open_rows]
        ]
        fix = "Write the level; level rows are totals, so repeat the amount for each level."
        findings.add_rows(
            evidence.intakes[name], open_rows, "block", "level_not_stated", message, fix, column="level"
        )


@rule(0, "unknown_level", "block", "A row names a funding level that the project does not have.")
def unknown_level(evidence: Evidence, findings: Findings) -> None:
    """Levels are listed in the table levels; a project that is not in it has the one level full."""
    levels = (
        evidence.frame("levels")
        if "levels" in evidence.intakes
        else pd.DataFrame({"project_id": [], "level": []})
    )
    known = set(zip(levels["project_id"], levels["level"], strict=True))
    with_levels = set(levels["project_id"].dropna())
    uses = [(name, "project_id", column) for name, column in _LEVEL_TABLES.items()] + [
        ("links", "other_id", "other_level")
    ]
    for name, project, column in uses:
        if not evidence.has(name):
            continue
        frame = evidence.frame(name)
        named = frame.loc[frame[column].notna() & frame[project].notna(), [project, column]]
        ok = np.array(
            [
                (one, level) in known or (one not in with_levels and level == "full")
                for one, level in zip(named[project], named[column], strict=True)
            ],
            dtype=bool,
        )
        lost = named.loc[~ok]
        message = [
            f"Project {one} has no funding level {level}."
            for one, level in zip(lost[project], lost[column], strict=True)
        ]
        fix = "Correct it, or add the level to the table levels."
        findings.add_rows(
            evidence.intakes[name],
            lost.index.to_numpy(),
            "block",
            "unknown_level",
            message,
            fix,
            column=column,
        )


@rule(0, "stop_not_committed", "block", "Only a committed project can have the level stop.")
def stop_not_committed(evidence: Evidence, findings: Findings) -> None:
    """Stopping is a choice for what is running; what is not running is simply not funded."""
    if not evidence.has("levels", "projects"):
        return
    projects, levels = evidence.frame("projects"), evidence.frame("levels")
    committed = set(projects.loc[projects["commitment"] == "committed", "project_id"])
    wrong = (levels["level"] == "stop") & ~levels["project_id"].isin(committed)
    message = [
        f"Project {one} has the level stop and is not committed." for one in levels["project_id"][wrong]
    ]
    fix = "Set commitment to committed, or remove the level stop."
    findings.add_rows(
        evidence.intakes["levels"], wrong, "block", "stop_not_committed", message, fix, column="level"
    )


def _granularity(periods: pd.Series) -> pd.Series:
    kinds = periods.str.contains("Q", regex=False, na=False).map({True: "quarter", False: "year"})
    return kinds.mask(
        periods.str.len() == 7, periods.str.contains("Q").map({True: "quarter", False: "month"})
    ).where(periods.notna())


@rule(26, "mixed_periods", "block", "Years, quarters and months are mixed where one is needed.")
def mixed_periods(evidence: Evidence, findings: Findings) -> None:
    """Resources and capacity share one granularity; so does each other table; impacts are by quarter."""
    kinds = {
        (name, column): _granularity(evidence.frame(name)[column])
        for name, column in [
            ("resources", "period"),
            ("capacity", "period"),
            ("status", "period"),
            ("benefit_status", "period"),
            ("change_impacts", "quarter"),
        ]
        if evidence.has(name)
    }
    people = [kinds[key] for key in kinds if key[0] in ("resources", "capacity")]
    for (name, column), kind in kinds.items():
        shared = name in ("resources", "capacity")
        counts = (pd.concat(people) if shared else kind).value_counts()
        usual = "quarter" if name == "change_impacts" else (counts.index[0] if len(counts) else "")
        usual = "quarter" if shared and usual == "month" else usual
        odd = kind.notna() & (kind != usual)
        message = f"{{value}} is not a {usual}, as the other periods are."
        fix = f"Use {usual}s everywhere{' in resources and capacity' if shared else ''}."
        findings.add_rows(evidence.intakes[name], odd, "block", "mixed_periods", message, fix, column=column)
