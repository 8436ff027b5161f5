"""Performance: earned value and schedule, ratings by rule, benefits, change load, decisions kept."""

from pmo_kit.performance.decisions import since_last_committee
from pmo_kit.performance.earning import earned_schedule, earned_value
from pmo_kit.performance.rag import RagRules
from pmo_kit.performance.review import Review, review_performance

__all__ = [
    "RagRules",
    "Review",
    "earned_schedule",
    "earned_value",
    "review_performance",
    "since_last_committee",
]
