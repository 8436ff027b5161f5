"""What the answers state, as facts: every number that a sentence of a figure may hold comes from here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pmo_kit.arbitration import Question
from pmo_kit.facts import UNITS, Base, Fact, Of, Unit, as_given
from pmo_kit.register import Register
from pmo_kit.risk import Simulation

if TYPE_CHECKING:
    import pandas as pd

    from pmo_kit.arbitration import Allocation
    from pmo_kit.risk import Fit

PLAN = "recommended"


def told(
    answer: Any, key: str, amount: float, unit: Unit | str | None = None, *, over: str = "",
    figures: str = "", confidence: float | None = None, **of: Any,
) -> Fact:  # fmt: skip
    """What a register, a question, a plan, its futures or a cautious plan states.

    Parameters
    ----------
    answer : Register, Question, Simulation, Fit, or an answer that has a `question`
        The base: counted in the register, on the figures of a question, or in the draws of a simulation.
    key, amount, over
        As in `pmo_kit.facts.Fact`.
    unit : Unit or str, optional
        That of the key (`pmo_kit.facts.UNITS`) where it is not given; a word is a counted thing.
    figures, confidence : optional
        Other than those of the answer; how sure, or the share of futures below.
    **of
        What it is about, as in `pmo_kit.facts.Of`.
    """
    question = answer if isinstance(answer, Question) else getattr(answer, "question", None)
    register, base = getattr(question or answer, "register", answer), Base("counted", over=over)
    if question is not None:
        base = Base(question.basis, question=question.fingerprint, over=over)
    if isinstance(answer, Simulation):
        base = replace(base, figures="counted", over=over or "futures", draws=answer.draws, seed=answer.seed)
    if figures == "likely":
        base = replace(base, draws=None, seed=None)
    base = replace(base, figures=figures or base.figures, level=confidence)  # type: ignore[arg-type]
    what = unit or UNITS[key]
    if what == "value" and question is not None and not isinstance(answer, Simulation):
        what = question.worth
    elif what in ("money", "value"):
        what = register.settings.money
    return Fact(key, float(amount), Unit(what) if isinstance(what, str) else what, Of(**of), base)


def each(answer: Any, key: str, amounts: pd.Series, subject: str) -> tuple[Fact, ...]:
    """One fact of everything that an index names: its `subject`, or a part where facts have no such subject."""
    part, before = (subject, "") if hasattr(Of, subject) else ("part", f"{subject} ")
    facts = {f"{before}{one}": told(answer, key, amount) for one, amount in amounts.items()}
    return tuple(replace(fact, of=Of(**{part: one})) for one, fact in facts.items())  # type: ignore[arg-type]


def teller(register: Register, figure: str, counted: str = "projects") -> Callable[..., Fact]:
    """A maker of the facts that one figure alone states: so many of what is `counted`, or of another thing."""
    return lambda part, value, thing=counted: told(register, "count", value, thing, part=f"{figure}: {part}")


def ours(answer: Any, key: str, amount: float, unit: Unit | str | None = None, **more: Any) -> Fact:
    """What is stated of the plan that is recommended; as `told`."""
    return told(answer, key, amount, unit, plan=PLAN, **more)


def value(allocation: Allocation, plan: str = PLAN) -> Fact:
    """What a plan is worth."""
    return told(allocation, "plan.value", allocation.value, plan=plan)


def gain(allocation: Allocation, other: float, than: str) -> Fact:
    """By how much the plan is worth more than another, which `than` names."""
    return ours(allocation, "plan.gain", allocation.value - other, part=than)


def more_than(allocation: Allocation, other: float, what: str) -> Fact:
    """By how much another plan, which `what` names, is worth more than the plan."""
    return ours(allocation, "plan.more", other - allocation.value, part=what)


def moved(allocation: Allocation, row: pd.Series) -> tuple[Fact, Fact]:
    """What moving money between two years adds at most, and how much is moved; a row of `money_moves`."""
    of: dict[str, Any] = {
        "year": int(row["to_year"]),
        "envelope": str(row["envelope"]),
        "part": f"from {int(row['from_year'])}",
    }
    return told(allocation, "money.move", row["most"], **of), told(allocation, "money.moved", row["cap"], **of)


def spend(allocation: Allocation, year: int | None = None, area: str | None = None) -> Fact:
    """What the plan spends, exit costs and joint savings included: of a year, of an area, or in all."""
    rows = allocation.spend if area is None else allocation.spend[allocation.table["area"] == area]
    amount = rows.to_numpy().sum() if year is None else rows[year].sum()
    return ours(allocation, "plan.spend", amount, year=year, area=area)


def decided(allocation: Allocation, decision: str, area: str | None = None) -> Fact:
    """How many projects the plan funds, stops or refuses: of an area, or in all."""
    key = {"fund": "plan.funded", "stop": "plan.stopped", "refuse": "plan.refused"}[decision]
    own = allocation.table["area"].eq(area) if area else True
    return ours(allocation, key, (allocation.table["decision"].eq(decision) & own).sum(), area=area)


def counted(allocation: Allocation, projects: int, part: str) -> Fact:
    """How many of the funded projects are of a kind."""
    return ours(allocation, "plan.funded", projects, part=part)


def stated_cost(question: Question) -> pd.Series:
    """What each option costs as the register states it: what is asked, whatever it is expected to cost."""
    return question.stated.table["cost"]


def asked(allocation: Allocation, area: str | None = None) -> Fact:
    """What projects ask at their largest size, as the register states it: of an area, or in all."""
    register, options = allocation.question.register, allocation.question.options
    running = stated_cost(allocation.question)[~options["stop"].astype(bool)]
    own = running if area is None else running[(options["area"] == area).reindex(running.index)]
    return told(register, "register.asked", own.groupby(level="project_id").max().sum(), area=area)


def price(
    allocation: Allocation, project: str, level: str | None, amount: float, bound: str | None = None, way: str = "in"
) -> Fact:
    """What taking an exception in costs, or leaving out what is in: exactly or as `bound` says ("at most")."""
    key = {"in": "project.price_in", "out": "project.price_out"}[way]
    return told(allocation, key, amount, over="all other plans", project=project, level=level, part=bound)


def more(allocation: Allocation, rule: str, amount: float, gained: float) -> Fact:
    """What so much more of a limit, placed where it helps most, adds to the best value."""
    return told(allocation, "limit.worth", gained, rule=rule, part=as_given(amount))


def limit(allocation: Allocation, row: pd.Series) -> tuple[Fact, Fact]:
    """What the plan uses of a limit, and the limit with what is carried into its year; a row of `Allocation.use`."""
    rule = str(row["rule"])
    unit = next(use.unit for use in allocation.limits if use.rule == rule)
    return (
        ours(allocation, "limit.used", row["used"], unit, rule=rule),
        told(allocation, "limit.amount", row["limit"], unit, rule=rule),
    )


def left(allocation: Allocation, row: pd.Series) -> Fact:
    """Envelope less spending, of a year; what was carried in is not added. A row of `money_by_year`."""
    amount = allocation.question.rule(str(row["rule"])).amount - row["used"]  # type: ignore[attr-defined]
    return ours(allocation, "envelope.left", amount, rule=str(row["rule"]), year=int(row["year"]))


def order(allocation: Allocation, project: str | None, amount: float) -> Fact:
    """What keeping an order on record costs by itself; of no project: all of them together."""
    return told(allocation, "order.price", amount, over="alone", project=project)


def findings(register: Register) -> Fact:
    """How many findings on the data are to be looked at."""
    return told(register, "data.findings", (register.findings["severity"] == "warn").sum())


def projects(register: Register, area: str | None = None) -> Fact:
    """How many projects the register has: of an area, or in all."""
    own = register.projects if area is None else register.projects[register.projects["area"] == area]
    return told(register, "register.projects", len(own), area=area)


def drawn(simulation: Simulation, confidence: float) -> tuple[Fact, Fact, Fact]:
    """Net value of a plan as planned, in the middle of the futures, and as it is reached with a confidence."""
    npv = simulation.totals["npv"]
    middle, sure = (
        ours(simulation, "plan.npv", npv.quantile(1 - level), figures="sure", confidence=level)
        for level in (0.5, confidence)
    )
    return ours(simulation, "plan.npv", simulation.base_npv, figures="likely"), middle, sure


def cost_drawn(simulation: Simulation, confidence: float) -> tuple[Fact, Fact]:
    """Cost of a plan as planned, and the reserve that makes it sure to be met with a confidence."""
    found = simulation.contingency(confidence)
    return (
        ours(simulation, "risk.cost", found.base, figures="likely"),
        ours(simulation, "risk.reserve", found.pooled, confidence=confidence),
    )


def holds(simulation: Simulation) -> Fact:
    """Share of the futures in which every envelope of every year holds."""
    return ours(simulation, "plan.holds", simulation.fits_envelopes)


def reached(surer: Fit) -> tuple[Fact, Fact]:
    """Share of futures in which all envelopes hold: of the plan, and of the cautious plan."""
    over: dict[str, Any] = {"over": "fresh futures", "figures": "counted"}
    return (
        told(surer.plain, "plan.holds", surer.before, plan=PLAN, **over),
        told(surer.plain, "plan.holds", surer.reached, plan="cautious", **over),
    )
