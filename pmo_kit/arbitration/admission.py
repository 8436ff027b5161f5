"""What would change a refusal: more value, lower cost, more money, more people, each as an exact threshold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from types import MappingProxyType
from typing import TYPE_CHECKING

import pandas as pd

from pmo_kit.answers import Answer
from pmo_kit.arbitration.model import ONE
from pmo_kit.arbitration.prices import flip, in_the_way
from pmo_kit.arbitration.rules import (
    QUANTITY_RULES,
    Capacity,
    Count,
    Demand,
    Envelope,
    Rule,
    amount_words,
    role_words,
)
from pmo_kit.arbitration.thresholds import Threshold, least_cost_cut, least_increase
from pmo_kit.doors import door

if TYPE_CHECKING:
    from pmo_kit.arbitration.allocation import Allocation


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

    @property
    def summary(self) -> str:
        """One sentence."""
        name = self.allocation.table["name"][self.project_id]
        ways = self._table.loc[self._table["amount"].notna(), "words"].tolist()
        return (
            f"{name} would come in with {', or with '.join(ways)}."
            if ways
            else f"Nothing alone would admit {name}."
        )

    @property
    def inputs(self) -> Mapping[str, str]:
        """Those of the allocation."""
        return MappingProxyType(dict(self.allocation.inputs))


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
    ValueError
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
        raise ValueError(f"{project_id} is in the plan already.")
    flips = [flip(allocation, i) for i in candidates]
    done = max(flips, key=lambda f: (f.found.plan is not None, f.found.value))
    option, way = done.option, in_the_way(model, plan, done.option)
    limits = [model.question.rule(n) for n in way if isinstance(model.question.rule(n), QUANTITY_RULES)]
    price = float("nan") if done.found.plan is None else (allocation._value - done.found.value) / ONE
    unit = allocation.question.worth.short
    worth = f"{unit} more net value" if options.money_value else f"more of {unit}"
    rows = [("value", price, unit, f"{amount_words(round(price, 2))} {worth}")]
    cut = least_cost_cut(model, option, allocation._value)
    cost = f"{amount_words(round(float(options.costs[option]), 2))} {model.question.money.short}"
    rows.append(("cost", *_share(cut, f"off its cost of {cost}")))
    rows += [_one_limit(allocation, rule, option) for rule in limits]
    envelopes = [r for r in model.question.active_rules if isinstance(r, Envelope)]
    if envelopes:
        factor = {r.name: r.amount for r in envelopes}
        more = least_increase(model, factor, least=allocation._value, option=option)
        rows.append(("all envelopes", *_share(more, "more in every envelope")))
    if len(limits) > 1:
        rows.append(_together(allocation, limits, option))
    table = pd.DataFrame(rows, columns=["way", "amount", "unit", "words"])
    change = done.change.leaves if done.change else ()
    name = str(options.table.index[option][1])
    return Admission(allocation, project_id, name, price, change, way, table)


def _share(found: Threshold | None, words: str) -> tuple[float, str, str]:
    """A threshold that is a share, in words."""
    if found is None:
        return float("nan"), "share", f"no share {words} is enough"
    enough = ceil(1e4 * found.amount - 1e-5) / 100  # rounded up: at less it is not
    return found.amount, "share", f"{amount_words(enough)} % {words}"


def _one_limit(allocation: Allocation, rule: Rule, option: int) -> tuple[str, float, str, str]:
    """The least increase of one limit."""
    found = least_increase(allocation._model, {rule.name: 1.0}, least=allocation._value, option=option)
    unit = _unit(allocation, rule)
    if found is None:
        return rule.name, float("nan"), unit, f"no increase of {rule.name} alone is enough"
    money = allocation.question.money.short
    return rule.name, found.amount, unit, rule.shortfall(found.amount, money)


def _together(allocation: Allocation, limits: list[Rule], option: int) -> tuple[str, float, str, str]:
    """The least sum of increases of several limits, and how it is made up."""
    model = allocation._model
    by = [{rule.name: 1.0} for rule in limits]
    found = least_increase(model, *by, least=allocation._value, option=option)
    if found is None:
        return "together", float("nan"), "", "no increase of these limits is enough"
    broken = model.excess(found.plan)
    money = allocation.question.money.short
    words = [rule.shortfall(broken[rule.name], money) for rule in limits if broken.get(rule.name)]
    return "together", found.amount, "", " and ".join(words)


def _unit(allocation: Allocation, rule: Rule) -> str:
    """The unit of a rule's amount."""
    if isinstance(rule, Capacity):
        return role_words(rule.role)
    if isinstance(rule, Count):
        return "projects"
    return rule.unit if isinstance(rule, Demand) else allocation.question.built.money_unit
