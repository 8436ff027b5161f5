"""Partner selection as a committee and a losing bidder read it."""

from __future__ import annotations

import pandas as pd

from pmo_kit.exhibits import Table
from pmo_kit.facts import count, listed, many, number, percent, sentence, shortened
from pmo_kit.figures.figure import figure, tabled, unit_line
from pmo_kit.partners import Award


@figure("partners.lots")
def lots(award: Award) -> Table:
    """Return the award: who gets which lot, at what price, and who would get it lot by lot."""
    rows = award.lots.reset_index()
    names = award.register.need("partners").set_index("partner_id")["name"]
    rows["what"] = [(("text", str(row.label)), ("id", f"lot {row.lot}")) for row in rows.itertuples()]
    for column in ("runner_up", "alone"):
        rows[column] = rows[column].map(names).fillna("none")
    rows["name"] = rows["name"].fillna("no award")
    winners = [f"{row.name} for {row.label}" for row in rows.itertuples()]
    different = award.one_by_one_value < award.value - 1e-9
    return tabled(
        data=rows,
        title=f"{sentence(listed(winners))}: {number(rows['price'].sum())} together",
        takeaway=f"Lot by lot would earn {number(award.one_by_one_value)} points, "
        f"together {number(award.value)}: no partner can take more lots than it has room for."
        if different
        else "Awarded one by one or together, the lots go to the same partners.",
        note=f"Next best: {award.next_best}, {number(award.next_best_value)} points.",
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
    weights = pd.Series([f"{percent(row.start)} to {percent(row.end)}" for row in rows.itertuples()])
    holds = listed([f"from {span}" for span in weights[rows["same"]]] or ["nowhere"])
    return tabled(
        data=rows.assign(weights=weights, same=rows["same"].map({True: "as recommended", False: "another award"})),
        title=f"The award holds while the price counts {holds}",
        takeaway=f"The price counts {percent(award.price_weight)} today.",
        unit_line=unit_line(f"Best award by weight of the price, in steps of {percent(0.05)}", ""),
    )


@figure("partners.debrief_{partner_id}_{lot}")
def debrief(award: Award, partner_id: str, lot: str) -> Table:
    """Return what a losing bidder is told: its scores beside the winner's; nobody is named."""
    rows = award.debrief
    rows = rows[(rows["partner_id"] == partner_id) & (rows["lot"] == lot)].copy()
    if rows.empty:
        raise KeyError(f"{partner_id} has no losing bid on lot {lot}.")
    bid = award.table.loc[(partner_id, lot)]
    rows["weight"] = 100 * rows["weight"]
    rows["remarks"] = rows["remarks"].replace("", "–")
    first = rows.iloc[0]
    price = f" At the prices of the others it would have won below {number(bid['price_to_win'])}."
    end = "as good as the winner on every criterion"
    if not bid["passed"]:
        end = f"out because {bid['failed_gate']}"
    elif first["lost"] > 0:
        end = f"most was lost on {first['label'].lower()}, {number(first['lost'])} points"
    return tabled(
        data=rows,
        title=f"{bid['name']}, lot {lot}: {end}",
        takeaway=f"Quality {number(bid['quality'], 0)} of 100, price {number(bid['price'])}."
        + (price if bid["price_to_win"] == bid["price_to_win"] else ""),
    )


@figure("partners.audit")
def audit(award: Award) -> Table:
    """Return what was done, step by step, from the scores to the award."""
    read = award.evaluation.evaluators[["scores", "left_out"]].sum()
    return tabled(
        data=award.audit,
        title=f"{many(read['left_out'], 'score')} of {number(read['scores'], 0)} left out for a conflict",
    )
