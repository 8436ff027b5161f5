"""Scenarios: changes to a base question side by side, the regret of every plan, and what caused a change."""

from pmo_kit.scenarios.attribution import Attribution, attribute
from pmo_kit.scenarios.changes import Scenario, carry_on, combine, one_at_a_time, read_scenarios
from pmo_kit.scenarios.comparison import (
    Comparison,
    MinimaxPlan,
    compare,
    minimax_plan,
    reference_plans,
    simulate_cases,
)
from pmo_kit.scenarios.files import gather_scenarios, read_scenario_file, write_scenario_file
from pmo_kit.scenarios.switching import BreakEven, break_even, partly, switching_points
