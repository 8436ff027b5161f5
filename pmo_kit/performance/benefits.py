"""Benefits: what was approved, what is forecast today, what was realized."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from pmo_kit.register import Register


def expected_share(register: Register) -> pd.Series:
    """Return the benefits forecast today per benefits approved, by project.

    From `benefit_status` over the periods in which both are known; for other projects from the baselined
    `whole_life_benefit`. A project with neither is missing.
    """
    baselines = register.table("baselines")
    whole = baselines[baselines["quantity"] == "whole_life_benefit"]
    rows = [whole[["project_id", "baseline", "now"]].set_axis(["project_id", "planned", "forecast"], axis=1)]
    status = register.table("benefit_status")
    known = status.dropna(subset=["planned", "forecast"])
    rows = [
        known[["project_id", "planned", "forecast"]],
        rows[0][~rows[0]["project_id"].isin(known["project_id"])],
    ]
    sums = pd.concat(rows, ignore_index=True).groupby("project_id")[["planned", "forecast"]].sum(min_count=1)
    return (sums["forecast"] / sums["planned"]).where(sums["planned"] > 0).rename("benefit_share")
