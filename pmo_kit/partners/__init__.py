"""Partner selection: gates, evaluation, award of lots, debrief, audit trail."""

from pmo_kit.partners.award import Award, select_partners
from pmo_kit.partners.evaluation import Evaluation, adjust_leniency, evaluate_bids
