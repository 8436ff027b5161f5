"""Scenarios: changes to a base question, compared side by side, with the regret of every plan."""

from pmo_kit.scenarios.attribution import Attribution, attribute
from pmo_kit.scenarios.changes import Scenario, carry_on, read_scenarios
from pmo_kit.scenarios.comparison import Comparison, compare

__all__ = ["Attribution", "Comparison", "Scenario", "attribute", "carry_on", "compare", "read_scenarios"]
