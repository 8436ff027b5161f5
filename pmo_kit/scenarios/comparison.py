"""Several scenarios side by side: what each funds, what it is worth, what always holds, and where one plan becomes
better than another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from math import inf, nan
from types import MappingProxyType
from typing import ClassVar, NamedTuple

import numpy as np
import pandas as pd

from pmo_kit.arbitration import Allocation, Question, arbitrate
from pmo_kit.arbitration.allocation import answered
from pmo_kit.arbitration.model import ONE, Model, PlanChange, compile_model
from pmo_kit.arbitration.rules import Row
from pmo_kit.arbitration.search import best_plan
from pmo_kit.arbitration.solving import Limits, Program, side_by_side, solve, taken
from pmo_kit.doors import MADE, Answer, door, known
from pmo_kit.errors import InfeasibleError, InputError
from pmo_kit.facts import Base, Fact, Of, Unit, as_given, count, say
from pmo_kit.scenarios.changes import Scenario

FINEST = 1e-3  # share of a case to which the point is found where plans change places
NODES = 2_000  # most branches of the search for the plan of least regret


class Tried(NamedTuple):
    """A plan in a case: see `evaluate_plans`."""

    fits: bool
    broken: str
    value: float
    dropped: tuple[str, ...]
    regret: float


def evaluate_plans(
    allocations: Mapping[str, Allocation], others: Mapping[str, Mapping[str, str]] | None = None
) -> pd.DataFrame:
    """Return every scenario's plan in every scenario.

    A plan that breaks a rule of a scenario is repaired by the cheapest recourse: discretionary projects are dropped,
    nothing is added or resized.

    Parameters
    ----------
    allocations : mapping of scenario name to Allocation
        The best plan of each scenario; the first is the base.
    others : mapping of name to plan, optional
        Further plans, such as doing nothing.

    Returns
    -------
    DataFrame
        One row per (plan, scenario): fits (bool), broken (what does not fit, with its unit), value after recourse
        (missing where even recourse does not help), dropped (project ids), regret = V*_s - value, in the unit of
        the value. Of the plan in its own scenario the regret is 0.

    Notes
    -----
    Regret_s(x) = V*_s - V_s(x): Savage (1951), The Theory of Statistical Decision, J. Am. Stat. Assoc. 46.
    """
    plans = {name: allocation.plan for name, allocation in allocations.items()} | dict(others or {})
    keys = [{"plan": name, "scenario": scenario} for scenario in allocations for name in plans]
    asks = (partial(evaluate_plan, a._model, plan, a.value) for a in allocations.values() for plan in plans.values())
    return pd.DataFrame([key | found._asdict() for key, found in zip(keys, side_by_side(asks), strict=True)])


def regret_table(evaluated: pd.DataFrame) -> pd.DataFrame:
    """Return plans x scenarios, the maximum and the mean regret, and the number of scenarios that each plan fits.

    Parameters
    ----------
    evaluated : DataFrame
        From `evaluate_plans`.

    Returns
    -------
    DataFrame
        Index plan; one column per scenario, then maximum, mean, fits. A regret that no recourse ends is infinite.
    """
    order, cases = evaluated["plan"].drop_duplicates(), evaluated["scenario"].drop_duplicates()
    table = evaluated.pivot(index="plan", columns="scenario", values="regret").loc[order, cases]
    table = table.fillna(inf)
    fits = evaluated.groupby("plan")["fits"].sum()
    return table.assign(maximum=table.max(axis=1), mean=table.mean(axis=1), fits=fits).rename_axis(columns=None)


@door
def reference_plans(question: Question) -> dict[str, dict[str, str]]:
    """Return doing nothing and doing the minimum, which belong among the options of every decision.

    Do nothing: nothing new, what runs goes on at its dearest level; it may break a duty, and that is shown. Do minimum:
    the plan with the least spending that every rule allows; absent where no plan is possible.

    Notes
    -----
    Source: UK Green Book (2026), shortlisting: business as usual and do minimum are always appraised.
    """
    options = question.options
    running = options[(options["commitment"] == "committed") & ~options["stop"] & (options["delay"] == 0)]
    keep = running.sort_values("cost", kind="stable").groupby(level="project_id").tail(1).index
    plans = {"Do nothing": {str(p): str(level) for p, level in keep}}
    model = compile_model(question)
    objective = np.zeros(len(model.program.value))
    objective[: model.n] = -question.built.costs - 1e-6
    found = best_plan(model, objective=objective)
    if found.plan is not None:
        plans["Do minimum"] = model.levels(found.plan)
    return plans


def dominated_plans(regrets: pd.DataFrame) -> pd.DataFrame:
    """Return the plans that another plan beats in at least one case and loses to in none.

    Parameters
    ----------
    regrets : DataFrame
        Plans x cases.

    Returns
    -------
    DataFrame
        plan, by: the dominating plan with the least maximum regret.

    Examples
    --------
    >>> dominated_plans(pd.DataFrame({"dry": [0, 1], "wet": [2, 2]}, index=["A", "B"])).to_dict("records")
    [{'plan': 'B', 'by': 'A'}]
    """
    rows = []
    for plan, mine in regrets.iterrows():
        better = regrets.le(mine + 1e-9).all(axis=1) & regrets.lt(mine - 1e-9).any(axis=1)
        if better.any():
            rows.append({"plan": plan, "by": regrets[better].max(axis=1).idxmin()})
    return pd.DataFrame(rows, columns=["plan", "by"])


def evaluate_plan(model: Model, plan: Mapping[str, str], best: float) -> Tried:
    """A plan, as far as its levels are there, under one scenario, after recourse where it does not fit."""
    plan = {p: level for p, level in plan.items() if (p, level) in model.question.built.table.index}
    positions = model.positions(plan)
    exact = model.evaluate(positions)
    broken = [
        f"{row.label or row.rule}: {f'{as_given(excess / ONE)} {row.unit}'.rstrip()} too much"
        for place, excess in exact.broken
        for row in [model.rows[place]]
    ]
    value, dropped = exact.value / ONE, []
    if broken:
        chosen = set(positions)
        free = model.question.built.free
        fixed = {i: int(i in chosen) for i in range(model.n) if i not in chosen or not free[i]}
        found = best_plan(model, fixed=fixed)
        value = found.worth
        dropped = [] if found.plan is None else sorted(set(plan) - set(model.levels(found.plan)))
    return Tried(not broken, "; ".join(broken), value, tuple(dropped), round(best - value, 9))


@dataclass(frozen=True, eq=False)
class MinimaxPlan:
    """The plan with the least maximum regret.

    Parameters
    ----------
    plan : mapping of project_id to level
    maximum : float
        Its maximum regret, evaluated exactly; in percent where that was asked for.
    bound : float
        No plan has less: equal to `maximum` where it is proven.
    regrets : Series
        Case -> regret after recourse.
    fits : int
        In how many cases nothing has to be dropped.
    """

    plan: Mapping[str, str]
    maximum: float
    bound: float
    regrets: pd.Series
    fits: int

    @property
    def proven(self) -> bool:
        """Whether no plan that is possible today has a smaller maximum regret."""
        return self.bound >= self.maximum - 1e-6


def minimax_plan(allocations: Mapping[str, Allocation], in_percent: bool = False) -> MinimaxPlan:
    """Return the plan of the base question with the least maximum regret over all scenarios.

    The plan obeys the rules of the base (the first). In every other scenario discretionary projects may be dropped,
    and nothing is added or resized. Where every plan of today fits too (only looser limits, other values), nothing is
    dropped. A bound below the maximum says that a plan could do better by dropping what it need not drop.

    Parameters
    ----------
    allocations : mapping of scenario name to Allocation
    in_percent : bool
        Regret in percent of each scenario's best value, where they have several units.

    Raises
    ------
    InputError
        In percent, and a best value is not above zero; or no plan can be repaired in every scenario.

    Notes
    -----
    Minimax regret: Savage (1951); with recourse as in Kouvelis and Yu (1997), Robust Discrete Optimization. Program:
    least t with t >= V*_s - v_s y_s, y_s <= x for discretionary options, y_s = x for the others, x and y_s feasible.
    """
    if in_percent and min(best.value for best in allocations.values()) <= 0:
        raise InputError("a regret in percent needs a best value above zero in every scenario")
    scale = {name: 100 / best.value if in_percent else 1.0 for name, best in allocations.items()}
    base = next(iter(allocations.values()))._model
    options, free = base.question.options, base.question.built.free
    programs = [best._model.program for best in allocations.values()]
    starts = np.cumsum([0, *(len(program.value) for program in programs)])
    last = int(starts[-1])  # the column of the largest regret
    whole = Program.stacked([p.maximizing(0 * p.value) for p in programs]).with_columns([{}], inf, -1.0)
    rows = []
    for start, program, (name, best) in zip(starts, programs, allocations.items(), strict=False):
        worth = program.value * scale[name]
        filled = np.flatnonzero(worth)
        columns, data = np.append(start + filled, last), np.append(worth[filled], 1.0)
        rows.append(Row("regret", columns, data, best.value * scale[name], inf))
        if not start:
            continue
        here = best.question.options.index.get_indexer(options.index)
        if (here < 0).any():
            raise InputError(f"scenario {name!r} has other projects or levels than the base")
        tops = np.where(free & (not _looser(base.program, program)), inf, 0.0)
        pairs = zip(range(base.n), start + here, tops, strict=True)
        rows += [Row("kept", np.array([x, y]), np.array([1.0, -1.0]), 0.0, top) for x, y, top in pairs]
    outcome = solve(whole.with_rows(rows), Limits(gap=1e-6, nodes=NODES))
    if outcome.x is None:
        raise InputError("no plan of today can be repaired in every scenario")
    plan = base.levels(taken(outcome.x[: base.n]))
    there = {name: evaluate_plan(best._model, plan, best.value) for name, best in allocations.items()}
    series = pd.Series({name: found.regret * scale[name] for name, found in there.items()}, name="regret")
    fits, maximum = sum(found.fits for found in there.values()), float(series.max())
    proven = outcome.status == "optimal"
    bound = maximum if proven and abs(-outcome.bound - maximum) < 1e-4 else max(0.0, -outcome.bound)
    return MinimaxPlan(plan, maximum, bound, series, fits)


def _looser(base: Program, other: Program) -> bool:
    """Whether every plan that obeys the base also obeys the other: the same rows, no limit tighter."""
    if base.matrix.shape != other.matrix.shape or (base.matrix != other.matrix).nnz:
        return False
    ends = (other.upper, base.upper), (other.most, base.most), (base.lower, other.lower), (base.least, other.least)
    return all((wide >= narrow - 1e-9).all() for wide, narrow in ends)


OUT = "out"
TODAY = "Today"


@dataclass(frozen=True, eq=False)
class Comparison(Answer):
    """The best plan of every scenario, side by side; the base comes first.

    `table` has one row per scenario: status, value, delta, funded, stopped, cost, entered, left, resized, reason.
    `entered`, `left` and `resized` hold project ids against the base's plan; `status` is `infeasible` where no plan
    obeys the rules, and `reason` says why.

    Parameters
    ----------
    question : Question
        The base.
    scenarios : tuple of Scenario
    allocations : mapping of name to Allocation
        The base and every feasible scenario, in order.
    reasons : mapping of name to str
        Why a scenario has no plan.
    """

    question: Question
    scenarios: tuple[Scenario, ...]
    allocations: Mapping[str, Allocation]
    reasons: Mapping[str, str] = field(default_factory=dict)
    base: ClassVar[str] = TODAY
    """What the base is called."""

    @property
    def names(self) -> list[str]:
        """The base and the scenarios, in order."""
        return [self.base, *(scenario.name for scenario in self.scenarios)]

    @cached_property
    def _table(self) -> pd.DataFrame:
        rows = [self._row(name) for name in self.names]
        return pd.DataFrame(rows, index=pd.Index(self.names, name="scenario"))

    @cached_property
    def grid(self) -> pd.DataFrame:
        """Project x scenario: the level, "out" when refused; missing in a scenario that has no plan."""
        levels = {name: allocation.table["level"].fillna(OUT) for name, allocation in self.allocations.items()}
        table = pd.DataFrame(levels, index=self.question.register.projects.index)
        return table.reindex(columns=self.names).astype("str")

    @property
    def others(self) -> list[str]:
        """The cases beside the base that test the advice: they have a plan and force no project."""
        return [s.name for s in self.scenarios if not s.forces and s.name in self.allocations]

    @property
    def cases(self) -> list[str]:
        """The base and the `others`."""
        return [self.base, *self.others]

    @property
    def over(self) -> str:
        """The set that statements range over, in words."""
        other = count(len(self.others), "other case")
        return f"{self.base.lower()} and {other}" if self.others else f"{self.base.lower()} alone"

    @cached_property
    def held(self) -> pd.Series:
        """Project -> in how many of the `others` it is decided as in the base, at the same level."""
        return self.grid[self.others].eq(self.grid[self.base], axis=0).sum(axis=1).rename("held")

    @property
    def presence(self) -> pd.Series:
        """Project -> always, sometimes or never funded, at any level, over the base and the `others`."""
        inside = ~self.grid[self.cases].isin([OUT, "stop"])
        share = inside.mean(axis=1)
        return share.map(lambda s: "always" if s == 1 else "never" if s == 0 else "sometimes").rename("presence")

    @property
    def changes(self) -> pd.DataFrame:
        """The scenarios themselves: one row per change to the base, nothing else."""
        return pd.concat([scenario.table for scenario in self.scenarios], ignore_index=True)

    @cached_property
    def evaluated(self) -> pd.DataFrame:
        """Every plan in every case: plan, scenario, fits, broken, value after recourse, dropped, regret.

        A scenario that forces a project is a decision, not a state of the world: it is left out. Doing nothing and
        doing the minimum are always among the plans.
        """
        return evaluate_plans({name: self.allocations[name] for name in self.cases}, reference_plans(self.question))

    @property
    def kept(self) -> pd.Series:
        """Case -> what the base's plan is worth there, less what no longer fits; missing where that does not help."""
        tried = self.evaluated
        return tried[tried["plan"] == self.base].set_index("scenario")["value"]

    @property
    def possible(self) -> list[str]:
        """Those of the plans of `regret` that obey the base's rules as they are."""
        tried = self.evaluated
        return tried.loc[(tried["scenario"] == self.base) & tried["fits"], "plan"].tolist()

    @property
    def in_percent(self) -> bool:
        """Whether regrets are in percent of each case's best value, because not all values have one unit."""
        return any(scenario.other_unit for scenario in self.scenarios if scenario.name in self.others)

    @cached_property
    def regret(self) -> pd.DataFrame:
        """Plans x cases: what is lost if that case comes; maximum, mean, and how many cases the plan fits.

        In the unit of the value, or in percent of each case's best value where the cases have several units.
        """
        if not self.in_percent:
            return regret_table(self.evaluated)
        best = self.evaluated["scenario"].map({name: self.allocations[name].value for name in self.cases})
        return regret_table(self.evaluated.assign(regret=100 * self.evaluated["regret"] / best.where(best > 0)))

    @cached_property
    def minimax(self) -> MinimaxPlan:
        """The plan of all plans with the least maximum regret, proven; not only among the scenarios' own plans."""
        return minimax_plan({name: self.allocations[name] for name in self.cases}, self.in_percent)

    @property
    def dominated(self) -> pd.DataFrame:
        """Plans that another plan beats in at least one case and loses to in none: plan, by."""
        return dominated_plans(self.regret[self.cases])

    @property
    def least_regret(self) -> str:
        """The case whose plan has the smallest maximum regret among the plans of `cases` (then mean, then order)."""
        return str(self.regret.loc[self.cases].sort_values(["maximum", "mean"], kind="stable").index[0])

    def fact(self, key: str, value: float, thing: str, part: str | None = None, **of: str) -> Fact:
        """A count over the `others` as a fact."""
        base = Base("counted", question=self.question.fingerprint, over=self.over)
        return Fact(key, float(value), Unit(thing), Of(part=part, **of), base)  # type: ignore[arg-type]

    def holds(self, project_id: str) -> tuple[Fact, Fact]:
        """In how many of the `others` a project is decided as in the base, at the same level; and how many they are."""
        known([project_id], self.held.index, "project")
        held = self.fact("case.holds", int(self.held[project_id]), "cases", project=project_id)
        return held, self.fact("cases", len(self.others), "cases")

    @property
    def funded(self) -> dict[str, Fact]:
        """How many projects are funded always, sometimes and never, and how many of the first at one size."""
        held = (self.presence == "always") & (self.held == len(self.others))
        counts = {name: (self.presence == name).sum() for name in ("always", "sometimes", "never")}
        return {
            name: self.fact("case.funded", n, "projects", name) for name, n in (counts | {"same": held.sum()}).items()
        }

    @property
    def summary(self) -> str:
        """One sentence."""
        lost = f" {count(len(self.reasons), 'case has', 'cases have').capitalize()} no plan." if self.reasons else ""
        size = say(", {same:nones-words} of them at one size", **self.funded) if self.funded["always"].value else ""
        return say(
            "Over {over} {always:words project is|projects are} always funded{size}, {sometimes:nones-words} "
            "sometimes, {never:nones-words} never.{lost} Of the plans made for one of these, that of '{least}' is "
            "least behind in its worst case.",
            over=self.over, size=size, lost=lost, least=self.least_regret, **self.funded,
        )  # fmt: skip

    @property
    def inputs(self) -> Mapping[str, str]:
        """Fingerprint of the register, and in how many cases the best plan is proven."""
        proven = sum(allocation.status == "optimal" for allocation in self.allocations.values())
        words = f"{proven} of {len(self.names)} cases"
        return MappingProxyType({"register": self.question.register.fingerprint, "proven": words})

    def _row(self, name: str) -> dict[str, object]:
        if name not in self.allocations:
            return {"status": "infeasible", "reason": self.reasons[name]}
        allocation, base = self.allocations[name], self.allocations[self.base]
        decisions = allocation.table["decision"].value_counts()
        return {
            "status": allocation.status,
            "value": allocation.value,
            "delta": round(allocation.value - base.value, 9),
            "funded": int(decisions.get("fund", 0)),
            "stopped": int(decisions.get("stop", 0)),
            "cost": float(allocation.table["cost"].sum()),
            **PlanChange.between(base.plan, allocation.plan).moved,
            "reason": "",
        }


