"""The data-quality rules: what is looked for, how bad it is, and how to fix it."""

from pmo_kit.register.checks import content, delivery, money, provenance, scopes, structure
from pmo_kit.register.checks.registry import RULES, Evidence, Found, Rule, rule, run_checks
