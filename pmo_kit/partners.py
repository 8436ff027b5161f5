"""Partner selection: from evaluators' scores to one view of every bid, and the award of lots.

Conflicts, leniency, consensus, gates, quality and price; then the best lots together, what would change them, and what
to tell those who lost.

The order is fixed: a conflict takes the evaluator's scores out, not the bid; leniency is estimated from what is left; a
gate is a must-pass minimum and comes before any weighing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pmo_kit.arbitration import solve_selection
from pmo_kit.doors import Answer, door, share
from pmo_kit.errors import DataError
from pmo_kit.facts import as_given, count, in_row, number, percent
from pmo_kit.prioritization import swing_weights
from pmo_kit.prioritization.values import adjust_leniency
from pmo_kit.register import Register

BID = ["partner_id", "lot"]
ITEM = [*BID, "criterion"]
PRICE_SPAN = 0.5
CLOSE = 1e-9


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
        for leniency), evaluators, share (consensus on the declared scale, 0 to 1), remarks.
    evaluators : DataFrame
        Index evaluator: scores, left_out (conflicts), leniency (points of 100 above the others; taken out).
    reference_price, lot_weight : Series
        Per lot: mean of all prices offered; share of the reference prices of all lots.
    """

    bids: pd.DataFrame
    scores: pd.DataFrame
    evaluators: pd.DataFrame
    reference_price: pd.Series
    lot_weight: pd.Series


