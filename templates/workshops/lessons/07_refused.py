# ruff: noqa
# fmt: off
# %% parameters
register_path: str = "../../data/samples/meridian_12"
# %% text pack
# %% code
from IPython.display import Markdown

import pmo_kit as pmo
from pmo_kit.figures import arbitration as figures
from pmo_kit.workshop import ____, lesson

check = lesson("07_refused")
plan = pmo.arbitrate(pmo.Question(pmo.load_register(register_path)))
pmo.show(figures.refused(plan))
# %% code
reasons = pmo.explain(plan, projects=["P08", "P09", "P11"])
leaving = reasons.table["displaces"].str.join(", ")
reasons.table[["name", "price"]].assign(displaces=leaving)
# %% text app
# %% gap what_lacks
what_lacks = "b"  #?
# %% check what_lacks
money = "a"
value = "c"
ranking = "d"
# %% text app_leaves
# %% gap leaves_for_app
leaves_for_app = ["P03", "P04", "P05"]  #?
# %% check leaves_for_app
only_the_engineers = ["P03"]
what_comes_in = ["P06"]
smallest = ["P10"]
one_user = ["P05"]
# %% text enough
# %% gap engineers_more
engineers_more = 4  #?
# %% check engineers_more
within = 0.1
one_is_enough = 1
all_there_are = 14
# %% text solar
# %% gap solar_price
solar_price = reasons.table.loc[("P09", "full"), "price"]  #? solar_price = ____
# %% check solar_price
within = 0.05
own_value = 6
better_than_partner = -2
difference_of_costs = 8
# %% text letter
# %% gap ask_for
ask_for = "P11"  #?
# %% code
Markdown(pmo.arbitration.letter(plan, ask_for if ask_for in list(plan.table.index) else "P08"))
# %% text lesson
# %% checked
print(f"Customer app: {what_lacks}, {', '.join(leaves_for_app)} would leave, {engineers_more:g} engineers more would admit it")
print(f"Own solar costs {solar_price:g} to force in")
# %% guide
price = reasons.table.droplevel("level")["price"]
names = plan.table["name"]
admitted = pmo.arbitration.what_would_admit(plan, "P11").table.set_index("way")
fewest = admitted.loc["data_engineer 2028", "amount"]
solar_leaves = [names[p] for p in reasons.table.loc[("P09", "full"), "displaces"]]
hub_share = 100 * pmo.arbitration.what_would_admit(plan, "P08").table.set_index("way").loc["cost", "amount"]
