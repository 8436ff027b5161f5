"""Every kind of rule: it reads as a sentence, prints its slack in its own unit, has a price, can be switched off.

Five projects under no limit but the one of the row; each number can be added up by eye.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Sequence
from math import inf, isfinite
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import pmo_kit as pmo
from pmo_kit.arbitration import (
    Capacity,
    Committed,
    Count,
    Demand,
    Envelope,
    Excludes,
    Group,
    Mandatory,
    Override,
    Question,
    Requires,
    Rule,
    Share,
    Spend,
    Synergy,
    arbitrate,
)
from pmo_kit.arbitration.options import Options
from pmo_kit.arbitration.rules import Limit, Range, Row, money
from pmo_kit.errors import InfeasibleError
from pmo_kit.register import Register
from pmo_kit.register.schema import load_schema

# id, area, commitment, cost 2027, net value, engineers in 2027; E has a level stop: exit cost 1, value -1
ROWS = [
    ("A", "North", "discretionary", 4.0, 6.0, 2.0),
    ("B", "North", "discretionary", 3.0, 3.0, 1.0),
    ("C", "South", "discretionary", 2.0, 2.0, 1.0),
    ("D", "South", "discretionary", 1.0, -1.0, 0.0),
    ("E", "South", "committed", 2.0, 1.0, 1.0),
]
FREE = 12.0  # A, B, C and E


@pytest.fixture(scope="module")
def free() -> Question:
    ids, areas, how, costs, values, people = zip(*ROWS, strict=True)
    levels = [*[(p, "full") for p in ids], ("E", "stop")]
    register = Register(
        settings=pd.DataFrame(
            {"key": ["discount_schedule", "discount_to", "currency", "money_unit"],
             "value": ["none", "2027", "EUR", "million"]}
        ),
        projects=pd.DataFrame({"project_id": ids, "name": ids, "area": areas, "commitment": how}),
        levels=pd.DataFrame(levels, columns=["project_id", "level"]),
        costs=pd.DataFrame(
            [*[(p, "full", 2027, "opex", c) for p, c in zip(ids, costs, strict=True)], ("E", "stop", 2027, "exit", 1)],
            columns=["project_id", "level", "year", "kind", "amount"],
        ),
        benefits=pd.DataFrame(
            {"project_id": ids, "level": "full", "year": 2028,
             "amount": [c + v for c, v in zip(costs, values, strict=True)]}
        ),
        resources=pd.DataFrame(
            {"project_id": ids, "level": "full", "role": "data_engineer", "period": "2027", "fte": people}
        ),
        budgets=pd.DataFrame({"envelope": ["all"], "year": [2027], "amount": [100.0]}),
        capacity=pd.DataFrame({"role": ["data_engineer"], "period": ["2027"], "fte": [100.0]}),
    )  # fmt: skip
    return Question(register)


CHANGE = tuple((p, None, 1.5) for p in "ABCDE")
CASES = [
    # rule, its sentence, value under it, (used, limit, slack, unit, sense), value at a price of 1 for each unit broken
    (Envelope(envelope="all", year=2027, amount=9), "At most 9 EUR million in 2027", 10.0,
     (9, 9, 0, "EUR million", "at most"), 10.0),
    (Envelope(envelope="north", scope="area=North", year=2027, amount=5, carry_limit=1),
     "At most 5 EUR million in 2027 for area North, 1 of it may be carried over", 9.0,
     (4, 5, 1, "EUR million", "at most"), 10.0),
    (Capacity(role="data_engineer", period="2027", fte=4), "At most 4 data engineers in 2027", 10.0,
     (4, 4, 0, "data engineers", "at most"), 11.0),
    (Share(rule="South", scope="area=South", minimum=0.5),
     "area South: at least 50 % of what the plan spends", 9.0, (0.5, 0.5, 0, "share of the plan", "at least"), 10.5),
    (Share(rule="North", scope="area=North", maximum=0.06, of="envelope"),
     "area North: at most 6 % of the envelopes", 9.0, (4, 6, 2, "EUR million", "at most"), 11.0),
    (Count(rule="few", maximum=3), "At most 3 projects", 10.0, (3, 3, 0, "projects", "at most"), 11.0),
    (Count(rule="two of the South", scope="area=South", minimum=3, maximum=4),
     "At least 3 and at most 4 projects for area South", 11.0, (3, 3, 0, "projects", "at least"), 11.0),
    (Spend(rule="North", scope="area=North", maximum=6), "At most 6 EUR million for area North over all years", 9.0,
     (4, 6, 2, "EUR million", "at most"), 11.0),
    (Spend(rule="South", scope="area=South", minimum=5, per="year"),
     "At least 5 EUR million for area South each year", 11.0, (5, 5, 0, "EUR million", "at least"), 11.0),
    (Demand(rule="change 2027-Q1", demand=CHANGE, maximum=5, unit="headcount-weeks"),
     "change 2027-Q1: at most 5 headcount-weeks", 10.0, (4.5, 5, 0.5, "headcount-weeks", "at most"), 11.0),
    (Mandatory(project_id="D", reason="the law"), "D must be done: the law", 11.0, None, 11.0),
    (Override(project_id="C", in_out="out", reason="why", decided_by="Chair"), "C is out, decided by Chair: why",
     10.0, None, 11.0),
    (Override(project_id="E", in_out="out"), "E is out", 10.0, None, 11.0),
    (Requires(project_id="A", other_id="D"), "A requires D", 11.0, None, 11.0),
    (Excludes(project_id="A", other_id="B"), "A excludes B", 9.0, None, 11.0),
    (Group(group="site", members=(("A", None), ("B", "full"), ("C", None))),
     "Exactly one of site (A, B full, C)", 7.0, None, 10.0),
    (Group(group="site", members=(("B", None), ("C", None)), least=0), "At most one of site (B, C)", 10.0, None, 11.0),
    (Synergy(project_id="A", other_id="B", amount=-4), "Value of A with B: 4 less when both are in", 9.0, None, 9.0),
    (Synergy(project_id="A", other_id="B", amount=1.5, quantity="cost", year=2027),
     "Cost of A with B 2027: 1.5 more when both are in", 10.5, None, 10.5),
]  # fmt: skip
NAMES = [f"{type(case[0]).__name__} {case[0].name}" for case in CASES]


@pytest.mark.parametrize(("rule", "words", "value", "use", "soft"), CASES, ids=NAMES)
def test_each_kind_of_rule(
    free: Question, rule: Rule, words: str, value: float, use: tuple | None, soft: float
) -> None:
    question = free.with_rules(rule)
    assert rule.sentence("EUR million") == words
    allocation = arbitrate(question)
    assert allocation.value == value
    if use is not None:
        row = allocation.use.set_index("rule").loc[[rule.name]].iloc[0]
        assert tuple(row[["used", "limit", "slack", "unit", "sense"]]) == pytest.approx(use)
        assert row["binding"] == (use[2] == 0)
    assert arbitrate(question.without(rule.name)).value == FREE
    priced = arbitrate(free.with_rules(dataclasses.replace(rule, price=1.0)))
    assert priced.value == soft


def test_what_runs_goes_on_or_stops(free: Question) -> None:
    """E (worth 1) or its stop (-1); nothing else once it is out, so without the commitment it is worth 0."""
    rule = free.rule("E committed")
    assert isinstance(rule, Committed)
    assert rule.sentence("EUR million") == "E is running: exactly one of its levels is chosen, stop included"
    out = free.with_override("E", "out")
    assert (arbitrate(out).value, arbitrate(out).plan["E"]) == (10.0, "stop")
    assert arbitrate(out.without("E committed")).value == 11.0


def test_a_conflict_prints_what_is_missing_in_the_units_of_each_rule(free: Question) -> None:
    """A and B must be done: 7 of money, 3 engineers; 5 and 2 are there."""
    tight = free.with_rules(
        Mandatory(project_id="A"), Mandatory(project_id="B"), Envelope(envelope="all", year=2027, amount=5)
    )
    with pytest.raises(InfeasibleError) as caught:
        arbitrate(tight)
    assert caught.value.relaxation["envelope all 2027"] == "3 EUR million more in 2027"


@pytest.mark.parametrize(("beyond", "value"), [("refuse", 6.0), ("zero", 6.0), ("unlimited", 11.0)])
def test_another_deferral_keeps_the_rules_of_the_years_that_it_reaches(beyond: str, value: float) -> None:
    """One developer in 2027 and a row for nobody in 2028: the second project may wait only without a limit there."""
    register = pmo.Register(
        settings=pd.DataFrame({"key": ["discount_schedule", "discount_to", "beyond_horizon"],
                               "value": ["none", "2027", beyond]}),
        projects=pd.DataFrame({"project_id": ["A", "B"], "name": ["One", "Two"], "area": "X",
                               "commitment": "discretionary", "latest_start": [2027, 2028]}),
        costs=pd.DataFrame({"project_id": ["A", "B"], "year": 2027, "amount": [4.0, 4.0]}),
        benefits=pd.DataFrame({"project_id": ["A", "B"], "year": 2029, "amount": [10.0, 9.0]}),
        resources=pd.DataFrame({"project_id": ["A", "B"], "role": "dev", "period": "2027", "fte": [1.0, 1.0]}),
        capacity=pd.DataFrame({"role": ["dev"], "period": ["2027"], "fte": [1.0]}),
        budgets=pd.DataFrame({"envelope": "all", "year": [2027, 2028], "amount": [8.0, 8.0]}),
    )  # fmt: skip
    later = pmo.Question(register).replace(deferral=1)
    assert pmo.arbitrate(later).value == value
    assert later.fingerprint == pmo.Question(register, deferral=1).fingerprint


LIMITS = (
    Envelope(envelope="all", year=2027, amount=5.0),
    Capacity(role="dev", period="2027", fte=3.0),
    Share(rule="north", scope="area=North", maximum=0.5),
    Count(rule="few", minimum=1.0, maximum=3.0),
    Spend(rule="spend", maximum=9.0),
    Demand(rule="change", demand=(("A", None, 1.0),), maximum=2.0, unit="points"),
)


def test_every_kind_of_limit_is_a_limit_everywhere() -> None:
    """A kind says itself how it is changed, what its unit is and whether costs move it; the page knows it too."""
    kinds = {type(made).__name__.lower() for made in LIMITS}
    every = {*Limit.__subclasses__(), *Range.__subclasses__()} - {
        Heaviest,
        Range,
    }  # a range is no kind of its own
    assert kinds == {kind.__name__.lower() for kind in every}
    script = Path(__file__).parents[2] / "pmo_kit" / "packs" / "live" / "session.js"
    listed = re.search(r"QUANTITY = \[(.*?)\]", script.read_text(encoding="utf-8"))
    assert listed is not None
    assert set(re.findall(r'"(\w+)"', listed[1])) == kinds
    assert set(load_schema()["rules"]["kind"].allowed) <= kinds
    for made in LIMITS:
        eased = made.changed(2.0)
        assert type(eased) is type(made)
        assert eased != made
        assert eased.changed(-2.0) == made
        assert made.stock is None or eased.stock == made.stock + 2.0
    assert [made.unit_of("EUR") for made in LIMITS] == ["EUR", "devs", "EUR", "projects", "EUR", "points"]


@dataclasses.dataclass(frozen=True)
class Heaviest(Limit):
    """A kind that the engine has never seen: no project costs more than an amount."""

    most: float = dataclasses.field(kw_only=True)

    @property
    def name(self) -> str:
        return "no giant"

    def changed(self, by: float) -> Heaviest:
        return dataclasses.replace(self, most=self.most + by)

    def rows(self, options: Options, rules: Sequence[Rule]) -> list[Row]:
        made = []
        for project in dict.fromkeys(options.project_ids.tolist()):
            row = money(options, rules, f"project_id={project}", None, "spend")
            made.append(Row("no giant", np.arange(len(row)), row, -inf, self.most, project, "EUR million"))
        return made


@pytest.mark.parametrize("most", [4.0, 3.5, 3.0, 2.5, 2.0, 1.5, 1.0, 0.5])
def test_a_kind_that_the_engine_has_never_seen_is_answered_right(free: Question, most: float) -> None:
    """Against trying all 32 plans: the best plan, the price of an exception, what admits a project, what it costs."""
    question = free.with_rules(Heaviest(most=most))

    def best(inside: str = "", cheaper: float = 0.0, bound: bool = True) -> float:
        """Best value of the plans that hold a project, whose cost is cut by a share; -inf where there is none."""
        found = -inf
        for chosen in itertools.product((0, 1), repeat=5):
            cost = [r[3] * (1 - cheaper * (r[0] == inside)) for r in ROWS]
            spent = [c * x for c, x in zip(cost, chosen, strict=True)]
            spent[4] += 0.0 if chosen[4] else 1.0  # what runs stops at the cost of its exit
            worth = sum(r[4] * x for r, x in zip(ROWS, chosen, strict=True)) - (not chosen[4])
            worth += next((r[3] * cheaper for r in ROWS if r[0] == inside), 0.0)
            held = not bound or max(spent) <= most + 1e-12
            if held and (not inside or chosen["ABCDE".index(inside)]):
                found = max(found, worth)
        return found

    if best() == -inf:
        with pytest.raises(InfeasibleError):
            arbitrate(question)
        return
    allocation = arbitrate(question)
    assert allocation.value == pytest.approx(best())
    worth = pmo.arbitration.limits_worth(allocation)
    assert worth.loc["no giant", "unlimited_value"] == pytest.approx(best(bound=False))
    for project in set("ABCD") - {p for p, level in allocation.plan.items() if level == "full"}:
        ways = pmo.arbitration.what_would_admit(allocation, project).table.set_index("way")
        cut = ways.at["cost", "amount"]
        if isfinite(cut):
            assert best(project, cut + 1e-4) >= allocation.value - 1e-6
            assert cut < 1e-4 or best(project, cut - 1e-4) < allocation.value
        else:
            assert max(best(project, share / 1000) for share in range(1001)) < allocation.value