def evaluate_bids(register: Register, price_weight: float = 0.4) -> Evaluation:
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

    Raises
    ------
    DataError
        A table is missing, a score is off its scale, or a bid has a criterion that nobody may judge.
    ValueError
        `price_weight` is not between 0 and 1.
    """
    share(price_weight, "price_weight")
    criteria = register.need("partner_criteria").set_index("criterion")
    bids, partners = register.need("bids"), called(register, "partners", "name")
    lots = called(register, "lots", "label")
    refuse(["No criterion has a weight."] * bool(criteria["weight"].sum() <= 0), "partner_criteria", "weight")
    votes, evaluators = _votes_that_count(register, criteria)
    wide = votes.pivot_table(index=ITEM, columns="evaluator", values="share")
    consensus, leniency = adjust_leniency(wide.to_numpy())
    evaluators["leniency"] = pd.Series(100 * leniency, index=wide.columns).reindex(evaluators.index)
    grouped = votes.groupby(ITEM)
    scores = grouped.agg(mean=("score", "mean"), evaluators=("score", "size"))
    remarks = votes.dropna(subset=["remark"]).groupby(ITEM)["remark"]
    scores["remarks"] = remarks.agg(lambda said: "; ".join(dict.fromkeys(said))).reindex(scores.index).fillna("")
    scores["share"] = pd.Series(consensus, index=wide.index).clip(0, 1)
    _need_all_scores(bids, criteria, scores)
    swing = swing_weights(criteria["weight"].to_numpy())
    labels = criteria["label"].fillna(criteria.index.to_series())
    about = criteria.assign(weight=swing, label=labels, gate=criteria["gate"].astype(float))
    scores = scores.join(about[["label", "weight", "gate", "low", "high"]], on="criterion")
    scores["consensus"] = scores["low"] + scores["share"] * (scores["high"] - scores["low"])
    table = bids.join(partners[["name", "max_lots"]], on="partner_id").join(lots["label"].rename("lot_label"), on="lot")
    table = table.fillna({"bundle_discount": 0.0, "max_lots": len(lots)}).set_index(BID).sort_index()
    table = table[["name", "lot_label", "price", "bundle_discount", "max_lots"]]
    by_bid = scores.groupby(level=BID)
    table["evaluators"] = by_bid["evaluators"].max().reindex(table.index)
    points = scores["weight"] * scores["share"]
    table["quality"] = 100 * points.groupby(level=BID).sum().reindex(table.index)
    reference = table["price"].groupby(level="lot").mean()
    free = reference.index[reference <= 0]
    refuse([f"Every bid for lot {lot} costs nothing: there is no price to compare." for lot in free], "bids", "price")
    table["price_points"] = price_points(table["price"], reference)
    table["value"] = (1 - price_weight) * table["quality"] + price_weight * table["price_points"]
    below = scores[scores["consensus"] < scores["gate"] - CLOSE].round(2)
    below["words"] = [
        f"{row.label} {as_given(row.consensus)}, needs {as_given(row.gate)}" for row in below.itertuples()
    ]
    failed = below["words"].groupby(level=BID).agg("; ".join).astype("str")
    table["failed_gate"] = failed.reindex(table.index).fillna("")
    table["passed"] = table["failed_gate"] == ""
    return Evaluation(table, scores.reset_index(), evaluators, reference, reference / reference.sum())


def called(register: Register, table: str, name: str) -> pd.DataFrame:
    """The partners or lots of a register by their id, which is the name of one without a name."""
    rows = register.need(table)
    return rows.assign(**{name: rows[name].fillna(rows.iloc[:, 0])}).set_index(rows.columns[0])


def price_points(price: pd.Series, reference: pd.Series) -> pd.Series:
    """Points of 100 for the price of bids: 50 at the reference price of the lot, linear, cut at 0 and 100."""
    ratio = price / reference.reindex(price.index.get_level_values(1)).to_numpy()
    return 100 * ((1 + PRICE_SPAN - ratio) / (2 * PRICE_SPAN)).clip(0, 1)


def _votes_that_count(register: Register, criteria: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scores on their scale, without those that a conflict excludes; who judged how much."""
    votes = register.need("partner_scores")
    low = votes["criterion"].map(criteria["low"])
    high = votes["criterion"].map(criteria["high"])
    off = votes[(votes["score"] < low) | (votes["score"] > high)]
    refuse([f"{r.evaluator} gives {r.partner_id}, lot {r.lot}, {r.criterion} a {as_given(r.score)}, off the scale."
            for r in off.itertuples()])  # fmt: skip
    votes = votes.assign(share=(votes["score"] - low) / (high - low))
    conflicts = register.table("evaluator_conflicts")
    pairs = pd.MultiIndex.from_frame(conflicts[["evaluator", "partner_id"]])
    excluded = pd.MultiIndex.from_frame(votes[["evaluator", "partner_id"]]).isin(pairs)
    evaluators = votes.groupby("evaluator").size().rename("scores").to_frame()
    evaluators["left_out"] = votes[excluded].groupby("evaluator").size().reindex(evaluators.index, fill_value=0)
    return votes[~excluded], evaluators


def _need_all_scores(bids: pd.DataFrame, criteria: pd.DataFrame, scores: pd.DataFrame) -> None:
    """Refuse a bid with a criterion that nobody judged: missing is not zero."""
    asked = bids[BID].merge(pd.DataFrame({"criterion": criteria.index}), how="cross")
    missing = asked[~pd.MultiIndex.from_frame(asked[ITEM]).isin(scores.index)]
    refuse([f"Nobody who may judge it has scored {r.partner_id}, lot {r.lot}, {r.criterion}."
            for r in missing.itertuples()])  # fmt: skip


def refuse(messages: list[str], sheet: str = "partner_scores", column: str = "score") -> None:
    """Raise one DataError with all messages, where there are any."""
    same = {"sheet": sheet, "column": column, "rule": column, "fix": "Complete or correct it."}
    if messages:
        raise DataError.of([{"message": text} for text in messages], " ".join(messages[:3]), **same)


COVERED = 1000.0
PRICE_WEIGHTS = tuple(round(0.05 * step, 2) for step in range(21))
Bid = tuple[str, str]
Choice = tuple[tuple[Bid, ...], float]


