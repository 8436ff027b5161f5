"""Rules of shape: required cells, keys, ranges, references, levels, periods, spellings that look alike."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from pmo_kit.facts import as_given
from pmo_kit.register.checks.registry import Evidence, Found, rule
from pmo_kit.register.values import like_digits, look_alike, near_words
from pmo_kit.register.values import words as word_lists

_LARGEST = 1e15
_FACTORS = {"estimates": ("low", "likely", "high"), "scenarios": ("factor",)}


@rule(3, "block", "A required cell is empty.")
def missing_required(evidence: Evidence) -> Iterator[Found]:
    """A row cannot be used without its required cells; a column that is absent is one finding."""
    for name, intake in evidence.intakes.items():
        for column in intake.table:
            if not column.required or not len(intake.frame):
                continue
            what = f" ({column.meaning})" if column.meaning else ""
            if column.name not in intake.raw and column.default is None:
                text = f"The table {name} has no column {column.name}."
                yield Found(name, column.name, None, text, f"Add the column {column.name}{what}.")
                continue
            empty = intake.frame[column.name].isna().to_numpy()
            empty = empty & ~intake.unread.get(column.name, np.zeros(len(empty), bool))
            fix = f"Fill it in{what}." + (f" Example: {column.example}." if column.example else "")
            yield Found(name, column.name, empty, f"{column.name} is missing.", fix)


@rule(1, "block", "Two rows say the same thing (also when only case, blanks or signs that look alike differ).")
def duplicate_key(evidence: Evidence) -> Iterator[Found]:
    """Two rows with one key: which of them is right, nobody can tell."""
    for table, intake in evidence.intakes.items():
        frame = intake.frame
        key = [name for name in intake.table.key if name in frame]
        if len(frame) < 2 or not key:
            continue
        keys = frame[key].copy(deep=False)
        for name in key:
            if intake.table[name].type in ("id", "category", "text"):
                forms = {text: look_alike(text) for text in pd.unique(keys[name].dropna())}
                keys[name] = keys[name].map(forms).astype("str")
        needed = [name for name in key if intake.table[name].required]
        whole = frame[needed].notna().all(axis=1) if needed else pd.Series(True, index=frame.index)
        twice = keys.duplicated(keep="first") & whole
        if not twice.any():
            continue
        same = [keys[name] for name in key]
        first = pd.Series(range(len(keys))).groupby(same, dropna=False, sort=False).transform("min")
        positions = np.flatnonzero(twice).tolist()
        filled = [name for name in key if frame[name].notna().any()]
        words = []
        for position, line in zip(positions, frame[filled].iloc[positions].to_dict("records"), strict=True):
            text = ", ".join(f"{name} {value}" for name, value in line.items() if not pd.isna(value))
            before = first[position]
            place = "" if intake.place(before) == intake.place(position) else f" of {' '.join(intake.place(before))}"
            words.append(f"{text} is there twice; row {intake.rows[before]}{place} says it first.")
        fix = f"Keep one row for each {intake.table.rows.removeprefix('one ')}."
        fix += " Or say in the mapping what becomes of them (repeats: sum or same)." if intake.places else ""
        yield Found(table, key[0], positions, words, fix)


@rule(18, "block", "A number is outside the range that its column allows.")
def out_of_range(evidence: Evidence) -> Iterator[Found]:
    """A number below or above what its column allows, or so large that a sum of them is none."""
    for intake, column, values in evidence.written("number"):
        low, high = -_LARGEST if column.low is None else column.low, column.high or _LARGEST
        outside = (values < low) | (values > high)
        if not outside.any():
            continue
        ends = [f"at least {as_given(low)}"] if low > -_LARGEST else []
        ends += [f"at most {as_given(high)}"] if high < _LARGEST or (values > high).any() else []
        allowed = " and ".join(ends) or f"at least {as_given(low)}"
        fix = f"Write a number that is {allowed}."
        if column.is_money and (values[outside] < low).all():
            fix = "Costs, benefits and disbenefits are positive amounts."
        yield Found(intake.table.name, column.name, outside, f"{column.name} {{value}} must be {allowed}.", fix)


@rule(0, "block", "A factor above 5 is a percentage by mistake.")
def factor_is_percent(evidence: Evidence) -> Iterator[Found]:
    """Factors stand on 1: 0.85 is 85 %."""
    for table, columns in _FACTORS.items():
        frame = evidence.frame(table)
        for column in columns:
            above = frame[column] > 5
            if table == "scenarios":
                above &= ~frame["what"].eq("delay").fillna(False)
            text = f"{column} {{value}} is no factor: more than five times the base value."
            yield Found(table, column, above, text, "1 is as in the register, 0.85 is 85 % of it.")


@rule(13, "block", "A value refers to a row of another table that is not there.")
def unknown_reference(evidence: Evidence) -> Iterator[Found]:
    """A project, criterion, area, goal, role or partner that its own table does not know."""
    for intake, column, values in evidence.written():
        refs = [ref for ref in column.refs if ref[0] != "levels"]
        if not refs or not all(evidence.has(table) for table, _ in refs):
            continue
        known = set().union(*(evidence.known(table, name) for table, name in refs))
        lost, tables = pd.unique(values[values.notna() & ~values.isin(known)]), " or ".join(table for table, _ in refs)
        near = {one: near_words(one, known) for one in lost[:200]}
        text = f"is not in the table {tables}."
        words = {one: f'{column.name} "{one}" {text}{near.get(one, "")}' for one in lost}
        yield Found(intake.table.name, column.name, values, words, f"Correct it, or add it to the table {tables}.")


@rule(0, "warn", "One thing is written in several ways that look alike.")
def look_alikes(evidence: Evidence) -> Iterator[Found]:
    """Areas, funds, roles and names of any kind: case, blanks, points or signs that look alike make two of one."""
    usual: dict[tuple[str, str], dict[str, str]] = {}
    for intake, column, values in evidence.written("category", "id", "text"):
        place = (intake.table.name, column.name)
        free = column.type != "text" and not column.allowed
        if place[0] == "decisions" or not (free or place in (("risks", "driver"), ("links", "group"))):
            continue
        about = column.refs[0] if column.refs else ("", column.name)
        forms = usual.setdefault(about if about[1] != "project_id" else ("projects", "project_id"), {})
        alike = like_digits if column.type == "id" else look_alike
        found = values.value_counts().index
        other = {value: form for value in found if (form := forms.setdefault(alike(value), value)) != value}
        text = f'{column.name} "{{}}" is also written "{{}}": these count as two.'
        words = {value: text.format(value, form) for value, form in other.items()}
        yield Found(*place, values, words, "Write it one way everywhere.")


@rule(0, "block", "Low, likely and high (or minimum and maximum) are not in this order.")
def order_of_range(evidence: Evidence) -> Iterator[Found]:
    """Estimates, costs of risks, scores with a range, declared scales, limits of rules."""
    for table, columns in word_lists()["in_order"].items():
        frame, wrong = evidence.frame(table)[list(columns)], np.zeros(len(evidence.frame(table)), bool)
        for n, one in enumerate(columns):
            for other in columns[n + 1 :]:
                apart = frame[one] >= frame[other] if "criteria" in table else frame[one] > frame[other]
                wrong |= apart.to_numpy(bool)
        words = [", ".join(f"{k} {as_given(v)}" for k, v in line.items() if not pd.isna(v)) + " are not in order."
                 for line in frame[wrong].to_dict("records")]  # fmt: skip
        yield Found(table, columns[0], wrong, words, f"Write {' <= '.join(columns)}.")


_LEVELED = ("costs", "benefits", "resources", "scores", "links", "overrides")


@rule(0, "block", "A project has funding levels, and a row does not say which one.")
def level_not_stated(evidence: Evidence) -> Iterator[Found]:
    """Amounts of a project with levels belong to one level; money spent is the same in all."""
    levels = evidence.frame("levels")
    several = set(levels.loc[levels["level"] != "full", "project_id"].dropna())
    for name in ("costs", "benefits", "resources"):
        frame = evidence.frame(name)
        silent = frame["project_id"].isin(several) & frame["level"].isna()
        if name == "costs":
            silent &= ~frame["state"].eq("actual").fillna(False)
        text = "Project {project_id} has funding levels; this row does not say which one."
        fix = "Write the level; level rows are totals, so repeat the amount for each level."
        yield Found(name, "level", frame[silent], text, fix)


@rule(0, "block", "A row names a funding level that the project does not have.")
def unknown_level(evidence: Evidence) -> Iterator[Found]:
    """Levels are listed in the table levels; a project that is not in it has the one level full."""
    levels = evidence.frame("levels")
    known, listed = pd.MultiIndex.from_frame(levels[["project_id", "level"]]), set(levels["project_id"].dropna())
    uses = [(name, "project_id", "level") for name in _LEVELED] + [("links", "other_id", "other_level")]
    for name, project, column in uses:
        frame = evidence.frame(name)
        named = frame.loc[frame[column].notna() & frame[project].notna(), [project, column]]
        there = pd.MultiIndex.from_frame(named).isin(known)
        lost = named[~there & (named[project].isin(listed) | (named[column] != "full"))]
        text = f"Project {{{project}}} has no funding level {{{column}}}."
        yield Found(name, column, lost, text, "Correct it, or add the level to the table levels.")


@rule(0, "block", "Only a committed project can have the level stop.")
def stop_not_committed(levels: pd.DataFrame, projects: pd.DataFrame) -> Iterator[Found]:
    """Stopping is a choice for what is running; what is not running is simply not funded."""
    committed = set(projects.loc[projects["commitment"] == "committed", "project_id"])
    wrong = levels[(levels["level"] == "stop") & ~levels["project_id"].isin(committed)]
    text = "Project {project_id} has the level stop and is not committed."
    yield Found("levels", "level", wrong, text, "Set commitment to committed, or remove the level stop.")


_PERIODS = (("resources", "period"), ("capacity", "period"), ("status", "period"), ("benefit_status", "period"),
            ("change_impacts", "quarter"))  # fmt: skip


@rule(26, "block", "Years, quarters and months are mixed where one is needed.")
def mixed_periods(evidence: Evidence) -> Iterator[Found]:
    """Resources and capacity share one granularity; so does each other table; impacts are by quarter."""

    def granularity(periods: pd.Series) -> pd.Series:
        tests = [periods.str.contains("Q", na=False), periods.str.len() == 7]
        kinds = np.select(tests, ["quarter", "month"], "year")
        return pd.Series(kinds, index=periods.index).where(periods.notna())

    there = [key for key in _PERIODS if evidence.has(key[0])]
    kinds = {(name, column): granularity(evidence.frame(name)[column]) for name, column in there}
    people = [kinds[key] for key in kinds if key[0] in ("resources", "capacity")]
    for (name, column), kind in kinds.items():
        shared = name in ("resources", "capacity")
        counts = (pd.concat(people) if shared else kind).value_counts()
        usual = "quarter" if name == "change_impacts" else (counts.index[0] if len(counts) else "")
        usual = "quarter" if shared and usual == "month" else usual
        odd = kind.notna() & (kind != usual)
        fix = f"Use {usual}s everywhere{' in resources and capacity' if shared else ''}."
        yield Found(name, column, odd, f"{{value}} is not a {usual}, as the other periods are.", fix)
