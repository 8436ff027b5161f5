"""Registers for the tests of prioritization: the shipped twelve, and small ones written as rows."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from pmo_kit.register import Register
from tests.conftest import shipped_register


@pytest.fixture(scope="session")
def twelve() -> Register:
    return shipped_register("meridian_12")


@pytest.fixture(scope="session")
def small() -> Callable[..., Register]:
    """A register from scores by project, and criteria as (name, weight, more columns)."""

    def build(
        scores: dict[str, list[float | None]],
        criteria: list[dict[str, object]] | None = None,
        rows: pd.DataFrame | None = None,
        **tables: pd.DataFrame,
    ) -> Register:
        width = max(len(row) for row in scores.values())
        plain = [{"criterion": f"c{j}", "sense": "max", "low": 0, "high": 100, "weight": 1} for j in range(width)]
        given = [{**base, **more} for base, more in zip(plain, criteria or [{}] * width, strict=True)]
        ids = list(scores)
        cells = [
            {"project_id": i, "criterion": given[j]["criterion"], "score": score}
            for i, row in scores.items()
            for j, score in enumerate(row)
            if score is not None
        ]
        base = {
            "projects": pd.DataFrame({"project_id": ids, "name": ids, "area": "A", "commitment": "discretionary"}),
            "costs": pd.DataFrame({"project_id": ids, "year": 2027, "amount": 10.0}),
            "criteria": pd.DataFrame(given),
            "scores": pd.DataFrame(cells) if rows is None else rows,
        }
        settings = {
            "currency": "EUR", "money_unit": "million", "price_basis": "real", "price_base_year": 2026,
            "as_of": "2026-09-30", "discount_to": 2027,
        }  # fmt: skip
        return Register(settings=settings, **{**base, **tables})

    return build
