"""The data-quality rules: what is looked for, how bad it is, and how to fix it."""

from __future__ import annotations

from pmo_kit.register.checks import choice, content, delivery, history, logic, money, provenance, structure
from pmo_kit.register.checks.registry import RULES, Evidence, Rule, rule
from pmo_kit.register.findings import Findings

__all__ = [
    "RULES",
    "Evidence",
    "Rule",
    "choice",
    "content",
    "delivery",
    "history",
    "logic",
    "money",
    "provenance",
    "rule",
    "run_checks",
    "structure",
]


def run_checks(evidence: Evidence, findings: Findings) -> None:
    """Run every rule; all problems are collected, none stops the others."""
    for one in RULES.values():
        if one.check is not None:
            one.check(evidence, findings)
