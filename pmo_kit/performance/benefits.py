"""Benefits: what was approved, what is forecast today, what was realized."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from pmo_kit.register import Register


def expected_share(register: Register) -> pd.Series:
    """Return the benefits expected today per benefits approved, by project.

    From the baselined `whole_life_benefit`; for projects without one from `benefit_status`, over the periods in
    which both are known. A project with neither is missing.
    """
    baselines = register.table("baselines")
    whole = baselines.loc[baselines["quantity"] == "whole_life_benefit", ["project_id", "baseline", "now"]]
    whole = whole.dropna().set_axis(["project_id", "planned", "forecast"], axis=1)
    status = register.table("benefit_status").dropna(subset=["planned", "forecast"])
    others = status.loc[~status["project_id"].isin(whole["project_id"]), list(whole.columns)]
    sums = pd.concat([whole, others], ignore_index=True).groupby("project_id")[["planned", "forecast"]].sum()
    return (sums["forecast"] / sums["planned"]).where(sums["planned"] > 0).rename("benefit_share")
