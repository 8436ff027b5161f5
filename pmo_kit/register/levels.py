"""Levels of funding: what a project asks for at each size, in totals that are never added up."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pmo_kit.register.findings import Findings, Intake, empty_table
from pmo_kit.register.schema import load_schema

_LEVELED = ("costs", "benefits", "resources")


def at_largest(rows: pd.DataFrame) -> pd.Series:
    """Amount of each project at its largest level; what states no level, as money spent does, is a part of each."""
    shared = rows["level"].isna()
    levels = rows[~shared].groupby(["project_id", "level"])["amount"].sum(min_count=1)
    always = rows[shared].groupby("project_id")["amount"].sum(min_count=1)
    return always.add(levels.groupby("project_id").max(), fill_value=0.0)


def derive_levels(intakes: dict[str, Intake], findings: Findings) -> None:
    """Without a table of levels, the levels are those that costs and benefits name."""
    if "levels" in intakes and len(intakes["levels"].frame):
        return
    frames = [intakes[name].frame[["project_id", "level"]].dropna() for name in _LEVELED if name in intakes]
    named = dict.fromkeys(pair for frame in frames for pair in frame.itertuples(index=False, name=None))
    several = dict.fromkeys(project for project, level in named if level != "full")
    if not several:
        return
    table = load_schema()["levels"]
    frame = pd.DataFrame([pair for pair in named if pair[0] in several], columns=["project_id", "level"])
    frame = frame.reindex(columns=list(table.columns)).astype("str")
    raw = {name: frame[name] for name in ("project_id", "level")}
    intakes["levels"] = Intake(table, "", "levels", frame, raw, np.arange(1, len(frame) + 1))
    findings.tell("levels_derived", count=len(several), sheet="levels", value=", ".join(list(several)[:20]))


def complete_tables(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Fill what follows from the rest: one level full for each project without levels."""
    tables = dict(tables)
    if "projects" not in tables:
        return tables
    projects = tables["projects"]
    ids = projects["project_id"] if "project_id" in projects else projects.index.to_series()
    levels = tables.get("levels", empty_table(load_schema()["levels"]))
    several = set(levels.loc[levels["level"] != "full", "project_id"])
    for name in [one for one in _LEVELED if one in tables]:
        frame = tables[name]
        fill = frame["level"].isna()
        if fill.any():
            tables[name] = frame.assign(level=frame["level"].mask(fill & ~frame["project_id"].isin(several), "full"))
    listed = set(levels["project_id"])
    lone = [(one, "full", "") for one in ids.dropna() if one not in listed]
    lines = [*levels[["project_id", "level", "label"]].fillna({"label": ""}).itertuples(index=False, name=None), *lone]
    order = {project: place for place, project in enumerate(ids)}
    lines.sort(key=lambda line: order.get(line[0], len(ids)))
    tables["levels"] = pd.DataFrame(lines, columns=["project_id", "level", "label"], dtype="str")
    return tables
