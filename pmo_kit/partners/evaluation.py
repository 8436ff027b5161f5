"""From evaluators' scores to one view of every bid: conflicts, leniency, consensus, gates, quality, price.

The order is fixed and every step is written down: a conflict takes the evaluator's scores out, not the bid;
leniency is estimated from what is left; a gate is a must-pass minimum and comes before any weighing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pmo_kit.doors import share
from pmo_kit.errors import DataError
from pmo_kit.facts import as_given, number
from pmo_kit.prioritization import swing_weights

if TYPE_CHECKING:
    from pmo_kit.register import Register

BID = ["partner_id", "lot"]
ITEM = [*BID, "criterion"]
PRICE_SPAN = 0.5
CLOSE = 1e-9
FINDING = ("severity", "file", "sheet", "row", "column", "value", "rule", "message", "fix")


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Every bid with its gates, quality and price points, and how it came to them.

    Parameters
    ----------
    bids : DataFrame
        Index (partner_id, lot): name, lot_label, price, bundle_discount, max_lots, evaluators (whose scores
        count), quality (0 to 100), price_points (0 to 100), value (both together), passed, failed_gate (words).
    scores : DataFrame
        One row per bid and criterion: label, weight, gate, mean (of the scores that count), consensus (adjusted
        for leniency), lowest, highest, evaluators, share (consensus on the declared scale, 0 to 1), remarks.
    evaluators : DataFrame
        Index evaluator: scores, left_out (conflicts), leniency (points of 100 above the others; taken out).
    reference_price, lot_weight : Series
        Per lot: mean of all prices offered; share of the reference prices of all lots.
    audit : DataFrame
        step, what, detail: what was done, in order.
    """

    bids: pd.DataFrame
    scores: pd.DataFrame
    evaluators: pd.DataFrame
    reference_price: pd.Series
    lot_weight: pd.Series
    audit: pd.DataFrame


