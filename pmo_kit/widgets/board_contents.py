"""What the board shows, as plain data in words: one dictionary that is drawn as it is."""

from __future__ import annotations

from functools import lru_cache
from math import isinf, isnan
from typing import Any

from pmo_kit.arbitration import Allocation, Envelope, LimitUse, Mandatory, PlanChange, Question
from pmo_kit.arbitration.rules import role_words
from pmo_kit.exhibits.theme import DECISIONS
from pmo_kit.facts import SHARE, in_row, number
from pmo_kit.figures.arbitration import bottleneck
from pmo_kit.figures.figure import between, listed, sentence
from pmo_kit.widgets.session_state import Answer, Case, Price, SessionState, money_words, moved

MOST_LOG = 60
MOVED = {"entered": "Entered", "left": "Left", "resized": "Other level"}
WORDS = {"fund": "FUND", "stop": "STOP", "refuse": "OUT", "none": "–"}


def board_contents(session: SessionState, *, title: str, busy: bool) -> dict[str, Any]:
    """Everything on the board but prices, which come one by one.

    The plan and its numbers are those of the last case whose answer stands; the choices are those on the table.
    """
    standing = session.standing
    answer = session.known(standing)
    assert answer is not None
    computing, words = standing.key != session.case.key, session.case_words(session.case, 1)
    return {
        "title": title,
        "unit": session.base.worth.short,
        "unit_long": session.base.worth.words,
        "money_unit": session.base.money.short,
        "headline": headline(session, standing, answer),
        "tiles": tiles(session, standing, answer),
        "status": answer.status,
        "computing": (f"Computing: {words}…" if busy else f"Not computed: {words}") if computing else "",
        "proof": proof_words(answer, busy),
        "conflict": conflict_words(answer),
        "busy": busy,
        "projects": projects(session, answer),
        "limits": gauges(session, answer),
        "money": _money(session),
        "people": _people(session),
        "moved": moved_words(session, answer, computing),
        "log": log(session, MOST_LOG),
        "cases": cases(session),
        "undo": session.can_undo,
        "redo": session.can_redo,
        "changed": session.case.key != Case().key,
    }


def headline(session: SessionState, case: Case, answer: Answer) -> str:
    """The answer in a sentence: the number, what it is against the recommended plan, the case."""
    if answer.status == "none":
        return f"No plan obeys the rules with {session.case_words(case, 2)}."
    if answer.allocation is None:
        return "No plan was found in the time allowed."
    loss = session.worse(Case(), case)
    assert loss is not None  # both have a plan
    against = "as much as recommended" if loss == (0, 0) else f"{less_words(*loss)} than recommended"
    against = "" if case.key == Case().key else f", {against},"
    return f"{_value_words(answer)} {session.base.worth.short}{against} with {session.case_words(case, 2)}"


def less_words(low: float, high: float, unit: str = "") -> str:
    """By how much something is less, between two amounts that may be negative.

    >>> less_words(9.0, 9.0, " EUR"), less_words(-2.0, -1.0), less_words(-1.0, 0.5)
    ('9.0 EUR less', '1.0 to 2.0 more', '1.0 more to 0.5 less')
    """
    if high <= 0:
        return f"{between(-high, -low)}{unit} more"
    if low < 0:
        return f"{number(-low)} more to {number(high)}{unit} less"
    return f"{between(low, high)}{unit} less"


def tiles(session: SessionState, case: Case, answer: Answer) -> list[dict[str, Any]]:
    """Value, price of what is forced, tightest limit: label, value, note; `focus` and `over` color it."""
    unit = session.base.worth.short
    value = between(answer.value, answer.value + answer.rest) if answer.allocation else "n/a"
    found = (
        ("Net value, " + unit, value, recommended_words(session.recommended), "focus"),
        ("Price of what is forced, " + unit, *_price_tile(session, case)),
        ("Tightest limit", *_tightest_tile(answer)),
    )
    names = ("label", "value", "note", "focus", "over")
    return [dict(zip(names, (*said, color == "focus", color == "over"), strict=True)) for *said, color in found]


