"""Training workshops: lessons with gaps, checks that hint, sealed ballots, a guide for who facilitates."""

from pmo_kit.workshop.checks import Checker, Gap, Seal, Verdict, ____, filled, items, lesson, seal
