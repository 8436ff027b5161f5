"""Why the recommendation changed between two committees: cause by cause, to the last unit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import permutations
from types import MappingProxyType

import pandas as pd

from pmo_kit.arbitration import Allocation, Committed, Mandatory, Override, Question, Rule, arbitrate
from pmo_kit.arbitration.model import PlanChange
from pmo_kit.arbitration.question import duties
from pmo_kit.doors import Answer, door
from pmo_kit.errors import PmoError
from pmo_kit.facts import number
from pmo_kit.register import Register
from pmo_kit.scenarios.comparison import evaluate_plan

CAUSES = ("method", "data", "projects", "weights", "constraints", "overrides")
PROJECT_TABLES = ("levels", "costs", "benefits", "resources", "scores", "estimates", "risks")
SETTINGS = ("discount_schedule", "discount_to", "timing", "money_unit", "currency", "price_basis")
LIFTED = "both without the orders on record"
IN_FORCE = "both with the orders on record"
MINOR = {"unit": 10**2, "thousand": 10**5, "million": 10**8, "billion": 10**9}
EFFECTS = ["held", "reoptimized", "total", "shapley"]
COLUMNS = [*EFFECTS, "order_matters", "note", "left", "entered", "resized"]


@dataclass(frozen=True, eq=False)
class Attribution(Answer):
    """The change of value between two questions, cause by cause in METHOD's order; every number is an integer.

    `table` has one row per cause that changed anything, in order. held: effect on the plan held fixed, repaired by
    dropping projects where it no longer fits; reoptimized: effect of choosing anew; total = held + reoptimized;
    shapley: mean effect over all orders of the causes; order_matters: its sign depends on the order; note; left,
    entered, resized: projects. Effects are integers in minor units.

    Parameters
    ----------
    before, after : Allocation
    minor : int
        Minor units in one unit of value: 10**8 cents in a million. The effects add up to the change exactly.
    orders : str
        Which two were compared: both with the orders on record, or both without; empty where there are none.
    """

    before: Allocation
    after: Allocation
    minor: int
    orders: str
    _table: pd.DataFrame = field(repr=False)

    @property
    def question(self) -> Question:
        """The question of today."""
        return self.after.question

    @property
    def change(self) -> int:
        """Value after - value before, in minor units."""
        return self._minor(self.after) - self._minor(self.before)

    @property
    def residual(self) -> int:
        """What the causes leave unexplained: zero."""
        return self.change - int(self._table["total"].sum())

    @property
    def amounts(self) -> pd.DataFrame:
        """The effects in units of value: held, reoptimized, total, shapley."""
        return self._table[EFFECTS].astype(float) / self.minor

    @property
    def summary(self) -> str:
        """One sentence."""
        amounts = self.amounts["total"]
        words = f"The {self.question.goal} goes from {number(self.before.value)} to {number(self.after.value)}"
        words += f" ({self.orders})" if self.orders else ""
        if not len(amounts):
            return f"{words}: nothing changed."
        largest = str(amounts.abs().idxmax())
        return f"{words}; the largest cause is {largest}: {number(amounts[largest], signed=True)}."

    @property
    def inputs(self) -> Mapping[str, str]:
        """Fingerprints of both questions."""
        both = {"before": self.before, "after": self.after}
        return MappingProxyType({name: one.question.fingerprint for name, one in both.items()})

    def _minor(self, allocation: Allocation) -> int:
        return round(allocation.value * self.minor)

    _shown = amounts


@door
def attribute(before: Question, after: Question) -> Attribution:
    """Attribute the change of value between two questions to its causes.

    The causes are switched on one after the other: method (settings: discounting, prices, timing), data (of projects in
    both: what they are, costs, benefits, people and scores), projects (added or gone), weights, constraints (envelopes,
    people, links, rules), overrides. After each the question is solved again.

    Parameters
    ----------
    before, after : Question
        Of the last and of this committee. Where their value is a Series it changes as a whole, with the weights. Like
        is compared with like: where one of them sets an order on record (an override of its register) aside, both are
        compared without any; `Attribution.orders` says which.

    Returns
    -------
    Attribution

    Raises
    ------
    InfeasibleError
        One of the two questions has no plan.

    Notes
    -----
    The order is a convention, so the Shapley value stands beside it: Shapley (1953), A value for n-person games. A
    state without a plan is passed over, its cause merges with the next; orders through it do not count.
    """
    before, after, orders = _alike(before, after)
    first, last = arbitrate(before), arbitrate(after)
    chain = _Chain(first, last)
    minor = _minor_units(after)
    steps, previous, waiting = dict[tuple[str, ...], dict[str, object]](), first, tuple[str, ...]()
    for place, cause in enumerate(chain.causes, start=1):
        now, waiting = chain.solved(frozenset(chain.causes[:place])), (*waiting, cause)
        if now is not None:
            steps[waiting] = _step(previous, now, minor)
            previous, waiting = now, ()
    shapley, signs = _shapley(chain, minor)
    for merged, row in steps.items():
        row["shapley"] = sum(shapley[cause] for cause in merged)
        row["order_matters"] = any(signs[cause] for cause in merged)
    names = pd.Index([" and ".join(merged) for merged in steps], name="cause", dtype="str")
    table = pd.DataFrame([*steps.values()], index=names, columns=COLUMNS)
    return Attribution(first, last, minor, orders, table.astype(dict.fromkeys(EFFECTS, "int64")))


def _alike(before: Question, after: Question) -> tuple[Question, Question, str]:
    """Two questions that treat the orders on record in one way, and which."""
    both = (before, after)
    if any(len(q.register.table("overrides")) > sum(rule.active for rule in _orders(q)) for q in both):
        first, second = (q.replace(rules=tuple(r for r in q.rules if r not in _orders(q))) for q in both)
        return first, second, LIFTED
    return before, after, IN_FORCE if any(map(_orders, both)) else ""


def _orders(question: Question) -> list[Rule]:
    """The rules of a question that are orders on record: overrides of its register, set aside or not."""
    given = {(str(row.project_id), str(row.in_out)) for row in question.register.table("overrides").itertuples()}
    return [order for order in question.orders if (order.project_id, order.in_out) in given]


class _Chain:
    """The states between two questions, solved once each."""

    def __init__(self, first: Allocation, last: Allocation) -> None:
        self._sides = (first.question, last.question)
        self._ids = [frozenset(map(str, side.register.projects.index)) for side in self._sides]
        self.causes = tuple(c for c in CAUSES if self._content(first.question, c) != self._content(last.question, c))
        self._solved: dict[frozenset[str], Allocation | None] = {frozenset(self.causes): last, frozenset(): first}

    def solved(self, on: frozenset[str]) -> Allocation | None:
        """The best plan of a state; None where there is none."""
        if on not in self._solved:
            try:
                self._solved[on] = arbitrate(self.state(on))
            except (PmoError, ValueError, KeyError):
                self._solved[on] = None
        return self._solved[on]

    def state(self, on: frozenset[str]) -> Question:
        """The question with these causes as they are after, the others as before."""
        pick = {cause: self._sides[cause in on] for cause in CAUSES}
        ids = self._ids["projects" in on]
        register = self._register(pick, ids)
        rules = [r for r in pick["constraints"].active_rules if not isinstance(r, Override | Mandatory | Committed)]
        rules += duties(register)
        rules += [r for r in pick["overrides"].active_rules if isinstance(r, Override)]
        value = pick["weights"].value
        for side in self._sides:  # a value for every option of either question
            if isinstance(value, pd.Series) and isinstance(side.value, pd.Series):
                value = value.combine_first(side.value).rename(value.name)
        kept = tuple(rule for rule in rules if ids.issuperset(project for project, _ in rule.parties))
        return pick["method"].replace(register=register, value=value, rules=kept, last_plan=None)

    def _register(self, pick: Mapping[str, Question], ids: frozenset[str]) -> Register:
        """The tables of a state: settings, then rows of projects from the side that they come from."""
        old, new = self._ids
        sources = [
            (pick["data"].register, ids & old & new),
            (self._sides[0].register, (ids & old) - new),
            (self._sides[1].register, (ids & new) - old),
        ]
        tables = {"projects": pd.concat([one.projects.loc[sorted(wanted)] for one, wanted in sources]).sort_index()}
        for name in PROJECT_TABLES:
            rows = [(one.table(name), wanted) for one, wanted in sources]
            parts = [table[table["project_id"].isin(wanted)] for table, wanted in rows]
            tables[name] = pd.concat(parts, ignore_index=True)
        weights = pick["weights"].register
        if weights.has("criteria"):
            tables["criteria"] = weights.table("criteria")
        return pick["method"].register.replace(**tables)

    def _content(self, question: Question, cause: str) -> object:
        """What of a question a cause is about; two that are equal are no cause."""
        register, both = question.register, sorted(self._ids[0] & self._ids[1])
        if cause == "projects":
            return frozenset(map(str, register.projects.index))
        if cause == "method":
            kind = question.value if isinstance(question.value, str) else "series"
            return [kind, *(getattr(register.settings, name) for name in SETTINGS),
                    *(getattr(question, name, None) for name in ("basis", "deferral", "gap"))]  # fmt: skip
        if cause == "data":
            own = register.projects.drop(columns="name").reset_index()
            return [_rows(table, both) for table in (own, *map(register.table, PROJECT_TABLES))]
        if cause == "weights":
            return None if isinstance(question.value, str) else question.value.to_dict()
        rules = [rule for rule in question.active_rules if not isinstance(rule, Mandatory | Committed)]
        return {repr(rule) for rule in rules if isinstance(rule, Override) == (cause == "overrides")}


def _step(before: Allocation, now: Allocation, minor: int) -> dict[str, object]:
    """Held-plan and re-optimization effect of one step."""
    kept = evaluate_plan(now._model, before.plan, now.value).value
    start, end = round(before.value * minor), round(now.value * minor)
    middle = start if kept != kept else round(kept * minor)
    note = "" if kept == kept else "the old plan is no longer possible"
    loose = (before.bound - before.value) + (now.bound - now.value)
    if loose > 0 and abs(end - start) <= loose * minor:
        note = "within solver tolerance"
    return {
        "held": middle - start,
        "reoptimized": end - middle,
        "total": end - start,
        "note": note,
        **PlanChange.between(before.plan, now.plan).moved,
    }


def _shapley(chain: _Chain, minor: int) -> tuple[dict[str, int], dict[str, bool]]:
    """Mean effect of every cause over all orders without an impossible state, and whether its sign depends on them."""
    causes = chain.causes

    def value(on: Iterable[str]) -> int | None:
        found = chain.solved(frozenset(on))
        return None if found is None else round(found.value * minor)

    sums, orders = dict.fromkeys(causes, 0), 0
    signs: dict[str, set[bool]] = {cause: set() for cause in causes}
    for order in permutations(causes):
        steps = [worth for k in range(len(order) + 1) if (worth := value(order[:k])) is not None]
        if len(steps) <= len(order):
            continue
        orders += 1
        for cause, before, after in zip(order, steps, steps[1:], strict=False):
            sums[cause] += after - before
            if after != before:
                signs[cause].add(after > before)
    change = (value(causes) or 0) - (value(()) or 0)
    shares = {cause: sums[cause] // orders if orders else 0 for cause in causes}
    rest = sorted(causes, key=lambda c: -(sums[c] % orders) if orders else 0)
    for cause in rest[: change - sum(shares.values())]:  # whole units that rounding down left over
        shares[cause] += 1
    return shares, {cause: len(found) > 1 for cause, found in signs.items()}


def _minor_units(question: Question) -> int:
    """Minor units in one unit of value: cents where it is money, thousandths of a point otherwise."""
    if not isinstance(question.value, str):
        return 1000
    return MINOR.get(question.register.settings.money_unit or "unit", 100)


def _rows(table: pd.DataFrame, ids: Collection[str]) -> list[tuple[object, ...]]:
    """Rows of a table about some projects, in one order."""
    table = table[table["project_id"].isin(ids)].astype("str")
    return sorted(table.fillna("").itertuples(index=False, name=None))
