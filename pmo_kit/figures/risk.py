"""How sure the plan is: its S-curve, what drives it, which limits it breaks, and the money to hold back."""

from __future__ import annotations

from typing import Any

import pandas as pd

from pmo_kit.arbitration import Envelope
from pmo_kit.exhibits import Chart, Exhibit, Field, Reference, Table
from pmo_kit.facts import count, doing, in_sentence, many, money, number, percent, say, sentence, shortened
from pmo_kit.figures import claims
from pmo_kit.figures.figure import drawn, figure, named_by, nothing, tabled, unit_line
from pmo_kit.risk import Bases, Simulation, compare_plans

ROWS = 15
POINTS = 41  # every 2.5 %
LATE = 12.0  # months
EACH = 3
RARE = 0.005  # a share of the futures that is printed as nought


@figure("risk.s_curve_cost")
def s_curve(simulation: Simulation) -> Chart:
    """Return how likely the plan's cost is to stay below every amount."""
    planned, totals = simulation.base_cost, simulation.totals["cost"]
    curve = simulation.s_curve("cost", POINTS)
    plan, middle, sure = (
        claims.told(simulation, "risk.cost", amount, confidence=level, part="cost")
        for amount, level in ((planned, None), (totals.median(), 0.5), (totals.quantile(0.8), 0.8))
    )
    holds = claims.told(simulation, "risk.below", (totals <= planned).mean(), part="cost")
    return drawn(
        data=curve.assign(percent=100 * curve["probability"]),
        references=(
            Reference("x", planned, f"as planned {money(planned)}", "plan"),
            Reference("x", sure.value, f"{percent(0.8)} sure {money(sure.value)}", "limit"),
        ),
        title=say("Cost: at most {sure} with 80\u202f% confidence, {plan} planned", sure=sure, plan=plan),
        takeaway=say(
            "What is planned holds in {share} of the futures; in half of them the cost is {middle} or more.",
            share=holds,
            middle=middle,
        ),
        unit_line=unit_line(f"Cost of the plan in {number(simulation.draws, 0)} possible futures"),
        note=say(" ").join(simulation.notes),
    )


@figure("risk.tornado")
def tornado(simulation: Simulation, most: int = 10) -> Chart:
    """Return the projects that move the plan's net value most: its median where each goes badly, and well."""
    table = simulation.drivers.sort_values("swing", key=abs, ascending=False, kind="stable")
    middle = float(simulation.totals["npv"].median())
    shown = table[table["swing"].abs() > 0].head(most).reset_index().assign(middle=middle)
    shown["words"] = [f"{money(row.npv_low)} to {money(row.npv_high)}" for row in shown.itertuples()]
    title = "Nothing that is uncertain moves the plan's net value"
    takeaway = "Estimates and risks of its projects are missing, certain, or change no value."
    if len(shown):
        leading, first = shown.head(3), shown.iloc[0]
        whose = f"first {count(len(leading))}"
        title = say(
            "{who} the plan most: {share} of its uncertainty", who=doing(leading["name"], "moves|move"),
            share=claims.told(simulation, "risk.share", leading["share_npv"].sum(), part=whose),
        )  # fmt: skip
        low, high = (
            claims.told(simulation, "risk.value", first[end], project=str(first["project_id"]), part=part)
            for end, part in (("npv_low", "worst tenth"), ("npv_high", "best tenth"))
        )
        words = "If {who} goes badly the plan is worth {low}; if it goes well, {high}."
        takeaway = say(words, who=first["name"], low=low, high=high)
    return drawn(
        data=shown,
        references=(Reference("x", middle, f"middle {money(middle)}", "plan"),),
        title=title,
        takeaway=takeaway,
    )


