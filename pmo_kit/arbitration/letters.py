"""The letter to a sponsor: what was decided about one project, why, and what would change it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from pmo_kit.arbitration.admission import what_would_admit
from pmo_kit.arbitration.prices import flip
from pmo_kit.arbitration.rules import amount_words

if TYPE_CHECKING:
    from pmo_kit.arbitration.allocation import Allocation


def letter(allocation: Allocation, project_id: str) -> str:
    """One page in plain words about one project, as Markdown.

    Parameters
    ----------
    allocation : Allocation
    project_id : str

    Returns
    -------
    str
        The decision, the reason with the limits it meets, whom it would displace, and what would change it.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> from pmo_kit.arbitration import letter
    >>> allocation = pmo.arbitrate(pmo.Question(pmo.load_register("data/samples/meridian_12")))
    >>> print(letter(allocation, "P11").split(chr(10))[0])
    # Customer app (P11): not in the plan
    """
    row = allocation.table.loc[project_id]
    title = {"fund": "funded", "stop": "to be stopped", "refuse": "not in the plan"}[row["decision"]]
    head = f"# {row['name']} ({project_id}): {title}"
    body = (
        _refusal(allocation, project_id) if row["decision"] == "refuse" else _in_plan(allocation, project_id)
    )
    proof = (
        f"The plan is worth {amount_words(round(allocation.value, 2))} {allocation.question.built.value_unit}"
    )
    sure = (
        "; it is proven that no plan is worth more."
        if allocation.gap == 0
        else "; a better plan is not excluded."
    )
    return "\n\n".join([head, *body, proof + sure]) + "\n"


def _refusal(allocation: Allocation, project_id: str) -> list[str]:
    """Paragraphs for a project that is not in the plan."""
    found = what_would_admit(allocation, project_id)
    names = allocation.table["name"]
    unit = allocation.question.built.value_unit.split(",")[0]
    use = allocation.use.drop_duplicates("rule").set_index("rule")
    met = [str(use.loc[rule, "sentence"]) if rule in use.index else rule for rule in found.in_its_way]
    if met:
        why = f"It does not fit beside the plan: {'; '.join(met)}."
    else:
        why = "It would fit beside the plan, but it is not worth its cost."
    paragraphs = [why]
    if pd.notna(found.price):
        out = ", ".join(names[p] for p in found.displaces)
        price = f"Taking it in today would cost {amount_words(round(found.price, 2))} {unit} of net value"
        paragraphs.append(price + (f" and push out {out}." if out else "."))
    ways = found.table.loc[found.table["amount"].notna(), "words"]
    bullets = "\n".join(f"- {words}" for words in ways)
    paragraphs.append(f"Any one of these would change the answer:\n\n{bullets}")
    return paragraphs


def _in_plan(allocation: Allocation, project_id: str) -> list[str]:
    """Paragraphs for a project that is funded or stopped."""
    model = allocation._model
    names, row = allocation.table["name"], allocation.table.loc[project_id]
    unit = allocation.question.built.money_unit
    level = f" ({row['label']})" if row["label"] else ""
    first = f"It is in the plan{level} with {amount_words(round(row['cost'], 2))} {unit}."
    if row["decision"] == "stop":
        first = f"The plan stops it, at an exit cost of {amount_words(round(row['cost'], 2))} {unit}."
    option = next(i for i in allocation._positions if model.question.built.project_ids[i] == project_id)
    done = flip(model, allocation._positions, option, pool=allocation._pool)
    if done.found.plan is None or done.change is None:
        return [first, "No plan is possible otherwise."]
    price = allocation.value - done.found.value / 1e9
    other = "Carrying it on" if row["decision"] == "stop" else "Leaving it out"
    out = ", ".join(names[p] for p in done.change.displaces if p != project_id)
    words = f"{other} would cost {amount_words(round(price, 2))} of net value"
    return [first, words + (f" and push out {out}." if out else ".")]
