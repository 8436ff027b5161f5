"""Performance: earned value and schedule, ratings by rule, benefits, change load, decisions kept."""

from pmo_kit.performance.benefits import Benefits, ChangeLoad, load_on_units, reference_class, review_benefits
from pmo_kit.performance.curves import earned_schedule, earned_value
from pmo_kit.performance.governance import (
    baseline_moves,
    coverage_by_area,
    decision_log,
    directions,
    exposure_by_class,
    gate_coverage,
    milestone_slips,
    risk_movement,
    since_last_committee,
    top_risks,
)
from pmo_kit.performance.review import (
    RagRules,
    Review,
    conditions,
    forecast_accuracy,
    rag_movement,
    review_performance,
    s_curve,
    stop_or_continue,
)
