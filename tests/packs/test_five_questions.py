"""Five questions of a member with two minutes, answered from page one alone and from the workbook alone."""

from __future__ import annotations

import dataclasses
import io

import numpy as np
import openpyxl
import pandas as pd
import pytest

import pmo_kit as pmo
from pmo_kit.exhibits import Exhibit
from pmo_kit.exhibits.display import plain
from pmo_kit.facts import number, percent
from pmo_kit.figures import arbitration as figures
from pmo_kit.figures import page_one
from pmo_kit.packs.media.xlsx import annex_bytes
from pmo_kit.packs.spec import PageOne
from tests.conftest import shipped_register
from tests.oracle.plans import Plans, Register
from tests.packs.media_case import collected, laid_out

FOLDER = "data/samples/meridian_12"
FRONT = PageOne(
    headline="page_one.headline",
    tiles="page_one.tiles",
    decisions="page_one.decisions",
    left=("page_one.orders", "page_one.alternatives", "page_one.turning_points"),
    right=("page_one.limits", "page_one.how_sure"),
)


@pytest.fixture(scope="module")
def shown() -> list[Exhibit]:
    """Page one of the twelve, where an order on record takes in a project that the plan leaves out."""
    register = shipped_register("meridian_12")
    order = {"project_id": "P08", "in_out": "in", "level": None, "reason": "promised", "decided_by": "Chair",
             "date": pd.Timestamp("2026-09-01")}  # fmt: skip
    asked = pmo.Question(register.replace(overrides=pd.DataFrame([order])))
    allocation = pmo.arbitrate(asked.replace(overrides=False))
    question = allocation.question
    comparison = pmo.compare(question, [pmo.Scenario("Money −15 %", budget=0.85)])
    ledger, waiting = pmo.arbitration.override_ledger(asked), pmo.arbitrate(question.replace(deferral=1))
    simulation = pmo.simulate(allocation, draws=300, seed=7)
    worth = pmo.arbitration.limits_worth(allocation, figures.bottleneck_names(allocation))
    points = pmo.arbitration.turning_points(allocation, projects=["P06"], kinds=("people", "costs"), nearest=2)
    moves = pmo.arbitration.money_moves(allocation)
    return [
        page_one.headline(allocation),
        page_one.tiles(allocation, 29.0, simulation.base_npv),
        page_one.decisions(allocation, pmo.explain(allocation), comparison),
        page_one.orders(allocation, ledger),
        page_one.alternatives(allocation, None, waiting, moves, ledger),
        page_one.limits(allocation, worth),
        page_one.turning_points(allocation, points),
        page_one.how_sure(allocation, [page_one.certificate(allocation, simulation)]),
    ]


@pytest.fixture(scope="module")
def answers() -> dict[str, list[str]]:
    """What trying every plan says, as it must be printed."""
    plans = Plans(Register(FOLDER), overrides=False)
    value = np.where(plans.holds(), plans.value(), -np.inf)
    spent = {year: plans.amount(plans.spend(year=year))[value.argmax()] for year in (2027, 2028)}
    fewer = plans.best(extra={next(n for n in plans.capacity if n.startswith("data_engineer")): -1.0})
    simulation = pmo.simulate(
        pmo.arbitrate(pmo.Question(shipped_register("meridian_12"), overrides=False)), draws=300, seed=7
    )
    return {
        "what in 2028": [number(spent[2028])],
        "in all": [number(sum(spent.values()))],
        "how sure": [
            "proven",
            f"{number(simulation.totals['npv'].median())} in the middle",
            f"{number(simulation.totals['npv'].quantile(0.2))} 80 % sure",
            f"Every envelope holds in {percent(simulation.fits_envelopes)}",
        ],
        "which orders are lifted": [
            "lifts one order on record",
            "Reservoir Learning Hub in:",
            f"costs {number(value.max() - value[plans.has('P08')].max())}",
        ],
        "one engineer less": ["Data engineers 2028", "at 13", number(fewer), "Predictive pumping leaves"],
    }


QUESTIONS = ["what in 2028", "in all", "how sure", "which orders are lifted", "one engineer less"]


@pytest.mark.long
@pytest.mark.parametrize("asked", QUESTIONS)
def test_page_one_alone_answers(shown: list[Exhibit], answers: dict[str, list[str]], asked: str) -> None:
    page = "\n".join(plain(exhibit) for exhibit in shown).replace("\u202f", " ")
    assert [words for words in answers[asked] if words.replace("\u202f", " ") not in page] == []


@pytest.fixture(scope="module")
def cells(shown: list[Exhibit]) -> str:
    worded = [dataclasses.replace(exhibit, alt="-") for exhibit in shown]
    book = openpyxl.load_workbook(io.BytesIO(annex_bytes(laid_out([collected(*worded)], FRONT))), data_only=True)
    values = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    return "\n".join(number(v) if isinstance(v, float | int) else str(v) for v in values).replace("\u202f", " ")


@pytest.mark.parametrize("asked", QUESTIONS)
def test_the_workbook_alone_answers(cells: str, answers: dict[str, list[str]], asked: str) -> None:
    assert [words for words in answers[asked] if words.replace("\u202f", " ") not in cells] == []
