"""Published cases: every figure beside ours, and how far apart they are."""

from __future__ import annotations

import pandas as pd

from pmo_kit.exhibits import Chart, Field, Reference, Table
from pmo_kit.facts import as_given, count, number
from pmo_kit.figures.figure import columns, figure, listed, sentence
from pmo_kit.proof import Proof


@figure("proof.cases")
def cases(proof: Proof) -> Table:
    """Return every published figure with its source, ours, and the difference."""
    table = proof.table
    rows = table.assign(
        where=[
            (("lead", row.source), ("line", row.title), ("line", row.place)) for row in table.itertuples()
        ],
        what=[(("text", row.quantity), ("line", row.case)) for row in table.itertuples()],
        published=[_figure(row.published, row.step) for row in table.itertuples()],
        ours=[
            "not asked" if row.ours != row.ours else _figure(row.ours, row.step / 10)
            for row in table.itertuples()
        ],
        agrees=["–" if row.ours != row.ours else "yes" if row.agrees else "NO" for row in table.itertuples()],
    )
    rows["where"] = rows["where"].where(~table["source"].eq(table["source"].shift()), "")
    return Table(
        data=rows,
        columns=columns("where: where it is printed | what: figure | published | ours | agrees | note"),
        title=proof.summary,
        takeaway="Each row is computed when this is run; a row that differs would say NO.",
        unit_line="Figures as printed in the source; ours with one digit more",
    )


@figure("proof.distance")
def distance(proof: Proof) -> Chart:
    """Return how far our figures are from the published ones, as a share of the last digit printed, by source."""
    asked = proof.table.dropna(subset="ours")
    away = (
        (asked["difference"].abs() / asked["step"]).groupby(asked["source"], sort=False).agg(["max", "size"])
    )
    rows = pd.DataFrame(
        {
            "source": away.index,
            "away": 100 * away["max"].to_numpy(),
            "label": [count(int(n), "figure") for n in away["size"]],
        }
    )
    wide = rows.loc[rows["away"] > 50, "source"]
    return Chart(
        mark="bar",
        data=rows,
        x=Field("away", "distance to the published figure", "% of its last digit", decimals=0),
        y=Field("source", "source", kind="category"),
        label=Field("label", kind="text"),
        references=(Reference("x", 50.0, "rounding"),),
        title=f"{sentence(listed(wide))} differ by more than their rounding"
        if len(wide)
        else "Every figure that is asked lies within the rounding of the published one",
        takeaway="Up to the line a difference is no more than how the source rounds.",
        unit_line="Farthest figure of each source, in percent of the last digit that it prints",
    )


@figure("proof.second_program")
def second_program(agreement: pd.DataFrame) -> Table:
    """Return how many random questions a second program answered alike in the last full run."""
    questions, agreed = int(agreement["questions"].sum()), int(agreement["agreed"].sum())
    return Table(
        data=agreement,
        columns=columns("asked.words | questions | agreed | date: last full run | repeat"),
        title=f"A second program agreed in {number(agreed, 0)} of {number(questions, 0)} answers",
        takeaway="It enumerates every plan of a small register and shares no line with the package.",
        unit_line="Random registers; amounts equal to a millionth",
    )


def _figure(value: float, step: float) -> str:
    """A figure with the digits that its source prints."""
    decimals = 0
    while decimals < 6 and step * 10**decimals < 0.999:
        decimals += 1
    return as_given(round(value, decimals)) if step < 1e-5 * max(1, abs(value)) else number(value, decimals)
