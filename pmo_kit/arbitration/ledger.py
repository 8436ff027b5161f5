"""The override ledger: what each decision taken outside the arbitration costs, alone and on top of the
others."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import pandas as pd

from pmo_kit.answers import Answer
from pmo_kit.arbitration.model import ONE, compile_model
from pmo_kit.arbitration.prices import common_change
from pmo_kit.arbitration.rules import amount_words
from pmo_kit.arbitration.search import Found, best_plan
from pmo_kit.doors import door

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pmo_kit.arbitration.question import Question


@dataclass(frozen=True, eq=False)
class Ledger(Answer):
    """What the overrides on record cost, in force or set aside.

    `table` has one row per override (index: rule name): project_id, name, level, in_out, decided_by, date, reason,
    active (whether the question has it in force), alone = V*() - V*({o}), last_in = V*(O less o) - V*(O), displaces
    (projects that the override, coming last, pushes out in every equally good plan), admits. NaN where no plan is
    possible.

    Parameters
    ----------
    joint : float
        V*() - V*(O): what all of them cost together.
    interaction : float
        joint - sum of the costs alone.
    """

    _table: pd.DataFrame = field(repr=False)
    joint: float
    interaction: float
    unit: str
    inputs: Mapping[str, str]

    @property
    def summary(self) -> str:
        """One sentence."""
        if self._table.empty:
            return "No override is on record."
        count = len(self._table)
        words = f"{amount_words(round(self.joint, 2))} {self.unit}"
        return f"{count} override{'s' if count > 1 else ''} together cost{'' if count > 1 else 's'} {words}."


@door
def override_ledger(question: Question) -> Ledger:
    """What each override on record costs alone, coming last, and all of them together, in force or set aside.

    Parameters
    ----------
    question : Question

    Returns
    -------
    Ledger

    Notes
    -----
    Alone and last-in are the first and last place in the order of joining; their difference is the
    interaction (Shapley 1953 averages over all orders; two ends are what a committee can check).
    """
    overrides = question.orders
    in_force = {order.name: order.active for order in overrides}
    question = question.with_rules(*(replace(order, active=True) for order in overrides))
    names = [o.name for o in overrides]
    names_of = question.built.projects["name"]
    none = _best(question.without(*names))
    everything = _best(question)
    records = []
    for override in overrides:
        alone = _best(question.without(*(n for n in names if n != override.name)))
        rest_question = question.without(override.name)
        rest = _best(rest_question)
        displaces, admits = _effect(question, rest, everything)
        records.append(
            (
                override.project_id, names_of.get(override.project_id, ""), override.level,
                override.in_out, override.decided_by, override.date, override.reason, in_force[override.name],
                _less(none, alone),
                _less(rest, everything), displaces, admits,
            )
        )  # fmt: skip
    columns = ["project_id", "name", "level", "in_out", "decided_by", "date", "reason", "active", "alone", "last_in",
               "displaces", "admits"]  # fmt: skip
    table = pd.DataFrame(records, columns=columns, index=pd.Index(names, name="override", dtype="str"))
    joint = _less(none, everything) if overrides else 0.0
    interaction = joint - float(table["alone"].sum(skipna=False)) if overrides else 0.0
    inputs = MappingProxyType({"register": question.register.fingerprint, "question": question.fingerprint})
    return Ledger(table, joint, round(interaction, 9), question.built.value_unit, inputs)


def _best(question: Question) -> Found:
    """The best plan of a question."""
    return best_plan(compile_model(question))


def _less(before: Found, after: Found) -> float:
    """How much value is lost; NaN where there is no plan."""
    if before.plan is None or after.plan is None:
        return float("nan")
    return (before.value - after.value) / ONE


def _effect(question: Question, before: Found, after: Found) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Who leaves and who enters, in every plan that is as good."""
    if before.plan is None or after.plan is None:
        return (), ()
    change = common_change(compile_model(question), before.plan, after, {})
    return change.leaves, change.enters
