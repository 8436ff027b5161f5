# ruff: noqa
# fmt: off
# %% text how
# %% code
import pandas as pd
from pmo_kit.workshop import ____, lesson

check = lesson("00_ready")
# %% code
money = pd.DataFrame({"envelope": [50, 46]}, index=pd.Index([2027, 2028], name="year"))
money
# %% text gap
# %% gap total
total = 50 + 46  #?
# %% check total
only_one_year = 50
takes_away = 4
# %% text done
# %% checked
print(f"Two years together: {total}")
