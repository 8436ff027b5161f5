"""Risk of a plan: estimates, events, delays and correlations drawn together, and what they say about money and time."""

from pmo_kit.risk.contingency import Contingency, portfolio_contingency, variance_shares
from pmo_kit.risk.distributions import Estimate, cvar, pert
from pmo_kit.risk.fitting import Fit, fit_envelopes
from pmo_kit.risk.running import simulate, simulate_plan
from pmo_kit.risk.sampling import Correlation, nearest_correlation
from pmo_kit.risk.simulation import Simulation

__all__ = [
    "Contingency",
    "Correlation",
    "Estimate",
    "Fit",
    "Simulation",
    "cvar",
    "fit_envelopes",
    "nearest_correlation",
    "pert",
    "portfolio_contingency",
    "simulate",
    "simulate_plan",
    "variance_shares",
]