@door
def compare(question: Question, scenarios: Sequence[Scenario]) -> Comparison:
    """Find the best plan of the question and of every scenario of it.

    Parameters
    ----------
    question : Question
        The base.
    scenarios : sequence of Scenario
        Each is applied to the base, not to the one before it.

    Returns
    -------
    Comparison

    Raises
    ------
    InfeasibleError
        The base itself has no plan. A scenario without one stays in the comparison, with its reason.
    DataError
        A scenario names what the question does not have.
    InputError
        There is no scenario; two have one name, or one is called Today, as the base is.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> question = pmo.Question(pmo.load_register("data/samples/meridian_12"))
    >>> comparison = pmo.compare(question, [pmo.Scenario("Budget -15 %", budget=0.85)])
    >>> comparison.table[["value", "delta", "left"]]
                  value  delta    left
    scenario
    Today          33.5    0.0      ()
    Budget -15 %   28.5   -5.0  (P07,)
    """
    names = [TODAY, *(scenario.name for scenario in scenarios)]
    if len(names) == 1:
        raise InputError(f"compare wants at least one Scenario; write [{MADE['Scenario']}].")
    if len(set(names)) < len(names):
        raise InputError(f"Two scenarios have one name: {', '.join(names)}.")
    asked = {scenario.name: scenario(question) for scenario in scenarios}
    today = arbitrate(question)
    found = dict(zip(asked, side_by_side(partial(answered, each) for each in asked.values()), strict=True))
    return compared(question, scenarios, {TODAY: today, **found})


