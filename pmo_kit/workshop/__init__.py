"""Training workshops: lessons with gaps, checks that hint, sealed ballots, a guide for who facilitates."""

from pmo_kit.workshop.ballots import Seal, seal
from pmo_kit.workshop.checks import Checker, Verdict, lesson
from pmo_kit.workshop.gaps import Gap, ____, filled, items

__all__ = ["Checker", "Gap", "Seal", "Verdict", "____", "filled", "items", "lesson", "seal"]
