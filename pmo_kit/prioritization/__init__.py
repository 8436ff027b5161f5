"""Ranking with reasons, and how sure it is."""

from pmo_kit.prioritization.judgements import AhpWeights, ahp_weights, combined_judgements
from pmo_kit.prioritization.methods import promethee, topsis, value_frontier, weighted_value
from pmo_kit.prioritization.ranking import Ranking, prioritize, stakeholder_weights
from pmo_kit.prioritization.values import ValueFunction, piecewise_value, read_value_function
from pmo_kit.prioritization.weights import (
    combined_weights,
    entropy_weights,
    grouped_weights,
    kendall_w,
    rank_reciprocal_weights,
    rank_sum_weights,
    roc_weights,
    seal_weights,
    swing_weights,
)

__all__ = [
    "AhpWeights",
    "Ranking",
    "ValueFunction",
    "ahp_weights",
    "combined_judgements",
    "combined_weights",
    "entropy_weights",
    "grouped_weights",
    "kendall_w",
    "piecewise_value",
    "prioritize",
    "promethee",
    "rank_reciprocal_weights",
    "rank_sum_weights",
    "read_value_function",
    "roc_weights",
    "seal_weights",
    "stakeholder_weights",
    "swing_weights",
    "topsis",
    "value_frontier",
    "weighted_value",
]
