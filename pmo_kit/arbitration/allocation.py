"""The answer: the best plan, how sure it is, what it uses, and who is funded, stopped or refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property, partial
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from pmo_kit.arbitration.infeasibility import conflict_error
from pmo_kit.arbitration.model import ONE, Model, Plan, compile_model, in_parts, kept
from pmo_kit.arbitration.question import Question
from pmo_kit.arbitration.rules import Capacity, Count, Demand, Limit, Synergy
from pmo_kit.arbitration.search import Eased, Found, Pool, best_plan, core_plan, moment, settle_tie
from pmo_kit.arbitration.solving import MOST_NODES, Limits, Program, Proof, Status, ended, ending_at_ctrl_c, prove
from pmo_kit.disk import shared
from pmo_kit.doors import Answer, door
from pmo_kit.errors import InfeasibleError, PmoError
from pmo_kit.facts import SHARE, Unit, as_given, count, number, sentence

ANSWERS = 64  # kept at once
SMALL = 100  # projects up to which an answer is proven to the last unit by default
DEFAULT_GAP = 1e-3
TABLE = ["name", "area", "commitment", "level", "label", "decision", "value", "cost", "delay"]


@dataclass(frozen=True)
class LimitUse:
    """What a plan uses of one limit.

    Parameters
    ----------
    rule, kind, label : str
        The rule's name; envelope, capacity, share, count, spend or demand; its words in a table.
    year, period, role, envelope, scope
        What the limit is of, where it is of one.
    least : bool
        Whether it is a floor.
    used, limit, carried, slack : float
        Of money, `limit` is the envelope and what is `carried` in from the year before.
    unit : Unit
    paid : float
        What the plan pays for what it is over, or short of, a limit with a price, in the unit of the value.
    idle : bool
        Whether no plan can break it, whatever it funds.
    """

    rule: str
    kind: str
    label: str
    year: int | None
    period: str | None
    role: str | None
    envelope: str | None
    scope: str
    least: bool
    used: float
    limit: float
    carried: float
    slack: float
    unit: Unit
    paid: float
    idle: bool

    @property
    def sense(self) -> str:
        """at least, or at most."""
        return "at least" if self.least else "at most"

    @property
    def room(self) -> float:
        """What is left of it, as a share of what there is; where there is nothing, what is left."""
        return self.slack / self.limit if self.limit else self.slack

    @property
    def binding(self) -> bool:
        """Whether nothing is left."""
        return self.slack <= 0

    @property
    def sentence(self) -> str:
        """What is used of the limit, in words."""
        if self.unit == SHARE:
            return f"{self.label}: {number(100 * self.used)} % against {number(100 * self.limit)} %"
        there = round(self.limit, 2) if self.carried else self.limit  # what is carried in has any digits
        amounts = f"{as_given(round(self.used, 2))} of {as_given(there)} {self.unit.short}"
        if self.kind == "envelope":
            return f"{amounts} used in {self.year}" + ("" if self.scope == "all" else f" for {self.envelope}")
        if self.kind == "capacity":
            return f"{amounts} used in {self.period}"
        return f"{self.label}: {amounts}"


@dataclass(frozen=True, eq=False)
class Allocation(Answer):
    """The best plan of a question, re-verified in exact arithmetic.

    `table` has one row per project: name, area, commitment, level, label, decision (`fund`, `stop`, `refuse`),
    value, cost (with what it costs or saves together with others), delay (years).

    Parameters
    ----------
    question : Question
    status : str
        `optimal` (proven within the asked gap) or `feasible` (a limit ended the search).
    value, bound : float
        What the plan is worth, and what no plan can exceed.
    plan : mapping of str to str
        project_id -> chosen level; a project that is refused is absent.
    unique : bool or None
        False where another plan is equally good; None where that is not known.

    Notes
    -----
    What other modules of this package solve on with: `_model`, the rows and columns of the question and its exact
    arithmetic; `_positions`, the plan as positions of its options; `_value`, its exact value in parts of 1 / ONE;
    `_pool`, the plans known so far, which start every later search.
    """

    question: Question
    status: Status
    value: float
    bound: float
    plan: Mapping[str, str]
    unique: bool | None
    nodes: int
    _model: Model = field(repr=False)
    _positions: Plan = field(repr=False)
    _value: int = field(repr=False)
    _rival: Found | None = field(repr=False)

    @cached_property
    def _pool(self) -> Pool:
        """Plans found so far; those of the answer to begin with."""
        known = [self._positions]
        if self._rival is not None and self._rival.plan is not None:
            known.append(self._rival.plan)
        return Pool(self._model, known)

    @cached_property
    def _eased(self) -> Eased:
        """What is proven so far of the question with other limits."""
        return Eased(self._pool, self._value)

    @cached_property
    def _second(self) -> Found:
        """The best other plan, where the answer is proven."""
        if self.unique is None or self._rival is not None:
            return self._rival or Found("unknown", None, 0, 0, 0)
        found = self._pool.search(extra=[self._model.other_plan(self._positions)])
        return found if found.status == "optimal" else replace(found, plan=None)

    @property
    def next_best(self) -> Mapping[str, str] | None:
        """project_id -> level of the best other plan where the answer is proven; None where there is no other."""
        plan = self._second.plan
        return None if plan is None else MappingProxyType(self._model.levels(plan))

    @property
    def next_best_value(self) -> float | None:
        """What the next best plan is worth."""
        return None if self._second.plan is None else self._second.value / ONE

    @cached_property
    def _flips(self) -> dict[int, Any]:
        """Choices reversed so far, proven, by option (`prices.Flip`)."""
        return {}

    @property
    def gap(self) -> float:
        """(bound - value) / (value of the discretionary part); 0 where the answer is proven."""
        return self._over(self.question.built.free_value(self._positions))

    def _search_limits(self, model: Model, exact: bool = False) -> Limits:
        """How far a search beside the answer goes: within the gap asked for, or until it is proven."""
        gap = 0.0 if exact else asked_gap(self.question) * self.question.built.free_value(self._positions)
        return Limits(max(model.proof_gap, gap), self.question.node_limit)

    @property
    def gap_projects(self) -> float:
        """bound - value, in median projects (median value of the options that are worth something)."""
        values = self.question.built.values
        return self._over(float(np.median(values[values > 0])) if (values > 0).any() else 0.0)

    def _over(self, whole: float) -> float:
        """The open part of the bound, over something."""
        rest = self.bound - self.value
        return 0.0 if rest <= 0 else rest / abs(whole) if whole else np.inf

    @cached_property
    def _table(self) -> pd.DataFrame:
        options, positions = self.question.built, list(self._positions)
        chosen = options.table.iloc[positions].reset_index("level").drop(columns=["name", "area", "commitment"])
        table = options.projects[["name", "area", "commitment"]].reindex(list(options.groups)).join(chosen)
        table = table.fillna({"label": "", "value": 0.0, "cost": 0.0, "delay": 0}).astype({"delay": int})
        for rule in self._joint_costs:
            table.loc[rule.project_id, "cost"] += rule.amount
        decision = np.select([table["stop"].eq(True), table["level"].notna()], ["stop", "fund"], "refuse")
        return table.assign(decision=decision)[TABLE]

    @property
    def spend(self) -> pd.DataFrame:
        """Project x fiscal year: what the plan spends, exit costs and costs of two together included."""
        spend = self.question.spend.iloc[list(self._positions)].droplevel("level")
        spend = spend.reindex(self._table.index, fill_value=0.0)
        for rule in self._joint_costs:
            if rule.year not in spend:
                spend[rule.year] = 0.0
            spend.loc[rule.project_id, rule.year] += rule.amount
        return spend[sorted(spend)]

    @property
    def _joint_costs(self) -> list[Synergy]:
        """The costs of two together that fall in the plan: each is a cost of the first of the two."""
        rules = {rule.name: rule for rule in self.question.active_rules if isinstance(rule, Synergy)}
        filled = self._model.columns(self._positions)[len(self._positions) :]
        found = (rules[self._model.products[y - self._model.n].rule] for y in filled)
        return [rule for rule in found if rule.quantity == "cost"]

    @property
    def people(self) -> pd.DataFrame:
        """Project x (role, period): the people that the plan needs."""
        demand = self.question.demand.iloc[list(self._positions)].droplevel("level")
        return demand.reindex(self._table.index, fill_value=0.0)

    def worth_of(self, plan: Mapping[str, str]) -> float:
        """What another plan (project_id -> level) is worth under this question, whether or not it obeys the rules."""
        return self._model.evaluate(self._model.positions(plan)).value / ONE

    @cached_property
    def limits(self) -> tuple[LimitUse, ...]:
        """What the plan uses of every limit."""
        return limits_used(self._model, self._positions)

    @cached_property
    def use(self) -> pd.DataFrame:
        """One row per limit: the fields of `LimitUse` (the unit in words), sense, room, binding, sentence."""
        columns = [*(f.name for f in fields(LimitUse)), "sense", "room", "binding", "sentence"]
        table = pd.DataFrame([[getattr(use, name) for name in columns] for use in self.limits], columns=columns)
        units = [use.unit for use in self.limits]
        words = ["share of the plan" if unit == SHARE else unit.words for unit in units]
        return table.assign(unit=words).astype({"year": "Int64"})

    def keeps(self, project_id: str, in_out: str, level: str | None = None) -> bool:
        """Whether the plan does what an order on record says, at the size it says, in force or not."""
        options = self.question.built.of(project_id, level or None)
        return set(options).isdisjoint(self._positions) == (in_out == "out")

    @property
    def searched(self) -> str:
        """The set that a proof ranges over, in words: with which starts, with or without the orders on record."""
        starts, question = "all starting as asked", self.question
        if question.deferral:
            starts = f"with starts up to {count(question.deferral, 'year')} later where the register allows it"
        active = {order.active for order in question.orders}
        words = "kept" if False not in active else "in part set aside" if True in active else "set aside"
        return f"within the limits, {starts}" + f", orders on record {words}" * bool(active)

    @property
    def summary(self) -> str:
        """One sentence."""
        counts, unit = self._table["decision"].value_counts(), self.question.built.value_unit
        told = {"fund": "funded", "stop": "stopped", "refuse": "refused"}
        words = ", ".join(f"{counts[done]} {word}" for done, word in told.items() if done in counts)
        if self.status == "optimal" and self.gap == 0:
            proof = f"proven best of all plans {self.searched}" + ", not unique" * (self.unique is False)
        else:
            gap = f"{number(100 * self.gap, 2)} % ({number(self.gap_projects)} median projects)"
            proof = f"at most {gap} below the best, not unique"
        return f"{sentence(self.question.goal)} {as_given(round(self.value, 2))} {unit}: {words} ({proof})."

    @property
    def inputs(self) -> Mapping[str, str]:
        """Fingerprints and solver status."""
        q = self.question
        value = q.value if isinstance(q.value, str) else str(q.value.name or "value")
        said = {"status": self.status, "gap": as_given(self.gap), "nodes": str(self.nodes)}
        return MappingProxyType({**q.fingerprints, "value": value, "solver": "HiGHS", **said})


@door
def arbitrate(question: Question) -> Allocation:
    """The best plan of a question.

    Parameters
    ----------
    question : Question

    Returns
    -------
    Allocation
        Status `optimal` only where the asked gap is proven. Among proven optima the plan with the fewest
        changes from the last plan is taken, then the cheapest, then the first by project id.

    Raises
    ------
    InfeasibleError
        No plan obeys the rules; it names a smallest set of rules in conflict, and the cheapest way out.
    InputError
        What is given is no question.
    PmoError
        A limit, or Ctrl-C, ended the search before any plan was found.

    Notes
    -----
    Sources: Ghasemzadeh and Archer (2000) for the model; METHOD "Solutions" for gap and ties. The gap is
    (bound - value) / (value of the discretionary part), not the solver's own relative gap.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> register = pmo.load_register("data/samples/meridian_12")
    >>> allocation = pmo.arbitrate(pmo.Question(register))
    >>> allocation.value, allocation.status, allocation.unique
    (33.5, 'optimal', True)
    >>> allocation.plan["P06"]
    'stop'
    """
    q = question
    last = None if q.last_plan is None else frozenset(q.last_plan.items())
    key = (q.rules, q.basis, q.gap, q.node_limit, q.overrides, last)
    known = q.built.memo.setdefault("answers", {})
    if q.time_limit is None and key in known:  # asked before, by another figure
        return known[key]
    allocation = arbitrate_from(question)
    if allocation.status == "optimal" and (allocation.unique is not None or asked_gap(question) > 0):
        kept(known, key, lambda: allocation, ANSWERS)
    return allocation


def answered(question: Question) -> Allocation | InfeasibleError:
    """The best plan of a question, or why there is none: one of several that are asked side by side."""
    try:
        return arbitrate(question)
    except InfeasibleError as error:
        return error


def arbitrate_from(question: Question, known: Iterable[Plan] = (), settle: bool = True) -> Allocation:
    """As `arbitrate`, from plans (positions of the same options) that may be good.

    Without `settle` there is no next best plan, of equally good plans the one found first is taken, and that none is
    better is the solver's word alone.
    """
    model = compile_model(question)
    gap = asked_gap(question)
    until = moment(question.time_limit)
    limits = Limits(model.proof_gap, question.node_limit, until)
    pool = Pool(model, known)
    at_once = gap == 0 and (pool.plans or until is None)  # a guess that fails takes time, too
    alone, second = False, None
    with ending_at_ctrl_c():
        found = pool.search(limits=limits) if at_once else _within(model, gap, limits)
        if settle and (found.status == "infeasible" or (gap == 0 and found.status == "optimal")):
            found, alone = _verified(model, found)
        if settle and gap == 0 and found.status == "optimal" and not alone:
            pool.add(found.plan)
            last = None if question.last_plan is None else _known(model, question.last_plan)
            found, second = settle_tie(pool, found, last, until)
        interrupted = ended()
    if found.status == "infeasible":
        raise conflict_error(question)
    if found.plan is None:
        limit = "The limit ended the search before a plan was found: allow more branches or more time."
        raise PmoError("The search was interrupted before a plan was found." if interrupted else limit)
    if second is None or second.status not in ("optimal", "infeasible") or interrupted:
        return allocation_of(model, found, True if alone else None)
    unique = second.plan is None or second.value < found.value - model.noise
    return allocation_of(model, found, unique, second)


def allocation_of(model: Model, found: Found, unique: bool | None = None, second: Found | None = None) -> Allocation:
    """The allocation of a plan that was found."""
    assert found.plan is not None
    return Allocation(
        model.question, found.status, found.value / ONE, found.bound / ONE,
        MappingProxyType(model.levels(found.plan)), unique, found.nodes, model, found.plan, found.value, second,
    )  # fmt: skip


def asked_gap(question: Question) -> float:
    """The gap that is asked for, or the usual one for the number of projects."""
    if question.gap is not None:
        return question.gap
    return 0.0 if len(question.built.groups) <= SMALL else DEFAULT_GAP


def _within(model: Model, gap: float, limits: Limits) -> Found:
    """Search until (bound - value) / (value of the discretionary part) is within the gap."""
    options, best = model.question.built, core_plan(model, gap, limits) if gap else None
    last = _known(model, model.question.last_plan or {})
    worth = max(0.0, 0.9 * options.free_value(last)) or float(np.abs(options.values[options.free]).sum())
    while best is None or best.bound - best.value > gap * options.free_value(best.plan or ()) * ONE:
        found = best_plan(model, limits=replace(limits, gap=max(model.proof_gap, gap * worth)))
        found = replace(found, nodes=found.nodes + (0 if best is None else best.nodes))
        if found.status != "optimal":
            if best is None or (found.plan is not None and found.value >= best.value):
                return found
            bound = max(best.value, min(best.bound, found.bound))
            return replace(best, status="feasible", bound=bound, nodes=found.nodes)
        best, worth = found, 0.9 * options.free_value(found.plan or ())
    return replace(best, status="optimal")


def _content(program: Program, model: Model, target: float, nodes: int) -> tuple[object, ...]:
    """All that a proof follows from."""
    return program.content, model.question.fingerprint, target, nodes


def _verified(model: Model, found: Found) -> tuple[Found, bool]:
    """The solver's answer after a second search in exact arithmetic: proven, or bettered and then proven.

    Where that search ends undecided, the solver's word stands and the bound is a billionth above the value. A proof of
    another process of the same run is taken from it.

    Returns
    -------
    tuple of Found and bool
        Whether no other plan is as good, too.
    """
    alone = True
    nodes = MOST_NODES if model.question.time_limit is None else MOST_NODES // 10
    while True:
        plan, program, target, least = found.plan, model.program, -np.inf, None
        if plan is not None:
            program = program.with_rows([model.other_plan(plan)])
            least, half = found.value - model.noise if alone else found.value + 1, model.grain // 2
            target = (least - half if alone else least + half) / ONE

        def improves(other: Plan, least: int | None = least) -> bool:
            exact = model.evaluate(other)
            return not exact.broken and (least is None or exact.value >= least)

        proof: Proof = shared(
            partial(_content, program, model, target, nodes),
            partial(prove, program, model.n, target, improves, nodes),
            lambda proof: proof.proven,
        )
        if proof.better is None:
            break
        value = model.evaluate(proof.better).value
        better = plan is None or value > found.value
        alone = alone and better
        if better:
            found = replace(found, status="optimal", plan=proof.better, value=value)
    if found.plan is None:
        return found, False
    more = 0 if proof.proven else round(model.proof_gap * ONE)
    return replace(found, bound=found.value + more), alone and proof.proven


def _known(model: Model, levels: Mapping[str, str]) -> Plan:
    """Positions of those choices of the last plan that still exist."""
    index = model.question.built.table.index
    return tuple(i for i, (project, level) in enumerate(index) if levels.get(project) == level)


def limits_used(model: Model, plan: Plan) -> tuple[LimitUse, ...]:
    """What a plan uses of every limit of quantity (envelopes, people, shares, counts, spend, demand)."""
    exact, filled, question = model.evaluate(plan), model.columns(plan), model.question
    rules = {rule.name: rule for rule in question.active_rules}
    uses = []
    for place, (row, used) in enumerate(zip(model.rows, exact.used, strict=True)):
        rule = rules.get(row.rule)
        if not isinstance(rule, Limit):
            continue
        most, carried = np.isfinite(row.upper), exact.carried[place]
        bound = in_parts(row.upper) + carried if most else in_parts(row.lower)
        amount, limit, slack = used / ONE, bound / ONE, (bound - used if most else used - bound) / ONE
        unit = question.money
        if row.share is not None:
            part, whole = (float(side[filled].sum()) for side in row.share[:2])
            amount, limit, unit = (part / whole if whole else np.nan), row.share[2], SHARE
            slack = round((limit - amount) if most else (amount - limit), 9)
        elif isinstance(rule, Capacity | Count | Demand):
            unit = Unit(row.unit)
        uses.append(
            LimitUse(
                row.rule, rule.kind, row.label, getattr(rule, "year", row.year),
                getattr(rule, "period", None), getattr(rule, "role", None), getattr(rule, "envelope", None),
                getattr(rule, "scope", "all"), not most, amount, limit, carried / ONE, slack, unit,
                dict(exact.paid).get(place, 0) / ONE, model.idle[place],
            )
        )  # fmt: skip
    return tuple(uses)
