# ruff: noqa
# fmt: off
# %% parameters
register_path: str = "../../data/samples/meridian_12"
# %% text three
# %% code
import pandas as pd
import pmo_kit as pmo
from pmo_kit.workshop import ____, lesson

check = lesson("05_uncertainty")
ranges = pd.DataFrame(
    {"low": [11, 6, 4], "likely": [14, 8, 6], "high": [22, 12, 10]},
    index=["Lead pipes", "Smart meters, two districts", "Storm overflows"])
ranges
# %% code
costs = pmo.risk.pert(*ranges.to_numpy().T, draws=20_000, rng=7)
draws = pd.DataFrame(costs.T, columns=ranges.index)
singles = draws.quantile([0.5, 0.8]).round(1)
singles.set_axis(["P50", "P80"])
# %% text likely
# %% code
together = draws.sum(axis=1)
amounts = pd.Index([24, 26, 28, 30, 32, 34, 36], name="amount")
pd.DataFrame({"chance": [(together <= a).mean() for a in amounts]}, index=amounts).round(2)
# %% gap chance_of_likely
chance_of_likely = (together <= ranges["likely"].sum()).mean()  #?
# %% check chance_of_likely
within = 0.03
one_half = 0.5
most_likely_is_sure = 0.8
too_dear_instead = (together > ranges["likely"].sum()).mean()
# %% text p80
# %% code
quantiles = together.quantile([0.5, 0.8, 0.9]).round(1)
quantiles.set_axis(["P50", "P80", "P90"]).to_frame("together")
# %% gap p80
p80 = together.quantile(0.8)  #?
# %% check p80
within = 0.25
sum_of_p80s = singles.loc[0.8].sum()
sum_of_likely = ranges["likely"].sum()
half_of_cases = together.quantile(0.5)
sum_of_highs = ranges["high"].sum()
# %% text reserve
# %% gap reserve
reserve = p80 - together.quantile(0.5)  #?
# %% check reserve
within = 0.25
against_likely = p80 - ranges["likely"].sum()
the_p80_itself = p80
sum_of_reserves = (singles.loc[0.8] - singles.loc[0.5]).sum()
# %% text regret
# %% code
futures = {"dry": [100, 80, 60], "normal": [60, 75, 60], "wet": [20, 50, 60]}
plans = pd.DataFrame(futures, index=["P1", "P2", "P3"])
plans.rename_axis("plan")
# %% gap regret_p1
regret_p1 = max(100 - 100, 75 - 60, 60 - 20)  #?
# %% check regret_p1
within = 0.5
within_its_row = 100 - 20
sums_regrets = 0 + 15 + 40
only_normal = 75 - 60
# %% gap least_regret
least_regret = "P2"  #?
# %% check least_regret
best_case = "P1"
best_worst_case = "P3"
# %% text meridian
# %% code
register = pmo.load_register(register_path)
question = pmo.Question(register)
cases = [
    pmo.Scenario("Money -15 %", budget=0.85),
    pmo.Scenario("Five engineers fewer", capacity={"data_engineer": 9 / 14}),
    pmo.Scenario("Money +10 %", budget=1.1)]
comparison = pmo.compare(question, cases)
regrets = comparison.regret.loc[comparison.cases]
regrets.round(2)
# %% gap robust_plan
robust_plan = "Today"  #?
# %% check robust_plan
fits_most = "Money -15 %"
richest = "Money +10 %"
people_only = "Five engineers fewer"
# %% text lesson
# %% checked
print(f"Likely costs hold with a chance of {chance_of_likely:.2f}; P80 of the sum {p80:.1f}, sum of the P80s {singles.loc[0.8].sum():.1f}")
print(f"Reserve {reserve:.1f}; largest regret of P1 {regret_p1}; least regret {least_regret}")
print(regrets[["maximum", "mean", "fits"]].round(2).to_string())
# %% guide
p50 = together.quantile(0.5)
likely_sum = ranges["likely"].sum()
p80_sum = singles.loc[0.8].sum()
all_over = (draws > singles.loc[0.8]).all(axis=1).mean()
table_regret = (plans.max() - plans).assign(largest=lambda t: t.max(axis=1)).rename_axis("plan")
regret_today = regrets.loc["Today", "maximum"]
mean_today = regrets.loc["Today", "mean"]
mean_rich = regrets.loc["Money +10 %", "mean"]
sheet_plans = plans.rename_axis("plan")
sheet_singles = ranges.rename_axis("cost in 2027").assign(P50=singles.loc[0.5], P80=singles.loc[0.8])
