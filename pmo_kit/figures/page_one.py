"""Page one: the decision, what is asked, what limits it, what would change it, since last time, how sure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from pmo_kit.arbitration import Allocation, Capacity, Envelope, Explanation, Ledger, supports
from pmo_kit.arbitration.rules import role_words
from pmo_kit.errors import DataError
from pmo_kit.exhibits import Exhibit, Kpi, Message, Table
from pmo_kit.exhibits.records import Runs
from pmo_kit.facts import at_least_some, count, doing, listed, many, number, say, sentence, shortened
from pmo_kit.figures import arbitration as plan
from pmo_kit.figures import claims
from pmo_kit.figures.claims import SMALL
from pmo_kit.figures.figure import DUTIES, below, figure, in_years, kpi, named, nothing, tabled, tile
from pmo_kit.figures.scenarios import without_plan
from pmo_kit.register import Register
from pmo_kit.register.checks.provenance import accounts
from pmo_kit.risk import Fit, Simulation
from pmo_kit.scenarios import Comparison

LONGEST = 12
"""Projects printed with their amounts; a longer list is summed by area and stands in its chapter."""
AREAS = 2
"""Areas printed apart where the list is summed; the others stand together."""
EARNS, SERVES = "worth more than they cost", "for a rule or for projects that need them"
BESIDE = "with which the plan is worth no less"
ALONE = {EARNS: "worth more than it costs", SERVES: "for a rule or for projects that need it"}
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
    notes: list[str] = []
    if decision != SAME.get(asked, asked):
        notes.append(f"The register asks to {asked.replace('_', ' ')}; the plan says {decision}")
    untested = without_plan(comparison)
    if comparison.others:
        held, cases = comparison.holds(project)
        tested = f"Holds{' at this size' * (decision == 'fund')} in {{held}} of {{cases}} cases beside today"
        notes.append(say("; ").join([say(f"{tested} (see scenarios.results)", held=held, cases=cases), *untested]))
    return (("lead", f"{row['name']}."), ("text", text), *(("small", note) for note in notes))


def the_plan(allocation: Allocation, comparison: Comparison, conditions: pd.Series | None = None) -> Runs:
    """How many projects are funded and why, and how many of them hold in every case."""
    funded = allocation.table[allocation.table["decision"] == "fund"]
    if funded.empty:
        return (("lead", "No project."),)
    serves = supports(allocation)["rules"].map(bool).map({True: SERVES, False: BESIDE})
    why = funded["commitment"].map(DUTIES).fillna(serves.reindex(funded.index)).fillna(EARNS)
    parts = [
        say(
            "{n:words} {why}",
            n=claims.counted(allocation, size, words),
            why=ALONE.get(words, words) if size == 1 else words,
        )
        for words in (*DUTIES.values(), EARNS, SERVES, BESIDE)
        if (size := int((why == words).sum()))
    ]
    text = say(", ").join(parts)
    reduced = int((funded["level"] != claims.asks(allocation.question)["level"][funded.index]).sum())
    if reduced:
        n = claims.counted(allocation, reduced, "at a reduced size")
        text += say("; {n:words} of them at a reduced size", n=n)
    text += "."
    asked = [] if conditions is None else [p for p in conditions.index if p in funded.index]
    if asked:
        n, who = claims.counted(allocation, len(asked), "with a condition"), shortened(funded.loc[asked, "name"])
        text += say(" {n:Words} with a condition (see arbitration.plan): {who}.", n=n, who=who)
    cases, whole = len(comparison.others), claims.of_plan(allocation)["funded"]
    held = say(
        "At this size {same:nones-words} of {the}{whole:words} {same:=holds|hold} in {every:=|all }"
        "{every:words other case|other cases}",
        same=comparison.fact("case.holds", int((comparison.held[funded.index] == cases).sum()), "projects"),
        every=comparison.fact("cases", cases, "cases"), whole=whole, the="the " * (len(funded) > 1),
    )  # fmt: skip
    held = say("; ").join([held if cases else "No case with a plan stands beside today", *without_plan(comparison)])
    return ("lead", say("{n:Words project|projects}:", n=whole)), ("text", text), ("small", held)


@figure("page_one.amounts")
def amounts(allocation: Allocation) -> Table:
    """What each funded project gets in every year and in all, or the largest areas where they are many; exit costs."""
    table = allocation.table
    funded = table[table["decision"] == "fund"]
    spend = plan.spend_by_year(allocation, funded.index)
    if len(funded) <= LONGEST:
        size = (", " + funded["label"]).where(funded["label"].ne("") & funded["commitment"].eq("discretionary"), "")
        texts = funded["name"] + size + (", " + funded["commitment"].map(DUTIES)).fillna("")
        rows, whole = spend.assign(project=named(texts)), many(len(funded), "project|projects")
    else:
        order = spend["total"].groupby(funded["area"]).sum().sort_values(ascending=False, kind="stable").index
        most = list(order) if len(order) <= AREAS + 1 else list(order[:AREAS])
        area = funded["area"].where(funded["area"].isin(most), f"{many(len(order) - len(most), '|')} other areas")
        sums, sizes = spend.groupby(area, sort=False).sum(), area.value_counts()
        sums = sums.loc[[*most, *sums.index.difference(most)]]
        texts = [(("text", f"{area}, {count(int(sizes[area]), 'project')}"),) for area in sums.index]
        rows, whole = sums.assign(project=texts), f"All {number(len(funded), 0)} projects"
    total, exits = spend.sum(), plan.spend_by_year(allocation, table.index[table["decision"] == "stop"]).sum()
    lines = [total.to_dict() | {"project": (("lead", whole),)}]
    if exits["total"]:
        lines.append((total + exits).to_dict() | {"project": (("lead", "With the exit costs"),)})
    return tabled(
        data=below(rows, *lines),
        own=plan.money_fields(spend),
        totals=len(lines),
        across=2 if len(spend.columns) <= 3 else 1,
        facts=(claims.spend(allocation), *(claims.spend(allocation, year) for year in plan.spend_years(allocation))),
    )


def moves(point: Any, projects: pd.DataFrame) -> str:
    """Who leaves, who comes in and who changes size past a turning point; what runs stops or stays."""
    if point.value != point.value:
        return "No plan is possible"
    running = projects.index[projects["commitment"] == "committed"]
    verbs = (
        ("leaves|leave", [p for p in point.leaves if p not in running]),
        ("stops|stop", [p for p in point.leaves if p in running]),
        ("comes in|come in", [p for p in point.enters if p not in running]),
        ("stays|stay", [p for p in point.enters if p in running]),
        ("at another size|at another size", [p for p, *_ in point.shifts]),
    )
    parts = [doing(projects.loc[who, "name"], verb) for verb, who in verbs if who]
    return sentence("; ".join(parts) or "several plans tie")


def worth_words(allocation: Allocation, row: pd.Series) -> str:
    """What more of one limit would be worth; of all money: placed in the envelopes and years where it helps most."""
    name, money = str(row.name), row.name == "all money"
    what = "money in any envelope" if money else str(row["label"])
    most = claims.more(allocation, name, float("inf"), row["unlimited_value"] - allocation.value)
    if not money and pd.isna(row["step"]):  # a rule of a least, a most or a share: there is no more of it
        return say("Without {what} the plan would gain {most}.", what=what, most=plan.or_nothing(most))
    if pd.isna(row["more"]):
        return f"More {what} alone would change nothing."
    known = most.words() != number(0)
    end = say(
        "no amount of it gains more than {most}." if known else "any amount gains {most}.", most=plan.or_nothing(most)
    )
    if number(row["more"]) == number(0):  # of a limit with a price, or where all money is small
        return say("Less than {least} more {what} would already gain; {end}", least=number(0.1), what=what, end=end)
    rule = None if money else allocation.question.rule(name)
    more, thing = "{step} more {what}", None
    if isinstance(rule, Capacity):
        what, thing = f"{role_words(rule.role, row['more'])} in {rule.period}", rule.role
    elif isinstance(rule, Envelope):
        more, what = "{step:unit} more in {what}", rule.place
    elif money:
        more = "{step:unit} more, in the envelopes and years where it helps most,"
    least = ", the least that changes anything," if row["more"] > 1 and not money else ""
    return say(
        more + "{least} would gain {gain}; {end}", what=what, least=least, end=end,
        step=claims.told(allocation, "limit.step", row["more"], thing, rule=name),
        gain=plan.or_nothing(claims.more(allocation, name, row["more"], row["more_value"] - allocation.value)),
    )  # fmt: skip


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
    other = plan.other_choices(explanation)
    if project not in other.index:
        return f"{verb} is not possible within the limits."
    level, row = next(other.loc[project].iterrows())
    price: Any = claims.price(allocation, project, level, row["price"])
    price = at_least_some(row["price"]) if price.words() == number(0) else price
    if number(row["price"]) != number(row["price_upper"]):
        upper = claims.price(allocation, project, level, row["price_upper"], "at most")
        price = say("{low} to {high}", low=price, high=upper)
    out = plan.others(allocation.table["name"], row["displaces"], project)
    tail = f" and displaces {out}." if out != "–" else "."
    return say("{verb} costs {price}{tail}", verb=verb, price=price, tail=tail)


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
    npv = simulation.totals["npv"]
    median, sure = (
        claims.ours(simulation, "plan.npv", npv.quantile(1 - level), figures="sure", confidence=level)
        for level in (0.5, confidence)
    )
    planned, cost = (
        claims.ours(simulation, key, amount, figures="likely")
        for key, amount in (("plan.npv", simulation.base_npv), ("risk.cost", simulation.base_cost))
    )
    expected = ""
    if allocation.question.basis == "expected":
        expected = say("{value} expected, ", value=claims.value(allocation))
    reserve = claims.reserve(simulation, confidence)
    more = "a reserve of {reserve} over the {cost} planned makes its cost {word}."
    within = "its cost is {word} to be no more than the {cost} planned."
    return "Likely:", say(
        "worth {planned} planned, {expected}{median} in the middle (median), {sure} {word}. Every envelope holds in "
        "{holds} of the futures; "
        + (more if reserve.value >= 0.05 else within),
        planned=planned, expected=expected, median=median, sure=sure, word=sure.base.word, cost=cost,
        holds=claims.holds(simulation), reserve=reserve,
    )  # fmt: skip


SIDES = {"people": "at", "money": "below", "costs": "above"}
AT_ONCE = {"at": "any fewer", "above": "any more", "below": "any less"}
EVENTS = 2
LIMITS = 2
MOST = 3
"""Decisions on page one; a longer list stands in its chapter."""
NEEDED = {"by_when": "by when", "owner": "who owns it", "if_not_decided": "what happens if it is not decided"}


@figure("page_one.headline")
def headline(allocation: Allocation) -> Message:
    """Return the decision in one sentence: who stops, how many are funded, for how much, worth how much."""
    names, years, told = allocation.table["name"], plan.spend_years(allocation), claims.of_plan(allocation)
    stops = names[allocation.table["decision"] == "stop"]
    each = [(year, claims.spend(allocation, year)) for year in years]
    total = say(", {whole} to {last}", last=years[-1], **told) if len(years) > 2 else ""
    basis, money = allocation.question.basis_word, ":\n{money}{total}; " if years else ";\n"
    return Message(
        title=say(
            "{first}{funded:words project|projects}" + money + "worth {value}{basis}",
            first=f"Stop {shortened(stops, 2)} and fund " if len(stops) else "Fund ",
            money=in_years(each[:2]), total=total, basis=f" {basis}" if basis else "", **told,
        ),
        unit_line=say(
            "For decision · {unit} · in all {whole}{each}",
            unit=allocation.question.register.settings.money.words,
            each=say(": {each}", each=in_years(each)) if each else "", **told,
        ),
    )  # fmt: skip


@figure("page_one.tiles")
def tiles(allocation: Allocation, carrying_on: float | None = None, likely: float | None = None) -> Kpi:
    """Return up to four numbers: the value, the limit that binds, and the money of the first years."""
    notes = []
    if likely is not None:
        notes.append(say("{n} planned", n=claims.ours(allocation, "plan.value", likely, figures="likely")))
    if carrying_on is not None:
        above = claims.ours(allocation, "plan.gain", allocation.value - carrying_on, part="carry_on")
        notes.append(say("{above:+} against carrying on", above=above))
    worth = tile(sentence(allocation.question.goal), claims.value(allocation), note=say(" · ").join(notes), focus=True)
    found, limit, money = [worth], plan.bottleneck(allocation), plan.money_by_year(allocation)
    if limit is not None:
        found.append(tile(f"{sentence(limit['label'])}: at the limit", *claims.limit(allocation, limit), focus=True))
        money = money[money["rule"] != limit["rule"]]
    exits = allocation.spend[allocation.table["decision"] == "stop"]
    for _, row in money.head(4 - len(found)).iterrows():
        left = ", with the exit cost" if exits.filter([int(row["year"])]).to_numpy().any() else ""
        found.append(tile(f"{sentence(row['label'])}{left}", *claims.limit(allocation, row)))
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
    requests = allocation.question.register.need("requests")
    _refuse_gaps(requests)
    order = requests["decision"].map({"stop": 0, "fund": 1}).fillna(2)
    requests = requests.iloc[order.to_numpy().argsort(kind="stable")]
    rows, details = [], []
    for place, request in enumerate(requests.head(MOST).itertuples()):
        if pd.isna(request.project_id):
            text = the_plan(allocation, comparison, conditions)
            details.append((place, amounts(allocation)))
        else:
            text = one_project(allocation, explanation, comparison, str(request.project_id), str(request.decision))
        owner = (("text", str(request.owner)), ("line", request.by_when.date().isoformat()))
        rows.append((float(place + 1), request.decision, text, owner, str(request.if_not_decided)))
    notes = [
        *(_briefly(allocation, explanation, request) for request in requests.iloc[MOST:].itertuples()),
        *_one_choice(allocation, explanation, list(requests["project_id"].dropna())),
        *(detail.note for _, detail in details if detail.note),
    ]
    return tabled(
        data=pd.DataFrame(rows, columns=["number", "decision", "text", "owner", "otherwise"]),
        details=tuple(details),
        note=say(" ").join(notes),
        title="You are asked to decide",
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
            words = "{who} are one choice: one other plan grants them all and costs {price} once."
            price = claims.price(allocation, together[0], ways[together[0]], bundle.price)
            yield say(words, who=listed(allocation.table.loc[together, "name"]), price=price)


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
        before, after = (
            claims.told(surer.plain, "plan.holds", share, plan=which, over="fresh futures", figures="counted")
            for which, share in ((claims.PLAN, surer.before), ("cautious", surer.reached))
        )
        lost = claims.ours(allocation, "plan.gain", surer.given_up, part="cautious")
        words = "all envelopes hold in {after} of the futures, not {before}; gives up {lost}."
        found.append(("Cautious:", say(words, after=after, before=before, lost=lost)))
    if (gained := waiting.value - allocation.value) > SMALL:
        more = claims.ours(allocation, "plan.more", gained, part="later starts")
        late = claims.counted(allocation, int((waiting.table["delay"] > 0).sum()), "starting later")
        words = "{more:+} if {late:words project starts|projects start} a year later."
        found.append(("Later:", say(words, more=more, late=late)))
    if move := claims.move(allocation, moves):
        words = say("{gain:+} if {amount} moves from {first} to {then}.", **move)
        found.append((sentence(f"{move['what']} money moved:".strip()), words))
    if social is not None and (better := social.value - social.worth_of(allocation.plan)) > SMALL:
        more = claims.told(social, "plan.more", better, plan="social")
        lost = claims.ours(allocation, "plan.gain", allocation.value - allocation.worth_of(social.plan), part="social")
        words = "{more:+} of net value to society for {lost} of {what}."
        found.append(("Society:", say(words, more=more, lost=lost, what=allocation.question.goal, between="for")))
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
        From `pmo_kit.arbitration.limits_worth`: of all limits, or of some and of "all money".

    Notes
    -----
    A limit with something left still limits where it keeps a better plan out: projects are whole. So nothing is
    said to limit the plan only where none of the limits in `worth` does.
    """
    limit, money = plan.bottleneck(allocation), plan.money_by_year(allocation)
    left: str = "No envelope is for the whole portfolio."
    if len(money):
        lefts = in_years([(row["year"], claims.left(allocation, row)) for _, row in money.head(2).iterrows()], " and ")
        left = say("Money left: {left}{paid}.", left=lefts, paid=plan.overspent(money.head(2)))
    over = [
        (f"{sentence(row['label'])}:", say("{used}, at its price.", used=claims.limit(allocation, row)[0]))
        for _, row in allocation.use[allocation.use["slack"] < -SMALL].drop_duplicates("rule").iterrows()
    ]
    held = plan.holding(allocation, worth)[:LIMITS]
    names = [name for name in plan.bottleneck_names(allocation) if name in worth.index]
    gains = worth["unlimited_value"] - allocation.value
    together = gains.get("all money", 0.0) > SMALL
    items = [("", worth_words(allocation, worth.loc[name])) for name in names]
    first = held[0][0] if held else "all the money together" if together else "no limit by itself"
    if limit is None:
        spare = f"No {'hard ' * bool(over)}limit is used up, yet nothing better fits." if held else left
        items = [("", spare), *items] if together and not held else [("", spare)]
    else:
        used, most = claims.limit(allocation, limit)
        people, lead = limit["kind"] == "capacity", "{used} of {most}: {what}."
        what = limit["label"]
        if people:
            lead, what = "{used} of {most} {what}.", f"{role_words(limit['role'])} used in {limit['period']}"
        items.insert(0, (say(lead, used=used, most=most, what=what), left))
        gain = gains.get(limit["rule"], float("inf"))
        held = [one for one in held if one[1].value > gain + SMALL]  # what is used up need not hold back most
        if held:
            first = held[0][0]
        elif gain > SMALL:
            purses = allocation.use["rule"][allocation.use["kind"] == "envelope"]
            richer = together or (gains.reindex(purses) > SMALL).any()
            first = limit["label"] if richer or not people else "people, not money"
    if held:
        said = [
            say("without that on {what} {gain:+}" if n else "Without this limit {gain:+}", what=what, gain=gain)
            for n, (what, gain) in enumerate(held)
        ]
        items.insert(0, ("", say("{gains}.", gains=say("; ").join(said))))
    return Message(title=f"What limits us: {first}", items=(*items, *over))


