"""What a register says about uncertainty: estimates, events and lateness, and the mean of every figure under them."""

from pmo_kit.uncertainty.distributions import Estimate, cvar, pert
from pmo_kit.uncertainty.expected import expected, states_uncertainty
from pmo_kit.uncertainty.stated import Event, spread
