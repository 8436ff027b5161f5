"""The state of an arbitration in the room, without a screen: moves, undo, the log, and the answers of the solver.

A view sends moves and draws `SessionState`; a test does the same without a view. Nothing here imports ipywidgets.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partialmethod, reduce
from itertools import groupby
from math import nan
from typing import Literal

import pandas as pd

from pmo_kit import doors
from pmo_kit.arbitration import Allocation, Capacity, Envelope, Override, PlanChange, Question, arbitrate
from pmo_kit.arbitration.rules import role_words
from pmo_kit.errors import InfeasibleError, PmoError
from pmo_kit.facts import as_given, listed, sentence
from pmo_kit.scenarios import Scenario


@dataclass(frozen=True)
class Case:
    """Changes to a base question, nothing else: money, people, forced projects.

    Parameters
    ----------
    money : float
        Factor on every envelope.
    people : tuple of (role, factor)
        Factor on the people of a role in every period; 1 is never held.
    forces : tuple of Override
        Projects taken in or out: at most one per project, in the order of the project ids.

    Examples
    --------
    >>> case = Case(money=0.85).forced(Override(project_id="P08", in_out="in", reason="promised"))
    >>> case.key
    (0.85, (), (('P08', 'in', None),))
    >>> case.freed("P08") == Case(money=0.85)
    True
    """

    money: float = 1.0
    people: tuple[tuple[str, float], ...] = ()
    forces: tuple[Override, ...] = ()

    @property
    def key(self) -> tuple[object, ...]:
        """What the answer depends on: two cases that differ in reasons alone have one answer."""
        forced = tuple((f.project_id, f.in_out, f.level) for f in self.forces)
        return (round(self.money, 9), tuple((r, round(x, 9)) for r, x in self.people), forced)

    @property
    def unforced(self) -> Case:
        """The same limits, no project forced."""
        return replace(self, forces=())

    def forced(self, force: Override) -> Case:
        """The case with one more project forced, or forced otherwise."""
        forces = [*self.freed(force.project_id).forces, force]
        return replace(self, forces=tuple(sorted(forces, key=lambda f: f.project_id)))

    def freed(self, project_id: str) -> Case:
        """The case with a project left to the best plan."""
        return replace(self, forces=tuple(f for f in self.forces if f.project_id != project_id))

    def with_people(self, role: str, factor: float) -> Case:
        """The case with another factor on the people of a role."""
        people = {**dict(self.people), role: factor}
        return replace(self, people=tuple(sorted((r, x) for r, x in people.items() if abs(x - 1) > 1e-9)))

    def question(self, base: Question) -> Question:
        """The base question under this case."""
        return self.unforced.scenario("what-if")(base).with_rules(*self.forces)

    def scenario(self, name: str) -> Scenario:
        """The case as a scenario that a register holds and a pack reads."""
        return Scenario(
            name,
            budget=self.money,
            capacity=dict(self.people),
            projects_in={f.project_id: f.level or "" for f in self.forces if f.in_out == "in"},
            projects_out=tuple(f.project_id for f in self.forces if f.in_out == "out"),
        )


def base_and_case(question: Question) -> tuple[Question, Case]:
    """A question without its overrides, and the case that holds them: the committee may lift each."""
    orders = [order for order in question.orders if order.active]
    return question.without(*(order.name for order in orders)), reduce(Case.forced, orders, Case())


FIRST_GAP = 0.01


@dataclass(frozen=True, eq=False)
class Answer:
    """What the solver says of a case.

    Parameters
    ----------
    status : str
        `proven`: no plan is better. `known`: within the first gap, the proof is still searched. `stopped`: the proof
        was not found in the time allowed, or not asked for by the question. `none`: no plan obeys the rules, and
        `error` says why. `open`: no plan was found so far.
    allocation : Allocation, optional
        The plan, with its value and the bound on every plan.
    """

    status: Literal["proven", "known", "stopped", "none", "open"] = "open"
    allocation: Allocation | None = None
    error: InfeasibleError | None = None

    @property
    def value(self) -> float:
        """What the plan is worth; NaN without a plan."""
        return self.allocation.value if self.allocation else nan

    @property
    def bound(self) -> float:
        """What no plan can exceed; NaN without a plan."""
        return max(self.allocation.bound, self.value) if self.allocation else nan

    @property
    def plan(self) -> dict[str, str]:
        """project_id -> level; a project that is left out is absent."""
        return dict(self.allocation.plan) if self.allocation else {}

    @cached_property
    def decisions(self) -> dict[str, str]:
        """project_id -> fund, stop or refuse; empty without a plan."""
        return dict(self.allocation.table["decision"]) if self.allocation else {}

    @property
    def rest(self) -> float:
        """How much better the best plan may be; NaN without a plan."""
        return self.bound - self.value

    @property
    def ended(self) -> bool:
        """Whether nothing more will be found."""
        return self.status in ("proven", "stopped", "none")


def ask(question: Question, seconds: float, *, last: bool) -> Answer:
    """The solver's answer: the first one, within 1 %, or the last one, which proves what the question asks for."""
    asked = question.replace(time_limit=seconds, gap=question.gap if last else FIRST_GAP)
    try:
        allocation = arbitrate(asked)
    except InfeasibleError as error:
        return Answer("none", error=error)
    except PmoError as error:
        if type(error) is not PmoError:  # a fault of the question, not the end of the time
            raise
        return Answer("stopped" if last else "open")
    proven = allocation.status == "optimal" and allocation.bound <= allocation.value
    return Answer("known" if not last else "proven" if proven else "stopped", allocation)


