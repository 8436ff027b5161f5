"""What the board shows, as plain data in words: one dictionary that is drawn as it is."""

from __future__ import annotations

from functools import lru_cache
from math import isinf, isnan
from typing import Any

from pmo_kit.arbitration import Allocation, LimitUse, Mandatory, Question
from pmo_kit.arbitration.prices import Price
from pmo_kit.arbitration.rules import role_words
from pmo_kit.exhibits.theme import DECISIONS
from pmo_kit.facts import SHARE, between, count, in_row, number, sentence
from pmo_kit.figures.arbitration import bottleneck, changes
from pmo_kit.widgets.session_state import Answer, Case, SessionState, money_words

MOST_LOG, NOISE = 60, 1e-9
MOVED = {"entered": "Entered", "left": "Left", "resized": "Other level"}
WORDS = {"fund": "FUND", "stop": "STOP", "refuse": "OUT", "none": "–"}
UNUSED: dict[str, Any] = {"words": "n/a", "note": "no plan", "share": 0.0, "full": False, "over": False}


def board_contents(session: SessionState, *, title: str, busy: bool) -> dict[str, Any]:
    """Everything on the board but prices, which come one by one.

    The plan and its numbers are those of the last case whose answer stands; the choices are those on the table.
    """
    standing = session.standing
    answer = session.known(standing)
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
        "log": log(session)[:MOST_LOG],
        "cases": cases(session),
        "undo": session.can_step(-1),
        "redo": session.can_step(1),
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
    return f"{value_words(answer)} {session.base.worth.short}{against} with {session.case_words(case, 2)}"


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
    unit, plan, advice = session.base.worth.short, answer.allocation, session.recommended
    advised = f"recommended {number(advice.value)}"
    advised += "" if advice.status == "proven" else f" (at most {number(advice.rest)} better is possible)"
    forced = f"{count(len(case.forces), 'project')} forced, these limits" if case.forces else "nothing is forced"
    used, limit = UNUSED, plan and tightest(plan)
    if plan is not None:
        used = _use(plan, limit) if limit else UNUSED | {"words": "no limit", "note": "the register has none"}
    lost = session.worse(case.unforced, case) if case.forces else (0.0, 0.0)
    price = interval(*(max(0.0, x) for x in lost)) if lost else "n/a"
    rows = (
        (f"Net value, {unit}", value_words(answer) if plan else "n/a", advised, True, False),
        (f"Price of what is forced, {unit}", price, forced, bool(lost and lost[1] > 0), False),
        ("Tightest limit", used["words"], used["note"], False, used["over"]),
    )
    return [dict(zip(("label", "value", "note", "focus", "over"), row, strict=True)) for row in rows]


def _use(plan: Allocation, limit: LimitUse) -> dict[str, Any]:
    """What a plan uses of a limit: in short, in a sentence, its share; whether that is all, or more, at which cost."""
    part, over, beyond = " %" * (limit.unit == SHARE), limit.slack < -NOISE, ""
    used, most, more = (quantity(100 * x if part else x) for x in (limit.used, limit.limit, -limit.slack))
    if over:
        cost = f"{number(limit.paid)} {plan.question.worth.short}"
        beyond = f"{more}{part} {'short' if limit.least else 'over'}, which costs {cost}"
    return {
        "words": f"{used} {'of at least' if limit.least else 'of'} {most}{part}",
        "long": "; ".join(filter(None, (limit.sentence, beyond))),
        "note": ": ".join(filter(None, (limit.label, beyond or "used up" * limit.binding))),
        "share": min(1.0, max(0.0, share(limit))),
        "full": limit.binding and not limit.least,
        "over": over,
    }


@lru_cache(maxsize=4)
def tightest(allocation: Allocation) -> LimitUse | None:
    """The limit that is overrun; else the bottleneck, as page one names it; else the one with the least left."""
    limits, full = allocation.limits, bottleneck(allocation)
    if beyond := [x for x in limits if x.slack < -NOISE]:
        return max(beyond, key=lambda x: x.used)
    if full is not None:
        return limits[full.name]
    room = (x for x in limits if x.limit > 0 and not x.least and not isnan(x.slack))
    return min(room, key=lambda x: x.room, default=None)


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
    words, known = session.case_words, session.known
    return [
        {"id": str(case.key), "words": sentence(words(case)), "value": value_words(known(case)),
         "none": known(case).status == "none"}
        for case in session.tried()
    ]  # fmt: skip


def value_words(answer: Answer) -> str:
    """What a case is worth, as far as that is known."""
    if answer.allocation is None:
        return "no plan" if answer.ended else ""
    return between(answer.value, answer.bound)


