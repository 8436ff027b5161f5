"""How firm the plan is: which projects are in every good plan, at the border, or in none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType

import numpy as np
import pandas as pd

from pmo_kit.answers import Answer
from pmo_kit.arbitration.allocation import Allocation, arbitrate
from pmo_kit.arbitration.question import Question
from pmo_kit.arbitration.rules import Row
from pmo_kit.arbitration.search import best_plan, proof_gap
from pmo_kit.arbitration.solving import Limits
from pmo_kit.doors import door, share
from pmo_kit.errors import InputError
from pmo_kit.facts import as_given

IN, BORDER, OUT = "in every good plan", "at the border", "in no good plan"


@dataclass(frozen=True, eq=False)
class Core(Answer):
    """Which projects hold in every good plan.

    `table` has one row per project: name, area, in_plan, standing (`in every good plan`, `at the border`, `in no good
    plan`; proven).

    Parameters
    ----------
    allocation : Allocation
    epsilon : float
        A good plan is worth at least (1 - epsilon) of the best.
    """

    allocation: Allocation
    epsilon: float
    _table: pd.DataFrame = field(repr=False)

    @property
    def summary(self) -> str:
        """One sentence."""
        counts = self._table["standing"].value_counts()
        words = ", ".join(f"{counts.get(kind, 0)} {kind}" for kind in (IN, BORDER, OUT))
        return f"Plans within {as_given(100 * self.epsilon)} % of the best: {words} (proven)."

    @property
    def inputs(self) -> Mapping[str, str]:
        """Those of the allocation, and epsilon."""
        return MappingProxyType({**self.allocation.inputs, "epsilon": as_given(self.epsilon)})


@door
def core_projects(question: Question, epsilon: float = 0.01, *, seed: int = 7) -> Core:
    """Which projects are in every good plan, at the border, or in none.

    Parameters
    ----------
    question : Question
    epsilon : float
        A plan is good within this share of the best value.
    seed : int
        Taken as by every function of its kind; this one proves and draws nothing, so that no answer depends on it.

    Raises
    ------
    InputError
        The answer to the question is not proven, so that no core can be.

    Notes
    -----
    *In every good plan* = in every plan within epsilon of V*, proven by an exact search for a plan without it. What is
    only sampled (the core index of Liesioe, Mild and Salo 2007, EJOR 181, over an information set) is no such proof.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> core = pmo.core_projects(pmo.Question(pmo.load_register("data/samples/meridian_12")))
    >>> core.table.loc["P03", "standing"]
    'in every good plan'
    """
    epsilon = share(epsilon, "epsilon")
    allocation = arbitrate(question)
    if allocation.gap > 0:
        raise InputError(
            "The plan is not proven best, so no project can be proven to be in every good plan: set gap=0."
        )
    least = allocation._value - round(epsilon * abs(allocation._value))
    options = question.built
    base = allocation.table["decision"].eq("fund")
    asks = [partial(_standing, project=p, inside=bool(base[p]), least=least) for p in options.groups]
    standing = dict(zip(options.groups, allocation._each(asks), strict=True))
    table = allocation.table[["name", "area"]].assign(in_plan=base, standing=pd.Series(standing))
    return Core(allocation, epsilon, table)


def _standing(allocation: Allocation, project: str, inside: bool, least: int) -> str:
    """Whether a good plan without (or with) the project exists."""
    model = allocation._model
    mine = model.question.built.of(project)
    pool = allocation._pool
    if inside:
        fixed = {int(i): 0 for i in mine}
        rows: list[Row] = []
    else:
        fixed = {}
        rows = [Row("in", mine, np.ones(len(mine)), 1, np.inf)]
    known = pool.best(fixed, rows)
    if known is None or known < least:
        found = best_plan(model, fixed=fixed, extra=rows, least=least, limits=Limits(proof_gap(model)))
        pool.add(found.plan)
        if found.plan is None:
            return IN if inside else OUT
    return BORDER
