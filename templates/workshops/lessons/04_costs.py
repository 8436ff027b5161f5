# ruff: noqa
# fmt: off
# %% parameters
register_path: str = "../../data/samples/meridian_12"
# %% text case
# %% code
import pmo_kit as pmo
from pmo_kit.rates import optimism_bias
from pmo_kit.workshop import ____, lesson

check = lesson("04_costs")
saving = [150] * 10
# %% text net
# %% gap net
net = pmo.finance.npv(0.035, [-1000, *saving])  #? net = pmo.finance.npv(0.035, [____, *saving])
# %% check net
within = 0.6
discounts_year_zero = pmo.finance.npv(0.035, [0, -1000, *saving])
cost_as_income = pmo.finance.npv(0.035, [1000, *saving])
saves_at_once = pmo.finance.npv(0.035, [-1000 + 150, *saving[1:]])
not_discounted = sum(saving) - 1000
forgets_cost = pmo.finance.npv(0.035, [0, *saving])
# %% text fall
# %% gap fall
fall = net / pmo.finance.npv(0.035, [0, *saving])  #?
# %% check fall
within = 0.002
share_of_cost = net / 1000
what_is_left = 1 - net / pmo.finance.npv(0.035, [0, *saving])
not_discounted = 1 - 1000 / sum(saving)
# %% text prices
# %% code
nominal = [100 * 1.025**year for year in range(1, 11)]
mixed = pmo.finance.npv(0.035, [-800, *nominal])
print(f"Money of the day, discounted at the real rate: {mixed:.1f} (EUR thousand)")
# %% gap real_net
real_net = pmo.finance.npv(0.035, [-800] + [100] * 10)  #? real_net = pmo.finance.npv(____, [-800] + [____] * 10)
# %% check real_net
within = 0.3
mixes_price_bases = mixed
not_discounted = sum(nominal) - 800
forgets_cost = pmo.finance.npv(0.035, [0] + [100] * 10)
deflates_twice = pmo.finance.npv(1.035 * 1.025 - 1, [-800] + [100] * 10)
# %% text nominal_rate
# %% gap nominal_rate
nominal_rate = 1.035 * 1.025 - 1  #?
# %% check nominal_rate
within = 0.0002
adds_rates = 0.035 + 0.025
real_rate = 0.035
subtracts = 0.035 - 0.025
# %% text bias
# %% code
shares = {"non_standard_buildings": 0.3, "standard_buildings": 0.7}
bias = optimism_bias(shares)
print(f"Upper bound of optimism bias: {100 * bias:.1f} % of the estimate")
# %% gap hub_cost
hub_cost = 11 * (1 + bias)  #?
# %% check hub_cost
within = 0.04
only_the_addition = 11 * bias
takes_away = 11 * (1 - bias)
plain_average = 11 * (1 + (0.51 + 0.24) / 2)
as_divisor = 11 / (1 - bias)
# %% text together
# %% code
register = pmo.load_register(register_path)
register.table("links")[["project_id", "level", "relation", "other_id"]].fillna("any")
# %% code
appraisal = pmo.appraise(register)
appraisal.table.loc[["P03", "P04", "P05"], ["cost", "pv_benefit", "npv"]]
# %% gap three_together
three_together = -3 + 13 + 8  #?
# %% check three_together
within = 0.05
counts_twice = -3 + 2 * (13 + 8)
leaves_enabler_out = 13 + 8
adds_cost_again = -3 + 13 + 8 - (7 + 9 + 6)
# %% text lesson
# %% checked
print(f"NPV {net:.1f} thousand; the saving may fall by {fall:.1%}")
print(f"Real {real_net:.2f}, mixed {mixed:.2f}; nominal rate {nominal_rate:.4%}")
print(f"Learning Hub with bias: {hub_cost:.2f}; platform, sensors and pumping together: {three_together}")
# %% guide
answers_net_late = pmo.finance.npv(0.035, [0, -1000, *saving])
annuity = pmo.finance.npv(0.035, [0, *saving]) / 150
least_saving = 1000 / annuity
smaller = pmo.finance.npv(0.035, [-1000] + [100] * 10)
hub_net = appraisal.table.loc[("P08", "full"), "npv"]
hub_after = hub_net - 11 * bias
sheet_three = appraisal.table.loc[["P03", "P04", "P05"], ["cost", "pv_benefit", "npv"]].droplevel("level")
sheet_three.columns = ["cost", "benefit", "net value"]
sheet_three.index.name = "project"