def projects(session: SessionState, answer: Answer) -> list[dict[str, Any]]:
    """One row per project, in the order of the ids: the answer that stands, and the choices on the table."""
    change = {project: what for what, ids in session.changes.moved.items() for project in ids}
    duty = {rule.project_id for rule in session.base.active_rules if isinstance(rule, Mandatory)}
    shown = []
    for project, row in session.rows(session.case, answer).to_dict("index").items():
        levels, decision = choices(session.base)[str(project)], row["decision"]
        going = [one for one in levels.values() if not one["stop"]]
        dearest = max(going or levels.values(), key=lambda one: one["spend"])
        level = levels.get(row["level"], dearest)
        shown.append(
            {
                **level,
                **row,
                "levels": [[one["level"], one["label"]] for one in going] if len(going) > 1 else [],
                "level": level["label"] if decision == "fund" and len(going) > 1 else "",
                "word": f"{DECISIONS[decision][0]} {WORDS[decision]}" if decision in DECISIONS else WORDS[decision],
                "recommended": WORDS[row["recommended"]],
                "differs": decision not in (row["recommended"], "none"),
                "moved": change.get(str(project), ""),
                "forced": row["forced"] or "free",
                "by": row["decided_by"],
                "duty": project in duty,
            }
        )
    return shown


@lru_cache(maxsize=4)
def choices(question: Question) -> dict[str, dict[str, dict[str, Any]]]:
    """What is shown of every level of every project, and stays while the committee sits."""
    rows = question.options.reset_index().rename(columns={"project_id": "id", "value": "worth", "cost": "spend"})
    rows = rows[["id", "name", "area", "level", "label", "stop", "worth", "spend"]].astype({"name": str, "area": str})
    rows["label"] = rows["label"].mask(rows["label"] == "", rows["level"])
    rows = rows.assign(value=rows["worth"].map(number), cost=rows["spend"].map(number))
    return {str(p): {one["level"]: one for one in levels.to_dict("records")} for p, levels in rows.groupby("id")}


def gauges(session: SessionState, answer: Answer) -> list[dict[str, Any]]:
    """Limits as bars in an order that stays: all the money by year, then the tightest of the recommended plan."""
    first, plan = session.recommended.allocation, answer.allocation
    assert first is not None

    def order(x: LimitUse) -> tuple[int, float]:
        if x.kind == "envelope" and x.scope == "all":
            return 0, 0.0
        return (2, 0.0) if x.least else (1, -share(x) if x.limit else -1.0)

    now = {_key(x): _use(plan, x) for x in plan.limits} if plan else {}
    return [
        {"id": _key(x), "label": x.label, "long": x.label, **now.get(_key(x), UNUSED)}
        for x in sorted(first.limits, key=order)
    ]


def share(limit: LimitUse) -> float:
    """How much of a limit is used; nothing of one that counts a share where there is nothing to share."""
    if isnan(limit.used):
        return 0.0
    return limit.used / limit.limit if limit.limit else float(bool(limit.used))


def _key(limit: LimitUse) -> str:
    """What a limit is, whatever it is called."""
    return f"{limit.rule}|{limit.year or ''}|{limit.period or ''}"


def _money(session: SessionState) -> dict[str, Any]:
    """The slider on money."""
    factor, total = session.case.money, session.money() * session.case.money
    words = f"{number(total)} in all, " * bool(total) + money_words(factor).removeprefix("money ")
    return {"value": round(100 * factor), "low": 50, "high": 150, "words": words}


def _people(session: SessionState) -> list[dict[str, Any]]:
    """A slider for every role, the tightest first."""
    now = dict(session.case.people)
    assert session.recommended.allocation is not None
    limit = tightest(session.recommended.allocation)
    rows = [
        {
            "role": role,
            "label": role_words(role),
            "value": (value := round(today * now.get(role, 1.0), 6)),
            "high": max(1.0, round(1.5 * today)),
            "words": f"{quantity(value)} of {quantity(today)} in the fullest period",
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
    moved = session.changes.moved.items()
    words = [[MOVED[what], in_row(f"{session.names[p]} {p}" for p in ids)] for what, ids in moved if ids]
    return words or [["", "The plan is the same."]]


def log(session: SessionState) -> list[dict[str, str]]:
    """The moves, newest first."""
    return [
        {
            "time": move.time.strftime("%H:%M"),
            "move": move.words,
            "why": "; ".join(filter(None, (move.reason, move.decided_by))),
            "value": value_words(session.known(move.case)),
        }
        for move in reversed(session.log)
    ]


def price_words(session: SessionState, allocation: Allocation, price: Price) -> dict[str, Any]:
    """A price for the column, to sort by, and in a sentence."""
    short, tail = interval(price.low, price.high), ""
    if isinf(price.low):
        short, told = "no plan", "leaves no plan that obeys the rules"
    elif isinf(price.high):
        short, told = f"≥ {number(price.low)}", f"costs at least {number(price.low)} {session.base.worth.short}"
    else:
        others = session.base.register.projects["name"].drop(price.project_id)
        tail = changes(others, allocation.plan, price.plan)
        told = f"costs {short} {session.base.worth.short}" + f"; in the plan found {tail}" * bool(tail)
    words = f"Taking it {price.in_out} {told}."
    return {"way": price.in_out, "low": min(price.low, 1e300), "short": short, "long": words}


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
