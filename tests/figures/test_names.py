"""Lists of names stay readable whatever the names hold: a comma inside a name never parts two of them."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pmo_kit as pmo
from pmo_kit import performance
from pmo_kit.exhibits import Exhibit, Table
from pmo_kit.exhibits.cells import rows, said, sayings
from pmo_kit.facts import in_row, listed, shortened
from pmo_kit.figures import arbitration as figures
from pmo_kit.figures import overview, page_one, scenarios
from pmo_kit.figures import performance as delivery
from tests.conftest import shipped_register

names = st.lists(st.from_regex(r"[A-Z][a-z]{1,4}(, [a-z]{1,4})?( [a-z]{2,5})?", fullmatch=True), min_size=1, max_size=6)


@given(names)
def test_names_can_be_told_apart(given: list[str]) -> None:
    """Whoever reads a list finds the names again: parted by semicolons where one has a comma, else by commas."""
    apart = "; " if any(", " in name for name in given) else ", "
    assert in_row(given).split(apart) == given
    *most, last = re.split(rf"{apart.strip()} (?:and )?", listed(given))
    found = [*most, last] if apart == "; " else [*most, *last.split(" and ")]
    assert found == given
    assert shortened(given, len(given)) == listed(given)
    if len(given) > 3:
        assert shortened(given, 2) == listed([*given[:2], f"{len(given) - 2} more"])


def read(exhibit: Exhibit) -> list[str]:
    """Everything that a reader reads, cells of tables included."""
    cells = [said(cell) for row in rows(exhibit) for cell in row.get("cells", ())] if isinstance(exhibit, Table) else []
    return [*sayings(exhibit), *cells]


def _with_commas(register: pmo.Register) -> pmo.Register:
    projects = register.table("projects")
    return register.replace(projects=projects.assign(name=[f"{name}, part" for name in projects["name"]]))


@pytest.mark.long
def test_no_comma_parts_names_that_have_commas() -> None:
    """Every project of the twelve gets a name with a comma; no sentence then puts a bare comma between two."""
    register, large = (_with_commas(shipped_register(name)) for name in ("meridian_12", "meridian"))
    asked = pmo.Question(register)
    allocation, ledger = pmo.arbitrate(asked.replace(overrides=False)), pmo.arbitration.override_ledger(asked)
    question, reasons = allocation.question, pmo.explain(allocation)
    comparison = pmo.compare(question, [pmo.Scenario("Half", budget=0.5)])
    review, benefits = pmo.review_performance(register), performance.review_benefits(large)
    points = pmo.arbitration.turning_points(allocation)
    exhibits = [
        figures.plan(allocation, reasons),
        figures.refused(allocation),
        figures.claims(reasons, figures.contested(allocation, asked)),
        figures.overrides(ledger, allocation),
        figures.core(pmo.core_projects(question)),
        *(
            figures.sponsor_letter(allocation, p)
            for p in allocation.table.index[allocation.table["decision"] != "fund"]
        ),
        page_one.headline(allocation),
        page_one.decisions(allocation, reasons, comparison),
        page_one.turning_points(allocation, points),
        page_one.how_sure(allocation),
        scenarios.results(comparison),
        scenarios.grid(comparison),
        delivery.ratings(review),
        overview.enablers(register, pmo.appraise(register)),
    ]
    texts = [text for one in exhibits for text in read(one)]
    texts += [
        review.summary,
        pmo.review_performance(large).summary,
        benefits.summary,
        comparison.summary,
        *reasons.table["words"],
        *points["sentence"],
    ]
    found = [text for text in texts if re.search(r"part(?: \w+)?,? and [A-Z]|part(?: P\d+)?, [A-Z]", text)]
    assert not found, found
    assert any("part; " in text for text in texts)


def test_a_size_is_called_by_its_label_and_never_by_its_code() -> None:
    """An order that names a size, and the unit of a share of capital."""
    register = shipped_register("meridian_12")
    order = {"project_id": "P07", "in_out": "in", "level": "worst_12", "reason": "asked", "decided_by": "Chair"}
    rule = {"rule": "Digital at most 90 % of capital", "kind": "share", "scope": "area=Digital", "measure": "capex",
            "maximum": 0.9}  # fmt: skip
    orders = pd.DataFrame([order]).assign(date=register.settings.as_of)
    register = register.replace(overrides=orders, rules=pd.DataFrame([rule]))
    ledger = pmo.arbitration.override_ledger(pmo.Question(register))
    allocation = pmo.arbitrate(pmo.Question(register, overrides=False))
    shown = " ".join(read(figures.overrides(ledger, allocation)))
    assert "worst 12 sites" in shown
    assert "worst_12" not in shown
    limits = figures.limits(allocation, pmo.arbitration.limits_worth(allocation, ["all money"])).data
    assert set(limits.loc[limits["rule"] == rule["rule"], "unit"]) == {"%"}