@figure("risk.exceedance")
def exceedance(simulation: Simulation, most: int = ROWS) -> Table:
    """Return how likely every limit of money and people is to be exceeded, the likeliest first."""
    table = simulation.exceedance.sort_values("probability", ascending=False, kind="stable")
    table = table.assign(label=table["label"].map(sentence), percent=100 * table["probability"])
    shown = table[table["probability"] >= RARE].head(most)
    shown = shown if len(shown) else table.head(3)
    first, more = table.iloc[0], len(table) - len(shown)
    even, early = int((table["probability"] > 0.2).sum()), _early(simulation)
    title = f"Every limit holds in {'nearly ' * bool(first['probability'])}all of the futures"
    if first["probability"] >= RARE:
        title = say(
            "{what}: exceeded in {share} of the futures; all envelopes hold together in {holds}",
            what=first["label"],
            holds=claims.holds(simulation),
            share=claims.told(simulation, "risk.exceeded", first["probability"], rule=str(first["rule"])),
        )
    takeaway = f"Every limit holds with {percent(0.8)} confidence."
    if even:
        words = "{n:Words limit is|limits are} exceeded more often than one time in five."
        takeaway = say(words, n=claims.told(simulation, "risk.limits", even))
    beyond = f" As planned, with nothing late, {count(early)} would be exceeded." if early else ""
    those = "that is" if more == 1 else "that are"
    unlisted = f"Not listed: {count(more, 'limit')} {those} exceeded less often. " if more else ""
    return tabled(
        data=shown,
        title=title,
        takeaway=takeaway + beyond,
        note=f"{unlisted}Available: the limit and what is carried into its year in the futures that need so much. Late "
        "work moves money and people into later years.",
        unit_line=unit_line(
            "Money and people needed and available", f"{simulation.question.register.settings.unit}; people"
        ),
    )


@figure("risk.contingency")
def contingency(simulation: Simulation, confidences: tuple[float, ...] = (0.7, 0.8, 0.9)) -> Table:
    """Return the money to hold back at several confidences: one reserve together, or one for every project."""
    found = pd.DataFrame([vars(one) | {"saved": one.saved} for one in map(simulation.contingency, confidences)])
    asked = simulation.contingency(0.8)
    title = f"No reserve over the planned cost is needed for {percent(0.8)} confidence"
    takeaway = ""
    if asked.pooled >= 0.05:
        apart = ", not {each} project by project" * (asked.saved >= 0.05)
        title = say(
            f"Hold {{one}} together for 80\u202f% confidence{apart}",
            one=claims.reserve(simulation, 0.8),
            each=claims.told(simulation, "risk.reserve", asked.unpooled, confidence=0.8, part="project by project"),
        )
    if asked.saved >= 0.05:
        saved = claims.told(simulation, "risk.saved", asked.saved, confidence=0.8)
        takeaway = say("One reserve saves {saved}: not every project goes badly at once.", saved=saved)
    elif asked.saved < -0.05:
        takeaway = "A reserve for each project, as sure for each, would not be enough for all of them together."
    return tabled(
        data=found.assign(
            confidence=found["confidence"].map(percent),
            joint=[100 * simulation.confidence(total, LATE) for total in found["quantile"]],
        ),
        title=title,
        takeaway=takeaway,
        note=f"The worst tenth of the futures cost {money(simulation.cvar('cost', 0.9))} on average.",
    )


@figure("risk.top_risks")
def top_risks(simulation: Simulation, each: int = EACH) -> Exhibit:
    """Return the largest risks of the plan in every class: likelihood, cost, share of the uncertainty, answer."""
    table, names = simulation.risks, simulation.question.register.projects["name"]
    if table.empty:
        outside = "Those of the register are of projects outside the plan, or cannot come."
        lacking = "Add a sheet of risks to see what may happen."
        why = _held(simulation) or (outside if simulation.question.register.has("risks") else lacking)
        return nothing("No risk event is counted on top of the plan's figures", why)
    classes = simulation.classes
    shown = pd.concat([table[table["risk_class"] == one].head(each) for one in classes.index], ignore_index=True)
    shown, lacking = answered(shown.assign(late=shown["delay_months"]), names)
    first, more = answered(table.head(1), names)[0].iloc[0], len(table) - len(shown)
    rest = f"Not listed: {number(more, 0)} smaller {'risk' if more == 1 else 'risks'}. " if more else ""
    words = "{kind} risks of the plan weigh most: {part} of {whole} expected; its largest is {which} ({who})"
    if number(classes["expected_cost"].sum()) == number(0):
        words = "The risks of the plan hardly cost money; the first is {which} ({who})"
    return tabled(
        data=shown,
        title=say(
            words, kind=sentence(classes.index[0]), which=in_sentence(first["label"]), who=names[first["project_id"]],
            part=claims.told(simulation, "risk.expected", classes["expected_cost"].iloc[0], part=str(classes.index[0])),
            whole=claims.told(simulation, "risk.expected", classes["expected_cost"].sum()),
        ),
        takeaway=lacking,
        unit_line=unit_line(f"Largest risks of the plan, {count(each)} of every class"),
        note=f"{rest}{_held(simulation)}".strip(),
    )  # fmt: skip


