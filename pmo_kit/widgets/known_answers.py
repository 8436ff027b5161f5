"""The answers met in a session, by case: none is searched twice, and the oldest are forgotten."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pmo_kit.arbitration import Question, arbitrate
from pmo_kit.arbitration.model import compile_model
from pmo_kit.errors import PmoError
from pmo_kit.widgets.answers import Answer, PlanPool, better, proven_answer, quick_answer
from pmo_kit.widgets.cases import Case

MOST_ANSWERS = 300
FIRST = 0.6  # seconds before the board stands, where nothing is known yet


class KnownAnswers:
    """Case -> best answer known, and the plans met on the way."""

    def __init__(self, base: Question) -> None:
        self.base, self.pool = base, PlanPool()
        self._answers: dict[tuple[object, ...], Answer] = {}

    def __len__(self) -> int:
        return len(self._answers)

    def known(self, case: Case) -> Answer | None:
        """The best answer known, if any."""
        return self._answers.get(case.key)

    def open_with(self, seconds: float) -> None:
        """Have a plan of the base question: proven where that is quick, otherwise the best one known so far.

        Raises
        ------
        InfeasibleError
            No plan obeys its rules.
        PmoError
            None was found in time.
        """
        for patience in (min(FIRST, seconds), seconds):
            answer = self.search(Case(), patience, last=False)
            if answer.status == "none":
                arbitrate(self.base)
            if not answer.has_plan:
                answer = better(answer, quick_answer(self.base, self.pool))
            if answer.has_plan:
                self._keep(Case(), answer, ())
                return
        raise PmoError(f"No plan was found in {seconds:g} seconds: allow more, for example seconds=60.")

    def quick(self, case: Case, held: Iterable[Case]) -> None:
        """Have an answer of a case at once."""
        if case.key not in self._answers:
            self._keep(case, quick_answer(case.question(self.base), self.pool), held)

    def search(self, case: Case, seconds: float, last: bool) -> Answer:
        """Search for the proof of a case. Without one the answer is `stopped` where this is the `last` search."""
        found = proven_answer(case.question(self.base), self.pool, seconds)
        if found.status in ("proven", "none"):
            return found
        return replace(found, status="stopped" if last else "known" if found.has_plan else "open")

    def settle(self, case: Case, answer: Answer, held: Iterable[Case]) -> None:
        """Take an answer in, beside the one known."""
        known = self.known(case)
        self._keep(case, answer if known is None else better(known, answer), held)

    def open_cases(self, wanted: Iterable[Case]) -> list[Case]:
        """Those of the cases whose search has not ended, each once."""
        found: dict[tuple[object, ...], Case] = {}
        for case in wanted:
            answer = self.known(case)
            ended = answer is not None and (
                answer.status in ("proven", "stopped") or (answer.status == "none" and bool(answer.words))
            )
            if not ended:
                found.setdefault(case.key, case)
        return list(found.values())

    def _keep(self, case: Case, answer: Answer, held: Iterable[Case]) -> None:
        if case.forces and answer.has_plan:
            answer = self._beside_unforced(case, answer)
        self._answers.pop(case.key, None)
        self._answers[case.key] = answer
        if answer.has_plan:
            self.pool.add(answer.plan)
        if len(self._answers) > MOST_ANSWERS:
            kept = {case.key, *(c.key for c in held)}
            del self._answers[next(key for key in self._answers if key not in kept)]

    def _beside_unforced(self, case: Case, answer: Answer) -> Answer:
        """An answer with forced projects, bounded by the one without; a better plan is one of both cases."""
        free = self.known(case.unforced)
        if free is None or not free.has_plan:
            return answer
        if answer.value > free.value and free.status != "proven":
            model = compile_model(case.unforced.question(self.base))
            if not model.evaluate(model.positions(answer.plan)).broken:
                found = replace(free, value=answer.value, plan=answer.plan, limits=answer.limits, unique=None)
                self._answers[case.unforced.key] = found
        return answer if answer.status == "proven" else replace(answer, bound=min(answer.bound, free.bound))
