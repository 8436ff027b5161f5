"""What an auditor asks for: sums re-added, decisions, assumptions, method, glossary, published cases."""

from __future__ import annotations

import pandas as pd
import yaml

from pmo_kit.arbitration import Allocation, Capacity
from pmo_kit.exhibits import Chart, Exhibit, Field, Message, Reference, Table
from pmo_kit.facts import as_given, count, listed, many, number, or_none, say, sentence, shortened
from pmo_kit.figures import claims
from pmo_kit.figures.arbitration import money_by_year
from pmo_kit.figures.claims import SMALL
from pmo_kit.figures.figure import WORST_FIRST, dated, drawn, figure, named, tabled
from pmo_kit.proof import Proof
from pmo_kit.rates import describe_schedule
from pmo_kit.register import Register
from pmo_kit.shipped import shipped


@figure("annex.hand_check")
def hand_check(allocation: Allocation) -> Exhibit:
    """Return the funded list to re-add with a pencil: every project's money and scarce people, against what there is.

    A column for each year of the envelopes of the whole portfolio and for each limit on people that is reached;
    the sum, what there is, what is carried over from earlier years, and what is left. In a workbook the sum and
    the rest are formulas.
    """
    money, use = money_by_year(allocation), allocation.use
    people = use[(use["kind"] == "capacity") & use["binding"]]
    chosen = allocation.table.query("decision != 'refuse'").sort_values(["decision", "name"], ascending=[False, True])
    twice, envelope = money["year"].duplicated(keep=False), money["rule"].str.removeprefix("envelope ")
    money, people = money.assign(column=money["year"].mask(twice, envelope)), people.assign(column=people["label"])
    limits = pd.concat([money, people]).set_index("column")
    if limits.empty:
        line = "Not shown: no envelope is for the whole portfolio and no trade is used up, so there is no sum to check."
        return Message(title=line, absent="budgets")
    parts, there = {}, pd.Series(0.0, limits.index)
    for name, rule in limits["rule"].map(allocation.question.rule).items():
        by_person = isinstance(rule, Capacity)
        parts[name] = allocation.people[(rule.role, rule.period)] if by_person else allocation.spend[rule.year]
        there[name] = rule.fte if by_person else rule.amount
    rows = pd.DataFrame(parts).reindex(chosen.index)
    lines = pd.DataFrame(
        {
            "effects of projects on one another": limits["used"] - rows.sum(),
            "together": limits["used"],
            "there is": there,
            "carried over from earlier years": limits["limit"] - there,
            "left": limits["slack"],
        }
    ).T
    lines = lines.where(lines.abs() > SMALL, 0.0)
    lines = lines[lines.index.isin(["together", "there is", "left"]) | lines.any(axis=1)]
    rows, sums = rows.assign(project=named(chosen["name"])), lines.assign(project=[(("text", x),) for x in lines.index])
    trades, least = list(people["column"]), float(limits["slack"].min())
    tight = listed(limits.index[limits["slack"] <= least + SMALL].astype("str"))
    return tabled(
        data=pd.concat([rows, sums], ignore_index=True),
        own=[Field(name, name, ruled=name in trades[:1]) for name in limits.index.astype("str")],
        totals=len(lines) - ("effects of projects on one another" in lines.index),
        title=f"{many(len(chosen), 'line adds|lines add')} up"
        f"{' within every envelope' * (least > -SMALL)}; least is left in {tight}: {number(least)}",
    )


@figure("annex.decisions")
def decisions(register: Register, log: pd.DataFrame) -> Exhibit:
    """Return the decision log: what was recommended, what was decided, what became of it.

    Parameters
    ----------
    log : DataFrame
        From `pmo_kit.performance.decision_log`.
    """
    against, broken = log["followed"].eq(False).fillna(False), log.loc[~log["kept"], "name"]
    told = log.fillna({"decided_by": "no name is recorded", "reason": "no reason is recorded", "recommended": "–"})
    why = "Against the advice: " + told["decided_by"] + "; " + told["reason"]
    outcomes = [
        (("text", sentence(outcome)), *([("small", text)] if other else []))
        for outcome, text, other in zip(log["outcome"], why, against, strict=True)
    ]
    kept = f"{count(len(broken), 'was', 'were')} not kept" if len(broken) else "none was broken"
    return tabled(
        data=told.assign(date=dated(log["date"]), outcome=outcomes),
        title=f"Of {count(len(log), 'decision')} {or_none(int(against.sum()))} went against the advice, {kept}",
        takeaway=f"Not kept: {shortened(broken)}." if len(broken) else "",
    )


