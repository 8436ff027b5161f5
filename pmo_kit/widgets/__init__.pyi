from .browsing import register as register
from .casting import scenarios as scenarios
from .laddering import frontier as frontier
from .reviewing import performance as performance
from .risking import risk as risk
from .session import arbitration as arbitration
from .session import committee_session as committee_session
from .weighing import weights as weights