@dataclass(frozen=True, eq=False)
class Award(Answer):
    """Who gets which lot, and why.

    `table` has one row per bid, index (partner_id, lot): name, lot_label, price, award_price and award_value (after
    the bundle discount, of winners), quality, price_points, value (points of 100), passed, failed_gate, rank (in the
    lot, among those that passed), awarded, wins (share of other weights under which it wins), price_to_win (price at
    which a losing bid would have drawn level, reference prices as they are; missing where no price is low enough).

    `lots` has one row per lot: label, partner_id, name, price, value, runner_up, alone (who would win if lots were
    awarded one by one, in their order).

    `sensitivity` has one row per span of weights of the price (0 to 1, tried in steps of 0.05) with one best award:
    start, end, award (words), same (as recommended). `debrief` has one row per losing bid and criterion: partner_id,
    lot, criterion, label, weight, score, winner_score, lost (points of 100 behind the winner), gate, remarks.
    `audit` has one row per step: step, what, detail.

    Parameters
    ----------
    evaluation : Evaluation
        Scores, evaluators, reference prices.
    value, one_by_one_value, next_best_value : float
        Points of the award, of the award lot by lot, and of the best other award.
    next_best : str
        In words.
    """

    _table: pd.DataFrame = field(repr=False)
    lots: pd.DataFrame = field(repr=False)
    sensitivity: pd.DataFrame = field(repr=False)
    debrief: pd.DataFrame = field(repr=False)
    evaluation: Evaluation = field(repr=False)
    register: Register = field(repr=False)
    value: float
    one_by_one_value: float
    next_best: str
    next_best_value: float
    price_weight: float
    unit: str
    summary: str
    inputs: Mapping[str, str]

    @property
    def _shown(self) -> pd.DataFrame:
        return self.lots

    @property
    def audit(self) -> pd.DataFrame:
        """step, what, detail: what was read, left out and weighed, and what came of it, in order."""
        found, votes = self.evaluation, self.register.need("partner_scores")
        names = called(self.register, "partners", "name")["name"]
        given = votes.groupby(["evaluator", "partner_id"]).size()
        trail = [("read", "scores", f"{number(len(votes), 0)} by {count(len(found.evaluators), 'evaluator')}")]
        for row in self.register.table("evaluator_conflicts").fillna({"reason": "no reason stated"}).itertuples():
            out = count(given.get((row.evaluator, row.partner_id), 0), "score")
            trail.append(("conflict", f"{row.evaluator} on {names[row.partner_id]}", f"left out {out}: {row.reason}"))
        for who, above in found.evaluators["leniency"].dropna().items():
            trail.append(("leniency", str(who), f"{number(above, 1, True)} points of 100 above the others, taken out"))
        for (_, lot), bid in found.bids[~found.bids["passed"]].iterrows():
            trail.append(("gate", f"{bid['name']}, lot {lot}", bid["failed_gate"]))
        for row in found.scores.drop_duplicates("criterion").itertuples():
            trail.append(("weight", str(row.label), f"{percent(row.weight, 1)} of quality"))
        trail.append(("weight", "price", f"{percent(self.price_weight)} of value"))
        for lot, price in found.reference_price.items():
            trail.append(("price", f"lot {lot}", f"reference price {number(price, 2)} {self.unit}"))
        for lot, row in self.lots.iterrows():
            won = f"{row['name']}, {number(row['value'])} points" if pd.notna(row["partner_id"]) else "no award"
            trail.append(("award", f"lot {lot}", won))
        trail.append(("award", "together", f"{number(self.value)} points, proven best"))
        if self.lots["partner_id"].notna().any():
            trail.append(("award", "next best", f"{self.next_best}, {number(self.next_best_value)} points"))
        return pd.DataFrame(trail, columns=["step", "what", "detail"])