def compared(
    question: Question, scenarios: Sequence[Scenario], found: Mapping[str, Allocation | InfeasibleError]
) -> Comparison:
    """Answers that are known, by the name of the scenario and of the base, side by side."""
    plans = {name: answer for name, answer in found.items() if isinstance(answer, Allocation)}
    reasons = {name: str(answer) for name, answer in found.items() if isinstance(answer, InfeasibleError)}
    return Comparison(question, tuple(scenarios), MappingProxyType(plans), MappingProxyType(reasons))


@dataclass(frozen=True)
class BreakEven:
    """Where along a scenario a second plan becomes the better one.

    Parameters
    ----------
    share : float or None
        Part of the scenario's changes (1 is all of them) from which the second plan is worth at least as much; 0 where
        it is from the start, None where the first stays better to the end.
    before, after : float
        How much more the second is worth with nothing and with all of the scenario; both after dropping what does not
        fit. Minus infinity where no dropping helps the second.
    """

    share: float | None
    before: float
    after: float


def partly(scenario: Scenario, share: float) -> Scenario:
    """Return a scenario with a share of its changes: half of -15 % is -7.5 %.

    Raises
    ------
    InputError
        It takes projects in or out, sets rules aside, delays or changes the discounting: that has no half.

    Examples
    --------
    >>> partly(Scenario("Prices +8 %", cost={"kind=capex": 1.08}), 0.5).cost
    {'kind=capex': 1.04}
    """
    if scenario.whole:
        raise InputError(f"{scenario.name!r} changes something that cannot be done by half")

    def part(factors: float | Mapping[str, float]) -> float | dict[str, float]:
        if isinstance(factors, Mapping):
            return {name: 1 + share * (factor - 1) for name, factor in factors.items()}
        return 1 + share * (factors - 1)

    changed = {name: part(getattr(scenario, name)) for name in ("budget", "capacity", "cost", "benefit", "weights")}
    return replace(scenario, name=f"{scenario.name} x {as_given(share)}", **changed)  # type: ignore[arg-type]


