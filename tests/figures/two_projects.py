"""Two projects of one year, the cost of one uncertain: what holds in how many futures is found by hand."""

import pandas as pd

import pmo_kit as pmo


def two_projects(budget: float) -> pmo.Register:
    """A costs 10, between 8 and 14, and brings 20; B costs 6 and brings 12; one envelope for 2027."""
    return pmo.Register(
        settings=pd.DataFrame({"key": ["discount_schedule", "discount_to"], "value": ["none", "2027"]}),
        projects=pd.DataFrame({"project_id": ["A", "B"], "name": ["One", "Two"], "area": "X",
                               "commitment": "discretionary"}),
        costs=pd.DataFrame({"project_id": ["A", "B"], "year": 2027, "amount": [10.0, 6.0]}),
        benefits=pd.DataFrame({"project_id": ["A", "B"], "year": 2028, "amount": [20.0, 12.0]}),
        estimates=pd.DataFrame({"project_id": ["A"], "quantity": ["cost"], "low": [0.8], "likely": [1.0],
                                "high": [1.4], "basis": ["min_max"], "distribution": ["triangular"]}),
        budgets=pd.DataFrame({"envelope": ["all"], "year": [2027], "amount": [budget]}),
    )  # fmt: skip
