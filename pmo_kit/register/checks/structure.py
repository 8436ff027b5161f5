"""Rules of shape: required cells, keys, ranges, references, levels, periods, spellings that look alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from pmo_kit.facts import as_given
from pmo_kit.register.checks.registry import Evidence, Found, rule, those
from pmo_kit.register.values import like_digits, look_alike, near_words
from pmo_kit.register.values import words as word_lists

_LARGEST = 1e15
_FACTORS = {"estimates": ("low", "likely", "high"), "scenarios": ("factor",)}


@rule(3)
def missing_required(evidence: Evidence) -> Iterator[Found]:
    """A required cell is empty.

    A row cannot be used without its required cells; a column that is absent is one finding.
    """
    for name, intake in evidence.intakes.items():
        for column in [one for one in intake.table if one.required and len(intake.frame)]:
            meaning = f" ({column.meaning})" if column.meaning else ""
            if column.name not in intake.raw and column.default is None:
                yield Found(name, column.name, None, "column", meaning=meaning)
                continue
            empty = intake.frame[column.name].isna().to_numpy()
            empty = empty & ~intake.unread.get(column.name, np.zeros(len(empty), bool))
            example = f" Example: {column.example}." if column.example else ""
            yield Found(name, column.name, empty, meaning=meaning, example=example)


def _alike(cells: pd.Series) -> list[Any]:
    """What stands in each cell, the same for texts that look alike; None where nothing stands."""
    things = cells.to_numpy(dtype=object)
    forms = {one: look_alike(one) if isinstance(one, str) else None if pd.isna(one) else one for one in set(things)}
    return [forms[one] for one in things]


@rule(1)
def duplicate_key(evidence: Evidence) -> Iterator[Found]:
    """Two rows say the same thing (also when only case, blanks or signs that look alike differ).

    Which of them is right, nobody can tell.
    """
    for table, intake in evidence.intakes.items():
        frame = intake.frame
        key = [name for name in intake.table.key if name in frame]
        if len(frame) < 2 or not key:
            continue
        first: dict[tuple[Any, ...], int] = {}
        keys = zip(*(_alike(frame[name]) for name in key), strict=True)
        again = {row: before for row, one in enumerate(keys) if (before := first.setdefault(one, row)) != row}
        if not again:
            continue
        rows = frame.loc[list(again), key].dropna(subset=[name for name in key if intake.table[name].required])
        rows = rows[[name for name in key if frame[name].notna().any()]]
        said = []
        for position, line in zip(rows.index, rows.to_dict("records"), strict=True):
            before = again[position]
            text = ", ".join(f"{name} {value}" for name, value in line.items() if not pd.isna(value))
            place = "" if intake.place(before) == intake.place(position) else f" of {' '.join(intake.place(before))}"
            said.append((text, intake.rows[before], place))
        lines = pd.DataFrame(said, index=rows.index, columns=["key", "row", "place"])
        more = " Or say in the mapping what becomes of them (repeats: sum or same)." if intake.places else ""
        yield Found(table, key[0], lines, of=intake.table.rows.removeprefix("one "), more=more)


@rule(18)
def out_of_range(evidence: Evidence) -> Iterator[Found]:
    """A number is outside the range that its column allows, or so large that a sum of them is none."""
    for intake, column, cells in evidence.written("number"):
        values = cells.to_numpy(dtype=float)
        low, high = -_LARGEST if column.low is None else column.low, column.high or _LARGEST
        outside = (values < low) | (values > high)
        if not outside.any():
            continue
        ends = [f"at least {as_given(low)}"] if low > -_LARGEST else []
        ends += [f"at most {as_given(high)}"] if high < _LARGEST or (values > high).any() else []
        what = "money" if column.is_money and (values[outside] < low).all() else ""
        allowed = " and ".join(ends) or f"at least {as_given(low)}"
        yield Found(intake.table.name, column.name, outside, what, allowed=allowed)


@rule()
def factor_is_percent(evidence: Evidence) -> Iterator[Found]:
    """A factor above 5 is a percentage by mistake.

    Factors stand on 1: 0.85 is 85 %.
    """
    for table, frame in evidence.present(*_FACTORS):
        for column in _FACTORS[table]:
            counted = frame["what"] != "delay" if table == "scenarios" else True
            yield Found(table, column, counted & (frame[column] > 5))


@rule(13)
def unknown_reference(evidence: Evidence) -> Iterator[Found]:
    """A value refers to a row of another table that is not there.

    A project, criterion, area, goal, role or partner that its own table does not know.
    """
    for intake, column, values in evidence.written():
        refs = [ref for ref in column.refs if ref[0] != "levels"]
        if not refs or not all(evidence.has(table) for table, _ in refs):
            continue
        known = set().union(*(evidence.counted(table, name) for table, name in refs))
        lost = [one for one in evidence.counted(intake.table.name, column.name) if one not in known]
        near = {one: near_words(one, known) if n < 200 else "" for n, one in enumerate(lost)}
        tables = " or ".join(table for table, _ in refs)
        yield Found(intake.table.name, column.name, those(values, near), tables=tables)


@rule()
def look_alikes(evidence: Evidence) -> Iterator[Found]:
    """One thing is written in several ways that look alike.

    Areas, funds, roles and names of any kind: case, blanks, points or signs that look alike make two of one.
    """
    usual: dict[tuple[str, str], dict[str, str]] = {}
    for intake, column, values in evidence.written("category", "id", "text"):
        place = (intake.table.name, column.name)
        free = column.type != "text" and not column.allowed
        if place[0] == "decisions" or not (free or place in (("risks", "driver"), ("links", "group"))):
            continue
        about = column.refs[0] if column.refs else ("", column.name)
        forms = usual.setdefault(about if about[1] != "project_id" else ("projects", "project_id"), {})
        alike = like_digits if column.type == "id" else look_alike
        found = evidence.counted(*place).most_common()
        other = {value: form for value, _ in found if (form := forms.setdefault(alike(value), value)) != value}
        yield Found(*place, those(values, other))


@rule()
def order_of_range(evidence: Evidence) -> Iterator[Found]:
    """Low, likely and high (or minimum and maximum) are not in this order.

    Estimates, costs of risks, scores with a range, declared scales, limits of rules.
    """
    orders = word_lists()["in_order"]
    for table, whole in evidence.present(*orders):
        columns = orders[table]
        frame, wrong = whole[columns], np.zeros(len(whole), bool)
        for n, one in enumerate(columns):
            for other in columns[n + 1 :]:
                apart = frame[one] >= frame[other] if "criteria" in table else frame[one] > frame[other]
                wrong |= apart.to_numpy(bool)
        lines = frame[wrong].to_dict("records")
        said = [", ".join(f"{k} {as_given(v)}" for k, v in line.items() if not pd.isna(v)) for line in lines]
        yield Found(table, columns[0], frame[wrong].assign(said=said), order=" <= ".join(columns))


_LEVELED = ("costs", "benefits", "resources", "scores", "links", "overrides")


@rule()
def level_not_stated(evidence: Evidence) -> Iterator[Found]:
    """A project has funding levels, and a row does not say which one.

    Amounts of a project with levels belong to one level; money spent is the same in all.
    """
    levels = evidence.frame("levels")
    several = set(levels.loc[levels["level"] != "full", "project_id"].dropna())
    for name, frame in evidence.present("costs", "benefits", "resources") if several else ():
        frame = evidence.to_come if name == "costs" else frame
        yield Found(name, "level", frame[frame["project_id"].isin(several) & frame["level"].isna()])


@rule()
def unknown_level(evidence: Evidence) -> Iterator[Found]:
    """A row names a funding level that the project does not have.

    Levels are listed in the table levels; a project that is not in it has the one level full.
    """
    levels, listed = evidence.frame("levels"), evidence.known("levels", "project_id")
    known = set(zip(levels["project_id"], levels["level"], strict=True))
    uses = [(name, "project_id", "level") for name in _LEVELED] + [("links", "other_id", "other_level")]
    for name, project, column in [use for use in uses if evidence.counted(use[0], use[2])]:
        pairs = enumerate(zip(*(evidence.frame(name)[one].tolist() for one in (project, column)), strict=True))
        said = {row: pair for row, pair in pairs if not any(map(pd.isna, pair)) and pair not in known}
        lost = {row: pair for row, pair in said.items() if pair[0] in listed or pair[1] != "full"}
        yield Found(name, column, pd.DataFrame(lost.values(), index=list(lost), columns=["project", "named"]))


@rule()
def stop_not_committed(levels: pd.DataFrame, projects: pd.DataFrame) -> Iterator[Found]:
    """Only a committed project can have the level stop.

    Stopping is a choice for what is running; what is not running is simply not funded.
    """
    committed = projects.loc[projects["commitment"] == "committed", "project_id"]
    yield Found("levels", "level", levels[(levels["level"] == "stop") & ~levels["project_id"].isin(committed)])


@rule(26)
def mixed_periods(evidence: Evidence) -> Iterator[Found]:
    """Years, quarters and months are mixed where one is needed.

    Resources and capacity share one granularity; so does each other table; impacts are by quarter.
    """
    kinds: dict[tuple[str, str], pd.Series] = {}
    written = (found for found in evidence.written("period") if found[1].required)  # that of a risk is its own
    for intake, one, periods in written:
        spans = {text: "month" if len(text) == 7 else "year" for text in pd.unique(periods.dropna())}
        spans |= {text: "quarter" for text in spans if "Q" in text}
        kinds[intake.table.name, one.name] = periods.map(spans)
    people = [kinds[key] for key in kinds if key[0] in ("resources", "capacity")]
    for (name, column), kind in kinds.items():
        shared = name in ("resources", "capacity")
        counts = (pd.concat(people) if shared else kind).value_counts()
        usual = "quarter" if name == "change_impacts" else (counts.index[0] if len(counts) else "")
        usual = "quarter" if shared and usual == "month" else usual
        where = " in resources and capacity" if shared else ""
        yield Found(name, column, kind.notna() & (kind != usual), usual=usual, where=where)
