"""Partner selection as a committee and a losing bidder read it."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from pmo_kit.exhibits import Message, Table
from pmo_kit.facts import count, listed, many, number, percent, sentence, shortened
from pmo_kit.figures.figure import figure, nothing, span, tabled, unit_line
from pmo_kit.partners import CLOSE, Award


@figure("partners.lots")
def lots(award: Award) -> Table:
    """Return the award: who gets which lot, at what price, and who would get it lot by lot."""
    rows = award.lots.reset_index()
    names, bought = award.table["name"].groupby(level="partner_id").first(), rows["price"].notna()
    alone, bundled = rows["alone"].equals(rows["partner_id"]), award.table.eval("award_price < price").any()
    rows["what"] = [(("text", str(row.label)), ("id", f"lot {row.lot}")) for row in rows.itertuples()]
    for column in ("runner_up", "alone"):
        rows[column] = rows[column].map(names).astype("str").fillna("none")
    rows["name"] = rows["name"].astype("str").fillna("no award")
    winners = [f"{row.name} for {row.label}" for row in rows.itertuples()]
    why = "several lots of one partner cost less" if bundled else "no partner can take more lots than it has room for"
    takeaway = f"Lot by lot would earn {number(award.one_by_one_value)} points, together {number(award.value)}: {why}."
    if award.one_by_one_value >= award.value - CLOSE:
        takeaway = "Awarded one by one the lots would go to other partners, for as many points."
    if alone:
        takeaway = "Awarded one by one or together, the lots go to the same partners."
    second = "Just as good" if award.next_best_value >= award.value - CLOSE else "Next best"
    return tabled(
        data=rows,
        title=sentence(listed(winners))
        + f": {number(rows['price'].sum())}" * bool(bought.any())
        + " together" * bool(bought.sum() > 1),
        takeaway=takeaway if bought.any() else "No lot can be awarded.",
        note=f"{second}: {award.next_best}, {number(award.next_best_value)} points." if bought.any() else "",
    )


@figure("partners.bids")
def bids(award: Award) -> Table:
    """Return every bid with quality, price and value, what failed, and the price at which it would have won."""
    order = ["lot", "passed", "value"]
    rows = award.table.reset_index().sort_values(order, ascending=[True, False, False], kind="stable")
    rows["group"] = rows["lot_label"] + ", lot " + rows["lot"]
    rows["remark"] = [
        "award" if row.awarded else f"out: {row.failed_gate}" if not row.passed else f"rank {number(row.rank, 0)}"
        for row in rows.itertuples()
    ]
    rows["robust"] = 100 * rows["wins"]
    out, biased = rows[~rows["passed"]], int(award.evaluation.evaluators["left_out"].gt(0).sum())
    fails = [f"{row.name} on lot {row.lot} ({row.failed_gate})" for row in out.itertuples()]
    return tabled(
        data=rows,
        title=f"{many(len(out), 'bid misses|bids miss')} a must-pass minimum: {shortened(fails)}"
        if fails
        else "Every bid passes the must-pass minima",
        takeaway=f"Price counts {percent(award.price_weight)}, quality {percent(1 - award.price_weight)}; "
        f"{count(biased, 'evaluator')} left out for a conflict on part of the bids.",
    )


@figure("partners.sensitivity")
def sensitivity(award: Award) -> Table:
    """Return which award is best from which weight of the price on."""
    rows = award.sensitivity
    weights = pd.Series([span([percent(row.start), percent(row.end)]) for row in rows.itertuples()])
    holds = listed([f"from {one}" if " to " in one else one for one in weights[rows["same"]]] or ["nowhere"])
    return tabled(
        data=rows.assign(weights=weights, same=rows["same"].map({True: "as recommended", False: "another award"})),
        title=f"The award holds while the price counts {holds}",
        takeaway=f"The price counts {percent(award.price_weight)} today.",
        unit_line=unit_line(f"Best award by weight of the price, in steps of {percent(0.05)}", ""),
    )


@figure("partners.debrief_{partner_id}_{lot}")
def debrief(award: Award, partner_id: str = "", lot: str = "") -> Table | Message:
    """Return what a losing bidder is told: its scores beside the winner's; nobody is named.

    Where no bid is asked for it is the first that lost, of a partner that wins nothing where there is one.
    """
    rows = award.debrief
    if not (partner_id or lot):
        if rows.empty:
            return replace(nothing("No bid lost", "There is nobody to tell why."), id="partners.debrief")
        first = rows.loc[rows["partner_id"].isin(award.lots["partner_id"]).idxmin()]
        partner_id, lot = first["partner_id"], first["lot"]
    rows = rows[(rows["partner_id"] == partner_id) & (rows["lot"] == lot)].copy()
    if rows.empty:
        raise KeyError(f"{partner_id} has no losing bid on lot {lot}.")
    bid = award.table.loc[(partner_id, lot)]
    rows["weight"] = 100 * rows["weight"]
    rows["remarks"] = rows["remarks"].replace("", "–")
    first = rows.iloc[0]
    price = f" At the prices of the others it would have won below {number(bid['price_to_win'])}."
    end = "as good as the winner on every criterion"
    if nobody := rows["winner_score"].isna().all():
        end = "nobody wins this lot"
    if not bid["passed"]:
        end = f"out because {bid['failed_gate']}"
    elif first["lost"] > 0:
        end = f"most was lost on {first['label'].lower()}, {number(first['lost'])} points"
    best = " No bid for this lot is better by itself" + "; the lots are awarded together" * (len(award.lots) > 1) + "."
    return tabled(
        data=rows,
        title=f"{bid['name']}, lot {lot}: {end}",
        takeaway=f"Quality {number(bid['quality'], 0)} of 100, price {number(bid['price'])}."
        + best * bool(bid["rank"] == 1 and not nobody)
        + (price if bid["price_to_win"] == bid["price_to_win"] else ""),
        id=f"partners.debrief_{partner_id}_{lot}",
    )


@figure("partners.audit")
def audit(award: Award) -> Table:
    """Return what was done, step by step, from the scores to the award."""
    read = award.evaluation.evaluators[["scores", "left_out"]].sum()
    return tabled(
        data=award.audit,
        title=f"{many(read['left_out'], 'score')} of {number(read['scores'], 0)} left out for a conflict",
    )
