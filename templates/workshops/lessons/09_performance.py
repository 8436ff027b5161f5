# ruff: noqa
# fmt: off
# %% parameters
register_path: str = "../../data/samples/meridian_12"
# %% text one
# %% code
import pmo_kit as pmo
from pmo_kit.workshop import ____, lesson

check = lesson("09_performance")
bac, pv, ev, ac = 1000, 400, 350, 450
# %% gap cpi
cpi = ev / ac  #?
# %% check cpi
within = 0.002
upside_down = ac / ev
time_instead = ev / pv
spent_of_plan = ac / pv
# %% text forecast
# %% gap eac
eac = bac / cpi  #?
# %% check eac
within = 2
budget_is_kept = bac
rest_as_planned = ac + bac - ev
adds_the_overrun = bac + (ac - pv)
rest_only = bac / (ev / ac) - ac
# %% code
values = pmo.performance.earned_value(bac, pv, ev, ac)
{name: round(float(value), 3) for name, value in values.items()}
# %% text two
# %% code
review = pmo.review_performance(pmo.load_register(register_path))
review.table[["name", "rag_declared", "bac", "pv", "ev", "ac", "cpi", "spi"]].round(2)
# %% gap portfolio_cpi
portfolio_cpi = (18.2 + 26.2) / (22.5 + 27.3)  #?
# %% check portfolio_cpi
within = 0.002
averages_ratios = (18.2 / 22.5 + 26.2 / 27.3) / 2
adds_ratios = 18.2 / 22.5 + 26.2 / 27.3
upside_down = (22.5 + 27.3) / (18.2 + 26.2)
# %% text late
# %% code
review.table[["name", "es", "at", "spi", "spi_t"]].round(2)
# %% gap months_late
months_late = 12 - 8.6  #?
# %% check months_late
within = 0.1
spi_says_fine = 12 * (1 - 26.2 / 27)
months_earned = 8.6
other_project = 15 - 11.235
# %% text go_on
# %% gap still_to_pay
still_to_pay = 30 / (18.2 / 22.5) - 22.5  #?
# %% check still_to_pay
within = 0.1
includes_sunk = 30 / (18.2 / 22.5)
budget_left = 30 - 22.5
work_left = 30 - 18.2
# %% text lesson
# %% code
review.watermelons
# %% checked
print(f"CPI {cpi:.4f}, EAC {eac:.1f}; both projects together {portfolio_cpi:.4f}")
print(f"Control-room upgrade is {months_late:.1f} months late; Billing still needs {still_to_pay:.1f}")
print(review.summary)
# %% guide
values = pmo.performance.earned_value(bac, pv, ev, ac)
p06, p12 = review.table.loc["P06"], review.table.loc["P12"]
average_cpi = review.table["cpi"].mean()
sheet = review.table[["name", "rag_declared", "bac", "pv", "ev", "ac"]].rename(columns={"rag_declared": "declared"})
sheet["declared"] = sheet["declared"].map({"G": "Green", "A": "Amber", "R": "Red"})
sheet.index.name = "id"
sheet.columns = [c.upper() if len(c) < 4 else c for c in sheet.columns]
