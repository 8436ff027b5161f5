# ruff: noqa
# fmt: off
# %% parameters
register_path: str = "../../data/samples/meridian_12"
# %% text story
# %% code
import pmo_kit as pmo
from pmo_kit.workshop import ____, items, lesson, seal

check = lesson("01_gut_round")
register = pmo.load_register(register_path)
question = pmo.Question(register)
projects = register.projects[["name", "sponsor", "commitment"]].copy()
projects["cost"] = [question.options.loc[(p, "full"), "cost"] for p in projects.index]
projects
# %% text reading
# %% gap whole_list
whole_list = projects["cost"].sum()  #?
# %% check whole_list
envelope_instead = 96
counts_projects = 12
# %% text choose
# %% gap ballot
choice = ["P01", "P02", "P06", "P08", "P12"]  #?
confidence = 80  #?
secret = "heron"  #?
# %% code
spent = projects.loc[projects.index.isin(items(choice)), "cost"].sum()
print(f"Your choice costs {spent:g} of 96 (EUR million).")
# %% code
sealed = seal(choice, confidence, secret)
sealed
# %% text keep
# %% checked
print(f"All twelve cost {whole_list:g}; this choice costs {spent:g} of 96.")
print(sealed)
# %% guide
listing = projects.rename(columns={"cost": "cost, EUR million"}).rename_axis("id")
options = [(project, "full") for project in choice]
gut_years = question.spend.loc[options].sum()
gut_value = question.options.loc[options, "value"].sum()
money = [rule.amount for rule in question.rules if rule.name.startswith("envelope")]
recommended = pmo.arbitrate(question).value
