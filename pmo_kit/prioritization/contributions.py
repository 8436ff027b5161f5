"""What each criterion contributes to the figure of each project, for every method."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pmo_kit.appraisal import appraise
from pmo_kit.prioritization.methods import closeness, criterion_flows, topsis_squares
from pmo_kit.prioritization.scorecard import Scorecard
from pmo_kit.prioritization.weights import Floats

if TYPE_CHECKING:
    from pmo_kit.register import Register


def ranked_levels(register: Register) -> pd.MultiIndex:
    """The level by which each project is ranked: full, else the first that is not stop."""
    levels = register.table("levels")
    order = levels["level"].map({"full": 0, "stop": 2}).fillna(1)
    first = levels.assign(order=order).sort_values("order", kind="stable").drop_duplicates("project_id")
    level = first.set_index("project_id")["level"].reindex(register.projects.index)
    return pd.MultiIndex.from_arrays([level.index.astype("str"), level.astype("str")])


def contributions_of(
    register: Register,
    card: Scorecard | None,
    share: pd.Series,
    method: str,
    rows: pd.MultiIndex,
    options: Any,
) -> tuple[pd.DataFrame, Floats, Floats, list[str]]:
    """Contributions, least and greatest value, and why not ranked, in the order of the projects."""
    projects = rows.get_level_values(0)
    if card is None:
        table = appraise(register).table.loc[rows]
        ratio = (
            table["bcr"]
            if method == "bcr"
            else 1 + table["npv"] / table["pv_capex"].where(table["pv_capex"] > 0)
        )
        parts = pd.DataFrame({method: ratio.to_numpy(float)}, index=projects)
        why = [
            "" if np.isfinite(x) else "no ratio: no benefits stated, or no cost above zero"
            for x in parts[method]
        ]
        return parts, parts[method].to_numpy(float), parts[method].to_numpy(float), why
    at = card.options.get_indexer(rows)
    gates = card.gate_reasons()
    empty = np.flatnonzero(card.missing[at].all(axis=1))
    excluded = [gates[i] for i in at]
    for i in empty:
        excluded[i] = "no scores"
    weights = share.to_numpy(float)
    low, high = (bound[at] @ weights for bound in card.bounds())
    part = card.values[at] * weights
    if method == "wsjf":
        size, word = _job_size(register, rows, str(options.get("size", "duration")))
        known = (size > 0).tolist()
        excluded = [why or ("" if ok else word) for why, ok in zip(excluded, known, strict=True)]
        part, low, high = part / size[:, None], low / size, high / size
    kept = np.array([not why for why in excluded], dtype=bool)
    if method in ("topsis", "promethee"):
        part = np.full(part.shape, np.nan)
        part[kept] = 100 * relative_parts(card, at[kept], weights, method, options)
        low = high = part.sum(axis=1)
    part[~kept] = np.nan
    frame = pd.DataFrame(part, index=projects, columns=card.criteria.index)
    return frame, np.where(kept, low, np.nan), np.where(kept, high, np.nan), excluded


def relative_parts(card: Scorecard, at: Any, weights: Floats, method: str, options: Any) -> Floats:
    """What each criterion adds to closeness or net flow; a missing score is the middle of its interval."""
    scores = np.where(card.missing[at], (card.low[at] + card.high[at]) / 2, card.scores[at])
    up = card.criteria["sense"].to_numpy() == "max"
    if not len(at):
        return np.zeros(scores.shape)
    if method == "promethee":
        return criterion_flows(scores, weights, up, **options)
    far, near = topsis_squares(scores, weights, up, options.get("normalization", "vector"))
    total = far.sum(axis=1, keepdims=True)
    split = np.divide(far, total, out=np.broadcast_to(weights, far.shape).copy(), where=total > 0)
    return np.asarray(closeness(far, near)[:, None] * split)


def _job_size(register: Register, rows: pd.MultiIndex, size: str) -> tuple[Floats, str]:
    """Duration in years or forward cost of each option (NaN where unknown), and what to say then."""
    if size == "cost":
        cost = appraise(register).table.loc[rows, "cost"].to_numpy(float)
        return np.where(cost > 0, cost, np.nan), "no cost above zero"
    if size != "duration":
        raise ValueError(f"size is duration or cost, not {size!r}")
    dates = register.projects.loc[rows.get_level_values(0)]
    years = ((dates["finish"] - dates["start"]).dt.days.to_numpy(float) + 1) / 365.25
    return np.where(years > 0, years, np.nan), "no start and finish"
