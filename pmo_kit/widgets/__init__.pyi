from .session import arbitration as arbitration
from .session import committee_session as committee_session
