from . import arbitration as arbitration
from . import overview as overview
from . import page_one as page_one
from . import prioritization as prioritization
from . import robustness as robustness
from . import scenarios as scenarios
