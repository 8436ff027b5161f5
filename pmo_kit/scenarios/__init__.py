"""Scenarios: changes to a base question side by side, the regret of every plan, and what caused a change."""

from pmo_kit.scenarios.attribution import Attribution, attribute
from pmo_kit.scenarios.changes import Scenario, carry_on, combine, one_at_a_time, read_scenarios
from pmo_kit.scenarios.comparison import Comparison, break_even, compare, partly, reference_plans, switching_points
from pmo_kit.scenarios.files import gather_scenarios, read_scenario_file, write_scenario_file
