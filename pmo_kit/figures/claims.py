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

PLAN = "recommended"
SMALL = 1e-6


def told(
    answer: Any, key: str, amount: float, unit: Unit | str | None = None, *, over: str = "",
    figures: str = "", confidence: float | None = None, **of: Any,
) -> Fact:  # fmt: skip
    """What a register, a question, a plan or its futures state.

    Parameters
    ----------
    answer : Register, Question, Simulation, or an answer that has a `question`
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


def move(allocation: Allocation, moves: pd.DataFrame) -> dict[str, Any]:
    """The move of money between two years that adds most (of `money_moves`), as parts of a sentence; none adds: empty.

    What it adds at most, how much is moved, of which money if not of all, from which year, to which.
    """
    best = moves.loc[moves["most"].idxmax()] if len(moves) else None
    if best is None or best["most"] <= SMALL:
        return {}
    first, then = int(best["from_year"]), int(best["to_year"])
    what = allocation.question.rule(f"envelope {best['envelope']} {then}").purpose  # type: ignore[attr-defined]
    of: dict[str, Any] = {"year": then, "envelope": str(best["envelope"]), "part": f"from {first}"}
    gain, amount = (
        told(allocation, key, best[part], **of) for key, part in (("money.move", "most"), ("money.moved", "cap"))
    )
    return {"gain": gain, "amount": amount, "what": what, "first": first, "then": then}


def spend(allocation: Allocation, year: int | None = None, area: str | None = None) -> Fact:
    """What the plan spends, exit costs and joint savings included: of a year, of an area, or in all."""
    rows = allocation.spend if area is None else allocation.spend[allocation.table["area"] == area]
    amount = rows.to_numpy().sum() if year is None else rows[year].sum()
    return ours(allocation, "plan.spend", amount, year=year, area=area)


def asks(question: Question) -> pd.DataFrame:
    """What each project asks for: its option at the largest size, at the cost that the register states.

    `best` is what it is worth by itself at its best size.
    """
    options = question.built
    largest = options.table.iloc[[options.largest(project) for project in options.groups]]
    best = options.table["value"][~options.stops].groupby(level="project_id").max()
    return largest.assign(cost=question.stated.table["cost"]).reset_index("level").assign(best=best)


def of_plan(allocation: Allocation, area: str | None = None) -> dict[str, Fact]:
    """What is asked, decided and spent, of an area or in all, by the names that sentences have for it."""
    register, table = allocation.question.register, allocation.table
    own = table if area is None else table[table["area"] == area]
    many = own["decision"].value_counts()
    return {
        "every": projects(register, area),
        "asked": told(register, "register.asked", asks(allocation.question)["cost"][own.index].sum(), area=area),
        "funded": ours(allocation, "plan.funded", many.get("fund", 0), area=area),
        "refused": ours(allocation, "plan.refused", many.get("refuse", 0), area=area),
        "whole": spend(allocation, area=area),
        "value": value(allocation),
    }


def counted(allocation: Allocation, projects: int, part: str) -> Fact:
    """How many of the funded projects are of a kind."""
    return ours(allocation, "plan.funded", projects, part=part)


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


def reserve(simulation: Simulation, confidence: float) -> Fact:
    """The reserve that makes it sure, with a confidence, that the cost of a plan is met."""
    return ours(simulation, "risk.reserve", simulation.contingency(confidence).pooled, confidence=confidence)


def holds(simulation: Simulation) -> Fact:
    """Share of the futures in which every envelope of every year holds."""
    return ours(simulation, "plan.holds", simulation.fits_envelopes)
