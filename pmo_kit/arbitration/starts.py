"""What starting one year later costs or gains, project by project."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pmo_kit.arbitration.allocation import SMALL, Allocation, asked_gap
from pmo_kit.arbitration.model import ONE, compile_model
from pmo_kit.arbitration.rules import Row
from pmo_kit.arbitration.search import Pool, best_known, each, proof_gap
from pmo_kit.arbitration.solving import Limits
from pmo_kit.doors import door

COLUMNS = ["project_id", "name", "area", "in_plan", "later", "value", "cost", "cost_upper"]


@door
def cost_of_delay(allocation: Allocation) -> pd.DataFrame:
    """What one year later costs or gains, for each project whose later start the register allows.

    Parameters
    ----------
    allocation : Allocation

    Returns
    -------
    DataFrame
        One row per project, the dearest delay first: name, area; in_plan; later (years after the start that was asked
        for); value of the best plan in which it starts so, and no other project starts later than the question allows
        (NaN: there is none); cost, of the value of the plan: positive where the delay costs, negative where it gains.
        A project that is not in the plan is taken in one year late. The cost lies between cost and cost_upper, which
        are equal where it is proven.

    Notes
    -----
    By solving again with the start fixed: the others may leave, enter and change their size. Cost of delay: Reinertsen
    (2009), The Principles of Product Development Flow, chapter 2; here on the value of the portfolio.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> allocation = pmo.arbitrate(pmo.Question(pmo.load_register("data/samples/meridian_12")))
    >>> list(cost_of_delay(allocation).columns[:4])
    ['name', 'area', 'in_plan', 'later']
    """
    question = allocation.question
    model = compile_model(question.replace(deferral=question.deferral + 1))
    options, delays = model.question.built, model.question.built.delays
    known = [set(model.positions(allocation._model.levels(plan))) for plan in allocation._pool.plans]
    pool = Pool(model, map(tuple, map(sorted, known)))
    exact = len(options.groups) <= SMALL
    gap = 0.0 if exact else asked_gap(question) * allocation._free_value()
    limits = Limits(max(proof_gap(model), gap), question.node_limit)
    late = np.flatnonzero(delays > question.deferral)

    def asked(pool: Pool, project: str, plan: pd.Series, wanted: NDArray[np.int64]) -> tuple[object, ...]:
        mine = options.of(project)
        moved = (tuple(sorted(one.difference(mine) | {i})) for one in known for i in wanted.tolist())
        for late_plan in best_known(model, moved):
            pool.add(late_plan)
        fixed = {int(i): 0 for i in [*late, *mine] if i not in wanted}
        found = pool.search(fixed, [Row("later", wanted, np.ones(len(wanted)), 1, np.inf)], limits)
        value = cost = upper = float("nan")
        if found.plan is not None:
            value, cost = found.value / ONE, allocation.value - found.bound / ONE
            upper = allocation.bound - found.value / ONE
        inside = plan["decision"] == "fund"
        return project, plan["name"], plan["area"], inside, int(plan["delay"]) + 1, value, cost, upper

    asks = []
    for project, plan in allocation.table.iterrows():
        mine = options.of(str(project))
        wanted = mine[delays[mine] == int(plan["delay"]) + 1]
        if len(wanted):
            asks.append(partial(asked, project=str(project), plan=plan, wanted=wanted))
    table = pd.DataFrame(each(pool, asks), columns=COLUMNS).set_index("project_id")
    return table.sort_values("cost", ascending=False, kind="stable")