@figure("page_one.turning_points")
def turning_points(allocation: Allocation, points: pd.DataFrame) -> Exhibit:
    """Return the changes that would turn the advice: the nearest of people, of money and of costs, then the next ones.

    Parameters
    ----------
    points : DataFrame
        From `pmo_kit.arbitration.turning_points`.
    """
    title = "What would change this advice"
    if points.empty:
        return nothing(title, "No change of people, money or costs that was tried.")
    rows, projects = [], allocation.question.register.projects
    for point in points.loc[points.groupby("kind").cumcount().sort_values(kind="stable").index].itertuples():
        side, people = SIDES[str(point.kind)], point.kind == "people"
        now, at = (number(x, 0 if people and float(x).is_integer() else 1) for x in (point.today, point.at))
        turns = f"{side} {at}" if point.at != point.today else AT_ONCE[side]
        rows.append(((("lead", sentence(point.label)),), point.value, now, turns, moves(point, projects)))
    return tabled(pd.DataFrame(rows, columns=["what", "value", "now", "turns", "then"]), title=title)


@figure("page_one.since_last")
def since_last(register: Register, events: pd.DataFrame) -> Message:
    """Return what happened since the last committee: advice not followed, changes without a record, old requests.

    Parameters
    ----------
    events : DataFrame
        From `pmo_kit.performance.since_last_committee`.
    """
    told = events[events["kind"] != "open"]
    items, still = [(f"{row.lead}:", row.text) for row in told.head(EVENTS).itertuples()], len(events) - len(told)
    also = [f"{count(len(told) - EVENTS)} more like these"] if len(told) > EVENTS else []
    also += [f"{count(still, 'decision or late action', 'decisions and late actions')} still open"] if still else []
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
            "row": place, "column": column, "fix": f"fill {column}",
            "message": f"Request {row['request_id']} does not say {words} "
            f"(sheet requests, row {place}, column {column}).",
        }
        for place, (_, row) in enumerate(requests.iterrows(), start=2)
        for column, words in NEEDED.items()
        if pd.isna(row[column])
    ]  # fmt: skip
    if rows:
        raise DataError.of(rows, sheet="requests", file="", rule="a committee is told who, by when, and what otherwise")
