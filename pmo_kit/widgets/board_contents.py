"""What the board shows, as plain data in words: one dictionary that is drawn as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import isinf
from typing import Any

from pmo_kit.arbitration import Envelope, Mandatory, Question
from pmo_kit.arbitration.rules import role_words
from pmo_kit.exhibits.theme import DECISIONS, format_number
from pmo_kit.figures.captions import listed
from pmo_kit.widgets.answers import Answer, Limit
from pmo_kit.widgets.cases import Case
from pmo_kit.widgets.reversal_prices import Price
from pmo_kit.widgets.session_state import Change, SessionState

MOST_LOG = 60
WORDS = {"fund": "FUND", "stop": "STOP", "refuse": "OUT", "none": "–"}


def board_contents(session: SessionState, *, title: str, busy: bool) -> dict[str, Any]:
    """Everything on the board but prices, which come one by one."""
    answer = session.answer
    return {
        "title": title,
        "unit": short_unit(session),
        "unit_long": session.base.worth.words,
        "money_unit": session.base.money.short,
        "headline": headline(session),
        "tiles": tiles(session),
        "status": answer.status,
        "proof": "No plan" if answer.status == "none" else proof_words(answer, busy),
        "conflict": proof_words(answer, busy) if answer.status == "none" else "",
        "busy": busy and answer.status in ("known", "open"),
        "projects": projects(session),
        "limits": gauges(session),
        "money": _money(session),
        "people": _people(session),
        "moved": moved_words(session),
        "log": log(session),
        "undo": session.can_undo,
        "redo": session.can_redo,
        "changed": session.case.key != Case().key,
    }


def headline(session: SessionState) -> str:
    """The answer in a sentence, the number first."""
    answer, case = session.answer, session.case
    if answer.status == "none":
        return "No plan obeys the rules of this case."
    if not answer.has_plan:
        return (
            "Looking for a first plan…"
            if answer.status == "open"
            else "No plan was found in the time allowed."
        )
    value = f"{format_number(answer.value)} {short_unit(session)}"
    if not case.forces and case.money == 1 and not case.people:
        best = "recommended plan" if answer.status == "proven" else "best plan known"
        return f"{value} with the {best}"
    loss = session.loss
    words = "as much as recommended"
    if loss:
        words = f"{format_number(abs(loss))} {'less' if loss > 0 else 'more'} than recommended"
    return f"{value} {_case_words(session)}: {words}"


def short_unit(session: SessionState) -> str:
    """The unit of value without its price basis: EUR million."""
    return session.base.worth.short


def _case_words(session: SessionState) -> str:
    """The case in a few words."""
    case = session.case
    parts = []
    if case.money != 1:
        parts.append(f"money {format_number(100 * (case.money - 1), 0, signed=True)} %")
    today = session.people()
    parts += [f"{factor * today[role]:g} {role_words(role)}" for role, factor in case.people]
    forced = [f"{session.names[f.project_id]} {f.in_out}" for f in case.forces]
    if len(forced) > 2:
        forced = [f"{len(forced)} projects forced"]
    return f"with {listed(parts + forced)}"


def tiles(session: SessionState) -> list[dict[str, Any]]:
    """Value, price of what is forced, bottleneck."""
    answer = session.answer
    value = {
        "label": f"Net value, {short_unit(session)}",
        "value": format_number(answer.value) if answer.has_plan else "n/a",
        "note": recommended_words(session.recommended),
        "focus": True,
    }
    return [value, _price_tile(session), _bottleneck_tile(answer)]


def recommended_words(answer: Answer) -> str:
    """What the plan is compared with, and how sure that is."""
    sure = "" if answer.status == "proven" else f" (at most {format_number(answer.rest)} better is possible)"
    return f"recommended {format_number(answer.value)}{sure}"


def _price_tile(session: SessionState) -> dict[str, Any]:
    """What the forced projects cost under today's limits."""
    price, count = session.price, len(session.case.forces)
    label = f"Price of what is forced, {short_unit(session)}"
    if not count:
        return {"label": label, "value": "0.0", "note": "nothing is forced", "focus": False}
    note = f"{count} project{'s' if count > 1 else ''} forced, these limits"
    if price is None:
        return {
            "label": label,
            "value": "n/a",
            "note": "no plan" if session.answer.status == "none" else note,
        }
    return {"label": label, "value": interval(*price), "note": note, "focus": price[1] > 0}


