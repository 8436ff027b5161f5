from .frontier_explorer import frontier as frontier
from .performance_explorer import performance as performance
from .register_browser import register as register
from .risk_explorer import risk as risk
from .scenario_builder import scenarios as scenarios
from .session import arbitration as arbitration
from .session import committee_session as committee_session
from .weights_explorer import weights as weights
