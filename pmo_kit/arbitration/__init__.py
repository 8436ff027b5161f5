"""Budget arbitration: the best plan of a portfolio under its rules, proven, priced and explained."""

from pmo_kit.arbitration.allocation import Allocation, arbitrate
from pmo_kit.arbitration.links import Committed, Excludes, Group, Mandatory, Override, Requires, Synergy
from pmo_kit.arbitration.question import Question
from pmo_kit.arbitration.rules import Capacity, Count, Demand, Envelope, Rule, Share, Spend
from pmo_kit.arbitration.solving import Selection, solve_selection

__all__ = [
    "Allocation",
    "Capacity",
    "Committed",
    "Count",
    "Demand",
    "Envelope",
    "Excludes",
    "Group",
    "Mandatory",
    "Override",
    "Question",
    "Requires",
    "Rule",
    "Selection",
    "Share",
    "Spend",
    "Synergy",
    "arbitrate",
    "solve_selection",
]