def _bottleneck_tile(answer: Answer) -> dict[str, Any]:
    """The limit that is at its end."""
    limit = bottleneck(answer.limits)
    if not answer.has_plan:
        return {"label": "What limits the plan", "value": "n/a", "note": "no plan"}
    if limit is None:
        return {"label": "What limits the plan", "value": "no limit", "note": "there is room everywhere"}
    return {
        "label": "What limits the plan",
        "value": f"{number(limit.used)} of {number(limit.limit)}",
        "note": limit.label if limit.kind == "capacity" else limit.label + " used up",
        "focus": False,
    }


def bottleneck(limits: Iterable[Limit]) -> Limit | None:
    """The limit at its end: people first, then money."""
    full = [x for x in limits if x.binding and x.sense == "at most"]
    people = [x for x in full if x.kind == "capacity"]
    return max(people or full, key=lambda x: x.used, default=None)


def proof_words(answer: Answer, busy: bool) -> str:
    """How sure the answer is."""
    more = "" if isinf(answer.bound) else f": at most {format_number(answer.rest)} better is possible"
    if answer.status == "proven":
        return "Proven best" if answer.unique is not False else "Proven best; another plan is as good"
    if answer.status == "none":
        return answer.words or "No plan obeys the rules; finding out which rules cannot hold together…"
    if answer.status == "stopped":
        if not answer.has_plan:
            return "The search ended without a plan. Free a project, or allow more time."
        return f"Best plan known{more}; the search has ended"
    if answer.status == "open":
        return "Looking for a plan…"
    return f"Best plan known{more}" + ("; proving…" if busy else "")


def projects(session: SessionState) -> list[dict[str, Any]]:
    """One row per project, in the order of the ids."""
    answer, moved = session.answer, session.changes
    duty = {rule.project_id for rule in session.base.active_rules if isinstance(rule, Mandatory)}
    rows = []
    for choice in choices(session.base):
        project = choice.project_id
        level = answer.plan.get(project, "")
        size = choice.sizes.get(level, choice.largest)
        force = session.case.force(project)
        decision, recommended = session.decision(project), session.decision(project, session.recommended)
        mark = DECISIONS[decision].mark + " " if decision in DECISIONS else ""
        rows.append(
            {
                "id": project,
                "name": session.names[project],
                "area": choice.area,
                "levels": [list(pair) for pair in choice.levels] if len(choice.levels) > 1 else [],
                "level": dict(choice.levels).get(level, "") if len(choice.levels) > 1 else "",
                "value": format_number(size[0]),
                "cost": format_number(size[1]),
                "worth": float(size[0]),
                "spend": float(size[1]),
                "decision": decision,
                "word": mark + WORDS[decision],
                "recommended": WORDS[recommended],
                "differs": decision != recommended and decision != "none",
                "moved": _moved(project, moved),
                "forced": force.in_out if force else "free",
                "forced_level": (force.level or "") if force else "",
                "reason": force.reason if force else "",
                "by": force.decided_by if force else "",
                "duty": project in duty,
            }
        )
    return rows


@dataclass(frozen=True)
class Choice:
    """What can be chosen of a project: levels with their labels, value and cost of each."""

    project_id: str
    area: str
    levels: tuple[tuple[str, str], ...]
    sizes: Mapping[str, tuple[float, float]]
    largest: tuple[float, float]


@lru_cache(maxsize=4)
def choices(question: Question) -> tuple[Choice, ...]:
    """The choices of a question; they do not change while the committee sits."""
    options, area = question.built, question.register.projects["area"]
    names = options.table.index.get_level_values(1).tolist()
    labels, costs = options.table["label"].tolist(), options.costs
    found = []
    for project, places in options.groups.items():
        going = options.of(project)
        sizes = {names[i]: (options.values[i], costs[i]) for i in places}
        largest = max((int(i) for i in going), key=lambda i: costs[i], default=int(places[0]))
        levels = tuple((names[i], labels[i] or names[i]) for i in going)
        found.append(Choice(project, str(area[project]), levels, sizes, sizes[names[largest]]))
    return tuple(found)


def _moved(project: str, change: Change) -> str:
    """What happened to a project in the last move."""
    for word, ids in (("entered", change.entered), ("left", change.left), ("resized", change.resized)):
        if project in ids:
            return word
    return ""


def gauges(session: SessionState) -> list[dict[str, Any]]:
    """Limits as bars in an order that stays: all the money by year, then the tightest of the recommended plan."""
    first = {x.label: x for x in session.recommended.limits}
    now = {x.label: x for x in session.answer.limits}
    whole = {r.name for r in session.base.active_rules if isinstance(r, Envelope) and r.scope == "all"}

    def order(label: str) -> tuple[int, float]:
        x = first[label]
        if x.rule in whole:
            return 0, 0.0
        return (1, -x.used / x.limit if x.limit else -1.0) if x.sense == "at most" else (2, 0.0)

    return [_gauge(first[label], now.get(label)) for label in sorted(first, key=order)]


