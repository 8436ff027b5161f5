"""Several scenarios side by side: what each funds, what it is worth, and what always holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import pandas as pd

from pmo_kit.answers import Answer
from pmo_kit.arbitration import Allocation, Question, arbitrate
from pmo_kit.doors import door, known
from pmo_kit.errors import InfeasibleError
from pmo_kit.facts import Base, Fact, Of, Unit, count
from pmo_kit.scenarios.changes import Scenario
from pmo_kit.scenarios.regret import (
    MinimaxPlan,
    dominated_plans,
    evaluate_plans,
    minimax_plan,
    reference_plans,
    regret_table,
)

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

    @property
    def base(self) -> str:
        """What the base is called."""
        return TODAY

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
        columns = {
            name: self.allocations[name].table["level"].fillna(OUT) if name in self.allocations else None
            for name in self.names
        }
        index = self.question.register.projects.index
        return pd.DataFrame(columns, index=index).reindex(columns=self.names)

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
        return share.map(lambda s: "always" if s == 1 else "never" if s == 0 else "sometimes").rename(
            "presence"
        )

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
        return evaluate_plans(
            {name: self.allocations[name] for name in self.cases}, reference_plans(self.question)
        )

    @property
    def in_percent(self) -> bool:
        """Whether regrets are in percent of each case's best value, because not all values have one unit."""
        cases = {scenario.name: scenario for scenario in self.scenarios}
        return any(cases[name].other_unit for name in self.cases if name in cases)

    @cached_property
    def regret(self) -> pd.DataFrame:
        """Plans x cases: what is lost if that case comes; maximum, mean, and how many cases the plan fits.

        In the unit of the value, or in percent of each case's best value where the cases have several units.
        """
        if not self.in_percent:
            return regret_table(self.evaluated)
        best = self.evaluated["scenario"].map({name: self.allocations[name].value for name in self.cases})
        return regret_table(
            self.evaluated.assign(regret=100 * self.evaluated["regret"] / best.where(best > 0))
        )

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

    def fact(self, key: str, value: float, thing: str, project: str | None = None) -> Fact:
        """A count over the `others` as a fact."""
        base = Base("counted", question=self.question.fingerprint, over=self.over)
        return Fact(key, value, Unit(thing), Of(project=project), base)

    def holds(self, project_id: str) -> tuple[Fact, Fact]:
        """In how many of the `others` a project is decided as in the base, at the same level; and how many they are."""
        known([project_id], self.held.index, "project")
        held = self.fact("case.holds", int(self.held[project_id]), "cases", project_id)
        return held, self.fact("cases", len(self.others), "cases")

    @property
    def summary(self) -> str:
        """One sentence."""
        always = self.presence == "always"
        same = int((always & (self.held == len(self.others))).sum())
        counts = self.presence.value_counts()
        lost = (
            f" {count(len(self.reasons), 'case has', 'cases have').capitalize()} no plan."
            if self.reasons
            else ""
        )
        return (
            f"Over {self.over} {count(int(always.sum()), 'project is', 'projects are')} always funded, {count(same)} "
            f"of them at one size, {count(counts.get('sometimes', 0))} sometimes, "
            f"{count(counts.get('never', 0))} never."
            f"{lost} Of the plans made for one of these, that of {self.least_regret!r} is least behind in its worst."
        )

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
        mine, before = dict(allocation.plan), dict(base.plan)
        decisions = allocation.table["decision"].value_counts()
        return {
            "status": allocation.status,
            "value": allocation.value,
            "delta": round(allocation.value - base.value, 9),
            "funded": int(decisions.get("fund", 0)),
            "stopped": int(decisions.get("stop", 0)),
            "cost": float(allocation.table["cost"].sum()),
            "entered": tuple(p for p in mine if _funded(mine, p) and not _funded(before, p)),
            "left": tuple(p for p in before if _funded(before, p) and not _funded(mine, p)),
            "resized": tuple(
                p for p in mine if _funded(mine, p) and _funded(before, p) and mine[p] != before[p]
            ),
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
    ValueError
        Two scenarios have one name, or one is called Today, as the base is.

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
    if len(set(names)) < len(names):
        raise ValueError(f"Two scenarios have one name: {', '.join(names)}.")
    asked = {scenario.name: scenario(question) for scenario in scenarios}
    allocations, reasons = {TODAY: arbitrate(question)}, {}
    for name, changed in asked.items():
        try:
            allocations[name] = arbitrate(changed)
        except InfeasibleError as error:
            reasons[name] = str(error)
    return Comparison(question, tuple(scenarios), MappingProxyType(allocations), MappingProxyType(reasons))


def _funded(plan: Mapping[str, str], project: str) -> bool:
    return plan.get(project, "stop") != "stop"