@figure("risk.by_year")
def by_year(simulation: Simulation) -> Chart:
    """Return what the plan spends in every year: planned, and the range of eight futures in ten."""
    table = simulation.portfolio.drop(index="all years", errors="ignore")
    visible = 0.01 * table["spend_p90"].max()
    table = table[(table["spend_base"] > 0) | (table["spend_p90"] > visible)].reset_index().astype({"year": "str"})
    likeliest_last = simulation.exceedance.sort_values("probability", kind="stable").itertuples()
    limits = [(simulation.question.rule(str(row.rule)), row) for row in likeliest_last]
    there: dict[str, Any] = {
        str(rule.year): row for rule, row in limits if isinstance(rule, Envelope) and rule.scope == "all"
    }
    table["words"] = [
        f"{money(row.spend_p10)} to {money(row.spend_p90)}, planned {money(row.spend_base)}"
        + (f", available {money(there[row.year].available)}" if row.year in there else "")
        for row in table.itertuples()
    ]
    title = "What the plan spends in every year"
    if there:
        worst = max(there, key=lambda year: there[year].probability)
        likely = there[worst].probability
        title = f"The money of every year holds in {'nearly ' * bool(likely)}all of the futures"
        if likely >= RARE:
            share = claims.told(simulation, "risk.exceeded", likely, rule=str(there[worst].rule))
            words = "{year} is the year at risk: its money is exceeded in {share} of the futures"
            title = say(words, year=worst, share=share)
    late = "Delays take money out of the first years and put it into later ones."
    return drawn(data=table, title=title, takeaway=late * bool((simulation.totals["latest"] > 0).any()))


@figure("risk.bases")
def bases(found: Bases) -> Table:
    """Return the plan recommended beside the one that is best as planned and the one that is sure of its envelopes."""
    table, names = found.table, found.question.register.projects["name"]
    words = {"expected": "Recommended: best on expected figures", "likely": "Best as planned",
             "sure": f"All envelopes hold in {percent(found.fit.confidence)}"}  # fmt: skip
    if not found.fit.fits:
        words["sure"] = "Nearest to that found"
    data = table.assign(
        plan=[words[str(name)] for name in table.index],
        holds=100 * table["fits"],
        wins=100 * table["better"],
        out=named_by(names, table["leaves"], 4, ""),
        into=named_by(names, table["enters"], 4, ""),
        size=named_by(names, [tuple(p for p, _, _ in ids) for ids in table["resized"]], 3, ""),
    )
    (_, first), (_, likely), (_, sure) = table.iterrows()
    plain, drawn = found.fit.plain, found.simulations["expected"]
    notes: list[str] = []
    if plain.question.value == "npv" and abs(plain.value - first["expected"]) >= 0.05:
        after = "Before what breaking limits with a price costs; after it the recommended plan is worth {own}."
        notes.append(say(after, own=claims.value(plain)))
    early = _early(drawn)
    if early and first["planned"] > likely["planned"]:
        notes.append(f"As planned, with nothing late, the recommended plan would exceed {count(early, 'limit')}.")
    alike, safe = (not (one["leaves"] or one["enters"] or one["resized"]) for one in (likely, sure))
    title = "Best as planned would be expected to be worth {other}; the recommended plan is {own}, and worth more "
    title += "in {better} of the futures"
    breaks = plain.worth_of(found.allocations["likely"].plan) > plain.bound + 1e-6
    if breaks and likely["expected"] - first["expected"] >= 0.05:
        title = "Best as planned would be expected to be worth {other}, not {own}, but does not keep the limits as "
        title += "expected"
        if percent(likely["fits"]) != percent(first["fits"]):
            title += ": all envelopes hold in {holds} of the futures, not {now}"
    holds = claims.ours(drawn, "plan.holds", first["fits"])
    takeaway = "Keeping all envelopes in {then} of the futures instead of {now} gives up {lost} of expected net value."
    if safe:
        takeaway = "It is sure enough by itself" if found.fit.fits else "No surer plan was found"
        takeaway += ": all envelopes hold in {now} of the futures."
    return tabled(
        data=data,
        title=say(
            "The plan that is best as planned is the recommended one, expected to be worth {own}" if alike else title,
            other=claims.told(drawn, "plan.npv", likely["expected"], plan="as planned"),
            own=claims.ours(plain, "plan.npv", first["expected"]),
            better=claims.ours(drawn, "plan.better", 1 - likely["better"], part="as planned"),
            holds=claims.told(drawn, "plan.holds", likely["fits"], plan="as planned"),
            now=holds,
        ),
        takeaway=say(
            takeaway,
            then=claims.told(drawn, "plan.holds", sure["fits"], plan="sure"),
            now=holds,
            lost=claims.ours(drawn, "plan.gain", found.fit.given_up, part="sure"),
        ),
        note=say(" ").join(notes),
        unit_line=unit_line(f"Plans in {number(drawn.draws, 0)} possible futures"),
    )


