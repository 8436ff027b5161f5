"""Budget arbitration: the best plan of a portfolio under its rules, proven, priced and explained."""

from pmo_kit.arbitration.allocation import Allocation, LimitUse, arbitrate
from pmo_kit.arbitration.budgets import Frontier, FundingOrder, frontier
from pmo_kit.arbitration.counterfactual import letter, obstacles, supports, what_would_admit
from pmo_kit.arbitration.model import PlanChange
from pmo_kit.arbitration.portable import as_data
from pmo_kit.arbitration.prices import Explanation, Ledger, core_projects, cost_of_delay, explain, override_ledger
from pmo_kit.arbitration.question import Question, revalued
from pmo_kit.arbitration.rules import (
    Capacity,
    Committed,
    Count,
    Demand,
    Envelope,
    Excludes,
    Group,
    Mandatory,
    Override,
    Requires,
    Rule,
    Share,
    Spend,
    Synergy,
)
from pmo_kit.arbitration.solving import Selection, side_by_side, solve_selection
from pmo_kit.arbitration.thresholds import limits_worth, money_moves, turning_points
