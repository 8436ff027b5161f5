"""Why a project is out or in, what would let it in, and the letter to its sponsor that says so."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import ceil, nan

import pandas as pd

from pmo_kit.arbitration import rules
from pmo_kit.arbitration.allocation import Allocation, limits_used
from pmo_kit.arbitration.model import ONE
from pmo_kit.arbitration.prices import added, flip, in_the_way
from pmo_kit.arbitration.search import Eased, Threshold, each
from pmo_kit.arbitration.thresholds import least_cost_cut, least_increase
from pmo_kit.doors import Answer, door, known
from pmo_kit.errors import InputError
from pmo_kit.facts import as_given, listed


@dataclass(frozen=True, eq=False)
class Admission(Answer):
    """What would let a project in without making the plan worth less than it is.

    `table` has one row per way: way (`value`, `cost`, a rule name, `all envelopes`, or `together`), amount, unit,
    words. NaN where no amount of it is enough alone. Each amount is the least: at it a plan with the project is
    worth at least the plan's value, just short of it none is.

    Parameters
    ----------
    allocation : Allocation
    project_id, level : str
    price : float
        What forcing it in costs today.
    displaces : tuple of str
        Whom it would push out today, in every equally good plan.
    in_its_way : tuple of str
        Rules that the plan would break if it were simply added.
    """

    allocation: Allocation
    project_id: str
    level: str
    price: float
    displaces: tuple[str, ...]
    in_its_way: tuple[str, ...]
    _table: pd.DataFrame = field(repr=False)
    _never: tuple[str, ...] = field(repr=False)  # in words, what of money, people and demand is not enough alone

    @property
    def summary(self) -> str:
        """One sentence."""
        name = self.allocation.table["name"][self.project_id]
        ways = self._table.loc[self._table["amount"].notna(), "words"].tolist()
        could = f"{name} could be in, and the plan be worth no less than it is, with {', or with '.join(ways)}."
        return could if ways else f"Nothing alone would admit {name}."

    @property
    def inputs(self) -> Mapping[str, str]:
        """Those of the allocation."""
        return self.allocation.inputs


Ask = tuple[str, Sequence[rules.Limit], Callable[[Eased], Threshold | None]]
"""A way to let a project in, the limits that it raises (none: it is a share), and what finds its least change."""


@door
def what_would_admit(allocation: Allocation, project_id: str, level: str | None = None) -> Admission:
    """What would let a refused project (or level) in, each way alone.

    Parameters
    ----------
    allocation : Allocation
    project_id : str
    level : str, optional
        Its level with the lowest price when not given.

    Raises
    ------
    InputError
        The project or level is in the plan already.

    Notes
    -----
    Extra money or people: the least increase of one limit over plans that contain the project with a value of at
    least V*; inclusion is not monotone in the budget, so nothing is found by bisection. A cost cut is
    proportional over the years and flows into a net present value. The value uplift is the price itself.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> from pmo_kit.arbitration import what_would_admit
    >>> allocation = pmo.arbitrate(pmo.Question(pmo.load_register("data/samples/meridian_12")))
    >>> what_would_admit(allocation, "P11").table.set_index("way").loc["data_engineer 2028", "words"]
    '4 data engineers more in 2028'
    """
    model, plan = allocation._model, allocation._positions
    options = model.question.built
    candidates = options.of(project_id, level).tolist()
    if any(i in plan for i in candidates):
        raise InputError(f"{project_id} is in the plan already.")
    flips = [flip(allocation, i) for i in candidates]
    done = max(flips, key=lambda f: (f.found.plan is not None, f.found.value))
    option, way = done.option, in_the_way(model, plan, done.option)
    hard = (rule for rule in map(model.question.rule, way) if rule.price is None)  # more of the others only saves
    limits = [rule for rule in hard if isinstance(rule, rules.Limit)]
    price = float("nan") if done.found.plan is None else (allocation._value - done.found.value) / ONE
    unit = allocation.question.worth.short
    worth = f"{unit} more {allocation.question.goal}" if options.money_value else f"more of {unit}"
    rows = [("value", price, unit, f"{as_given(round(price, 2))} {worth}")]
    near = [each for each in (done.found.plan, added(model, plan, option)) if each is not None]
    least = partial(partial, least_increase, least=allocation._value, option=option, known=near)
    envelopes = {r.name: r.amount for r in model.question.active_rules if isinstance(r, rules.Envelope)}
    wide: list[Ask] = [("cost", (), lambda _: least_cost_cut(model, option, allocation._value, near))]
    wide += [("all envelopes", (), least(by=[envelopes]))] if envelopes else []
    wide += [("together", limits, least(by=[{rule.name: 1.0} for rule in limits]))] if len(limits) > 1 else []
    alone: list[Ask] = [(rule.name, (rule,), least(by=[{rule.name: 1.0}])) for rule in limits]
    # What is not enough together is not enough alone, so that is asked first.
    answers = (each(allocation._eased, [ask for *_, ask in asks]) for asks in (wide, alone))
    cut, *several = zip(wide, next(answers), strict=True)
    found = [cut, *zip(alone, next(answers), strict=True), *several]
    rows += [(name, *_enough(allocation, option, name, of, change)) for (name, of, _), change in found]
    limits_first = sorted(found, key=lambda one: not one[0][1])
    never = (_lacking(allocation, project_id, name, of) for (name, of, _), change in limits_first if change is None)
    table = pd.DataFrame(rows, columns=["way", "amount", "unit", "words"])
    name = str(options.table.index[option][1])
    return Admission(allocation, project_id, name, price, done.change.leaves, way, table, tuple(filter(None, never)))


def _lacking(allocation: Allocation, project_id: str, way: str, of: Sequence[rules.Limit]) -> str:
    """What is not enough, in words; nothing of several limits, or of one that is asked about by its own name."""
    if len(of) == 1 and isinstance(of[0], rules.Envelope | rules.Capacity | rules.Demand):
        return f"more {way_words(allocation, project_id, of[0])}"
    return "" if of else {"cost": "a lower cost", "all envelopes": "more money in every envelope"}[way]


def _enough(
    allocation: Allocation, option: int, way: str, of: Sequence[rules.Limit], found: Threshold | None
) -> tuple[float, str, str]:
    """The least change of one way, of some limits or a share, that is enough: amount, unit and words."""
    question, money = allocation.question, allocation.question.money.short
    amount = float("nan") if found is None else found.amount
    if not of:
        cost = f"{as_given(round(float(question.built.costs[option]), 2))} {money}"
        shares = {"cost": f"off its {f'{question.basis_word} cost'.strip()} of {cost}",
                  "all envelopes": "more in every envelope"}  # fmt: skip
        least = "no share" if found is None else f"{as_given(ceil(1e4 * amount - 1e-5) / 100)} %"  # at less it is not
        return amount, "share", f"{least} {shares[way]}{' is enough' * (found is None)}"
    unit = of[0].unit_of(question.built.money_unit) if len(of) == 1 else ""
    if found is None:
        which = f"{way} alone" if len(of) == 1 else "these limits"
        return amount, unit, f"no increase of {which} is enough"
    parts = {way: amount} if len(of) == 1 else allocation._model.excess(found.plan)
    words = [rule.shortfall(parts[rule.name], money) for rule in of if rule.name in parts]
    return amount, unit, " and ".join(words)


LOSES = "worth no more than it costs"


@door
def obstacles(allocation: Allocation) -> dict[str, tuple[str, ...]]:
    """Why every refused project is out: that it is worth less than it costs, then the limits and links in its way.

    Returns
    -------
    dict of str to tuple of str
        project_id -> `LOSES` where no level of it is worth more than it costs; then, in words, what its largest level
        would break if it were simply added ("data engineers in 2028", "needs Data platform").
    """
    question, options = allocation.question, allocation.question.built
    found = {}
    for project, row in allocation.table.iterrows():
        if row["decision"] == "refuse":
            mine = options.of(str(project)).tolist()
            way = in_the_way(allocation._model, allocation._positions, options.largest(str(project)))
            words = [way_words(allocation, str(project), question.rule(name)) for name in way]
            first = [LOSES] if max(options.values[mine]) <= 0 else []
            found[str(project)] = tuple(dict.fromkeys([*first, *words]))
    return found


@door
def supports(allocation: Allocation) -> pd.DataFrame:
    """Why each funded project that is worth less than it costs, or no more, is in the plan all the same.

    Parameters
    ----------
    allocation : Allocation

    Returns
    -------
    DataFrame
        Index project_id: name, value; rules (names of what the plan breaks without it: a law, a commitment, an order,
        a project that needs it, a floor), why (in words), loses (what the best plan without it is worth less: the
        worth of an enabler; NaN where no plan is possible without it).
    """
    question, options, model = allocation.question, allocation.question.built, allocation._model
    table = allocation.table
    asked = table.index[(table["decision"] == "fund") & (table["value"] <= 0)].tolist()
    records = []
    for project in asked:
        mine = options.of(str(project)).tolist()
        rest = [i for i in allocation._positions if i not in mine]
        broken = model.excess(rest)
        asking = [rule for rule in question.active_rules if rule.name in broken]
        found = flip(allocation, next(i for i in mine if i in allocation._positions)).found
        loses = nan if found.plan is None else (allocation._value - found.value) / ONE
        words = list(dict.fromkeys(_support(allocation, rule) for rule in asking))
        more = [f"and {len(words) - 2} more"] if len(words) > 2 else []
        beside = "what it brings together with others" if loses > 0 else "the plan is worth as much without it"
        why = "; ".join([*words[:2], *more]) or beside
        names = tuple(rule.name for rule in asking)
        records.append((table.loc[project, "name"], table.loc[project, "value"], names, why, loses))
    index = pd.Index(asked, name="project_id", dtype="str")
    return pd.DataFrame(records, columns=["name", "value", "rules", "why", "loses"], index=index)


def _support(allocation: Allocation, rule: rules.Rule) -> str:
    """What keeps a project in, in words."""
    if isinstance(rule, rules.Mandatory):
        return f"it must be done{f': {rule.reason}' if rule.reason else ''}"
    if isinstance(rule, rules.Committed):
        return "it is running"
    if isinstance(rule, rules.Override):
        return f"by order of {rule.decided_by or 'an override'}"
    if isinstance(rule, rules.Requires):
        return f"{allocation.table.loc[rule.project_id, 'name']} needs it"
    return f"the rule asks for it: {rule.name}"


Items = list[tuple[str, str]]
BULLET = "▸"


@door
def letter(allocation: Allocation, project_id: str) -> str:
    """One page in plain words about one project, as Markdown.

    Parameters
    ----------
    allocation : Allocation
    project_id : str

    Returns
    -------
    str
        The decision, what was asked, the reason with the limits it meets, whom it would displace, and what would
        change it.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> from pmo_kit.arbitration import letter
    >>> allocation = pmo.arbitrate(pmo.Question(pmo.load_register("data/samples/meridian_12")))
    >>> print(letter(allocation, "P11").split(chr(10))[0])
    # Customer app (P11): not in the plan
    """
    known([project_id], allocation.table.index, "project")
    row = allocation.table.loc[project_id]
    title = {"fund": "funded", "stop": "to be stopped", "refuse": "not in the plan"}[row["decision"]]
    items = letter_items(allocation, project_id)
    blocks = [f"- {text}" if lead == BULLET else f"**{lead}** {text}" for lead, text in items]
    text = "\n\n".join([f"# {row['name']} ({project_id}): {title}", *blocks])
    return re.sub("(?m)^(- .*)\n(?=\n- )", r"\1", text) + "\n"


def letter_items(allocation: Allocation, project_id: str) -> Items:
    """The paragraphs of a letter: (lead, text); ways to change the answer have the lead `BULLET`."""
    row = allocation.table.loc[project_id]
    options = allocation.question.built
    largest = options.largest(project_id)
    items = [("You asked for", _asked(allocation, largest)), *_orders(allocation, project_id)]
    level = str(options.table["base_level"].iloc[largest])
    whole = allocation.keeps(project_id, "in", level)
    if row["decision"] != "refuse":
        size = (
            "as asked" if whole else "at a smaller size" if options.costs[largest] > row["cost"] else "at another size"
        )
        items += _in_plan(allocation, project_id, size)
    if row["decision"] == "stop":
        items += _ways(what_would_admit(allocation, project_id))
    elif not whole:
        items += _refusal(allocation, project_id, None if row["decision"] == "refuse" else level)
    basis = allocation.question.basis_word
    worth = f"The plan is worth {as_given(round(allocation.value, 2))} {options.value_unit}{f' {basis}' * bool(basis)}"
    proven = f", proven best of all plans {allocation.searched}."
    sure = proven if allocation.gap == 0 else "; a better plan is not excluded."
    return [*items, ("How sure.", worth + sure)]


def _orders(allocation: Allocation, project_id: str) -> Items:
    """Each order on record for a project: who gave it, when and why, and whether the plan follows it."""
    items, options = [], allocation.question.built
    for order in allocation.question.orders:
        if order.project_id == project_id:
            label = options.table["label"].iloc[options.of(project_id, order.level)[0]] if order.level else ""
            size = f" ({label or order.level})" if order.level else ""
            when = f" on {order.date.isoformat()}" if order.date else ""
            why = f": {order.reason.rstrip('.')}" if order.reason else ""
            ordered = f"Ordered {order.in_out}{size} by {order.decided_by or 'an override'}{when}{why}"
            does = "follows" if allocation.keeps(project_id, order.in_out, order.level) else "lifts"
            items.append(("The order.", f"{ordered}. The plan {does} this order."))
    return items


def way_words(allocation: Allocation, project_id: str, rule: rules.Rule) -> str:
    """What stands in a project's way, in words with names: the limit that is used up, or the link.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> allocation = pmo.arbitrate(pmo.Question(pmo.load_register("data/samples/meridian_12")))
    >>> way_words(allocation, "P09", allocation.question.rule("P09 excludes P10"))
    'cannot stand beside Partner solar'
    """
    names = allocation.question.built.projects["name"]
    if isinstance(rule, rules.Requires):
        own = rule.project_id == project_id
        return f"needs {names[rule.other_id]}" if own else f"{names[rule.project_id]} needs it at another size"
    if isinstance(rule, rules.Excludes):
        other = rule.other_id if rule.project_id == project_id else rule.project_id
        return f"cannot stand beside {names[other]}"
    if isinstance(rule, rules.Group):
        others = [names[p] for p, _ in rule.members if p != project_id]
        return f"may not be in beside {' or '.join(others)}"
    if isinstance(rule, rules.Override):
        kept = "out" if rule.in_out == "out" else "in at another size"
        return f"is kept {kept} by order of {rule.decided_by or 'an override'}"
    if isinstance(rule, rules.Envelope):
        return f"{'' if rule.scope == 'all' else f'{rule.envelope} '}money in {rule.year}"
    if isinstance(rule, rules.Capacity):
        return f"{rules.role_words(rule.role)} in {rule.period}"
    return next((use.label for use in allocation.limits if use.rule == rule.name), rule.name)


def _met(allocation: Allocation, project_id: str, option: int, rule: rules.Rule) -> str:
    """A limit or a link that an option meets: what it needs of the limit, or what would become of it."""
    use = next((use for use in allocation.limits if use.rule == rule.name), None)
    if use is None:
        return f"it {way_words(allocation, project_id, rule)}"
    model = allocation._model
    beside = limits_used(model, added(model, allocation._positions, option))
    then = min((one for one in beside if one.rule == rule.name), key=lambda one: one.slack)
    if not isinstance(rule, rules.Envelope | rules.Capacity):
        return f"with it, {then.sentence}{', at its price' * (rule.price is not None)}"
    row = next(row for row in model.rows if row.rule == rule.name)
    need = float(row.coefficients[row.columns == option].sum())
    words = f"{use.sentence} and it needs {as_given(round(need, 2))}"
    if round(use.used, 2) + round(need, 2) <= round(use.limit, 2):  # what it spends before is not carried in
        words += f", with which {as_given(round(-then.slack, 2) or -then.slack)} is lacking: less is carried in"
    return words


def _asked(allocation: Allocation, option: int) -> str:
    """Money by year of one option as the register states it, what it is expected to cost, and its worth by itself."""
    question = allocation.question
    stated, costs, unit = question.stated, question.built.costs, question.money.short
    years = {year: float(stated.measure("all", year)[option]) for year in stated.years}
    money = [f"{as_given(round(x, 2))} in {year}" for year, x in years.items() if round(x, 2)]
    asked = f"{as_given(round(float(stated.costs[option]), 2))} {unit}{f': {listed(money)}' if money else ''}."
    if round(float(costs[option] - stated.costs[option]), 2):
        asked += f" It is expected to cost {as_given(round(float(costs[option]), 2))} {unit}."
    worth = float(question.built.values[option])
    alone = f"By itself it {'is worth' if worth >= 0 else 'loses'} {_value(allocation, abs(worth))}."
    return f"{asked} {alone}"


def _refusal(allocation: Allocation, project_id: str, level: str | None) -> Items:
    """Why a project (or its larger size) is not in the plan, what it would cost, and what would change that."""
    found = what_would_admit(allocation, project_id, level)
    names = allocation.table["name"]
    option = allocation.question.built.position(project_id, found.level)
    met = [_met(allocation, project_id, option, allocation.question.rule(name)) for name in found.in_its_way]
    what = "It does" if level is None else "The size you asked for does"
    options = allocation.question.built
    costs, label = options.costs, str(options.table["label"].iloc[option])
    if level is None and label and costs[option] < max(costs[options.of(project_id)]):
        what = f"Even at a smaller size ({label}) it does"
    why = f"{what} not fit beside the plan: {'; '.join(met)}."
    if max(options.values[options.of(project_id)]) <= 0:
        why = "It is worth no more than it costs." + (f" And it would not fit: {'; '.join(met)}." if met else "")
    elif not met:
        why = "It would fit beside the plan, but no better plan holds it."
    items = [("Why.", why)]
    if found.price == 0 and allocation.gap == 0:
        return [*items, ("Its price.", f"None: {_EQUAL}")]
    if pd.notna(found.price):
        out = [names[p] for p in found.displaces if p != project_id]
        size = f" ({label})" if label else ""
        verb = f"Taking it in{size}" if level is None else f"Funding that size{size}"
        price = f"{verb} today would cost {_value(allocation, found.price)}"
        items.append(("Its price.", price + (f" and push out {listed(out)}." if out else ".")))
    else:
        items.append(("Its price.", f"No plan within the limits holds {'it' if level is None else 'that size'} today."))
    return items + _ways(found)


def _ways(found: Admission) -> Items:
    """What would change the answer, each alone; and what would not."""
    enough = found.table["amount"].notna()
    if not enough.any():
        return [("What would change it.", "No single change of value, cost, money or people is enough.")]
    items = [("What would change it.", "With any one of these, alone, it could be in and the plan be worth no less:")]
    items += [(BULLET, words) for words in dict.fromkeys(found.table.loc[enough, "words"])]
    words = f"{listed(found._never)}."
    return items + ([("What would not, alone.", words[0].upper() + words[1:])] if found._never else [])


def _in_plan(allocation: Allocation, project_id: str, size: str) -> Items:
    """Paragraphs for a project that is funded or stopped."""
    model = allocation._model
    names, row = allocation.table["name"], allocation.table.loc[project_id]
    unit = model.question.money.short
    level = f" ({row['label']})" if row["label"] else ""
    basis = model.question.basis_word
    with_money = f"{as_given(round(row['cost'], 2))} {unit}{f' {basis}' * bool(basis)}"
    first = f"It is in the plan {size}{level}, with {with_money}."
    if row["decision"] == "stop":
        spent = "What was spent before is gone either way and not counted."
        first = f"The plan stops it, at an exit cost of {as_given(round(row['cost'], 2))} {unit}. {spent}"
    option = next(i for i in allocation._positions if model.question.built.project_ids[i] == project_id)
    done = flip(allocation, option)
    items = [("The decision.", first)]
    if done.found.plan is None:
        bound = any(order.active and order.project_id == project_id for order in allocation.question.orders)
        return [*items, ("The price.", f"No plan is possible otherwise{' while the order stands' * bound}.")]
    if done.found.value == allocation._value and allocation.gap == 0:
        return [*items, ("The price.", f"Taking the other way costs nothing: {_EQUAL}")]
    other = "Carrying it on" if row["decision"] == "stop" else "Leaving it out"
    out = [names[p] for p in done.change.leaves if p != project_id]
    words = f"{other} would cost {_value(allocation, allocation.value - done.found.value / ONE)}"
    return [*items, ("The price.", words + (f" and push out {listed(out)}." if out else "."))]


_EQUAL = "a plan with it and a plan without it are equal: either could be taken."


def _value(allocation: Allocation, amount: float) -> str:
    """An amount of the plan's value in words."""
    options, number = allocation.question.built, as_given(round(amount, 2))
    if options.money_value:
        return f"{number} {allocation.question.worth.short} of {allocation.question.goal}"
    return f"{number} of {options.value_unit}"
