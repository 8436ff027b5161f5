"""Page one: the decision, what is asked, what limits it, what would change it, since last time, how sure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from pmo_kit.arbitration import Allocation, Capacity, Envelope, Explanation, Ledger
from pmo_kit.arbitration.rules import role_words
from pmo_kit.errors import DataError
from pmo_kit.exhibits import Exhibit, Kpi, Message, Table
from pmo_kit.exhibits.records import Runs
from pmo_kit.facts import at_least_some, count, doing, listed, many, number, say, sentence, shortened
from pmo_kit.figures import arbitration as plan
from pmo_kit.figures import claims
from pmo_kit.figures.arbitration import SMALL
from pmo_kit.figures.figure import below, figure, in_years, kpi, nothing, tabled, tile
from pmo_kit.register import Register
from pmo_kit.register.checks.provenance import accounts
from pmo_kit.risk import Fit, Simulation
from pmo_kit.scenarios import Comparison

LONGEST = 12
"""Projects printed with their amounts; a longer list is summed by area and stands in its chapter."""
AREAS = 2
"""Areas printed apart where the list is summed; the others stand together."""
SAME = {"defer": "refuse", "pause": "refuse", "fund_to_next_gate": "fund", "fund_with_condition": "fund"}


def one_project(
    allocation: Allocation, explanation: Explanation, comparison: Comparison, project: str, asked: str
) -> Runs:
    """What a decision about one project means, costs and displaces, and in how many cases it holds."""
    row = allocation.table.loc[project]
    decision = str(row["decision"])
    text = other_choice(allocation, explanation, project)
    if decision == "stop":
        spend = allocation.spend.loc[project]
        paid = in_years(
            (year, claims.ours(allocation, "project.cost", money, project=project, year=int(year)))
            for year, money in spend[spend > 0].items()
        )
        text = say("Leaving costs {paid}. ", paid=paid or "nothing") + text
    held, cases = comparison.holds(project)
    size = " at this size" if decision == "fund" else ""
    tested = f"Holds{size} in {{held}} of {{cases}} cases beside today (see scenarios.results)"
    notes: list[str] = [say(tested, held=held, cases=cases)] if comparison.others else []
    if decision != SAME.get(asked, asked):
        notes.insert(0, f"The register asks to {asked.replace('_', ' ')}; the plan says {decision}")
    return (("lead", f"{row['name']}."), ("text", text), *(("small", note) for note in notes))


def the_plan(allocation: Allocation, comparison: Comparison, conditions: pd.Series | None = None) -> Runs:
    """How many projects are funded and why, and how many of them hold in every case."""
    table = allocation.table
    funded = table[table["decision"] == "fund"]
    chosen = funded["commitment"] == "discretionary"
    kinds = {
        "by law": funded["commitment"] == "mandatory",
        "running": funded["commitment"] == "committed",
        "worth more than they cost": chosen & (funded["value"] > 0),
        "for a rule or for projects that need them": chosen & (funded["value"] <= 0),
    }
    parts = [
        say("{n:words} {words}", n=claims.counted(allocation, int(inside.sum()), words), words=words)
        for words, inside in kinds.items()
        if inside.any()
    ]
    largest = plan.largest_levels(allocation.question)
    reduced = int((funded["level"] != largest.reindex(funded.index)).sum())
    cases = len(comparison.others)
    same = comparison.fact("case.holds", int((comparison.held[funded.index] == cases).sum()), "projects")
    every = comparison.fact("cases", cases, "cases")
    whole = claims.decided(allocation, "fund")
    smaller = claims.counted(allocation, reduced, "at a reduced size")
    text = say(", ").join(parts) + (say("; {n:words} of them at a reduced size", n=smaller) if reduced else "") + "."
    asked = [] if conditions is None else [p for p in conditions.index if p in funded.index]
    if asked:
        n, who = claims.counted(allocation, len(asked), "with a condition"), shortened(table.loc[asked, "name"])
        text += say(" {n:Words} with a condition (see arbitration.plan): {who}.", n=n, who=who)
    held = say(
        "At this size {same:nones-words} of the {whole:words} {same:=holds|hold} in {every:=|all }"
        "{every:words other case|other cases}", same=same, whole=whole, every=every,
    ) if cases else "No case stands beside today"  # fmt: skip
    return ("lead", say("{n:Words project|projects}:", n=whole)), ("text", text), ("small", held)


@figure("page_one.amounts")
def amounts(allocation: Allocation) -> Table:
    """What each funded project gets in every year and in all, or the largest areas where they are many; exit costs."""
    table, years = allocation.table, plan.spend_years(allocation)
    funded = table[table["decision"] == "fund"]
    spend = plan.spend_by_year(allocation.spend.loc[funded.index], years)
    if len(funded) <= LONGEST:
        rows = spend.assign(project=[_labelled(row, str(project)) for project, row in funded.iterrows()])
        whole = many(len(funded), "project|projects")
    else:
        order = spend["total"].groupby(funded["area"]).sum().sort_values(ascending=False, kind="stable").index
        most = list(order) if len(order) <= AREAS + 1 else list(order[:AREAS])
        area = funded["area"].where(funded["area"].isin(most), f"{many(len(order) - len(most), '|')} other areas")
        sums, sizes = spend.groupby(area, sort=False).sum(), area.value_counts()
        sums = sums.loc[[*most, *sums.index.difference(most)]]
        names = [(("text", f"{area}, {count(int(sizes[area]), 'project')}"),) for area in sums.index]
        rows, whole = sums.assign(project=names), f"All {number(len(funded), 0)} projects"
    total = spend.sum()
    exits = plan.spend_by_year(allocation.spend[table["decision"] == "stop"], years).sum()
    lines = [total.to_dict() | {"project": (("lead", whole),)}]
    if exits["total"]:
        lines.append((total + exits).to_dict() | {"project": (("lead", "With the exit costs"),)})
    return tabled(
        data=below(rows, *lines),
        own=plan.money_fields(spend),
        totals=len(lines),
        across=2 if len(spend.columns) <= 3 else 1,
        facts=(claims.spend(allocation), *(claims.spend(allocation, year) for year in years)),
    )


def moves(point: Any, projects: pd.DataFrame) -> str:
    """Who leaves, who comes in and who changes size past a turning point; what runs stops or stays."""
    if point.value != point.value:
        return "No plan is possible"
    parts, runs = [], projects["commitment"].eq("committed")
    for who, new, running in (
        (point.leaves, "leaves|leave", "stops|stop"),
        (point.enters, "comes in|come in", "stays|stay"),
    ):
        for verb, chosen in ((new, [p for p in who if not runs[p]]), (running, [p for p in who if runs[p]])):
            parts += [doing(projects.loc[chosen, "name"], verb)] if chosen else []
    if point.shifts:
        parts.append(f"{shortened(projects.loc[[move[0] for move in point.shifts], 'name'])} at another size")
    return sentence("; ".join(parts) or "several plans tie")


def worth_words(allocation: Allocation, row: pd.Series) -> str:
    """What more of one limit would be worth; of all money: placed in the envelopes and years where it helps most."""
    money = row.name == "all money"
    what = "money in any envelope" if money else str(row["label"])
    if pd.isna(row["more"]):
        return f"More {what} alone would change nothing."
    gain = claims.more(allocation, str(row.name), row["more"], row["more_value"] - allocation.value)
    most = claims.more(allocation, str(row.name), float("inf"), row["unlimited_value"] - allocation.value)
    rule = None if money else allocation.question.rule(str(row.name))
    thing = rule.role if isinstance(rule, Capacity) else None
    step = claims.told(allocation, "limit.step", row["more"], thing, rule=str(row.name))
    if isinstance(rule, Capacity):
        who = role_words(rule.role, row["more"])
        more = say("{step} more {who} in {period}", step=step, who=who, period=rule.period)
    elif isinstance(rule, Envelope):
        more = say("{step:unit} more in {year}", step=step, year=rule.year)
    elif money:
        more = say("{step:unit} more, in the envelopes and years where it helps most,", step=step)
    else:
        more = say("{step} more {what}", step=step, what=what)
    least = ", the least that changes anything," if row["more"] > 1 and not money else ""
    return say(
        "{more}{least} would gain {gain}; no amount of it gains more than {most}.",
        more=more, least=least, gain=gain, most=most,
    )  # fmt: skip


def amount(value: float, kind: str) -> str:
    """Money with one decimal; people without where they are whole."""
    return number(value, 0 if kind == "people" and float(value).is_integer() else 1)


def other_choice(allocation: Allocation, explanation: Explanation, project: str) -> str:
    """What a project is worth in the plan, or what letting it in or carrying it on costs at its cheapest size."""
    if project not in allocation.table.index or project not in explanation.table.index.get_level_values(0):
        return ""
    row = allocation.table.loc[project]
    if row["decision"] == "fund":
        size = f", {row['label']}" if row["label"] else ""
        worth = claims.ours(allocation, "project.value", row["value"], project=project)
        return say("In the plan{size}, worth {worth}.", size=size, worth=worth)
    verb = "Carrying it on" if row["decision"] == "stop" else "Letting it in"
    names, other = allocation.question.register.projects["name"], plan.other_choices(explanation)
    if project not in other.index:
        return f"{verb} is not possible within the limits."
    level, row = next(other.loc[project].iterrows())
    price: Any = claims.price(allocation, project, level, row["price"])
    price = at_least_some(row["price"]) if price.words() == number(0) else price
    if number(row["price"]) != number(row["price_upper"]):
        upper = claims.price(allocation, project, level, row["price_upper"], "at most")
        price = say("{low} to {high}", low=price, high=upper)
    out = [names[other] for other in row["displaces"] if other != project]
    tail = f" and displaces {shortened(out)}." if out else "."
    return say("{verb} costs {price}{tail}", verb=verb, price=price, tail=tail)


def _labelled(row: pd.Series, project: str) -> Runs:
    """A project with its size where it has several, and its id."""
    why = {"mandatory": ", by law", "committed": ", running"}.get(str(row["commitment"]), "")
    size = f", {row['label']}" if row["label"] and row["commitment"] == "discretionary" else ""
    return (("text", f"{row['name']}{size}{why}"), ("id", project))


def certificate(allocation: Allocation, simulation: Simulation, confidence: float = 0.8) -> tuple[str, str]:
    """Return the line of page one that says what the futures hold for the plan: (lead, text).

    Parameters
    ----------
    allocation : Allocation
        The plan.
    simulation : Simulation
        Of the plan.
    confidence : float
        How sure "sure" is.
    """
    planned, median, sure = claims.drawn(simulation, confidence)
    parts = [say("{planned} planned", planned=planned)]
    if allocation.question.basis == "expected":
        parts.append(say("{value} expected", value=claims.value(allocation)))
    parts.append(say("{median} in the middle (median)", median=median))
    parts.append(say("{sure} {word}", sure=sure, word=sure.base.word))
    worth = say(", ").join(parts)
    planned_cost, reserve = claims.cost_drawn(simulation, confidence)
    money = say(
        "Every envelope holds in {holds} of the futures; a reserve of {reserve} over the {cost} planned makes its "
        "cost {word}.",
        holds=claims.holds(simulation), reserve=reserve, cost=planned_cost, word=sure.base.word,
    )  # fmt: skip
    return "Likely:", say("worth {worth}. {money}", worth=worth, money=money)


AT_ONCE = {"at": "any fewer", "above": "any more", "below": "any less"}
EVENTS = 2
LIMITS = 2
MOST = 3
"""Decisions on page one; a longer list stands in its chapter."""
NEEDED = {"by_when": "by when", "owner": "who owns it", "if_not_decided": "what happens if it is not decided"}


@figure("page_one.headline")
def headline(allocation: Allocation) -> Message:
    """Return the decision in one sentence: who stops, how many are funded, for how much, worth how much."""
    names, years = allocation.table["name"], plan.spend_years(allocation)
    stops = names[allocation.table["decision"] == "stop"]
    funded = claims.decided(allocation, "fund")
    who = say("{n:words project|projects}", n=funded)
    first = f"Stop {shortened(stops, 2)} and fund " if len(stops) else "Fund "
    amounts, whole = [(year, claims.spend(allocation, year)) for year in years], claims.spend(allocation)
    total = say(", {whole} to {last}", whole=whole, last=years[-1]) if len(years) > 2 else ""
    basis = allocation.question.basis_word
    worth = say("worth {value}{basis}", value=claims.value(allocation), basis=f" {basis}" if basis else "")
    money = ":\n" + in_years(amounts[:2]) + total + "; " if years else ";\n"
    return Message(
        title=first + who + money + worth,
        items=(),
        unit_line=say(
            "For decision · {unit} · in all {whole}: {each}",
            unit=allocation.question.register.settings.money.words, whole=whole, each=in_years(amounts),
        ),
    )  # fmt: skip


@figure("page_one.tiles")
def tiles(allocation: Allocation, carrying_on: float | None = None, likely: float | None = None) -> Kpi:
    """Return up to four numbers: the value, the limit that binds, and the money of the first years."""
    notes = []
    if likely is not None:
        notes.append(say("{n} planned", n=claims.ours(allocation, "plan.value", likely, figures="likely")))
    if carrying_on is not None:
        notes.append(say("{above:+} against carrying on", above=claims.gain(allocation, carrying_on, "carry_on")))
    worth = tile(sentence(allocation.question.goal), claims.value(allocation), note=say(" · ").join(notes), focus=True)
    found = [worth]
    limit = plan.bottleneck(allocation)
    if limit is not None:
        found.append(tile(f"{sentence(limit['label'])}: at the limit", *claims.limit(allocation, limit), focus=True))
    stops = allocation.table["decision"] == "stop"
    money = plan.money_by_year(allocation)
    other = money[money["rule"] != (limit["rule"] if limit is not None else "")]
    for _, row in other.head(4 - len(found)).iterrows():
        with_exit = bool(stops.any() and allocation.spend.loc[stops, int(row["year"])].any())
        words = f"{sentence(row['label'])}{', with the exit cost' if with_exit else ''}"
        found.append(tile(words, *claims.limit(allocation, row)))
    return kpi("The plan", found)


@figure("page_one.decisions")
def decisions(
    allocation: Allocation,
    explanation: Explanation,
    comparison: Comparison,
    conditions: pd.Series | None = None,
) -> Table:
    """Return what the committee is asked to decide, from the register's `requests`.

    Each row: decision, what it means and costs, owner and date, what happens if it is not decided; to stop and to fund
    first, then in the register's order. What does not fit stands below, one line each. `conditions`
    (`pmo_kit.performance.conditions`) names what is funded with a condition.

    Raises
    ------
    DataError
        There are no requests, or one lacks an owner, a date or a consequence: every empty cell is listed.
    """
    register = allocation.question.register
    requests = register.need("requests")
    _refuse_gaps(requests)
    order = requests["decision"].map({"stop": 0, "fund": 1}).fillna(2)
    requests = requests.assign(order=order).sort_values("order", kind="stable")
    shown, rest = requests.head(MOST), requests.iloc[MOST:]
    rows, details = [], []
    for place, request in enumerate(shown.itertuples()):
        if pd.isna(request.project_id):
            text = the_plan(allocation, comparison, conditions)
            details.append((place, amounts(allocation)))
        else:
            text = one_project(allocation, explanation, comparison, str(request.project_id), str(request.decision))
        owner = (("text", str(request.owner)), ("line", request.by_when.date().isoformat()))
        rows.append((float(place + 1), request.decision, text, owner, str(request.if_not_decided)))
    return tabled(
        data=pd.DataFrame(rows, columns=["number", "decision", "text", "owner", "otherwise"]),
        details=tuple(details),
        note=say(" ").join(
            [
                *(_briefly(allocation, explanation, request) for request in rest.itertuples()),
                *_one_choice(allocation, explanation, list(requests["project_id"].dropna())),
                *(detail.note for _, detail in details if detail.note),
            ]
        ),
        title="You are asked to decide",
        unit_line="",
    )


def _briefly(allocation: Allocation, explanation: Explanation, request: Any) -> str:
    """A request in one line: the recommendation, what the other choice costs, by when."""
    project = str(request.project_id)
    name = allocation.table.loc[project, "name"] if project in allocation.table.index else "the plan"
    decision = str(request.decision).replace("_", " ").capitalize()
    price = other_choice(allocation, explanation, project)
    return say(
        "Also asked: {decision} {name}, by {day}. {price}", decision=decision.lower(), name=name,
        day=request.by_when.date().isoformat(), price=price,
    )  # fmt: skip


def _one_choice(allocation: Allocation, explanation: Explanation, requested: list[str]) -> Iterator[str]:
    """Requests that would be granted by one and the same plan, with the one price of it."""
    outside = allocation.table.index[allocation.table["decision"] != "fund"]
    for bundle in explanation.bundles.itertuples():
        ways = {p: level for p, level, flip in bundle.exceptions if flip == "in" and p in outside}
        together = [p for p in requested if p in ways]
        if len(together) > 1:
            first = together[0]
            yield say(
                "{who} are one choice: one other plan grants them all and costs {price} once.",
                who=listed(allocation.table.loc[together, "name"]),
                price=claims.price(allocation, first, ways[first], bundle.price),
            )


@figure("page_one.orders")
def orders(allocation: Allocation, ledger: Ledger) -> Message:
    """Return every order on record that the plan does not follow, who gave it and why, and what keeping it costs.

    Parameters
    ----------
    allocation : Allocation
        The plan.
    ledger : Ledger
        From `pmo_kit.arbitration.override_ledger`.
    """
    decided, names = allocation.table["decision"], allocation.question.register.projects["name"]
    stated = ledger.table.assign(level=ledger.table["level"].fillna("")).itertuples()
    lifted = [row for row in stated if not allocation.keeps(row.project_id, row.in_out, row.level)]
    items: list[tuple[str, str]] = []
    for row in lifted:
        alone = plan.or_nothing(claims.order(allocation, str(row.project_id), row.alone))
        cost = alone if row.alone == row.alone else "the whole plan"
        does = {"fund": "funds it", "stop": "stops it", "refuse": "leaves it out"}[decided[row.project_id]]
        words = "ordered by {who} ({why}); the plan {does}. Keeping the order costs {cost}."
        said = say(words, who=row.decided_by, why=str(row.reason).rstrip("."), cost=cost, does=does)
        items.append((f"{names[row.project_id]} {row.in_out}:", said))
    if ledger.table.empty:
        return nothing("No order is on record", "No project is taken in or out by order.")
    title = "No order on record is lifted"
    if lifted:
        n = claims.ours(allocation, "order.lifted", len(lifted))
        title = say("This plan lifts {n:words order|orders} on record", n=n)
        if len(lifted) > 1 and len(lifted) == len(ledger.table):
            joint = plan.or_nothing(claims.order(allocation, None, ledger.joint))
            title += say("; keeping all costs {joint}", joint=joint)
    return Message(title=title, items=tuple(items) or (("", "Every order on record is followed."),))


@figure("page_one.alternatives")
def alternatives(
    allocation: Allocation,
    surer: Fit | None,
    waiting: Allocation,
    moves: pd.DataFrame,
    ledger: Ledger,
    social: Allocation | None = None,
) -> Message:
    """Return the plans that beat this one on another measure, each with what it gives up or asks for.

    Parameters
    ----------
    surer : Fit, optional
        From `pmo_kit.risk.fit_envelopes`: the cautious plan.
    waiting : Allocation
        Of the same question with starts one year later where the register allows it.
    moves : DataFrame
        From `pmo_kit.arbitration.money_moves`.
    ledger : Ledger
        The orders on record.
    social : Allocation, optional
        Of the same question asked for the value to society (`value="npsv"`).
    """
    found: list[tuple[str, str]] = []
    if surer is not None and surer.fits and surer.reached > surer.before:
        before, after = claims.reached(surer)
        lost = claims.gain(allocation, allocation.value - surer.given_up, "cautious")
        words = "all envelopes hold in {after} of the futures, not {before}; gives up {lost}."
        found.append(("Cautious:", say(words, after=after, before=before, lost=lost)))
    if waiting.value > allocation.value + SMALL:
        more = claims.more_than(allocation, waiting.value, "later starts")
        late = claims.counted(allocation, int((waiting.table["delay"] > 0).sum()), "starting later")
        words = "{more:+} if {late:words project starts|projects start} a year later."
        found.append(("Later:", say(words, more=more, late=late)))
    best = moves.loc[moves["most"].idxmax()] if len(moves) else None
    if best is not None and best["most"] > SMALL:
        gain, amount = claims.moved(allocation, best)
        first, then = int(best["from_year"]), int(best["to_year"])
        words = "{gain:+} if {amount} moves from {first} to {then}."
        found.append(("Money moved:", say(words, gain=gain, amount=amount, first=first, then=then)))
    if social is not None and (better := social.value - social.worth_of(allocation.plan)) > SMALL:
        gained = claims.told(social, "plan.more", better, plan="social")
        lost = claims.gain(allocation, allocation.worth_of(social.plan), "social")
        words = "{gained:+} of net value to society for {lost} of {what}."
        found.append(("Society:", say(words, gained=gained, lost=lost, what=allocation.question.goal, between="for")))
    if len(ledger.table) and ledger.joint == ledger.joint:
        cost = claims.order(allocation, None, ledger.joint)
        found.append(("Orders kept:", say("all on record for {cost}.", cost=plan.or_nothing(cost))))
    none = (("None", "of the plans that were tried for this beats it."),)
    return Message(title="What else could be decided", items=tuple(found) or none)


@figure("page_one.limits")
def limits(allocation: Allocation, worth: pd.DataFrame) -> Message:
    """Return what limits the plan, and what more of it would be worth.

    Parameters
    ----------
    worth : DataFrame
        From `pmo_kit.arbitration.limits_worth`: of the tightest limits, and of "all money".

    Notes
    -----
    A limit with something left still limits where it keeps a better plan out: projects are whole. So nothing is
    said to limit the plan only where none of the limits in `worth` does.
    """
    limit, money = plan.bottleneck(allocation), plan.money_by_year(allocation)
    left = in_years([(row["year"], claims.left(allocation, row)) for _, row in money.head(2).iterrows()], " and ")
    left = say("Money left: {left}." if len(money) else "No envelope is for the whole portfolio.", left=left)
    over = [(f"{sentence(name)}:", words) for name, words in _overrun(allocation)]
    held = plan.holding(allocation, worth)[:LIMITS]
    names = [name for name in plan.bottleneck_names(allocation) if name in worth.index]
    gaining = {name for name in names if worth["unlimited_value"][name] > allocation.value + SMALL}
    lead, more = "", [("", worth_words(allocation, worth.loc[name])) for name in names]
    people = limit is not None and limit["kind"] == "capacity"
    if limit is not None:
        used, most = claims.limit(allocation, limit)
        lead = say("{used} of {most}: {label}.", used=used, most=most, label=limit["label"])
        if people:
            who, when = role_words(str(limit["role"])), limit["period"]
            lead = say("{used} of {most} {who} used in {when}.", used=used, most=most, who=who, when=when)
    if limit is not None and (limit["rule"] in gaining or limit["rule"] not in names):
        first = "people, not money" if people and (money["slack"] > 0).all() else limit["label"]
        items: list[tuple[str, str]] = [(lead, left), *more]
    else:  # what is used up need not be what keeps a better plan out
        gains = [
            say("without that on {what} {gain:+}" if n else "Without this limit {gain:+}", what=what, gain=gain)
            for n, (what, gain) in enumerate(held)
        ]
        first = held[0][0] if held else "all the money together" if gaining else "no limit by itself"
        spare = f"No {'hard ' * bool(over)}limit is used up, yet nothing better fits." if held else left
        items = [("", say("{gains}.", gains=say("; ").join(gains)))] if held else []
        items += [(lead, left), *more] if limit is not None else [("", spare), *(more if gaining and not held else [])]
    return Message(title=f"What limits us: {first}", items=(*items, *over))


def _overrun(allocation: Allocation) -> Iterator[tuple[str, str]]:
    """The limits with a price that the plan pays to break."""
    for _, row in allocation.use[allocation.use["slack"] < -SMALL].drop_duplicates("rule").iterrows():
        used, _ = claims.limit(allocation, row)
        yield str(row["label"]), say("{used}, at its price.", used=used)


@figure("page_one.turning_points")
def turning_points(allocation: Allocation, points: pd.DataFrame) -> Exhibit:
    """Return the changes that would turn the advice: the nearest of people, of money and of costs, then the next ones.

    Parameters
    ----------
    points : DataFrame
        From `pmo_kit.arbitration.turning_points`.
    """
    nearest = points.loc[points.groupby("kind").cumcount().sort_values(kind="stable").index].reset_index(drop=True)
    side = nearest["kind"].map({"people": "at", "costs": "above"}).fillna("below")
    projects = allocation.question.register.projects
    if nearest.empty:
        return nothing("What would change this advice", "No change of people, money or costs that was tried.")
    rows = nearest.assign(
        what=[(("lead", sentence(label)),) for label in nearest["label"]],
        now=[amount(row.today, row.kind) for row in nearest.itertuples()],
        turns=[
            f"{how} {amount(row.at, row.kind)}" if row.at != row.today else AT_ONCE[how]
            for how, row in zip(side, nearest.itertuples(), strict=True)
        ],
        then=[moves(point, projects) for point in nearest.itertuples()],
    )
    return tabled(data=rows, title="What would change this advice")


@figure("page_one.since_last")
def since_last(register: Register, events: pd.DataFrame) -> Message:
    """Return what happened since the last committee: advice not followed, changes without a record, old requests.

    Parameters
    ----------
    events : DataFrame
        From `pmo_kit.performance.since_last_committee`.
    """
    still = events["kind"] == "open"
    told = events[~still]
    items = [(f"{row.lead}:", row.text) for row in told.head(EVENTS).itertuples()]
    also = [f"{count(len(told) - EVENTS)} more like these"] if len(told) > EVENTS else []
    pending = count(int(still.sum()), "decision or late action", "decisions and late actions")
    also += [f"{pending} still open"] if still.any() else []
    items += [("Also:", f"{listed(also)} (see performance.since_last).")] if also else []
    date = pd.to_datetime(register.table("decisions")["date"]).max()
    when = f" ({date.date().isoformat()})" if date == date else ""
    items = items or [("Nothing to report.", "Every decision was kept.")]
    return Message(title=f"Since last time{when}", items=tuple(items))


@figure("page_one.how_sure")
def how_sure(allocation: Allocation, certificate: Sequence[tuple[str, str]] = ()) -> Message:
    """Return how far the advice can be trusted, in three lines: computed, likely, data.

    Parameters
    ----------
    certificate : sequence of (lead, text), optional
        What the futures say of the plan (`pmo_kit.figures.page_one.certificate`).
    """
    among, names, register = allocation.searched, allocation.table["name"], allocation.question.register
    if allocation.status == "optimal" and allocation.gap == 0:
        words = "{value} is proven to be the most that any plan is worth {among}"
        text = say(words, value=claims.value(allocation), among=among)
        text += "; another is worth as much." if allocation.unique is False else "."
    else:
        words = "not proven to the last unit: no plan is worth more than {bound} {among}."
        bound = claims.told(allocation, "plan.bound", allocation.bound, over="all plans within the limits")
        text = say(words, among=among, bound=bound)
    if allocation.next_best is not None and (worth := allocation.next_best_value) is not None:
        found = claims.ours(allocation, "plan.next_best", worth, over="all other plans within the limits")
        changed = plan.changes(names, allocation.plan, allocation.next_best)
        text += say(" Next best {next}: {moves}.", next=found, moves=changed)
    items: list[tuple[str, str]] = [("Computed:", text), *certificate]
    doubts = register.findings[register.findings["severity"] == "warn"]
    data = "nothing was repaired, no finding is open."
    if len(doubts):
        kinds = doubts["rule"].str.replace("_", " ").unique()
        many_kinds = claims.told(register, "count", len(kinds), "kinds", part="of findings")
        words = "{n: finding|findings} (see data_quality.findings): {first}."
        if len(kinds) > 1:
            words = "{n: finding|findings} of {kinds:words} kinds (see data_quality.findings), first “{first}”."
        data = say(words, n=claims.findings(register), kinds=many_kinds, first=kinds[0])
    told = accounts(register.table)
    if told is not None and (told.share or told.unread or told.columns or told.found != told.used):
        data = f"{told.sentence} {sentence(data)}"
    return Message(title="How sure", items=(*items, ("Data:", data)))


def _refuse_gaps(requests: pd.DataFrame) -> None:
    """One error that names every empty cell of the requests."""
    rows = [
        {
            "row": place + 2, "column": column,
            "message": f"Request {row['request_id']} does not say {words} "
            f"(sheet requests, row {place + 2}, column {column}).",
            "fix": f"fill {column}",
        }
        for place, (_, row) in enumerate(requests.iterrows())
        for column, words in NEEDED.items()
        if pd.isna(row[column])
    ]  # fmt: skip
    if rows:
        raise DataError.of(rows, sheet="requests", file="", rule="a committee is told who, by when, and what otherwise")