def recommended_words(answer: Answer) -> str:
    """What the plan is compared with, and how sure that is."""
    sure = "" if answer.status == "proven" else f" (at most {number(answer.rest)} better is possible)"
    return f"recommended {number(answer.value)}{sure}"


def _price_tile(session: SessionState, case: Case) -> tuple[str, str, str]:
    """What the forced projects cost under today's limits: value, note, color."""
    count = len(case.forces)
    if not count:
        return "0.0", "nothing is forced", ""
    price = session.worse(case.unforced, case)
    note = f"{count} project{'s' if count > 1 else ''} forced, these limits"
    if price is None:
        return "n/a", note, ""
    low, high = max(0.0, price[0]), max(0.0, price[1])
    return interval(low, high), note, "focus" if high > 0 else ""


def _tightest_tile(answer: Answer) -> tuple[str, str, str]:
    """The limit that is overrun, or at its end, or next to it: value, note, color."""
    if answer.allocation is None:
        return "n/a", "no plan", ""
    limit = tightest(answer.allocation)
    if limit is None:
        return "no limit", "the register has none", ""
    amount = f"{_amount(limit, limit.used)} of {_amount(limit, limit.limit)}"
    if over(limit):
        return amount, f"{limit.label}: {over_words(answer.allocation, limit)}", "over"
    return amount, f"{limit.label}{': used up' if limit.binding else ''}", ""


def over(limit: LimitUse) -> bool:
    """Whether a soft limit is overrun, or a soft floor not reached."""
    return limit.slack < -1e-9


def over_words(allocation: Allocation, limit: LimitUse) -> str:
    """By how much a soft limit is overrun, and what that costs: a share is paid for in the unit that it counts."""
    model = allocation._model
    price = next((rule.price for rule in model.question.active_rules if rule.name == limit.rule), None) or 0.0
    row = next(row for row in model.rows if (row.rule, row.label) == (limit.rule, limit.label))
    whole = 1.0 if row.share is None else float(row.share[1][model.columns(allocation._positions)].sum())
    amount = _amount(limit, -limit.slack) + (" %" if limit.unit == SHARE else "")
    cost = f"{number(price * -limit.slack * whole)} {model.question.worth.short}"
    return f"{amount} {'short' if limit.least else 'over'}, which costs {cost}"


@lru_cache(maxsize=4)
def tightest(allocation: Allocation) -> LimitUse | None:
    """The limit that is overrun; else the bottleneck, as page one names it; else the one with the least left."""
    limits, full = allocation.limits, bottleneck(allocation)
    if beyond := [x for x in limits if over(x)]:
        return max(beyond, key=lambda x: x.used)
    if full is not None:
        return limits[full.name]
    room = (x for x in limits if x.limit > 0 and not x.least and not isnan(x.slack))
    return min(room, key=lambda x: x.slack / x.limit, default=None)


def proof_words(answer: Answer, busy: bool) -> str:
    """How sure the answer is."""
    if answer.status == "proven":
        unique = answer.allocation is None or answer.allocation.unique is not False
        return "Proven best" if unique else "Proven best; another plan is as good"
    if answer.status == "none":
        return "No plan"
    if answer.allocation is None:
        return "The search ended without a plan: free a project, or allow more time"
    more = f": at most {number(answer.rest)} better is possible"
    return f"Best plan known{more}; " + ("proving…" if busy else "the search has ended")


def conflict_words(answer: Answer) -> str:
    """Where no plan is possible: first what would make one possible, the cheapest in money and people, then why."""
    if answer.error is None:
        return ""
    ways = ", or with ".join(answer.error.ways)
    return (f"A plan becomes possible with {ways}. " if ways else "") + answer.error.why


def cases(session: SessionState) -> list[dict[str, Any]]:
    """What the meeting tried, the newest first: for the question which of it was decided."""
    return [
        {
            "id": str(case.key),
            "words": sentence(session.case_words(case)),
            "value": _value_words(session.known(case)),
        }
        for case in session.tried()
    ]


def _value_words(answer: Answer | None) -> str:
    """What a case is worth, as far as that is known."""
    if answer is None:
        return ""
    if answer.allocation is None:
        return "no plan"
    return between(answer.value, answer.value + answer.rest)


