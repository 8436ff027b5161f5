"""Risk of a plan: estimates, events, delays and correlations drawn together, and what they say about money and time."""

from pmo_kit.risk.plans import Bases, Fit, compare_bases, compare_plans, fit_envelopes, price_shares, share_better
from pmo_kit.risk.simulation import Simulation, portfolio_contingency, simulate, simulate_plan, variance_shares
from pmo_kit.uncertainty import Estimate, cvar, pert
