"""A case on the table: what the committee has forced and which limits it has moved, against a base question."""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import dataclass
from typing import Literal

from pmo_kit.arbitration import Capacity, Envelope, Question
from pmo_kit.scenarios import Scenario

InOut = Literal["in", "out"]


@dataclass(frozen=True)
class Force:
    """One project taken in or out by decision, at one level or at any, and why."""

    project_id: str
    in_out: InOut
    level: str | None = None
    reason: str = ""
    decided_by: str = ""
    date: dt.date | None = None


@dataclass(frozen=True)
class Case:
    """Changes to a base question, nothing else: money, people, forced projects.

    Parameters
    ----------
    money : float
        Factor on every envelope.
    people : tuple of (role, factor)
        Factor on the people of a role in every period; 1 is never held.
    forces : tuple of Force
        At most one per project, in the order of the project ids.

    Examples
    --------
    >>> case = Case().forced(Force("P08", "in", reason="promised")).with_money(0.85)
    >>> case.key
    (0.85, (), (('P08', 'in', None),))
    >>> case.freed("P08").with_money(1.0) == Case()
    True
    """

    money: float = 1.0
    people: tuple[tuple[str, float], ...] = ()
    forces: tuple[Force, ...] = ()

    @property
    def key(self) -> tuple[object, ...]:
        """What the answer depends on: two cases that differ in reasons alone have one answer."""
        forced = tuple((f.project_id, f.in_out, f.level) for f in self.forces)
        return (round(self.money, 9), tuple((r, round(x, 9)) for r, x in self.people), forced)

    @property
    def unforced(self) -> Case:
        """The same limits, no project forced."""
        return dataclasses.replace(self, forces=())

    def force(self, project_id: str) -> Force | None:
        """How a project is forced, if it is."""
        return next((f for f in self.forces if f.project_id == project_id), None)

    def forced(self, force: Force) -> Case:
        """The case with one more project forced, or forced otherwise."""
        others = [f for f in self.forces if f.project_id != force.project_id]
        return dataclasses.replace(self, forces=tuple(sorted([*others, force], key=lambda f: f.project_id)))

    def freed(self, project_id: str) -> Case:
        """The case with a project left to the best plan."""
        return dataclasses.replace(self, forces=tuple(f for f in self.forces if f.project_id != project_id))

    def with_money(self, factor: float) -> Case:
        """The case with another factor on every envelope."""
        return dataclasses.replace(self, money=factor)

    def with_people(self, role: str, factor: float) -> Case:
        """The case with another factor on the people of a role."""
        others = {r: x for r, x in self.people if r != role}
        if abs(factor - 1) > 1e-9:
            others[role] = factor
        return dataclasses.replace(self, people=tuple(sorted(others.items())))

    def question(self, base: Question) -> Question:
        """The base question under this case."""
        people = dict(self.people)

        def changed(rule: object) -> object:
            if isinstance(rule, Envelope) and self.money != 1.0:
                return dataclasses.replace(
                    rule,
                    amount=_clean(rule.amount * self.money),
                    carry_limit=_clean(rule.carry_limit * self.money),
                )
            if isinstance(rule, Capacity) and rule.role in people:
                return dataclasses.replace(rule, fte=_clean(rule.fte * people[rule.role]))
            return rule

        question = base.replace(rules=tuple(changed(rule) for rule in base.rules))
        for force in self.forces:
            question = question.with_override(
                force.project_id,
                force.in_out,
                force.level,
                reason=force.reason or "what-if",
                decided_by=force.decided_by,
                date=force.date,
            )
        return question

    def scenario(self, name: str) -> Scenario:
        """The case as a scenario that a register holds and a pack reads."""
        return Scenario(
            name,
            budget=self.money,
            capacity=dict(self.people),
            projects_in={f.project_id: f.level or "" for f in self.forces if f.in_out == "in"},
            projects_out=tuple(f.project_id for f in self.forces if f.in_out == "out"),
        )


def base_and_case(question: Question) -> tuple[Question, Case]:
    """A question without its overrides, and the case that holds them: the committee may lift each."""
    case = Case()
    orders = [order for order in question.orders if order.active]
    for rule in orders:
        case = case.forced(
            Force(rule.project_id, rule.in_out, rule.level, rule.reason, rule.decided_by, rule.date)
        )
    return question.without(*(order.name for order in orders)), case


def _clean(number: float) -> float:
    """A product without the noise of its last digits: 14 x 13/14 is 13."""
    return round(number, 9)
