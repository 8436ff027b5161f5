"""The state of an arbitration in the room, without a screen: moves, undo, the log, and the answers met.

A view sends moves and draws `SessionState`; a test does the same without a view. Nothing here imports ipywidgets.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from pmo_kit import doors
from pmo_kit.arbitration import Question
from pmo_kit.arbitration.rules import Capacity, Envelope, role_words
from pmo_kit.errors import PmoError
from pmo_kit.figures.captions import listed, sentence
from pmo_kit.widgets.answers import Answer
from pmo_kit.widgets.cases import Case, Force, InOut, base_and_case
from pmo_kit.widgets.known_answers import KnownAnswers

NO_REASON = "An override without a reason is refused: say in a few words why."


@dataclass(frozen=True)
class Move:
    """One line of the log: what was done, why, by whom, when, and what the case was then."""

    number: int
    time: dt.datetime
    words: str
    reason: str
    decided_by: str
    case: Case


@dataclass(frozen=True)
class Change:
    """What is different between two plans."""

    entered: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    resized: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.entered or self.left or self.resized)


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
    >>> session.answer.value, session.loss, session.changes.left
    (24.5, 9.0, ('P07',))
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
        self.base, self.start = base_and_case(question)
        self.reasons, self.seconds, self.clock = reasons, seconds, clock
        register = self.base.register
        self.names = {str(p): str(name) for p, name in register.projects["name"].items()}
        self._at = {pair: i for i, pair in enumerate(self.base.built.table.index)}
        self.answers = KnownAnswers(self.base)
        self.log: list[Move] = []
        self._past: list[Case] = []
        self._future: list[Case] = []
        self._case = self._before = Case()
        self.answers.open_with(seconds)
        if self.start != Case():
            self._case = self._before = self.start
            self._write("Overrides in force at the start: " + self._forced_words(self.start))
        self.answers.quick(self._case, self._held())

    # What is asked now, and the answer

    @property
    def case(self) -> Case:
        """The case on the table."""
        return self._case

    @property
    def question(self) -> Question:
        """The question of the case."""
        return self._case.question(self.base)

    @property
    def answer(self) -> Answer:
        """The answer known so far."""
        answer = self.answers.known(self._case)
        assert answer is not None
        return answer

    @property
    def recommended(self) -> Answer:
        """The best plan of the question with nothing forced and no limit moved, as known so far."""
        answer = self.answers.known(Case())
        assert answer is not None
        return answer

    @property
    def unforced(self) -> Answer | None:
        """The answer with the same limits and nothing forced, where it is known."""
        return self.answers.known(self._case.unforced)

    @property
    def loss(self) -> float:
        """What the case is worth less than the recommended plan; the answer need not be proven."""
        return round(self.recommended.value - self.answer.value, 9)

    @property
    def price(self) -> tuple[float, float] | None:
        """Between what the forced projects cost under today's limits; equal ends where both are proven."""
        free, now = self.unforced, self.answer
        if free is None or not free.has_plan or not now.has_plan:
            return None
        low = max(0.0, free.value - (now.value if now.status == "proven" else now.bound))
        high = max(0.0, (free.value if free.status == "proven" else free.bound) - now.value)
        return round(low, 9), round(high, 9)

    @property
    def changes(self) -> Change:
        """What entered, left and changed its level since the last move."""
        before = self.answers.known(self._before)
        return self.changes_between(before, self.answer)

    def changes_between(self, before: Answer | None, after: Answer) -> Change:
        """What entered, left and changed its level between two answers; nothing where one has no plan."""
        if before is None or not before.has_plan or not after.has_plan:
            return Change()
        old, new = self._running(before), self._running(after)
        return Change(
            tuple(sorted(new.keys() - old.keys())),
            tuple(sorted(old.keys() - new.keys())),
            tuple(sorted(p for p in old.keys() & new.keys() if old[p] != new[p])),
        )

    def _running(self, answer: Answer) -> dict[str, str]:
        """Projects that go on, with their level: a stop is out."""
        stops = self.base.built.stops
        return {p: v for p, v in answer.plan.items() if not stops[self._at[p, v]]}

    # Moves

    def force(
        self,
        project_id: str,
        in_out: InOut,
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
            There is no such project or level.
        """
        self.base.built.of(project_id, level)
        if self.reasons and not reason.strip():
            raise PmoError(NO_REASON)
        force = Force(
            project_id, in_out, level, reason.strip() or "what-if", decided_by.strip(), self.clock().date()
        )
        where = f" ({self.level_words(project_id, level)})" if level else ""
        self._move(
            self._case.forced(force),
            f"{self.name(project_id)} {in_out}{where}",
            force.reason,
            force.decided_by,
        )

    def free(self, project_id: str) -> None:
        """Leave a project to the best plan."""
        if self._case.force(project_id) is not None:
            self._move(self._case.freed(project_id), f"{self.name(project_id)} free again")

    def set_money(self, factor: float) -> None:
        """Put a factor on every envelope.

        Raises
        ------
        InputError
            The factor is no number, negative, or above 5: a percentage by mistake.
        """
        factor = doors.factor(factor, "the factor on money")
        if factor != self._case.money:
            percent = f"{100 * (factor - 1):+.0f}".replace("-", "−")
            words = "Money as in the register" if factor == 1 else f"Money {percent} %"
            self._move(self._case.with_money(factor), words)

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
        case = self._case.with_people(role, count / today)
        if case != self._case:
            self._move(case, f"{sentence(role_words(role))}: {count:g} of {today:g}")

    def people(self) -> dict[str, float]:
        """Role -> people in its fullest period, in the question."""
        most: dict[str, float] = {}
        for rule in self.base.active_rules:
            if isinstance(rule, Capacity) and rule.fte > 0:
                most[rule.role] = max(most.get(rule.role, 0.0), rule.fte)
        return most

    def money(self) -> float:
        """Money of all envelopes over the horizon, in the question."""
        return sum(r.amount for r in self.base.active_rules if isinstance(r, Envelope) and r.scope == "all")

    def undo(self) -> None:
        """Take the last move back."""
        if self._past:
            self._future.append(self._case)
            self._go(self._past.pop())
            self._write("Undo")

    def redo(self) -> None:
        """Make the move again that was taken back."""
        if self._future:
            self._past.append(self._case)
            self._go(self._future.pop())
            self._write("Redo")

    def start_again(self) -> None:
        """Back to the recommended plan; it can be undone."""
        if self._case != Case():
            self._move(Case(), "Back to the recommended plan")

    def restore(self, case: Case, log: list[Move]) -> None:
        """Take a saved session up: its case and its log."""
        self._past.append(self._case)
        self._future.clear()
        self.log = list(log)
        self._go(case)
        self._write("The saved session was opened")

    @property
    def can_undo(self) -> bool:
        """Whether there is a move to take back."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Whether a move was taken back."""
        return bool(self._future)

    def _move(self, case: Case, words: str, reason: str = "", decided_by: str = "") -> None:
        self._past.append(self._case)
        self._future.clear()
        self._go(case)
        self._write(words, reason, decided_by)

    def _go(self, case: Case) -> None:
        self._before, self._case = self._case, case
        self.answers.quick(case, self._held())

    def _write(self, words: str, reason: str = "", decided_by: str = "") -> None:
        self.log.append(Move(len(self.log) + 1, self.clock(), words, reason, decided_by, self._case))

    # Answers

    def open_cases(self) -> list[Case]:
        """Cases whose answer is still to be proven: on the table, the same with nothing forced, the recommended."""
        return self.answers.open_cases([self._case, self._case.unforced, Case()])

    def settle(self, case: Case, answer: Answer) -> None:
        """Take the answer of a longer search in."""
        self.answers.settle(case, answer, self._held())

    def prove(self) -> None:
        """Search for every proof that is open, here and now."""
        for case in self.open_cases():
            self.settle(case, self.answers.search(case, self.seconds, last=True))

    def _held(self) -> list[Case]:
        """Cases whose answers are on the screen: they are never forgotten."""
        return [Case(), self._case, self._case.unforced, self._before]

    # Words and tables

    def name(self, project_id: str) -> str:
        """A project by id and name."""
        return f"{project_id} {self.names[project_id]}"

    def level_words(self, project_id: str, level: str) -> str:
        """What a level is called."""
        options = self.base.built
        label = options.table["label"].iloc[options.position(project_id, level)]
        return str(label) or level

    def _forced_words(self, case: Case) -> str:
        return listed(f"{self.name(f.project_id)} {f.in_out}" for f in case.forces)

    @property
    def table(self) -> pd.DataFrame:
        """One row per project: name, level, decision (fund, stop, refuse), recommended, forced, reason."""
        options, now = self.base.built, self.answer
        rows = []
        for project in options.groups:
            force = self._case.force(project)
            rows.append(
                {
                    "project_id": project,
                    "name": self.names[project],
                    "level": now.plan.get(project, ""),
                    "decision": self.decision(project, now),
                    "recommended": self.decision(project, self.recommended),
                    "forced": force.in_out if force else "",
                    "reason": force.reason if force else "",
                }
            )
        return pd.DataFrame(rows).set_index("project_id")

    def decision(self, project_id: str, answer: Answer | None = None) -> str:
        """What an answer (that of the case unless given) says of a project: fund, stop, refuse; none without a plan."""
        answer = answer or self.answer
        if not answer.has_plan:
            return "none"
        level = answer.plan.get(project_id)
        if level is None:
            return "refuse"
        return "stop" if self.base.built.stops[self._at[project_id, level]] else "fund"

    @property
    def moves(self) -> pd.DataFrame:
        """The log: number, time, move, reason, decided_by, value and status of the answer as known now."""
        rows = []
        for move in self.log:
            answer = self.answers.known(move.case)
            rows.append(
                {
                    "number": move.number, "time": move.time, "move": move.words, "reason": move.reason,
                    "decided_by": move.decided_by,
                    "value": answer.value if answer is not None and answer.has_plan else float("nan"),
                    "status": answer.status if answer is not None else "",
                }
            )  # fmt: skip
        columns = ["number", "time", "move", "reason", "decided_by", "value", "status"]
        return pd.DataFrame(rows, columns=columns)
