# ruff: noqa
# fmt: off
# %% parameters
register_path: str = "../../data/samples/meridian_12"
# %% text open_ballot
# %% code
import pandas as pd
import pmo_kit as pmo
from pmo_kit.workshop import ____, items, lesson, seal

check = lesson("08_debrief")
question = pmo.Question(pmo.load_register(register_path))
plan = pmo.arbitrate(question)
# %% gap ballot
choice = ["P01", "P02", "P06", "P08", "P12"]  #?
confidence = 80  #?
secret = "heron"  #?
# %% code
print("Code:", seal(choice, confidence, secret).code or "still open")
# %% code
gut = question.options.index.isin([(project, "full") for project in items(choice)])
need = pd.concat([question.spend[gut].sum(), question.demand[gut].sum()])
need.index = ["money 2027", "money 2028", "data engineers 2028"]
there = plan.use.set_index("label")["limit"]
limits = pd.DataFrame({"your choice needs": need, "there is": there}).loc[need.index]
worth = question.options["value"][gut].sum()
print(f"Your choice is worth {worth:g}; {plan.value:g} is possible (EUR million).")
limits
# %% text quiz
# %% text q_ratio
# %% gap q_ratio
q_ratio = "b"  #?
# %% check q_ratio
adds_ratios = "a"
last_value = "c"
# %% text q_sunk
# %% gap q_sunk
q_sunk = "c"  #?
# %% check q_sunk
sunk_cost = "a"
share_done = "b"
# %% text q_weight
# %% gap q_weight
q_weight = "b"  #?
# %% check q_weight
importance = "a"
average = "c"
# %% text q_scale
# %% gap q_scale
q_scale = "c"  #?
# %% check q_scale
funded_set = "a"
live_set = "b"
# %% text q_deferred
# %% gap q_deferred
q_deferred = "a"  #?
# %% check q_deferred
as_refused = "b"
as_funded = "c"
# %% text q_year
# %% gap q_year
q_year = "c"  #?
# %% check q_year
discounts_year_zero = "a"
half_year = "b"
# %% text q_cap
# %% gap q_cap
q_cap = "b"  #?
# %% check q_cap
total_of_years = "a"
average_of_years = "c"
# %% text q_twice
# %% gap q_twice
q_twice = "a"  #?
# %% check q_twice
counts_twice = "b"
halves = "c"
# %% text q_small
# %% gap q_small
q_small = "c"  #?
# %% check q_small
small_but_best_ratio = "a"
always_largest = "b"
# %% text q_p80
# %% gap q_p80
q_p80 = "b"  #?
# %% check q_p80
sum_of_p80s = "a"
sum_of_p50s = "c"
# %% text pledge
# %% checked
print(limits.to_string())
print("Quiz:", q_ratio, q_sunk, q_weight, q_scale, q_deferred, q_year, q_cap, q_twice, q_small, q_p80)
# %% guide
gut_years = question.spend[gut].sum()
gut_value = question.options["value"][gut].sum()
recommended = plan.value
names = question.register.projects["name"]
quiz = [name for name in list(globals()) if name.startswith("q_")]
solutions = {number: globals()[name] for number, name in enumerate(quiz, 1)}
