"""Training workshops: lessons with gaps, checks that hint, sealed ballots, a guide for who facilitates."""

from pmo_kit.workshop.ballots import Seal, seal
from pmo_kit.workshop.checks import Checker, Verdict, lesson
from pmo_kit.workshop.gaps import ____, Gap, filled

__all__ = ["____", "Checker", "Gap", "Seal", "Verdict", "filled", "lesson", "seal"]
