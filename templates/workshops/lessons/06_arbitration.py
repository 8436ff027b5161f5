# ruff: noqa
# fmt: off
# %% parameters
register_path: str = "../../data/samples/meridian_12"
# %% text scene
# %% code
import datetime

import pmo_kit as pmo
from pmo_kit.figures import arbitration as figures
from pmo_kit.workshop import ____, filled, lesson

check = lesson("06_arbitration")
register = pmo.load_register(register_path)
question = pmo.Question(register)
plan = pmo.arbitrate(question)
pmo.show(figures.plan(plan))
# %% code
pmo.show(figures.refused(plan))
plan.use.set_index("label")[["limit", "used", "slack", "unit"]]
# %% text left
# %% gap left_2027
left_2027 = 50 - 48.5  #?
# %% check left_2027
within = 0.05
total_of_years = 50 + 46 - 92.5
other_year = 46 - 44
forgets_exit_cost = 50 - 47
# %% text sunk
# %% gap continue_gain
continue_gain = 2 - (-1.5)  #?
# %% check continue_gain
within = 0.05
sunk_cost = 2 - 22.5
forgets_exit = 2
sunk_as_argument = 22.5 + 2
stop_alone = -1.5
# %% text carry
# %% code
reasons = pmo.explain(plan, projects=["P06", "P08", "P11"])
# %% gap carry_on_price
carry_on_price = reasons.table.loc[("P06", "full"), "price"]  #? carry_on_price = ____
# %% check carry_on_price
within = 0.05
seen_alone = -3.5
what_leaves = 8
gain_alone = 3.5
# %% text cut
# %% gap money_left
money_left = 0.85  #?
# %% check money_left
within = 0.001
the_cut = 0.15
adds_cut = 1.15
# %% text who_leaves
# %% code
cut = question.scaled(check.accepted("money_left", money_left, otherwise=1.0))
after = pmo.arbitrate(cut)
pmo.show(figures.plan(after))
# %% gap leaves
leaves = ["P07"]  #?
# %% check leaves
loses_alone = ["P03"]
smallest = ["P10"]
required_by_law = ["P01"]
favorite = ["P02"]
stopped_already = ["P06"]
# %% text chair
# %% gap hub_price
hub_price = reasons.table.loc[("P08", "full"), "price"]  #? hub_price = ____
# %% check hub_price
within = 0.05
own_loss = 4
what_leaves = 5
its_cost = 11
# %% text record
# %% gap override
decided_by = "Chair"  #?
reason = "Promised to the town in 2025"  #?
# %% code
who, why = str(filled(decided_by, "nobody")), str(filled(reason, "not stated"))
day = datetime.date(2026, 11, 30)
with_hub = question.with_override("P08", "in", reason=why, decided_by=who, date=day)
ledger = pmo.arbitration.override_ledger(with_hub)
pmo.show(figures.overrides(ledger, pmo.arbitrate(with_hub)))
# %% text after_cut
# %% gap hub_after_cut
hub_after_cut = after.value - pmo.arbitrate(cut.with_override("P08", "in")).value  #? hub_after_cut = ____
# %% check hub_after_cut
within = 0.05
as_before = hub_price
shrinks_with_money = 0.85 * hub_price
both_together = plan.value - pmo.arbitrate(cut.with_override("P08", "in")).value
# %% text deferred
# %% gap deferred
deferred = "b"  #?
# %% check deferred
as_refused = "a"
as_funded = "c"
# %% text lesson
# %% checked
print(plan.summary)
print(f"Left in 2027: {left_2027:g}; carrying Billing on costs {carry_on_price:g}; the Learning Hub costs {hub_price:g}")
print(f"After the cut {after.value:g}: {', '.join(leaves)} leaves; the Hub then costs {hub_after_cut:g}")
# %% guide
carry = reasons.table.loc[("P06", "full")]
hub = reasons.table.loc[("P08", "full")]
app = reasons.table.loc[("P11", "full")]
names = register.projects["name"]
hub_own_loss = -question.options.loc[("P08", "full"), "value"]
worth_07 = question.options.loc[("P07", "worst_12"), "value"]
cut_loss = plan.value - after.value
cut_hub_plan = pmo.arbitrate(cut.with_override("P08", "in"))
cut_hub_leaves = [names[p] for p in after.plan if after.plan[p] != "stop" and p not in cut_hub_plan.plan]
enabler = plan.value - pmo.arbitrate(question.with_override("P03", "out")).value
enabler_loss = -question.options.loc[("P03", "full"), "value"]
app_engineers = question.demand.loc[("P11", "full")].sum()
spent_on_billing = register.table("status").query("project_id == 'P06'")["ac"].max()
engineers = plan.use.set_index("label").loc["data engineers 2028", "limit"]
years = question.spend.rename(columns=str)
sheet = question.options[["label", "value"]].join(years).join(question.demand.set_axis(["engineers"], axis=1))
sheet = sheet.reset_index()
sheet.insert(1, "name", names.loc[sheet["project_id"]].to_numpy())
sheet["label"] = sheet["label"].replace("", "in full")
sheet = sheet.drop(columns="level").rename(columns={"project_id": "id", "label": "level", "value": "net value"})
money = plan.use.set_index("label")
