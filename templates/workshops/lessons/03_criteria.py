# ruff: noqa
# fmt: off
# %% parameters
register_path: str = "../../data/samples/meridian_12"
# %% text why
# %% code
import pandas as pd
import pmo_kit as pmo
from pmo_kit.workshop import ____, filled, items, lesson

check = lesson("03_criteria")
offers = pd.DataFrame({"safety": [52, 60], "access": [90, 20]}, index=["A", "B"])
offers.rename_axis("offer")
# %% text declared
# %% gap value_a
value_a = 0.6 * 52 + 0.4 * 90  #?
# %% check value_a
within = 0.05
plain_average = (52 + 90) / 2
weights_swapped = 0.4 * 52 + 0.6 * 90
best_to_worst = 0.4 * 100
# %% text local
# %% code
local = (offers - offers.min()) / (offers.max() - offers.min())
weights = [0.6, 0.4]
pd.DataFrame({"declared scale": offers @ weights, "scale of these two": 100 * local @ weights})
# %% text swing
# %% gap safety_swing
safety_swing = pmo.prioritization.swing_weights([0.6 * 8, 0.4 * 70])[0]  #?
# %% check safety_swing
within = 0.005
importance = 0.6
only_ranges = 8 / (8 + 70)
other_criterion = 0.4 * 70 / (0.6 * 8 + 0.4 * 70)
# %% text minmax
# %% code
four = pd.DataFrame({"river": [8, 6, 2, 7], "people": [4, 7, 4, 20]}, index=list("ABCZ"))
shares = (four - four.min()) / (four.max() - four.min())
with_z = 10 * pmo.prioritization.weighted_value(shares, [0.5, 0.5])
four.assign(value=with_z.round(2)).rename_axis("project")
# %% gap first_without_z
first_without_z = "B"  #?
# %% check first_without_z
order_stays = "A"
z_again = "Z"
# %% code
three = four.drop("Z") if filled(first_without_z, "") else four
shares = (three - three.min()) / (three.max() - three.min())
again = 10 * pmo.prioritization.weighted_value(shares, [0.5, 0.5])
three.assign(value=again.round(2)).rename_axis("project")
# %% text scale_from
# %% gap scale_from
scale_from = "c"  #?
# %% check scale_from
live_set = "a"
funded_set = "b"
# %% text copies
# %% code
names = ["saving", "safety", "speed"]
ratios = pd.DataFrame([[1, 9, 8], [9, 1, 9], [1, 1, 1]], index=list("ABC"), columns=names)
pairs = [ratios.to_numpy()[:, [k]] / ratios.to_numpy()[:, k] for k in range(3)]
before = sum(pmo.prioritization.ahp_weights(pair).weights for pair in pairs) / 3
ratios.assign(share=before.round(3)).rename_axis("project")
# %% gap first_with_copy
first_with_copy = "A"  #?
# %% check first_with_copy
order_stays = "B"
the_copy = "D"
# %% code
with_copy = pd.concat([ratios, ratios.loc[["B"]].set_axis(["D"])])
copied = with_copy if filled(first_with_copy, "") else ratios
pairs = [copied.to_numpy()[:, [k]] / copied.to_numpy()[:, k] for k in range(3)]
after = sum(pmo.prioritization.ahp_weights(pair).weights for pair in pairs) / 3
copied.assign(share=after.round(3)).rename_axis("project")
# %% text own
# %% code
pd.options.display.max_colwidth = 60
register = pmo.load_register(register_path)
criteria = register.table("criteria").set_index("criterion")
criteria[["label", "sense", "low", "high", "unit"]]
# %% gap points
points = [100, 73, 64, 36, 45, 45]  #?
# %% code
mine = len(items(points)) == len(criteria)
swings = pmo.prioritization.swing_weights(items(points) if mine else criteria["weight"])
weights = dict(zip(criteria.index, swings))
whose = "Your seal:" if mine else "Not six numbers yet; the weights of the register:"
print(whose, pmo.prioritization.seal_weights(weights)[:12])
# %% text order
# %% code
ranking = pmo.prioritize(register, weights=weights)
ranking.table[["name", "value", "rank"]].head(5).round(1)
# %% text lesson
# %% checked
print(f"A on the declared scale: {value_a:.1f}; weight of the swing in safety: {safety_swing:.3f}")
print(f"First without Z: {three['river'].index[again.argmax()]}; first with the copy: {copied.index[after.argmax()]}")
print(ranking.summary)
# %% guide
value_b = 0.6 * 60 + 0.4 * 20
access_swing = 1 - safety_swing
sheet_minmax = four.rename_axis("project")
sheet_copies = ratios.rename_axis("project")
sheet_offers = offers.rename_axis("offer")
sheet_swing = criteria[["label", "low", "high", "unit"]].set_index("label").rename_axis("criterion")
z_values = pd.Series(with_z, index=list("ABCZ"))
three_values = pd.Series(again, index=list("ABC"))
