"""Change load: how much change each unit has to take in each quarter, against what it said it can take.

load = sum over projects of (share of the unit's staff touched) x (severity / 3): a heavy change counts in
full, a noticeable one two thirds, a light one a third. One person touched by two projects counts twice: that
is the point.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from pmo_kit.answers import Answer
from pmo_kit.facts import in_row, keeping, number, percent

if TYPE_CHECKING:
    from pmo_kit.register import Register

HEAVY = 3.0


@dataclass(frozen=True, eq=False)
class ChangeLoad(Answer):
    """Units x quarters against thresholds.

    `table` has one row per unit and quarter: unit, quarter, load (share of staff, heavy change in full),
    people (load x headcount), threshold, over = load - threshold (above 0: too much), projects (how many),
    causes (their names, the largest first).

    `collisions` has one row per unit, quarter and project where the load is over the threshold: unit,
    quarter, project_id, name, load, over (of the unit and quarter), frees (how much of `over` goes when this
    project is deferred), clears (True: deferring this one is enough).

    Parameters
    ----------
    table, collisions : DataFrame
        As above.
    register : Register
    summary : str
    inputs : mapping of str to str
    """

    _table: pd.DataFrame = field(repr=False)
    _collisions: pd.DataFrame = field(repr=False)
    register: Register = field(repr=False)
    summary: str
    inputs: Mapping[str, str]

    @property
    def collisions(self) -> pd.DataFrame:
        """The projects that together are too much, and what deferring each would free."""
        return self._collisions.copy(deep=False)

    @property
    def grid(self) -> pd.DataFrame:
        """Load as units x quarters; 0 where no project touches the unit."""
        return self._table.pivot_table(
            index="unit", columns="quarter", values="load", aggfunc="sum", fill_value=0.0
        )

    @property
    def _shown(self) -> pd.DataFrame:
        return self.grid


def load_on_units(register: Register) -> ChangeLoad:
    """Add up the change that projects bring to every unit and quarter.

    Parameters
    ----------
    register : Register
        With `change_impacts`; `areas` gives headcount and change_threshold.

    Returns
    -------
    ChangeLoad

    Raises
    ------
    DataError
        There is no `change_impacts` table.

    Examples
    --------
    >>> from pmo_kit.register import load_register
    >>> from pmo_kit.shipped import shipped
    >>> load_on_units(load_register(shipped("data", "samples", "meridian"))).summary.split(". ")[-1]
    'Deferring Smart meters is enough there.'
    """
    impacts = register.need("change_impacts")
    impacts = impacts.assign(part=impacts["headcount_share"] * impacts["severity"] / HEAVY)
    by_project = impacts.groupby(["unit", "quarter", "project_id"])["part"].sum()
    parts = pd.DataFrame({"part": by_project}).reset_index()
    parts["name"] = parts["project_id"].map(register.projects["name"])
    parts = parts.sort_values(["unit", "quarter", "part", "project_id"], ascending=[True, True, False, True])
    grouped = parts.groupby(["unit", "quarter"])
    table = grouped.agg(
        load=("part", "sum"), projects=("part", "size"), causes=("name", in_row)
    ).reset_index()
    areas = register.table("areas").drop_duplicates("area").set_index("area")
    table.insert(3, "people", table["load"] * table["unit"].map(areas["headcount"]))
    table.insert(4, "threshold", table["unit"].map(areas["change_threshold"]))
    table.insert(5, "over", table["load"] - table["threshold"])
    beyond = table.loc[table["over"] > 1e-9, ["unit", "quarter", "over"]]
    collisions = parts.merge(beyond, on=["unit", "quarter"]).rename(columns={"part": "load"})
    collisions["frees"] = collisions[["load", "over"]].min(axis=1)
    collisions["clears"] = collisions["load"] >= collisions["over"] - 1e-9
    order = ["unit", "quarter", "project_id", "name", "load", "over", "frees", "clears"]
    collisions = collisions.sort_values(
        ["over", "unit", "quarter", "load"], ascending=[False, True, True, False]
    )
    collisions = collisions[order].reset_index(drop=True)
    inputs = {"register": register.fingerprint}
    return ChangeLoad(table, collisions, register, summarize(table, collisions), inputs)


@keeping
def summarize(table: pd.DataFrame, collisions: pd.DataFrame) -> str:
    """One sentence that a committee can read."""
    over = table[table["over"] > 1e-9].sort_values(["over", "unit", "quarter"], ascending=[False, True, True])
    if over.empty:
        return "No unit is asked for more change than it can take."
    worst = over.iloc[0]
    first = collisions.iloc[0]
    part = f"frees {number(100 * first['frees'], 0)} of {number(100 * first['over'], 0)} points there"
    enough = "is enough there" if first["clears"] else part
    over_all = f"{number(len(over), 0)} of {number(len(table), 0)} unit-quarters"
    return (
        f"If all that is asked goes ahead, {over_all} are over their threshold; the "
        f"worst is {worst['unit']} in {worst['quarter']}: {percent(worst['load'])} of staff against "
        f"{percent(worst['threshold'])}. Deferring {first['name']} {enough}."
    )