NO_REASON = "An override without a reason is refused: say in a few words why."
MOST_ANSWERS = 100


@dataclass(frozen=True)
class Move:
    """One line of the log: what was done, why, by whom, when, and what the case was then."""

    time: dt.datetime
    words: str
    reason: str
    decided_by: str
    case: Case


class SessionState:
    """What lies before the committee: the recommended plan, the case, its answer, and how it came about.

    Parameters
    ----------
    question : Question
        Overrides in it are the first case; the recommended plan is the best one without them.
    reasons : bool
        Whether a forced project needs a reason.
    seconds : float
        Longest search for a proof.
    clock : callable, optional
        Gives the time of a move.

    Raises
    ------
    InfeasibleError
        No plan obeys the rules of the question without its overrides.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> session = SessionState(pmo.Question(pmo.load_register("data/samples/meridian_12")))
    >>> session.force("P08", "in", reason="promised to the schools", decided_by="Chair")
    >>> session.prove()
    >>> session.answer.value, session.worse(Case(), session.case), session.changes.leaves
    (24.5, (9.0, 9.0), ('P07',))
    >>> session.undo()
    >>> session.answer.value
    33.5
    """

    def __init__(
        self,
        question: Question,
        *,
        reasons: bool = True,
        seconds: float = 10.0,
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now().replace(microsecond=0),
    ) -> None:
        self.base, start = base_and_case(question)
        self.reasons, self.seconds, self.clock = reasons, seconds, clock
        self.names = {str(p): str(name) for p, name in self.base.register.projects["name"].items()}
        first = arbitrate(self.base.replace(gap=FIRST_GAP, time_limit=seconds))
        self._answers: dict[tuple[object, ...], Answer] = {Case().key: Answer("known", first)}
        self._near: Mapping[str, str] = first.plan
        self.log: list[Move] = []
        self.case = self._stood = self._before = Case()
        self._line, self._at = [start], 0
        if start != Case():
            self._go(start, f"Overrides in force at the start: {listed(map(self.force_words, start.forces))}")

    # What is asked now, and the answer

    @property
    def standing(self) -> Case:
        """The case whose answer is known: the one on the table, or the last one before it."""
        if self.known(self.case).status != "open" and self._stood != self.case:
            self._before, self._stood = self._stood, self.case
        return self._stood

    def known(self, case: Case) -> Answer:
        """The answer of a case as far as it is known: `open` where there is none."""
        return self._answers.get(case.key, Answer())

    @property
    def answer(self) -> Answer:
        """The answer of the case; where none is known yet, the solver is asked for its first one, here and now."""
        if self.case.key not in self._answers:
            self.settle(self.case, self.search(self.case, last=False))
        return self.known(self.case)

    @property
    def recommended(self) -> Answer:
        """The best plan of the question with nothing forced and no limit moved."""
        return self._answers[Case().key]

    def worse(self, one: Case, other: Case) -> tuple[float, float] | None:
        """By how much the best plan of a case is worth less than that of another: least and most."""
        first, second = self.known(one), self.known(other)
        if first.allocation is None or second.allocation is None:
            return None
        return round(first.value - second.bound, 9), round(first.bound - second.value, 9)

    @property
    def changes(self) -> PlanChange:
        """What the last move changed in the plan."""
        now, before = self.known(self.standing), self.known(self._before)
        if self._stood != self.case or not (now.allocation and before.allocation):
            return PlanChange()
        return PlanChange.between(before.plan, now.plan)

    # Moves

    def force(
        self,
        project_id: str,
        in_out: Literal["in", "out"],
        level: str | None = None,
        *,
        reason: str = "",
        decided_by: str = "",
    ) -> None:
        """Take a project in or out by decision.

        Raises
        ------
        PmoError
            Without a reason, where one is needed.
        ValueError
            There is no such project or level, or it is neither in nor out.
        """
        self.base.built.of(project_id, level)
        doors.known([in_out], ["in", "out"], "way")
        if self.reasons and not reason.strip():
            raise PmoError(NO_REASON)
        force = Override(
            project_id=project_id, in_out=in_out, level=level, reason=reason.strip() or "what-if",
            decided_by=decided_by.strip(), date=self.clock().date(),
        )  # fmt: skip
        self._move(self.case.forced(force), self.force_words(force), force)

    def free(self, project_id: str) -> None:
        """Leave a project to the best plan."""
        self._move(self.case.freed(project_id), f"{self.name(project_id)} free again")

    def set_money(self, factor: float) -> None:
        """Put a factor on every envelope.

        Raises
        ------
        InputError
            The factor is no number, negative, or above 5: a percentage by mistake.
        """
        factor = doors.factor(factor, "the factor on money")
        self._move(replace(self.case, money=factor), sentence(money_words(factor)))

    def set_people(self, role: str, count: float) -> None:
        """Set the people of a role in its fullest period; other periods change by the same factor.

        Raises
        ------
        InputError
            There is no such role, or the number is none, negative, or more than five times as many.
        """
        doors.known([role], self.people(), "role")
        today = self.people()[role]
        count = doors.number(count, f"people of {role}", 0, doors.MOST * today)
        words = f"{sentence(role_words(role))}: {as_given(count)} of {as_given(today)}"
        self._move(self.case.with_people(role, count / today), words)

    def people(self) -> dict[str, float]:
        """Role -> people in its fullest period, in the question."""
        rows = [(rule.role, rule.fte) for rule in self.base.active_rules if isinstance(rule, Capacity) and rule.fte > 0]
        return {role: max(count for other, count in rows if other == role) for role, _ in rows}

    def money(self) -> float:
        """Money of the envelopes of the whole portfolio over the horizon, in the question; none where it has none."""
        return sum(r.amount for r in self.base.active_rules if isinstance(r, Envelope) and r.scope == "all")

    def start_again(self) -> None:
        """Back to the recommended plan; it can be undone."""
        self._move(Case(), "Back to the recommended plan")

    def restore(self, case: Case, log: list[Move]) -> None:
        """Take a saved session up: its case and its log; undo and redo go through its moves."""
        self.log = list(log)
        self._line = [one for one, _ in groupby([Case(), *(move.case for move in log), case])]
        self._at = len(self._line) - 1
        self._go(case, "The saved session was opened")

    def can_step(self, by: int) -> bool:
        """Whether there is a move to take back (−1), or one that was (1)."""
        return 0 <= self._at + by < len(self._line)

    def _move(self, case: Case, words: str, force: Override | None = None) -> None:
        """Put another case on the table; the same one again is no move."""
        if case != self.case:
            self._at += 1
            self._line[self._at :] = [case]
            self._go(case, words, force)

    def _step(self, by: int, words: str) -> None:
        """Go along the line of moves, as far as it goes."""
        if self.can_step(by):
            self._at += by
            self._go(self._line[self._at], words)

    def _go(self, case: Case, words: str, force: Override | None = None) -> None:
        """Put a case on the table, and write it into the log."""
        self._before = self._stood = self.standing
        self.case = case
        why = (force.reason, force.decided_by) if force else ("", "")
        self.log.append(Move(self.clock(), words, *why, case))

    undo = partialmethod(_step, -1, "Undo")
    redo = partialmethod(_step, 1, "Redo")

    # Answers

    def open_searches(self) -> Iterator[tuple[Case, bool]]:
        """What is still to be asked, (case, whether last): this case, the recommended plan, this case unforced."""
        case, free = self.case, self.case.unforced
        steps = ((case, False), (Case(), True), (case, True), (free, False), (free, True))
        for (key, last), one in {(one.key, last): one for one, last in steps}.items():
            if key not in self._answers or (last and not self._answers[key].ended):
                yield one, last

    def search(self, case: Case, *, last: bool) -> Answer:
        """Ask the solver; no answer is kept, so that any thread may.

        Among equally good plans the one nearest to the recommended plan is taken: what differs, differs because of
        the case.
        """
        if case.key != Case().key:
            return ask(case.question(self.base).replace(last_plan=self._near), self.seconds, last=last)
        found = ask(self.base, self.seconds, last=last)
        self._near = found.plan or self._near
        return found

    def settle(self, case: Case, answer: Answer) -> None:
        """Keep an answer; of those that are not on the screen the oldest is forgotten."""
        before = self._answers.pop(case.key, answer)
        if before.ended or answer.status == "open":
            answer = before
        elif answer.status == "stopped" and answer.allocation is None:
            answer = Answer("stopped", before.allocation)
        self._answers[case.key] = answer
        held = {one.key for one in (Case(), self.case, self.case.unforced, self._before, self._stood)}
        for key in [key for key in self._answers if key not in held][: len(self._answers) - MOST_ANSWERS]:
            del self._answers[key]

    def proved(self, case: Case) -> Answer:
        """The last answer of a case; where it is not known, the solver is asked for it, here and now."""
        if not self.known(case).ended:
            self.settle(case, self.search(case, last=True))
        return self.known(case)

    def prove(self) -> None:
        """Have every answer that is open, here and now."""
        for case, last in self.open_searches():
            self.settle(case, self.search(case, last=last))

    def tried(self) -> list[Case]:
        """The cases of this session, the newest first, each once; the recommended plan among them."""
        newest = [self.case, *(move.case for move in reversed(self.log)), Case()]
        keys = [case.key for case in newest]
        return [case for at, case in enumerate(newest) if case.key not in keys[:at]]

    # Words and tables

    def name(self, project_id: str) -> str:
        """A project by id and name."""
        return f"{project_id} {self.names[project_id]}"

    def level_words(self, project_id: str, level: str) -> str:
        """What a level is called."""
        options = self.base.built
        label = options.table["label"].iloc[options.position(project_id, level)]
        return str(label) or level

    def force_words(self, force: Override) -> str:
        """A forced project in words: P08 Reservoir Learning Hub in."""
        where = f" ({self.level_words(force.project_id, force.level)})" if force.level else ""
        return f"{self.name(force.project_id)} {force.in_out}{where}"

    def case_words(self, case: Case, most: int | None = None) -> str:
        """A case in a few words; more forced projects than `most` are counted."""
        today = self.people()
        limits = [money_words(case.money)] if case.money != 1 else []
        limits += [f"{as_given(factor * today[role])} {role_words(role)}" for role, factor in case.people]
        forced = [f"{self.names[f.project_id]} {f.in_out}" for f in case.forces]
        if most is not None and len(forced) > most:
            forced = [f"{len(forced)} projects forced"]
        return listed([*limits, *forced]) if limits or forced else "the recommended plan"

    @property
    def table(self) -> pd.DataFrame:
        """The rows of the case on the table."""
        return self.rows(self.case, self.answer)

    def rows(self, case: Case, answer: Answer) -> pd.DataFrame:
        """One row per project, with the order of the case on it, if any, and what the answer does.

        name, decision, level, recommended, reason, decided_by, forced, forced_level, differs (in its level). A decision
        is fund, stop or refuse; none where there is no plan.
        """
        orders = {"reason": "reason", "decided_by": "decided_by", "forced": "in_out", "forced_level": "level"}
        columns = {
            "name": self.names, "decision": answer.decisions, "level": answer.plan,
            "recommended": self.recommended.decisions,
            **{name: {f.project_id: getattr(f, told) for f in case.forces} for name, told in orders.items()},
        }  # fmt: skip
        order = pd.Index(list(self.recommended.decisions), name="project_id")
        table = pd.DataFrame({name: pd.Series(cells, order, dtype="str") for name, cells in columns.items()})
        table = table.fillna({"decision": "none"}).fillna("")
        return table.assign(differs=table["level"] != [self.recommended.plan.get(str(p), "") for p in order])

    @property
    def moves(self) -> pd.DataFrame:
        """The log: time, move, reason, decided_by, and value, bound and status of the answer as known now."""
        columns = ["time", "move", "reason", "decided_by", "value", "bound", "status"]
        told = [(move, self.known(move.case)) for move in self.log]
        rows = [(m.time, m.words, m.reason, m.decided_by, a.value, a.bound, a.status) for m, a in told]
        return pd.DataFrame(rows, columns=columns)


def money_words(factor: float) -> str:
    """A factor on money in words.

    >>> money_words(0.85), money_words(1.004), money_words(1)
    ('money −15 %', 'money +0.4 %', 'money as in the register')
    """
    change = round(100 * (factor - 1), 6)
    return f"money {'+' * (change > 0)}{as_given(change)} %" if change else "money as in the register"
