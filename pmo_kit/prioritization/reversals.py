"""Does the order depend on who else is on the list? Leaving projects out, and copying them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pmo_kit.errors import PmoError
from pmo_kit.prioritization.contributions import relative_parts
from pmo_kit.prioritization.ranking import Ranking

_TIE = 1e-9


def reversal_test(ranking: Ranking) -> pd.DataFrame:
    """Leave each project out, and add a copy of each, and count which of the others change places.

    Values on declared scales never change by it; closeness and net flows may (Belton and Gear 1983).

    Parameters
    ----------
    ranking : Ranking
        By value, wsjf, topsis or promethee.

    Returns
    -------
    DataFrame
        Indexed by (test, project_id), test "left out" or "copied": pairs_turned (pairs of other projects in
        another order), leader (who leads then), leader_changes, example (one such pair).

    Raises
    ------
    PmoError
        The method uses no scores.
    """
    if ranking.card is None:
        raise PmoError(
            f"The method {ranking.method} uses no scores: its figures do not depend on the others."
        )
    projects = ranking.ranked
    level = ranking.table.loc[projects, "level"]
    at = ranking.card.options.get_indexer(pd.MultiIndex.from_arrays([projects, level]))
    before = ranking.table.loc[projects, "value"].to_numpy(float)
    everyone = np.arange(len(projects))
    rows: list[tuple[Any, ...]] = []
    for i in everyone:
        for test, kept in (("left out", np.delete(everyone, i)), ("copied", np.append(everyone, i))):
            others = np.delete(everyone, i)
            if not len(others):
                continue
            after = _values(ranking, at, kept, before)
            fixed = ranking.method not in ("topsis", "promethee")
            place = others if test == "copied" else np.arange(len(others))
            turned = np.empty((0, 2), dtype=np.intp) if fixed else _turned(before[others], after[place])
            first = others[int(after[place].argmax())]
            was = others[int(before[others].argmax())]
            example = ""
            if len(turned):
                a, b = (str(projects[int(others[k])]) for k in turned[0])
                example = f"{b} passes {a}"
            rows.append(
                (test, projects[int(i)], len(turned), projects[int(first)], bool(first != was), example)
            )
    columns = ["test", "project_id", "pairs_turned", "leader", "leader_changes", "example"]
    return (
        pd.DataFrame(rows, columns=columns)
        .set_index(["test", "project_id"])
        .sort_index(level=0, sort_remaining=False)
    )


def describe_reversals(tests: pd.DataFrame) -> str:
    """The result of `reversal_test` in a sentence.

    Examples
    --------
    >>> describe_reversals(pd.DataFrame({"pairs_turned": [0], "example": [""]}, index=[("left out", "P01")]))
    'Leaving out or copying any project changes the place of no other.'
    """
    worst = tests[tests["pairs_turned"] > 0]
    if worst.empty:
        return "Leaving out or copying any project changes the place of no other."
    most = int(worst["pairs_turned"].to_numpy().argmax())
    (test, project), example = worst.index[most], worst["example"].iloc[most]
    act = "is left out" if test == "left out" else "is entered twice"
    return (
        f"The order depends on who is on the list: {len(worst)} of {len(tests)} tests change it; "
        f"when {project} {act}, {example}."
    )


def _values(
    ranking: Ranking, at: NDArray[np.intp], kept: NDArray[np.intp], before: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Figures of the kept projects when only they are compared."""
    if ranking.method not in ("topsis", "promethee") or ranking.card is None:
        return before[kept]
    if len(kept) < 2:
        return np.zeros(len(kept))
    options = {key: value for key, value in ranking.settings.items() if key not in ("leniency", "missing")}
    parts = relative_parts(ranking.card, at[kept], ranking.weights.to_numpy(float), ranking.method, options)
    return np.asarray(100 * parts.sum(axis=1))


def _turned(before: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.intp]:
    """Pairs (ahead, behind) whose order is strictly turned."""
    ahead = before[:, None] > before[None, :] + _TIE
    turned = after[None, :] > after[:, None] + _TIE
    return np.argwhere(ahead & turned)