@figure("annex.assumptions")
def assumptions(register: Register) -> Exhibit:
    """Return what is taken for granted, the weakest that matters most first, with owner, source and date."""
    table, told = register.table("assumptions"), claims.teller(register, "annex.assumptions", "assumptions")
    weakness, reach = (table[name].map(WORST_FIRST).fillna(3) for name in ("quality", "impact"))
    data = table.assign(order=weakness + reach, reach=reach).fillna({"owner": "–", "source": "no source"})
    data = data.sort_values(["order", "reach"], kind="stable", ignore_index=True)
    days = (f"{day:%Y-%m-%d}" if pd.notna(day) else "no date" for day in data["date"])
    data["source"] = [(("text", source), ("line", day)) for source, day in zip(data["source"], days, strict=True)]
    weak = table.loc[(table["quality"] == "R") & (table["impact"] == "R"), "assumption"]
    words = "{n:nones-Words} of {all:words assumption|assumptions} {n:=is|are} both weak and decisive"
    return tabled(
        data=data,
        title=say(words, n=told("weak", len(weak)), all=told("all", len(table))),
        takeaway=f"Test first: {listed(weak) if len(weak) else data['assumption'].iloc[0]}.",
    )


@figure("annex.method")
def method(register: Register) -> Message:
    """Return how the advice is found, in plain words: `templates/report/method.yml` with the register's terms."""
    settings = register.settings
    told = yaml.safe_load(shipped("templates", "report", "method.yml").read_text(encoding="utf-8"))
    schedule = describe_schedule(settings.discount_schedule)
    words = {"unit": settings.unit, "timing": settings.timing, "first_year": settings.discount_to or "the first"}
    words |= {"schedule": schedule.title, "source": schedule.source}
    items = tuple((entry["lead"], entry["text"].format(**words)) for entry in told)
    return Message(title="How the advice is found", items=items)


@figure("annex.glossary")
def glossary(register: Register) -> Table:
    """Return the terms that all departments share, which are those of the workshops."""
    file = shipped("templates", "workshops", "glossary.csv")
    terms = pd.read_csv(file, dtype="str").dropna(subset="meaning").rename(columns={"english": "term"})
    return tabled(data=terms, title=f"{many(len(terms), 'term|terms')} mean the same in all departments")


@figure("proof.cases")
def cases(proof: Proof) -> Table:
    """Return every published figure with its source, ours, and the difference."""
    table = proof.table
    rows = table.assign(
        where=[(("lead", row.source), ("line", row.title), ("line", row.place)) for row in table.itertuples()],
        what=[(("text", row.quantity), ("line", row.case)) for row in table.itertuples()],
        published=[_figure(row.published, row.step) for row in table.itertuples()],
        ours=["not asked" if row.ours != row.ours else _figure(row.ours, row.step / 10) for row in table.itertuples()],
        agrees=["–" if row.ours != row.ours else "yes" if row.agrees else "NO" for row in table.itertuples()],
    )
    rows["where"] = rows["where"].where(~table["source"].eq(table["source"].shift()), "")
    return tabled(data=rows, title=proof.summary)


@figure("proof.distance")
def distance(proof: Proof) -> Chart:
    """Return how far our figures are from the published ones, as a share of the last digit printed, by source."""
    asked = proof.table.dropna(subset="ours")
    away = (asked["difference"].abs() / asked["step"]).groupby(asked["source"], sort=False).agg(["max", "size"])
    rows = away.assign(away=100 * away["max"], label=[count(n, "figure") for n in away["size"]]).reset_index()
    wide = rows.loc[rows["away"] > 50, "source"]
    title = "Every figure that is asked lies within the rounding of the published one"
    if len(wide):
        title = f"{sentence(listed(wide))} differ by more than their rounding"
    return drawn(data=rows, references=(Reference("x", 50.0, "rounding"),), title=title)


@figure("proof.second_program")
def second_program(agreement: pd.DataFrame) -> Table:
    """Return how many random questions a second program answered alike in the last full run."""
    questions, agreed = int(agreement["questions"].sum()), int(agreement["agreed"].sum())
    return tabled(
        data=agreement,
        title=f"A second program agreed in {number(agreed, 0)} of {number(questions, 0)} answers",
    )


def _figure(value: float, step: float) -> str:
    """A figure with the digits that its source prints."""
    decimals = 0
    while decimals < 6 and step * 10**decimals < 0.999:
        decimals += 1
    return as_given(round(value, decimals)) if step < 1e-5 * max(1, abs(value)) else number(value, decimals)