@figure("risk.compared")
def compared(simulations: dict[str, Simulation]) -> Exhibit:
    """Return plans side by side, with 80 % confidence; the title sets the second against the first."""
    name, first = next(iter(simulations.items()))
    table = compare_plans(simulations)
    other = table.iloc[min(1, len(table) - 1)]
    ours, theirs = (
        claims.told(first, "plan.npv", amount, figures="sure", confidence=0.5, plan=plan)
        for amount, plan in ((table["median"].iloc[0], claims.PLAN), (other["median"], other.name))
    )
    apart = say("worth {theirs} in the middle (median), not {ours}", theirs=theirs, ours=ours)
    title = say("{who} keeps all envelopes in {holds} of the futures", who=name, holds=claims.holds(first))
    if len(table) > 1:
        title += say(
            "; {other} in {holds}, {worth}",
            other=f"{other.name[:1].lower()}{other.name[1:]}",
            worth=apart if ours.words() != theirs.words() else "with the same net value in the middle",
            holds=claims.told(first, "plan.holds", other["fits"], plan=other.name),
        )
    shown = {"cost": "planned", "cost_p80": "cost", "planned": "value", "median": "npv", "p20": "sure"}
    return tabled(
        data=table.assign(fits=100 * table["fits"], wins=100 * table["better"]).rename(columns=shown).reset_index(),
        own=[Field("wins", f"worth more than {name}", "%", decimals=0)],
        title=title,
        unit_line=unit_line(f"Plans in {number(first.draws, 0)} possible futures"),
    )


def answered(risks: pd.DataFrame, names: pd.Series) -> tuple[pd.DataFrame, str]:
    """Risks as a committee reads them, with their projects; and whether each has an owner and a response."""
    told = risks.assign(label=risks["label"].fillna(risks["risk"]), likely=100 * risks["probability"])
    told = told.assign(**{"class": risks["risk_class"].map(sentence)}).fillna({"owner": "none", "response": "none"})
    told["what"] = [
        (("lead", f"{row.label}."), ("text", names[row.project_id]), ("id", row.project_id))
        for row in told.itertuples()
    ]
    bare = int(told[["owner", "response"]].eq("none").any(axis=1).sum())
    lacking = f"{many(bare, 'of these risks has|of these risks have')} no owner or no response."
    return told, lacking if bare else "Every one of them has an owner and a response." if len(told) else ""


def _early(simulation: Simulation) -> int:
    """How many limits the plan would exceed if everything came as planned."""
    table = simulation.exceedance
    return int((table["planned"] > table["available"] + 0.05).sum())


def _held(simulation: Simulation) -> str:
    """Which projects' figures already hold bias or risk."""
    table = simulation.table
    held = table.loc[table["includes"] != "", "name"]
    return f"Already in the figures, so not added: {shortened(held, 3)}." if len(held) else ""