@door
def select_partners(register: Register, price_weight: float = 0.4, *, draws: int = 200, seed: int = 7) -> Award:
    """Award the lots: gates first, then the best lots together within each partner's capacity.

    The value of an award is the sum over lots of lot weight (share of the reference prices) x value of the
    winning bid; a bundle discount counts where the partner wins every lot it bid for. As many lots as possible
    are awarded, then the value is the highest: proven by the arbitration's solver.

    Parameters
    ----------
    register : Register
        With partners, lots, bids, partner_criteria and partner_scores; evaluator_conflicts where there are any.
    price_weight : float
        Share of the price in the value, 0 to 1.
    draws : int
        How many other weights of the criteria to try (uniform on the simplex).
    seed : int
        Of the draws.

    Returns
    -------
    Award

    Raises
    ------
    DataError
        A table is missing, a score is off its scale, or a bid has a criterion that nobody may judge.
    ValueError
        `price_weight` is not between 0 and 1.

    Notes
    -----
    Additive value with swing weights: UK Government Analysis Function, *An Introductory Guide to MCDA* (2024).
    Award with bundles as winner determination: Cramton, Shoham and Steinberg, *Combinatorial Auctions* (2006).
    """
    found = evaluate_bids(register, price_weight)
    chosen, value = best_award(found, price_weight)
    others = [best_award(found, price_weight, forbid=bid) for bid in chosen]
    second = max(others, key=lambda award: award[1], default=((), float("nan")))
    alone, alone_value = lot_by_lot(found, price_weight)
    table = found.bids.copy()
    table["award_price"] = pd.Series(prices(found, chosen)).reindex(table.index) if chosen else np.nan
    table["award_value"] = value_at(table["award_price"], found, price_weight)
    ranked = table["value"].where(table["passed"])
    table["rank"] = ranked.groupby(level="lot").rank(ascending=False, method="min")
    table["awarded"] = table.index.isin(list(chosen))
    table["wins"] = share_of_wins(found, price_weight, draws, seed)
    table["price_to_win"] = prices_to_win(table, found, price_weight, value)
    spans = []
    for other, held in groupby(PRICE_WEIGHTS, lambda weight: best_award(found, weight)[0]):
        tried = [*held]
        spans.append((tried[0], tried[-1], words(found, other), set(other) == set(chosen)))
    sensitivity = pd.DataFrame(spans, columns=["start", "end", "award", "same"])
    inputs = {"register": register.fingerprint, "price_weight": as_given(price_weight), "status": "optimal",
              "draws": str(draws), "seed": str(seed)}  # fmt: skip
    summary = f"{words(found, chosen)}: {number(value)} points at {number(sum(prices(found, chosen).values()))}"
    if set(alone) != set(chosen):
        summary += f"; awarded lot by lot it would be {words(found, alone)}: {number(alone_value)}"
    lots = lot_table(table, alone, called(register, "lots", "label")["label"])
    return Award(
        table, lots, sensitivity, debrief_losers(found, chosen), found, register, value, alone_value,
        words(found, second[0]), second[1], price_weight, register.settings.unit, summary + ".", inputs,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Options:
    """What can be awarded: single bids that passed and whole bundles; points = by_quality @ quality + by_price."""

    bids: list[tuple[Bid, ...]]
    by_quality: NDArray[np.float64]
    by_price: NDArray[np.float64]


def options(found: Evaluation, price_weight: float) -> Options:
    """Single bids that passed, and bundles with their discount, in points of the whole award."""
    table, size = found.bids, found.lot_weight
    weight = size.reindex(table.index.get_level_values("lot")).to_numpy()
    members: list[tuple[Bid, ...]] = [(bid,) for bid in table.index[table["passed"]]]
    points = [table["price_points"].to_numpy()] * len(members)
    for _, own in table.groupby(level="partner_id"):
        rebate = own["bundle_discount"]
        if len(own) > 1 and own["passed"].all() and (rebate > 0).any() and len(own) <= own["max_lots"].iloc[0]:
            lower = price_points(own["price"] * (1 - rebate), found.reference_price)
            members.append(tuple(own.index))
            points.append(lower.reindex(table.index).fillna(0.0).to_numpy())
    place = {bid: column for column, bid in enumerate(table.index)}
    held = np.zeros((len(members), len(table)))
    for row, bids in enumerate(members):
        held[row, [place[bid] for bid in bids]] = 1.0
    by_price = price_weight * (held * weight * np.array(points).reshape(held.shape)).sum(axis=1)
    return Options(members, (1 - price_weight) * held * weight, by_price)


def best_award(
    found: Evaluation, price_weight: float, *, forbid: Bid | None = None, force: Bid | None = None
) -> Choice:
    """The best award: (partner, lot) pairs in the order of lots, and its value in points."""
    choices = options(found, price_weight)
    values = choices.by_quality @ found.bids["quality"].to_numpy() + choices.by_price
    able = [
        place
        for place, bids in enumerate(choices.bids)
        if forbid not in bids and (force is None or force in bids or force[1] not in {lot for _, lot in bids})
    ]
    return solve_award(found, [choices.bids[place] for place in able], values[able], force)


def solve_award(
    found: Evaluation, able: list[tuple[Bid, ...]], values: NDArray[np.float64], force: Bid | None = None
) -> Choice:
    """As many lots as possible, then the highest value: each lot once, each partner within its capacity."""
    if not able:
        return (), 0.0
    lots, partners = list(found.lot_weight.index), sorted({bids[0][0] for bids in able})
    rows = [[sum(lot == wanted for _, lot in bids) for bids in able] for wanted in lots]
    rows += [[len(bids) * (bids[0][0] == partner) for bids in able] for partner in partners]
    limits = found.bids["max_lots"].groupby(level="partner_id").first()
    capacity = [1.0] * len(lots) + [float(limits[partner]) for partner in partners]
    sizes = np.array([len(bids) for bids in able], dtype=float)
    must = np.array([force in bids for bids in able], dtype=float) * (len(lots) + 1)
    chosen = solve_selection(values + COVERED * (sizes + must), rows, capacity).chosen
    pairs = sorted((bid for place in chosen for bid in able[place]), key=lambda bid: lots.index(bid[1]))
    return tuple(pairs), float(values[list(chosen)].sum())


def lot_by_lot(found: Evaluation, price_weight: float) -> Choice:
    """Each lot in its order to the best bid that still has room; no bundles are seen ahead."""
    ranked = found.bids[found.bids["passed"]].sort_values("value", ascending=False, kind="stable")
    room, taken = found.bids["max_lots"].groupby(level="partner_id").first().to_dict(), {}
    for partner, lot in ranked.sort_index(level="lot", sort_remaining=False, kind="stable").index:
        if lot not in taken and room[partner] >= 1:
            taken[lot], room[partner] = (str(partner), str(lot)), room[partner] - 1
    chosen = tuple(taken.values())
    return chosen, worth_of(found, chosen, price_weight)


def prices(found: Evaluation, chosen: tuple[Bid, ...]) -> dict[Bid, float]:
    """What the winners are paid: the bid, less the bundle discount where every lot they bid for is won."""
    paid = {}
    for partner, lot in chosen:
        own = found.bids.loc[partner]
        whole = len(own) > 1 and all((partner, other) in chosen for other in own.index)
        paid[(partner, lot)] = float(own.at[lot, "price"] * (1 - own.at[lot, "bundle_discount"] * whole))
    return paid


def worth_of(found: Evaluation, chosen: tuple[Bid, ...], price_weight: float) -> float:
    """Value of an award in points, discounts included."""
    if not chosen:
        return 0.0
    values = value_at(pd.Series(prices(found, chosen)), found, price_weight)
    return float(values @ found.lot_weight.reindex(values.index.get_level_values(1)).to_numpy())


def value_at(paid: pd.Series, found: Evaluation, price_weight: float) -> pd.Series:
    """Points of bids at what they are paid: quality and price together."""
    points = price_points(paid, found.reference_price)
    return (1 - price_weight) * found.bids["quality"].reindex(points.index) + price_weight * points


def prices_to_win(table: pd.DataFrame, found: Evaluation, price_weight: float, value: float) -> pd.Series:
    """The price at which every losing bid would draw level with the award; missing where no price is low enough."""
    level = pd.Series(np.nan, table.index)
    for bid in table.index[table["passed"] & ~table["awarded"]] if price_weight > 0 else ():
        chosen, forced = best_award(found, price_weight, force=bid)
        points = max(value - forced, 0.0) / (price_weight * float(found.lot_weight[bid[1]]))
        if bid in chosen and table.at[bid, "price_points"] + points <= 100:
            level[bid] = table.at[bid, "price"] - points / 100 * float(found.reference_price[bid[1]])
    return level


def share_of_wins(found: Evaluation, price_weight: float, draws: int, seed: int) -> pd.Series:
    """How often each bid wins when the criteria have other weights, uniform on the simplex.

    Sampling of weights as in SMAA: Lahdelma and Salminen, *Operations Research* 49 (2001).
    """
    shares = found.scores.pivot_table(index=BID, columns="criterion", values="share").reindex(found.bids.index)
    sample = np.random.default_rng(seed).dirichlet(np.ones(shares.shape[1]), size=draws)
    choices = options(found, price_weight)
    values = choices.by_quality @ (100 * shares.to_numpy() @ sample.T) + choices.by_price[:, np.newaxis]
    wins = pd.Series(0.0, index=found.bids.index)
    for drawn in values.T:
        wins[list(solve_award(found, choices.bids, drawn)[0])] += 1
    return wins / max(draws, 1)


def words(found: Evaluation, chosen: tuple[Bid, ...]) -> str:
    """An award in words."""
    told = [f"lot {lot} to {found.bids.at[(partner, lot), 'name']}" for partner, lot in chosen]
    return in_row(told) if told else "no award"


def lot_table(table: pd.DataFrame, alone: tuple[Bid, ...], labels: pd.Series) -> pd.DataFrame:
    """One row per lot, also of those for which nobody bids."""
    by_lot = table.reset_index("partner_id")
    rivals = by_lot[by_lot["passed"] & ~by_lot["awarded"]].sort_values("value", ascending=False, kind="stable")
    second = rivals[~rivals.index.duplicated()]
    won = by_lot.loc[by_lot["awarded"], ["partner_id", "name", "award_price", "award_value"]]
    won = won.rename(columns={"award_price": "price", "award_value": "value"})
    lots = labels.sort_index().to_frame().join(won)
    return lots.assign(
        runner_up=second["partner_id"],
        alone=pd.Series({lot: partner for partner, lot in alone}, dtype="str"),
    )


def debrief_losers(found: Evaluation, chosen: tuple[Bid, ...]) -> pd.DataFrame:
    """Per losing bid and criterion: the score, the winner's, and the points lost; evaluators are not named."""
    scores = found.scores[[*BID, "criterion", "label", "weight", "consensus", "share", "gate", "remarks"]]
    won = scores[pd.MultiIndex.from_frame(scores[BID]).isin(list(chosen))]
    won = won[["lot", "criterion", "consensus", "share"]]
    lost = scores[~pd.MultiIndex.from_frame(scores[BID]).isin(list(chosen))]
    both = lost.merge(won, on=["lot", "criterion"], how="left", suffixes=("", "_winner"))
    both["lost"] = (100 * both["weight"] * (both["share_winner"] - both["share"])).round(9) + 0.0
    both = both.rename(columns={"consensus": "score", "consensus_winner": "winner_score"})
    order = [*BID, "criterion", "label", "weight", "score", "winner_score", "lost", "gate", "remarks"]
    return both[order].sort_values([*BID, "lost"], ascending=[True, True, False], ignore_index=True)
