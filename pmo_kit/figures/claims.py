"""What the answers state, as facts: every number that a sentence of a figure may hold comes from here."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pmo_kit.facts import SHARE, Base, Fact, Of, Unit, as_given

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from pmo_kit.arbitration import Allocation, Question
    from pmo_kit.register import Register
    from pmo_kit.risk import Fit, Simulation

PLAN = "recommended"
PROJECTS = Unit("projects")


def worth(question: Question) -> Unit:
    """The unit of the value that a question maximizes: money, or points."""
    return question.register.settings.money if isinstance(question.value, str) else Unit("points")


def base(question: Question, over: str = "") -> Base:
    """The figures that a question counts on, which question it is, and the set that a number ranges over."""
    return Base(figures=question.basis, question=question.fingerprint, over=over)


def value(allocation: Allocation, plan: str = PLAN) -> Fact:
    """What a plan is worth."""
    return Fact(
        "plan.value", allocation.value, worth(allocation.question), Of(plan=plan), base(allocation.question)
    )


def gain(allocation: Allocation, other: float, than: str) -> Fact:
    """By how much the plan is worth more than another, which `than` names."""
    return Fact(
        "plan.gain", allocation.value - other, worth(allocation.question), Of(plan=PLAN, part=than),
        base(allocation.question),
    )  # fmt: skip


def more_than(allocation: Allocation, other: float, what: str) -> Fact:
    """By how much another plan, which `what` names, is worth more than the plan."""
    return Fact(
        "plan.more", other - allocation.value, worth(allocation.question), Of(plan=PLAN, part=what),
        base(allocation.question),
    )  # fmt: skip


def moved(allocation: Allocation, row: pd.Series) -> tuple[Fact, Fact]:
    """What moving money between two years adds at most, and how much is moved; a row of `money_moves`."""
    question = allocation.question
    of = Of(year=int(row["to_year"]), envelope=str(row["envelope"]), part=f"from {int(row['from_year'])}")
    return (
        Fact("money.move", float(row["most"]), worth(question), of, base(question)),
        Fact("money.moved", float(row["cap"]), question.register.settings.money, of, base(question)),
    )


def reached(surer: Fit) -> tuple[Fact, Fact]:
    """Share of futures in which all envelopes hold: of the plan, and of the cautious plan."""
    over = Base("counted", question=surer.plain.question.fingerprint, over="fresh futures")
    return (
        Fact("plan.holds", surer.before, SHARE, Of(plan=PLAN), over),
        Fact("plan.holds", surer.reached, SHARE, Of(plan="cautious"), over),
    )


def spend(allocation: Allocation, year: int | None = None, area: str | None = None) -> Fact:
    """What the plan spends, exit costs and joint savings included: of a year, of an area, or in all."""
    rows = allocation.spend if area is None else allocation.spend[allocation.table["area"] == area]
    amount = float(rows.to_numpy().sum() if year is None else rows[year].sum())
    return Fact(
        "plan.spend", amount, allocation.question.register.settings.money, Of(plan=PLAN, year=year, area=area),
        base(allocation.question),
    )  # fmt: skip


def decided(allocation: Allocation, decision: str, area: str | None = None) -> Fact:
    """How many projects the plan funds, stops or refuses: of an area, or in all."""
    keys = {"fund": "plan.funded", "stop": "plan.stopped", "refuse": "plan.refused"}
    own = allocation.table["area"].eq(area) if area else True
    counted = int((allocation.table["decision"].eq(decision) & own).sum())
    return Fact(keys[decision], counted, PROJECTS, Of(plan=PLAN, area=area), base(allocation.question))


def asked(allocation: Allocation, area: str | None = None) -> Fact:
    """What projects ask at their largest size: of an area, or in all."""
    options = allocation.question.options
    running = options[~options["stop"].astype(bool)]
    own = running if area is None else running[running["area"] == area]
    amount = float(own["cost"].groupby(level="project_id").max().sum())
    of = Of(area=area, part="largest size")
    return Fact(
        "register.asked", amount, allocation.question.register.settings.money, of, base(allocation.question)
    )


def counted(allocation: Allocation, projects: int, part: str) -> Fact:
    """How many of the funded projects are of a kind."""
    return Fact("plan.funded", projects, PROJECTS, Of(plan=PLAN, part=part), base(allocation.question))


def price(
    allocation: Allocation,
    project: str,
    level: str | None,
    amount: float,
    way: str = "in",
    bound: str = "exactly",
) -> Fact:
    """What an exception costs: a project in, or out; `bound`: exactly, or at most."""
    key = f"project.price_{way}"
    of = Of(project=project, level=level, part=None if bound == "exactly" else bound)
    return Fact(key, amount, worth(allocation.question), of, base(allocation.question, "all other plans"))


def project_value(allocation: Allocation, project: str) -> Fact:
    """What a project is worth in the plan, by itself."""
    amount = float(allocation.table.loc[project, "value"])
    return Fact(
        "project.value",
        amount,
        worth(allocation.question),
        Of(project=project, plan=PLAN),
        base(allocation.question),
    )


def project_cost(allocation: Allocation, project: str, year: int | None = None) -> Fact:
    """What a project spends in the plan, exit costs included: of a year, or in all."""
    spend = allocation.spend.loc[project]
    amount = float(spend.sum() if year is None else spend[year])
    of = Of(project=project, year=year, plan=PLAN)
    return Fact(
        "project.cost", amount, allocation.question.register.settings.money, of, base(allocation.question)
    )


def step(allocation: Allocation, rule: str, amount: float, of: object = None) -> Fact:
    """The least increase of a limit that changes the plan."""
    role = getattr(of, "role", None)
    unit = Unit(str(role)) if role else allocation.question.register.settings.money
    return Fact("limit.step", amount, unit, Of(rule=rule), base(allocation.question))


def on_likely(allocation: Allocation, amount: float, plan: str = PLAN) -> Fact:
    """What a plan is worth on the figures as the register states them."""
    question = allocation.question
    stated = replace(base(question), figures="likely")
    return Fact("plan.value", amount, worth(question), Of(plan=plan), stated)


def limit(allocation: Allocation, row: pd.Series) -> tuple[Fact, Fact]:
    """What the plan uses of a limit, and the limit with what is carried into its year; a row of `Allocation.use`."""
    question = allocation.question
    unit = next(use.unit for use in allocation.limits if use.rule == row["rule"])
    of = Of(rule=str(row["rule"]), plan=PLAN)
    return (
        Fact("limit.used", float(row["used"]), unit, of, base(question)),
        Fact("limit.amount", float(row["limit"]), unit, Of(rule=str(row["rule"])), base(question)),
    )


def next_best(allocation: Allocation) -> Fact:
    """What the best other plan is worth."""
    assert allocation.next_best_value is not None
    return Fact(
        "plan.next_best", allocation.next_best_value, worth(allocation.question), Of(plan=PLAN),
        base(allocation.question, "all other plans within the limits"),
    )  # fmt: skip


def left(allocation: Allocation, row: pd.Series) -> Fact:
    """Envelope less spending, of a year; what was carried in is not added. A row of `money_by_year`."""
    question = allocation.question
    amount = question.rule(str(row["rule"])).amount - float(row["used"])  # type: ignore[attr-defined]
    of = Of(rule=str(row["rule"]), year=int(row["year"]), plan=PLAN)
    return Fact("envelope.left", amount, question.register.settings.money, of, base(question))


def bound(allocation: Allocation) -> Fact:
    """What no plan of the question is worth more than."""
    question = allocation.question
    return Fact(
        "plan.bound", allocation.bound, worth(question), Of(), base(question, "all plans within the limits")
    )


def findings(register: Register) -> Fact:
    """How many findings on the data are to be looked at."""
    counted = int((register.findings["severity"] == "warn").sum())
    return Fact("data.findings", counted, Unit("findings"), base=Base("counted"))


def more(allocation: Allocation, rule: str, amount: float, gained: float) -> Fact:
    """What so much more of a limit, placed where it helps most, adds to the best value."""
    question = allocation.question
    return Fact("limit.worth", gained, worth(question), Of(rule=rule, part=as_given(amount)), base(question))


def drawn(simulation: Simulation, confidence: float, plan: str = PLAN) -> tuple[Fact, Fact, Fact]:
    """Net value of a plan as planned, in the middle of the futures, and as it is reached with a confidence."""
    unit, futures, npv = (
        simulation.question.register.settings.money,
        _futures(simulation),
        simulation.totals["npv"],
    )
    planned = replace(futures, figures="likely", draws=None, seed=None)
    middle, sure = (replace(futures, figures="sure", level=level) for level in (0.5, confidence))
    return (
        Fact("plan.npv", simulation.base_npv, unit, Of(plan=plan), planned),
        Fact("plan.npv", float(npv.median()), unit, Of(plan=plan), middle),
        Fact("plan.npv", float(npv.quantile(1 - confidence)), unit, Of(plan=plan), sure),
    )


def cost_drawn(simulation: Simulation, confidence: float, plan: str = PLAN) -> tuple[Fact, Fact]:
    """Cost of a plan as planned, and as it is met with a confidence; the reserve is the difference."""
    unit, futures = simulation.question.register.settings.money, _futures(simulation)
    planned = replace(futures, figures="likely", draws=None, seed=None)
    sure = replace(futures, figures="sure", level=confidence)
    found = simulation.contingency(confidence)
    return (
        Fact("risk.cost", found.base, unit, Of(plan=plan), planned),
        Fact("risk.cost", found.quantile, unit, Of(plan=plan), sure),
    )


def holds(simulation: Simulation, plan: str = PLAN) -> Fact:
    """Share of the futures in which every envelope of every year holds."""
    return Fact("plan.holds", simulation.fits_envelopes, SHARE, Of(plan=plan), _futures(simulation))


def reserve(simulation: Simulation, confidence: float, plan: str = PLAN) -> Fact:
    """Money to hold back in one reserve so that the cost of the plan is met with a confidence."""
    amount = simulation.contingency(confidence).pooled
    stated = replace(_futures(simulation), level=confidence)
    return Fact("risk.reserve", amount, simulation.question.register.settings.money, Of(plan=plan), stated)


def _futures(simulation: Simulation) -> Base:
    """The draws that a figure was read from."""
    fingerprint = simulation.question.fingerprint
    return Base("counted", question=fingerprint, over="futures", draws=simulation.draws, seed=simulation.seed)


def order(allocation: Allocation, project: str | None, amount: float) -> Fact:
    """What keeping an order on record costs by itself; of no project: all of them together."""
    question = allocation.question
    return Fact("order.price", amount, worth(question), Of(project=project), base(question, "alone"))


def orders_lifted(allocation: Allocation, lifted: int) -> Fact:
    """How many orders on record the plan does not follow."""
    return Fact("order.lifted", lifted, Unit("orders"), Of(plan=PLAN), base(allocation.question))


def projects(register: Register, area: str | None = None) -> Fact:
    """How many projects the register has: of an area, or in all."""
    counted = len(register.projects) if area is None else int((register.projects["area"] == area).sum())
    return Fact("register.projects", counted, PROJECTS, Of(area=area), Base("counted"))


def stated(
    register: Register, key: str, amount: float, unit: Unit | str | None = None, over: str = "", **of: Any
) -> Fact:
    """What the register states or a review counts: money of the register, or so many of a thing.

    Parameters
    ----------
    register : Register
    key, amount, over
        As in `pmo_kit.facts.Fact`.
    unit : Unit or str, optional
        The register's money where it is not given; a word is a counted thing.
    **of
        What it is about, as in `pmo_kit.facts.Of`.
    """
    what = register.settings.money if unit is None else Unit(unit) if isinstance(unit, str) else unit
    return Fact(key, float(amount), what, Of(**of), Base("counted", over=over))


def teller(register: Register, figure: str, counted: str = "projects") -> Callable[..., Fact]:
    """A maker of the facts that one figure alone states: so many of what is `counted`, or of another thing."""

    return lambda part, value, thing=counted: stated(
        register, "count", value, thing, part=f"{figure}: {part}"
    )


def asked_of(
    question: Question, key: str, amount: float, unit: Unit | None = None, over: str = "", **of: Any
) -> Fact:
    """What an answer to a question says: of its value, unless another unit is given."""
    return Fact(key, float(amount), unit or worth(question), Of(**of), base(question, over))


def in_futures(
    simulation: Simulation,
    key: str,
    amount: float,
    unit: Unit | None = None,
    level: float | None = None,
    **of: Any,
) -> Fact:
    """What the futures of a plan say; money unless another unit is given."""
    what = unit or simulation.question.register.settings.money
    return Fact(key, float(amount), what, Of(**of), replace(_futures(simulation), level=level))
