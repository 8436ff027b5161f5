"""A question as data: its options, named rows and words, enough to solve it again where there is no Python.

What reads it (the page of a pack, any other program) compiles the same rows and checks a plan with the same whole
numbers: every number stands here as it counts in `Model.evaluate`, in at most 14 digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isinf
from typing import Any

import numpy as np

from pmo_kit.arbitration.allocation import SMALL, Allocation, asked_gap
from pmo_kit.arbitration.model import ONE, compile_model, in_parts, parts
from pmo_kit.arbitration.options import Options
from pmo_kit.arbitration.prices import Explanation
from pmo_kit.arbitration.rules import Capacity, Envelope, Mandatory, Row, Rule, Share, role_words

MIME = "application/vnd.pmo-kit.question+json"
MOST_PLANS = 120


@dataclass(frozen=True, eq=False)
class Portable:
    """A question as plain data; the last line of a cell hands it to the pack.

    Parameters
    ----------
    data : mapping
        As `packs/schemas/question.schema.json` describes it.
    """

    data: Mapping[str, Any]

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        said = f"The question as data: {len(self.data['options'])} options, {len(self.data['rows'])} rows."
        return {"text/plain": said, MIME: dict(self.data)}


def as_data(answer: Allocation | Explanation) -> Portable:
    """The question of an answer as data, its orders on record apart, and the plans known of it.

    Parameters
    ----------
    answer : Allocation or Explanation
        The plans that an explanation found are known good plans, from which other searches start.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> question = pmo.Question(pmo.load_register("data/samples/meridian_12"))
    >>> data = as_data(pmo.arbitrate(question)).data
    >>> data["recommended"]["value"], data["options"][0]["project"], data["rows"][0]["rule"]
    (33.5, 'P01', 'envelope all 2027')
    """
    plans = set() if isinstance(answer, Allocation) else set(answer._plans.values())
    allocation = answer if isinstance(answer, Allocation) else answer.allocation
    asked = allocation.question
    orders = [order for order in asked.orders if order.active]
    question = asked.without(*(order.name for order in orders)) if orders else asked
    model, options, register = compile_model(question), question.built, question.register
    rules = {rule.name: rule for rule in question.rules}
    duty = {rule.project_id for rule in question.active_rules if isinstance(rule, Mandatory)}
    values, known = [exact / ONE for exact in model.exact.values], register.projects
    worth = sorted(plans - {allocation._positions}, key=lambda p: (-model.evaluate(p).value, p))
    return Portable({
        "version": 1,
        "register": {"name": register.settings.name, "fingerprint": register.fingerprint},
        "question": question.fingerprint,
        "unit": {
            "value": question.worth.words, "short": question.worth.short, "money": question.money.words,
            "money_short": question.money.short,
        },
        "basis": question.basis_word,
        "gap": 0.0 if len(options.groups) <= SMALL else max(asked_gap(question), 0.01),
        "projects": [
            {"id": p, "name": str(known["name"][p]), "area": str(known["area"][p]), "duty": p in duty}
            for p in options.groups
        ],
        "options": _options(options, values),
        "rules": [{"name": r.name, "words": r.sentence(options.money_unit)} for r in question.active_rules],
        "rows": [_row(row, rules[row.rule], question.rules, options) for row in model.rows],
        "products": [
            {"rule": p.rule, "first": p.first.tolist(), "second": p.second.tolist(), "value": value}
            for p, value in zip(model.products, values[model.n :], strict=True)
        ],
        "carries": [{"from": a, "to": b, "limit": limit} for a, b, limit in model.carries],
        "prices": [{"row": row, "price": price} for row, price in model.prices.items()],
        "orders": [
            {"project": o.project_id, "way": o.in_out, "level": o.level or "", "reason": o.reason, "by": o.decided_by,
             "date": o.date.isoformat() if o.date else ""} for o in orders
        ],
        "recommended": {
            "plan": list(allocation._positions), "value": allocation.value, "bound": allocation.bound,
            "status": allocation.status,
        },
        "plans": [list(plan) for plan in worth[:MOST_PLANS]],
        "reversals": [] if isinstance(answer, Allocation) else _reversals(answer),
    })  # fmt: skip


def _options(options: Options, values: list[float]) -> list[dict[str, Any]]:
    """What can be chosen, in the order of the columns."""
    costs = [in_parts(cost) / ONE for cost in options.costs.tolist()]
    table = options.table.drop(columns=["value", "cost"]).reset_index(names=["project", "level"])
    table = table.rename(columns={"base_level": "base"}).assign(value=values[: len(options)], cost=costs)
    return table[["project", "level", "base", "label", "stop", "value", "cost"]].to_dict("records")


def _row(row: Row, rule: Rule, rules: tuple[Rule, ...], options: Options) -> dict[str, Any]:
    """A row of the program, and what its limit is made of, where one moves with money or people."""
    found: dict[str, Any] = {
        "rule": row.rule, "kind": rule.kind, "label": row.label, "unit": row.unit,
        "columns": row.columns.tolist(), "coefficients": [exact / ONE for exact in parts(*row.coefficients.tolist())],
    }  # fmt: skip
    found |= {name: bound for name in ("lower", "upper") if not isinf(bound := getattr(row, name))}
    if isinstance(rule, Envelope):
        found |= {"year": rule.year, "scope": rule.scope, "amount": rule.amount}
    elif isinstance(rule, Capacity):
        found |= {"role": rule.role, "people": role_words(rule.role), "amount": rule.fte}
    elif isinstance(rule, Share) and rule.of == "envelope":
        found["share_of"] = [*map(list, rule.whole(options, rules, row.year))]
        found["share"] = rule.minimum if "lower" in found else rule.maximum
    elif row.share is not None:
        part, whole, found["share"] = row.share
        found |= {"part": _sparse(part), "whole": _sparse(whole)}
    return found


def _reversals(reasons: Explanation) -> list[dict[str, Any]]:
    """What the other choice on each project costs, at its cheapest size, where it is known to six digits."""
    table, stops = reasons.table, reasons.allocation.question.options["stop"]
    taken = table.groupby("project_id")["in_plan"].transform("any")
    known = table["price_upper"] - table["price"] <= 1e-6 * table["price_upper"].clip(lower=1.0)
    exact = table[known & (table["in_plan"] | ~taken)]
    found = exact.sort_values("price", kind="stable").groupby("project_id").head(1).sort_index()
    return [
        {"project": p, "way": "in" if stops[p, level] else row["flip"], "price": float(row["price_upper"])}
        for (p, level), row in found.iterrows()
    ]


def _sparse(numbers: np.ndarray) -> list[list[float]]:
    """(column, number) of what is not zero."""
    return [[int(i), float(numbers[i])] for i in np.flatnonzero(numbers)]
