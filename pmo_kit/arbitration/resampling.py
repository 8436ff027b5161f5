"""The same rules under many values: how often each project is in the best plan."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from pmo_kit.arbitration.allocation import SMALL
from pmo_kit.arbitration.infeasibility import conflict_error
from pmo_kit.arbitration.model import ONE, Model, Plan, compile_model
from pmo_kit.arbitration.search import best_plan, moment
from pmo_kit.arbitration.solving import Limits, solve
from pmo_kit.arbitration.warm import Warm, as_row, positions

if TYPE_CHECKING:
    from pmo_kit.arbitration.options import Floats
    from pmo_kit.arbitration.question import Question

# values of the options, and 1 -> plan, its value, a bound
Search = Callable[["Floats"], tuple[Plan, float, float]]
MOST_NODES = 1000  # branches for one sample


@dataclass(frozen=True, eq=False)
class Frequencies:
    """How often each project was in the best plan, over samples of the values.

    `table`: index project_id; frequency (share of the samples). `gaps`: bound - value of every sample, in median
    projects. `regret`: best value found - value of the plan asked about, per sample.
    """

    _table: pd.DataFrame = field(repr=False)
    gaps: pd.Series = field(repr=False)
    regret: pd.Series = field(repr=False)
    inputs: Mapping[str, str]

    @property
    def table(self) -> pd.DataFrame:
        """One row per project: frequency."""
        return self._table.copy(deep=False)

    @property
    def summary(self) -> str:
        """One sentence."""
        firm = int((self._table["frequency"] > 0.95).sum())
        count = len(self.gaps)
        return (
            f"Over {count} samples {firm} projects are in more than 95 % of the plans; the mean gap is "
            f"{self.gaps.mean():.2f} median projects (sampled, not proven)."
        )


def inclusion_frequency(
    question: Question,
    samples: ArrayLike,
    *,
    gap_projects: float = 0.5,
    plan: Mapping[str, str] | None = None,
    inputs: Mapping[str, str] | None = None,
) -> Frequencies:
    """How often each project is in the best plan when the values are sampled.

    Parameters
    ----------
    question : Question
    samples : array (draws x options)
        Values of the options, in the order of `question.options`.
    gap_projects : float
        Gap accepted for one sample, in median projects (0: every sample is proven).
    plan : mapping of str to str, optional
        The plan whose regret is wanted (project_id -> level); the best one under the question's own values when
        not given.
    inputs : mapping of str to str, optional
        Where the samples come from (draws, seed, distribution).

    Raises
    ------
    ValueError
        The samples do not have one value per option, or the plan breaks a rule.
    InfeasibleError
        No plan obeys the rules.

    Notes
    -----
    Plans found so far are valued again under every sample; only where the best of them is further than the gap
    from the relaxation is the sample searched. After the question's time limit no sample is searched: gaps stay open.
    Synergies and prices of soft rules are as in the question in every sample.
    Liesioe, Mild and Salo (2007); called a frequency, not a core.
    """
    model = compile_model(question)
    values = np.atleast_2d(np.asarray(samples, float))
    if values.shape[1] != model.n:
        raise ValueError(f"Samples have {values.shape[1]} values; the question has {model.n} options.")
    options = question.built
    base = np.abs(options.values[options.values > 0])
    median = float(np.median(base)) if len(base) else 1.0
    accepted = max(gap_projects * median, 1e-9)
    own = best_plan(model, limits=Limits(accepted)).plan if plan is None else model.positions(plan)
    if own is None:
        raise conflict_error(question)
    pool: dict[Plan, Floats] = {}
    if _kept(model, pool, own) is None:
        raise ValueError("The plan breaks a rule, so that its regret cannot be told.")
    until = moment(question.time_limit)
    chosen = np.zeros((len(values), model.n), bool)
    gaps, best_values = np.zeros(len(values)), np.zeros(len(values))
    nearby = gap_projects > 0 and (question.gap or len(options.groups) > SMALL) and Warm.fits(model)
    search = (_nearby if nearby else _plain)(model, pool, accepted, until)
    for draw, sample in enumerate(np.column_stack([values, np.ones(len(values))])):
        best, best_values[draw], bound = search(sample)
        chosen[draw, list(best)] = True
        gaps[draw] = max(0.0, bound - best_values[draw]) / median
    inside = {p: float(chosen[:, [i for i in m if not options.stops[i]]].any(axis=1).mean())
              for p, m in options.groups.items()}  # fmt: skip
    table = pd.DataFrame({"frequency": pd.Series(inside)}).rename_axis("project_id")
    regret = pd.Series(best_values - values @ pool[own][:-1] - pool[own][-1], name="regret")
    return Frequencies(table, pd.Series(gaps, name="gap"), regret, MappingProxyType(dict(inputs or {})))


def _plain(model: Model, pool: dict[Plan, Floats], accepted: float, until: float | None) -> Search:
    """A plan and a bound for one sample, by a full search where no known plan is good enough."""
    relaxed = replace(model.program, integer=np.zeros_like(model.program.integer))

    def search(sample: Floats) -> tuple[Plan, float, float]:
        objective = np.array(model.program.value)
        objective[: model.n] = sample[:-1]
        bound = solve(relaxed.maximizing(objective)).value
        top, best = max((float(row @ sample), p) for p, row in pool.items())
        if bound - top > accepted and _time_left(until):
            found = solve(model.program.maximizing(objective), Limits(accepted, None, until))
            mine = None if found.x is None else _kept(model, pool, found.x)
            if mine is not None:
                bound = min(bound, found.bound)
                top, best = max((top, best), (float(pool[mine] @ sample), mine))
        return best, top, bound

    return search


def _nearby(model: Model, pool: dict[Plan, Floats], accepted: float, until: float | None) -> Search:
    """The same from a warm relaxation and exchanges around it; searched is only what could lie above the gap."""
    warm = Warm(model)
    limits = Limits(accepted, model.question.node_limit or MOST_NODES, until)

    def search(sample: Floats) -> tuple[Plan, float, float]:
        relaxed = warm.relax(sample[:-1])
        rows = np.array(list(pool.values()))
        start = rows[int(np.argmax(rows @ sample))]
        bound = np.inf if relaxed is None else relaxed.bound
        if relaxed is not None and bound - float(start @ sample) > accepted and _time_left(until):
            x = warm.near(relaxed, [start[:-1]], bound - accepted)
            if x is not None:
                _kept(model, pool, x)
        top, best = max((float(row @ sample), p) for p, row in pool.items())
        while relaxed is not None and bound - top > accepted and _time_left(until):
            cut = top + accepted
            found = warm.beyond(relaxed, cut, limits)
            mine = None if found.x is None else _kept(model, pool, found.x)
            above = mine is not None and float(pool[mine] @ sample) > cut
            none = found.status == "infeasible" or (found.status == "optimal" and found.value <= cut)
            bound = min(bound, cut if none else max(cut, found.bound))
            if mine is not None:
                top, best = max((top, best), (float(pool[mine] @ sample), mine))
            if not above:
                break
        return best, top, bound

    return search


def _time_left(until: float | None) -> bool:
    """Whether a search may still begin."""
    return until is None or time.monotonic() < until


def _kept(model: Model, pool: dict[Plan, Floats], x: Floats | Plan) -> Plan | None:
    """The plan, kept in the pool, if it obeys every rule in exact arithmetic.

    Kept is what it is worth: its options as ones, and last its synergies less the price of soft rules.
    """
    plan = x if isinstance(x, tuple) else positions(x[: model.n])
    if plan not in pool:
        exact = model.evaluate(plan)
        if exact.broken:
            return None
        rest = (exact.value - sum(model.values[i] for i in plan)) / ONE
        pool[plan] = np.append(as_row(model.n, plan), rest)
    return plan