def projects(session: SessionState, answer: Answer) -> list[dict[str, Any]]:
    """One row per project, in the order of the ids."""
    change = {project: what for what, ids in moved(session.changes).items() for project in ids}
    duty = {rule.project_id for rule in session.base.active_rules if isinstance(rule, Mandatory)}
    rows = []
    for project, (fixed, sizes, largest) in choices(session.base).items():
        level = answer.plan.get(project, "")
        force = session.case.force(project)
        decision, recommended = answer.decisions.get(project, "none"), session.recommended.decisions[project]
        mark = DECISIONS[decision].mark + " " if decision in DECISIONS else ""
        rows.append(
            {
                **fixed,
                **sizes.get(level, largest),
                "level": dict(fixed["levels"]).get(level, ""),
                "decision": decision,
                "word": mark + WORDS[decision],
                "recommended": WORDS[recommended],
                "differs": decision not in (recommended, "none"),
                "moved": change.get(project, ""),
                "forced": force.in_out if force else "free",
                "forced_level": (force.level or "") if force else "",
                "reason": force.reason if force else "",
                "by": force.decided_by if force else "",
                "duty": project in duty,
            }
        )
    return rows


@lru_cache(maxsize=4)
def choices(question: Question) -> dict[str, tuple[dict[str, Any], dict[str, dict[str, Any]], dict[str, Any]]]:
    """Of each project what stays while the committee sits, value and cost of its levels, and of the dearest level."""
    options, about = question.built, question.register.projects
    names, labels = (options.table.reset_index()[column].tolist() for column in ("level", "label"))
    found = {}
    for project, places in options.groups.items():
        going = [int(i) for i in options.of(project)]
        dearest = names[max(going, key=lambda i: options.costs[i], default=int(places[0]))]
        levels = [[names[i], labels[i] or names[i]] for i in going] if len(going) > 1 else []
        fixed = {
            "id": project,
            "name": str(about.at[project, "name"]),
            "area": str(about.at[project, "area"]),
        }
        sizes = {
            names[i]: {"value": number(value), "cost": number(cost), "worth": value, "spend": cost}
            for i, value, cost in zip(
                places, options.values[places].tolist(), options.costs[places].tolist(), strict=True
            )
        }
        found[project] = ({**fixed, "levels": levels}, sizes, sizes[dearest])
    return found


def gauges(session: SessionState, answer: Answer) -> list[dict[str, Any]]:
    """Limits as bars in an order that stays: all the money by year, then the tightest of the recommended plan."""
    assert session.recommended.allocation is not None
    now = {_key(x): x for x in answer.allocation.limits} if answer.allocation else {}
    whole = {r.name for r in session.base.active_rules if isinstance(r, Envelope) and r.scope == "all"}

    def order(x: LimitUse) -> tuple[int, float]:
        if x.rule in whole:
            return 0, 0.0
        return (2, 0.0) if x.least else (1, -share(x) if x.limit else -1.0)

    limits = sorted(session.recommended.allocation.limits, key=order)
    return [_gauge(answer.allocation, x, now.get(_key(x))) for x in limits]


def share(limit: LimitUse) -> float:
    """How much of a limit is used; nothing of one that counts a share where there is nothing to share."""
    if isnan(limit.used):
        return 0.0
    return limit.used / limit.limit if limit.limit else float(bool(limit.used))


def _key(limit: LimitUse) -> str:
    """What a limit is, whatever it is called."""
    return f"{limit.rule}|{limit.year or ''}|{limit.period or ''}"


def _gauge(plan: Allocation | None, first: LimitUse, now: LimitUse | None) -> dict[str, Any]:
    """One bar; empty where there is no plan."""
    words, long = "n/a", first.label
    if now is not None and plan is not None:
        words = f"{_amount(now, now.used)} {'of at least' if now.least else 'of'} {_amount(now, now.limit)}"
        words += " %" if now.unit == SHARE else ""
        long = now.sentence + (f"; {over_words(plan, now)}" if over(now) else "")
    return {
        "id": _key(first),
        "label": first.label,
        "words": words,
        "long": long,
        "share": min(1.0, max(0.0, share(now))) if now else 0.0,
        "full": bool(now and now.binding and not now.least),
        "over": bool(now and over(now)),
    }