def _gauge(first: Limit, now: Limit | None) -> dict[str, Any]:
    """One bar; empty where there is no plan."""
    share = first.kind == "share" and "share" in first.unit
    x = now or first
    scale = 100.0 if share else 1.0
    full = x.used / x.limit if x.limit else float(bool(x.used))
    least = x.sense == "at least"
    return {
        "id": x.label,
        "label": x.label,
        "long": x.sentence,
        "words": f"{number(scale * x.used)} {'of at least' if least else 'of'} {number(scale * x.limit)}"
        + (" %" if share else "")
        if now
        else "n/a",
        "share": min(1.0, max(0.0, full)) if now else 0.0,
        "full": bool(now and x.binding and not least),
    }


def _money(session: SessionState) -> dict[str, Any]:
    """The slider on money."""
    factor = session.case.money
    change = "as in the register" if factor == 1 else f"{format_number(100 * (factor - 1), 0, signed=True)} %"
    total = format_number(session.money() * factor)
    return {"value": round(100 * factor), "low": 50, "high": 150, "words": f"{total} in all, {change}"}


def _people(session: SessionState) -> list[dict[str, Any]]:
    """A slider for every role, the bottleneck's first."""
    now = dict(session.case.people)
    limit = bottleneck(session.recommended.limits)
    rows = []
    for role, today in session.people().items():
        count = round(today * now.get(role, 1.0), 6)
        rows.append(
            {
                "role": role,
                "label": role_words(role),
                "value": count,
                "today": today,
                "high": max(1.0, round(1.5 * today)),
                "words": f"{number(count)} of {number(today)} in the fullest period",
            }
        )
    first = limit.rule.rsplit(" ", 1)[0] if limit is not None and limit.kind == "capacity" else ""
    return sorted(rows, key=lambda r: (r["role"] != first, r["label"]))


def moved_words(session: SessionState) -> list[list[str]]:
    """What entered, left and changed its level since the last move."""
    change = session.changes
    name = session.names
    parts = [("Entered", change.entered), ("Left", change.left), ("Other level", change.resized)]
    words = [[label, ", ".join(f"{name[p]} {p}" for p in ids)] for label, ids in parts if ids]
    if words:
        return words
    if not session.log:
        return [["", "No move yet. Take a project in or out, or move a limit."]]
    return (
        [["", "The plan is the same."]] if session.answer.has_plan else [["", "There is no plan to compare."]]
    )


def log(session: SessionState) -> list[dict[str, str]]:
    """The last moves, newest first."""
    rows = []
    for row in session.moves.tail(MOST_LOG).iloc[::-1].itertuples():
        why = "; ".join(filter(None, (str(row.reason), str(row.decided_by))))
        value = "no plan" if row.status == "none" else format_number(row.value)
        rows.append({"time": row.time.strftime("%H:%M"), "move": str(row.move), "why": why, "value": value})
    return rows


def price_words(session: SessionState, price: Price) -> dict[str, str]:
    """A price for the column, and in a sentence."""
    name = session.names
    verb = "Taking it in" if price.in_out == "in" else "Taking it out"
    if isinf(price.low):
        return {"short": "no plan", "long": f"{verb} leaves no plan that obeys the rules."}
    if isinf(price.high):
        return {
            "short": f"≥ {format_number(price.low)}",
            "long": f"{verb} costs at least {format_number(price.low)} {short_unit(session)}.",
        }
    words = f"{verb} costs {interval(price.low, price.high)} {short_unit(session)}"
    parts = []
    if price.left:
        parts.append(f"{listed(name[p] for p in price.left)} {'leave' if len(price.left) > 1 else 'leaves'}")
    if price.entered:
        parts.append(
            f"{listed(name[p] for p in price.entered)} {'enter' if len(price.entered) > 1 else 'enters'}"
        )
    return {
        "short": interval(price.low, price.high),
        "long": words + ("; in the plan found " + ", ".join(parts) if parts else "") + ".",
    }


def interval(low: float, high: float) -> str:
    """A number, or a range where it is not proven.

    >>> interval(9.0, 9.0), interval(0.0, 1.26), interval(2.0, 3.0)
    ('9.0', 'at most 1.3', '2.0 to 3.0')
    """
    one, other = format_number(low), format_number(high)
    if one == other:
        return one
    return f"at most {other}" if not low else f"{one} to {other}"


def number(value: float) -> str:
    """A number without an empty decimal.

    >>> number(14.0), number(48.5)
    ('14', '48.5')
    """
    return format_number(value, 0 if abs(value - round(value)) < 0.05 else 1)
