# ruff: noqa
# fmt: off
# %% text six
# %% code
import pandas as pd
import pmo_kit as pmo
from pmo_kit.workshop import ____, items, lesson

check = lesson("02_ranking")
six = pd.DataFrame(
    {"cost": [10, 50, 50, 10, 20, 15], "value": [75, 90, 80, 50, 45, 65]}, index=list("ABCDEF"))
six["ratio"] = (six["value"] / six["cost"]).round(2)
six.rename_axis("project").sort_values("value", ascending=False)
# %% text by_value
# %% gap by_value
by_value = 90 + 80  #?
# %% check by_value
past_the_line = 90 + 80 + 75
counts_cost = 50 + 50
# %% text by_ratio
# %% code
six.rename_axis("project").sort_values("ratio", ascending=False)
# %% gap by_ratio
by_ratio = 75 + 50 + 65 + 45  #?
# %% check by_ratio
within = 0.5
adds_ratios = six.loc[list("ADFE"), "ratio"].sum()
past_the_line = 75 + 50 + 65 + 45 + 90
stops_too_early = 75 + 50 + 65
# %% text one_place
# %% gap one_place
one_place = "B"  #?
# %% check one_place
small_but_best_ratio = "A"
second_best_value = "C"
# %% text best
# %% gap best
best = ["A", "B", "D", "F"]  #?
# %% code
chosen = six[six.index.isin(items(best))]
cost, value = chosen[["cost", "value"]].sum()
print(f"Your list costs {cost:g} of 100 and is worth {value:g} (EUR million).")
# %% check best
by_ratio_order = list("ADEF")
by_value_order = list("BC")
over_budget = list("ABDEF")
money_all_spent = list("ABCD")
# %% text solve
# %% code
found = pmo.arbitration.solve_selection(six["value"], [six["cost"]], [100])
more = f"The best list is worth {found.value - value:g} more than yours (EUR million)."
print(more if 0 < cost <= 100 else "First choose a list that costs at most 100.")
# %% text price
# %% gap price_of_e
price_of_e = (75 + 90 + 50 + 65) - (75 + 90 + 50 + 45)  #?
# %% check price_of_e
within = 0.5
own_value = 45
only_what_leaves = 65
# %% text lesson
# %% checked
print(f"By value {by_value}, by ratio {by_ratio}, best {found.value:g}: {', '.join(six.index[list(found.chosen)])}")
print(f"Price of E: {price_of_e}")
# %% guide
sheet = six.rename_axis("project")
best_value = found.value
left_over = 100 - chosen["cost"].sum()
value_of_e = six.loc["E", "value"]
value_for_e = value_of_e + price_of_e