def adjust_leniency(scores: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return consensus scores free of evaluators' leniency, and each evaluator's leniency.

    Least squares of the additive model score = item + leniency + error, leniencies summing to zero; where every
    evaluator scored every item the consensus is the plain mean.

    Parameters
    ----------
    scores : array_like, shape (items, evaluators)
        NaN where an evaluator did not score an item.

    Returns
    -------
    consensus : ndarray, shape (items)
        NaN where nobody scored.
    leniency : ndarray, shape (evaluators)
        Above 0: kinder than the others, in the unit of the scores.

    Notes
    -----
    Two-way additive model without interaction: Scheffe, *The Analysis of Variance* (1959), chapter 4; in peer
    review: Braun, "Understanding scoring reliability", *Journal of Educational Statistics* (1988).

    Examples
    --------
    The second evaluator is one point kinder and did not see the first item:

    >>> consensus, leniency = adjust_leniency([[3, np.nan], [2, 3], [4, 5]])
    >>> consensus.round(2).tolist(), leniency.round(2).tolist()
    ([3.5, 2.5, 4.5], [-0.5, 0.5])
    """
    table = np.asarray(scores, dtype=np.float64)
    seen = ~np.isnan(table)
    filled = np.where(seen, table, 0.0)
    per_item = seen.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        item_mean = np.where(per_item > 0, filled.sum(axis=1) / per_item, np.nan)
        share = np.where(per_item[:, np.newaxis] > 0, seen / per_item[:, np.newaxis], 0.0)
    counts = seen.astype(float)
    normal = np.diag(counts.sum(axis=0)) - counts.T @ share
    right = np.where(seen, table - np.nan_to_num(item_mean)[:, np.newaxis], 0.0).sum(axis=0)
    leniency = np.linalg.pinv(normal, rcond=1e-10) @ right
    leniency[np.abs(leniency) < CLOSE] = 0.0
    leniency = leniency - leniency.mean()
    return item_mean - share @ leniency, leniency


def evaluate_bids(
    register: Register,
    price_weight: float = 0.4,
    *,
    without: str | None = None,
    count_conflicts: bool = False,
    weights: NDArray[np.float64] | None = None,
) -> Evaluation:
    """Evaluate every bid.

    quality = sum of swing weight x share of the declared scale, in points of 100. Price points are linear around
    the reference price (the mean of all prices offered for the lot): the reference gets 50, half of it 100, one
    and a half times 0; a bid that fails a gate stays in the reference, so it changes nobody else's points.

    Parameters
    ----------
    register : Register
        With partners, lots, bids, partner_criteria and partner_scores.
    price_weight : float
        Share of the price in the value, 0 to 1.
    without : str, optional
        An evaluator to leave out, to see whether it matters.
    count_conflicts : bool
        Count the scores that a conflict excludes, to see what they would have done.
    weights : ndarray, optional
        Other weights of the criteria, in the order of `partner_criteria`.

    Raises
    ------
    DataError
        A table is missing, a score is off its scale, or a bid has a criterion that nobody may judge.
    ValueError
        `price_weight` is not between 0 and 1.
    """
    share(price_weight, "price_weight")
    criteria = register.need("partner_criteria").set_index("criterion")
    bids, partners = register.need("bids"), register.need("partners").set_index("partner_id")
    lots = register.need("lots").set_index("lot")
    votes, evaluators, audit = _votes_that_count(register, criteria, without, count_conflicts)
    wide = votes.pivot_table(index=ITEM, columns="evaluator", values="share")
    consensus, leniency = adjust_leniency(wide.to_numpy())
    evaluators["leniency"] = pd.Series(100 * leniency, index=wide.columns).reindex(evaluators.index)
    grouped = votes.groupby(ITEM)
    scores = grouped.agg(
        mean=("score", "mean"),
        lowest=("score", "min"),
        highest=("score", "max"),
        evaluators=("score", "size"),
    )
    remarks = votes.dropna(subset=["remark"]).groupby(ITEM)["remark"]
    scores["remarks"] = (
        remarks.agg(lambda said: "; ".join(dict.fromkeys(said))).reindex(scores.index).fillna("")
    )
    scores["share"] = pd.Series(consensus, index=wide.index).clip(0, 1)
    _need_all_scores(bids, criteria, scores)
    about = criteria.reindex(scores.index.get_level_values("criterion"))
    swing = swing_weights(criteria["weight"].to_numpy()) if weights is None else weights
    scores["weight"] = pd.Series(swing, index=criteria.index).reindex(about.index).to_numpy()
    scores["label"] = about["label"].fillna(pd.Series(about.index, index=about.index)).to_numpy()
    scores["gate"] = about["gate"].to_numpy(dtype=float)
    scale = (about["high"] - about["low"]).to_numpy()
    scores["consensus"] = about["low"].to_numpy() + scores["share"] * scale
    table = bids.set_index(BID).sort_index()[["price", "bundle_discount"]]
    table["bundle_discount"] = table["bundle_discount"].fillna(0.0)
    table.insert(0, "name", partners["name"].reindex(table.index.get_level_values("partner_id")).to_numpy())
    table.insert(1, "lot_label", lots["label"].reindex(table.index.get_level_values("lot")).to_numpy())
    limits = partners["max_lots"].reindex(table.index.get_level_values("partner_id"))
    table["max_lots"] = limits.fillna(len(lots)).to_numpy()
    by_bid = scores.groupby(level=BID)
    table["evaluators"] = by_bid["evaluators"].max().reindex(table.index)
    points = scores["weight"] * scores["share"]
    table["quality"] = 100 * points.groupby(level=BID).sum().reindex(table.index)
    reference = table["price"].groupby(level="lot").mean()
    table["price_points"] = price_points(table["price"], table.index, reference)
    table["value"] = (1 - price_weight) * table["quality"] + price_weight * table["price_points"]
    below = scores[scores["consensus"] < scores["gate"] - CLOSE]
    words = pd.Series(
        [
            f"{row.label} {as_given(row.consensus)}, needs {as_given(row.gate)}"
            for row in below.round(2).itertuples()
        ],
        index=below.index,
        dtype="str",
    )
    table["failed_gate"] = words.groupby(level=BID).agg("; ".join).reindex(table.index).fillna("")
    table["passed"] = table["failed_gate"] == ""
    audit += [("gate", f"{p}, lot {lot}", text) for (p, lot), text in table["failed_gate"].items() if text]
    audit += [
        ("weight", str(name), f"{number(100 * weight)} %")
        for name, weight in zip(criteria.index, swing, strict=True)
    ]
    audit += [
        ("price", f"lot {lot}", f"reference price {number(price, 2)}") for lot, price in reference.items()
    ]
    audit.append(("price", "weight of the price", f"{number(100 * price_weight, 0)} %"))
    trail = pd.DataFrame(audit, columns=["step", "what", "detail"])
    return Evaluation(table, scores.reset_index(), evaluators, reference, reference / reference.sum(), trail)


def price_points(price: pd.Series, bids: pd.MultiIndex, reference: pd.Series) -> pd.Series:
    """Points of 100 for a price: 50 at the reference price of the lot, linear, cut at 0 and 100."""
    ratio = price.to_numpy() / reference.reindex(bids.get_level_values("lot")).to_numpy()
    return pd.Series(100 * np.clip((1 + PRICE_SPAN - ratio) / (2 * PRICE_SPAN), 0, 1), index=bids)


def _votes_that_count(
    register: Register, criteria: pd.DataFrame, without: str | None, count_conflicts: bool
) -> tuple[pd.DataFrame, pd.DataFrame, list[tuple[str, str, str]]]:
    """Scores on their scale, without those that a conflict excludes; who judged how much."""
    votes = register.need("partner_scores")
    low = votes["criterion"].map(criteria["low"])
    high = votes["criterion"].map(criteria["high"])
    off = votes[(votes["score"] < low) | (votes["score"] > high)]
    if len(off):
        refuse([f"{r.evaluator} gives {r.partner_id}, lot {r.lot}, {r.criterion} a {as_given(r.score)}, off the scale."
                for r in off.itertuples()])  # fmt: skip
    votes = votes.assign(share=(votes["score"] - low) / (high - low))
    conflicts = register.table("evaluator_conflicts")
    pairs = pd.MultiIndex.from_frame(conflicts[["evaluator", "partner_id"]])
    excluded = pd.MultiIndex.from_frame(votes[["evaluator", "partner_id"]]).isin(pairs)
    if count_conflicts:
        excluded = np.zeros(len(votes), dtype=bool)
    audit = [("read", "scores", f"{len(votes)} of {votes['evaluator'].nunique()} evaluators")]
    for row in conflicts.itertuples():
        gone = int(
            (excluded & (votes["evaluator"] == row.evaluator) & (votes["partner_id"] == row.partner_id)).sum()
        )
        audit.append(
            ("conflict", f"{row.evaluator} on {row.partner_id}", f"{gone} scores left out: {row.reason}")
        )
    evaluators = votes.groupby("evaluator").size().rename("scores").to_frame()
    evaluators["left_out"] = (
        votes[excluded].groupby("evaluator").size().reindex(evaluators.index, fill_value=0)
    )
    votes = votes[~excluded]
    if without is not None:
        votes = votes[votes["evaluator"] != without]
    return votes, evaluators, audit


def _need_all_scores(bids: pd.DataFrame, criteria: pd.DataFrame, scores: pd.DataFrame) -> None:
    """Refuse a bid with a criterion that nobody judged: missing is not zero."""
    asked = bids[BID].merge(pd.DataFrame({"criterion": criteria.index}), how="cross")
    missing = asked[~pd.MultiIndex.from_frame(asked[ITEM]).isin(scores.index)]
    if len(missing):
        refuse([f"Nobody who may judge it has scored {r.partner_id}, lot {r.lot}, {r.criterion}."
                for r in missing.itertuples()])  # fmt: skip


def refuse(messages: list[str]) -> None:
    """Raise one DataError with all messages."""
    rows = [
        ("block", "", "partner_scores", None, "score", "", "score", text, "Complete or correct it.")
        for text in messages
    ]
    raise DataError(" ".join(messages[:3]), pd.DataFrame(rows, columns=list(FINDING)))
