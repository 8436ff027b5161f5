"""Ranking with reasons, and how sure it is."""

from pmo_kit.prioritization.ranking import (
    Ranking,
    arbitration_value,
    prioritize,
    promethee,
    stakeholder_weights,
    topsis,
    weighted_value,
)
from pmo_kit.prioritization.robustness import (
    Disagreement,
    RankRobustness,
    compare_stakeholders,
    rank_acceptability,
    rank_robustness,
    sample_weights,
    smallest_change,
    weight_interval,
)
from pmo_kit.prioritization.screening import Screening, screen_scores
from pmo_kit.prioritization.values import piecewise_value, read_value_function
from pmo_kit.prioritization.weights import (
    AhpWeights,
    ahp_weights,
    entropy_weights,
    kendall_w,
    rank_reciprocal_weights,
    rank_sum_weights,
    roc_weights,
    seal_weights,
    swing_weights,
)