def _amount(limit: LimitUse, value: float) -> str:
    """An amount of a limit; a share in percent."""
    return quantity(100 * value if limit.unit == SHARE else value)


def _money(session: SessionState) -> dict[str, Any]:
    """The slider on money."""
    factor = session.case.money
    change = "as in the register" if factor == 1 else money_words(factor).removeprefix("money ")
    total = number(session.money() * factor)
    return {"value": round(100 * factor), "low": 50, "high": 150, "words": f"{total} in all, {change}"}


def _people(session: SessionState) -> list[dict[str, Any]]:
    """A slider for every role, the tightest first."""
    now = dict(session.case.people)
    assert session.recommended.allocation is not None
    limit = tightest(session.recommended.allocation)
    rows = [
        {
            "role": role,
            "label": role_words(role),
            "value": (count := round(today * now.get(role, 1.0), 6)),
            "today": today,
            "high": max(1.0, round(1.5 * today)),
            "words": f"{quantity(count)} of {quantity(today)} in the fullest period",
        }
        for role, today in session.people().items()
    ]
    return sorted(rows, key=lambda r: (limit is None or r["role"] != limit.role, r["label"]))


def moved_words(session: SessionState, answer: Answer, computing: bool) -> list[list[str]]:
    """What entered, left and changed its level since the last move."""
    if not session.log:
        return [["", "No move yet. Take a project in or out, or move a limit."]]
    if computing:
        return [["", "The plan shown is that before the last move, until the new one stands."]]
    if answer.allocation is None:
        return [["", "There is no plan to compare."]]
    words = [
        [MOVED[what], in_row(f"{session.names[p]} {p}" for p in ids)] for what, ids in moved(session.changes).items()
    ]
    return words or [["", "The plan is the same."]]


def log(session: SessionState, most: int = 0) -> list[dict[str, str]]:
    """The last moves (0: every one), newest first."""
    return [
        {
            "time": move.time.strftime("%H:%M"),
            "move": move.words,
            "why": "; ".join(filter(None, (move.reason, move.decided_by))),
            "value": _value_words(session.known(move.case)),
        }
        for move in reversed(session.log[-most:])
    ]


def price_words(session: SessionState, price: Price) -> dict[str, Any]:
    """A price for the column, to sort by, and in a sentence."""
    name, unit = session.names, session.base.worth.short
    verb = "Taking it in" if price.in_out == "in" else "Taking it out"
    found = {"way": price.in_out, "low": min(price.low, 1e300)}
    if isinf(price.low):
        return found | {"short": "no plan", "long": f"{verb} leaves no plan that obeys the rules."}
    if isinf(price.high):
        least = number(price.low)
        return found | {"short": f"≥ {least}", "long": f"{verb} costs at least {least} {unit}."}
    words = f"{verb} costs {interval(price.low, price.high)} {unit}"
    change = price.change or PlanChange()
    moved = {"leave": {*change.leaves} - {price.project_id}, "enter": {*change.enters} - {price.project_id}}
    parts = [
        f"{listed(name[p] for p in sorted(ids))} {word}{'' if len(ids) > 1 else 's'}"
        for word, ids in moved.items()
        if ids
    ]
    words += "; in the plan found " + ", ".join(parts) if parts else ""
    return found | {"short": interval(price.low, price.high), "long": words + "."}


def interval(low: float, high: float) -> str:
    """A number, or a range where it is not proven.

    >>> interval(9.0, 9.0), interval(0.0, 1.26), interval(2.0, 3.0)
    ('9.0', 'at most 1.3', '2.0 to 3.0')
    """
    return between(low, high) if low or number(low) == number(high) else f"at most {number(high)}"


def quantity(value: float) -> str:
    """A number without an empty decimal; a share of nothing is not there.

    >>> quantity(14.0), quantity(48.5)
    ('14', '48.5')
    """
    return number(value, 0 if value % 1 < 0.05 or value % 1 > 0.95 else 1)