def break_even(
    question: Question, scenario: Scenario, first: Mapping[str, str], second: Mapping[str, str]
) -> BreakEven:
    """Return the share of a scenario from which a second plan is worth at least as much as the first.

    Of a scenario that comes whole or not at all the share is 1, or there is none. Both are repaired where they do not
    fit, by dropping discretionary projects, as in the regret table. The two ends decide whether there is such a share;
    it is found by halving, to a thousandth.

    Parameters
    ----------
    first, second : mapping of project_id to level
        Two plans, such as today's and that of least regret.
    """

    def lead(share: float) -> float:
        there = question if not share else (scenario if share == 1 else partly(scenario, share))(question)
        model = compile_model(there)
        worth = [evaluate_plan(model, plan, 0.0).value for plan in (second, first)]
        mine, other = (-inf if value != value else value for value in worth)
        return 0.0 if mine == other else mine - other

    before, after = lead(0.0), lead(1.0)
    if before >= 0 and not scenario.whole:
        return BreakEven(0.0, before, after)
    if after < 0:
        return BreakEven(None, before, after)
    low, high = 0.0, 1.0
    while high - low > FINEST and not scenario.whole:
        middle = (low + high) / 2
        low, high = (low, middle) if lead(middle) >= 0 else (middle, high)
    return BreakEven(high, before, after)


@door
def switching_points(comparison: Comparison) -> pd.DataFrame:
    """Return from which share of every case the plan of least regret is better than today's.

    Returns
    -------
    DataFrame
        One row per case that forces no project, in order: scenario, before and after (how much more the plan of least
        regret is worth with nothing and with all of the case), share (see `break_even`; missing where today's plan
        stays better), whole (True where the case comes whole or not at all, so only `after` decides).
    """
    today, other = comparison.allocations[comparison.base].plan, comparison.minimax.plan

    def row(scenario: Scenario) -> tuple[object, ...]:
        found = break_even(comparison.question, scenario, today, other)
        return scenario.name, found.before, found.after, nan if found.share is None else found.share, scenario.whole

    cases = (s for s in comparison.scenarios if s.name in comparison.cases)
    rows = side_by_side(partial(row, scenario) for scenario in cases)
    return pd.DataFrame(rows, columns=["scenario", "before", "after", "share", "whole"])
