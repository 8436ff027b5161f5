# ruff: noqa: E501
"""Exhibits with the numbers of the twelve projects, as in the reference table: for tests and the gallery."""

from __future__ import annotations

import pandas as pd

from pmo_kit.exhibits import Chart, Exhibit, Field, Kpi, Message, Reference, Table

INPUTS = {"register": "8260e04b" + "0" * 56, "status": "proven: 381 plans compared"}
UNIT = "EUR million, real 2026"


def headline() -> Message:
    return Message(
        id="page_one.headline",
        alt="The decision in two lines.",
        title="Stop Billing replacement and fund eight projects:\n"
        "47.0 in 2027, 44.0 in 2028; worth 33.5, 4.5 above carrying on",
        unit_line="Investment Committee, for decision · EUR million, real 2026 · worth = net value · "
        "carrying on = the best plan that keeps Billing replacement",
        items=(),
    )


def tiles() -> Kpi:
    data = pd.DataFrame(
        {
            "label": [
                "Net value",
                "Data engineers 2028: the limit",
                "Money 2027, with the exit cost",
                "Money 2028",
            ],
            "value": [33.5, 14.0, 48.5, 44.0],
            "decimals": [1, 0, 1, 1],
            "limit": [None, 14.0, 50.0, 46.0],
            "note": ["4.5 above carrying on (29.0)", "", "", ""],
            "focus": [True, True, False, False],
        }
    )
    return Kpi(
        id="page_one.tiles",
        alt="Net value 33.5; 14 of 14 data engineers; 48.5 of 50.0; 44.0 of 46.0.",
        data=data,
    )


def with_ids(data: pd.DataFrame) -> pd.DataFrame:
    """Projects with their ids in small type."""
    pairs = zip(data["project"], data.pop("id"), strict=True)
    return data.assign(project=[(("text", name), ("id", key)) if isinstance(key, str) else name for name, key in pairs])


def funded() -> Table:
    rows = [
        ("Lead pipe replacement, by law", "P01", 14.0, 14.0),
        ("Control-room upgrade, running", "P12", 7.0, 6.0),
        ("Data platform", "P03", 4.0, 3.0),
        ("Leak sensors", "P04", 5.0, 4.0),
        ("Predictive pumping", "P05", 3.0, 3.0),
        ("Smart meters, two districts", "P02", 7.0, 8.0),
        ("Storm overflows, worst 12 sites", "P07", 6.0, 5.0),
        ("Partner solar", "P10", 1.0, 1.0),
        ("Eight projects", None, 47.0, 44.0),
        ("with 1.5 to leave Billing", None, 48.5, 44.0),
    ]
    return Table(
        id="page_one.funded",
        alt="Amounts of the eight projects.",
        data=with_ids(pd.DataFrame(rows, columns=["project", "id", "y2027", "y2028"])),
        columns=(
            Field("project", kind="text"),
            Field("y2027", "2027"),
            Field("y2028", "2028"),
        ),
        totals=2,
        across=2,
    )


def decisions() -> Table:
    def case(lead: str, text: str, small: str) -> tuple[tuple[str, str], ...]:
        return (("lead", lead), ("text", text), ("small", small))

    def owner(name: str) -> tuple[tuple[str, str], ...]:
        return (("text", name), ("line", "2026-11-30"))

    rows = [
        (1, "stop", case("Billing replacement.", "Leaving costs 1.5 in 2027 and frees 2 data engineers; with the 1 spare "
         "they start Predictive pumping.", "Holds in 4 of 5 cases tested · pages 2 and 5"), owner("Corporate director"),
         "4.5 of value is lost; Predictive pumping (8.0) cannot start."),
        (2, "fund", case("Eight projects:", "one by law, one running, six chosen for value; two of them at a reduced level.",
         "Six of the eight hold in all 5 cases · page 5"), owner("Finance director"),
         "Data platform slips, and with it Leak sensors and Predictive pumping."),
        (3, "refuse", case("Reservoir Learning Hub.", "Letting it in costs 9.0 and displaces Storm overflows.",
         "Holds in 5 of 5 cases · pages 2 and 5"), owner("Chair"), "Stays out; its 11.0 is not reserved."),
        (4, "refuse", case("Customer app", ", until four data engineers are added. Letting it in now costs 8.5 and displaces "
         "Data platform, Leak sensors and Predictive pumping.", "Holds in 4 of 5 cases · pages 2 and 5"),
         owner("Customer director"), "Stays out; the supplier’s offer lapses."),
        (5, "refuse", case("Own solar", ", same site as Partner solar. Letting it in costs 3.0 and displaces Partner solar "
         "and Storm overflows.", "Holds in 5 of 5 cases · pages 2 and 5"), owner("Water director"),
         "Partner solar cannot sign for the site."),
    ]  # fmt: skip
    return Table(
        id="page_one.decisions",
        alt="Five decisions: stop one project, fund eight, refuse three.",
        title="You are asked to decide",
        data=pd.DataFrame(rows, columns=["number", "decision", "what", "owner", "otherwise"]),
        columns=(
            Field("number", decimals=0),
            Field("decision", kind="decision"),
            Field("what", "Decision", kind="text"),
            Field("owner", "Owner, by when", kind="text"),
            Field("otherwise", "If not decided", kind="text"),
        ),
        details=((1, funded()),),
    )


def limits() -> Message:
    return Message(
        id="page_one.limits",
        alt="People limit the plan, not money.",
        title="What limits us: people, not money",
        items=(
            ("14 of 14 data engineers are used in 2028.", "Money is left: 1.5 in 2027, 2.0 in 2028. Four more engineers "
             "would let the Customer app in for that money: 37.5, a gain of 4.0. One, two or three more change nothing. "
             "Money alone buys the same gain only with 15.5 more."),
        ),
    )  # fmt: skip


def turning_points() -> Table:
    rows = [
        ("Data engineers 2028", "14", "at 13", 29.0, "Predictive pumping leaves, Billing stays"),
        (
            "Cost of leaving Billing",
            "1.5",
            "above 3.0",
            29.0,
            "2027 no longer fits: Billing stays, Predictive pumping leaves",
        ),
        ("Money in 2027", "50.0", "below 48.5", 29.5, "Partner solar leaves first"),
    ]
    return Table(
        id="page_one.turning_points",
        alt="Three values at which the advice turns.",
        title="What would change this advice",
        data=pd.DataFrame(rows, columns=["what", "now", "turns", "worth", "note"]),
        columns=(
            Field("what", "If this moves …", kind="text"),
            Field("now", "now"),
            Field("turns", "turns"),
            Field("worth", "then worth"),
            Field("note", kind="note"),
        ),
    )


def since_last() -> Message:
    return Message(
        id="page_one.since_last",
        alt="Three things since the last committee.",
        title="Since last time (2026-03-26)",
        items=(
            ("Against advice:", "Billing replacement was funded before its migration was tested. It has earned 18.2 of work "
             "for 22.5 spent and still reports Green."),
            ("No record:", "the baseline of Control-room upgrade moved without a decision."),
            ("Back again:", "the refused Visitor Centre returns as Reservoir Learning Hub; same cost, benefits doubled."),
        ),
    )  # fmt: skip


def how_sure() -> Message:
    return Message(
        id="page_one.how_sure",
        alt="The plan is proven best.",
        title="How sure",
        items=(
            ("Proven.", "All 1\u202f008 plans that respect the links between projects were checked; 381 fit the limits; no "
             "other reaches 33.5."),
            ("Next best 30.5", ", 3.0 lower: Own solar in, Partner solar and Storm overflows out."),
            ("Three data findings", "(annex A4): two Green reports that the figures contradict; carbon of Predictive pumping "
             "counted twice. The advice holds while its net value stays above 3.5 (now 8.0)."),
        ),
    )  # fmt: skip


def ask() -> Chart:
    rows = [
        ("2027", "envelope", 50.0, "50.0"), ("2027", "recommended", 48.5, "48.5"), ("2027", "asked", 83.5, "asked 83.5"),
        ("2028", "envelope", 46.0, "46.0"), ("2028", "recommended", 44.0, "44.0"), ("2028", "asked", 71.0, "asked 71.0"),
    ]  # fmt: skip
    return Chart(
        id="overview.ask",
        mark="bar",
        title="Asked in 2027: 83.5 for an envelope of 50.0",
        takeaway="Two fifths of the 2027 ask must wait in any plan.",
        unit_line="Ask against envelope, EUR million, real 2026",
        alt="Asked 83.5 and 71.0 against envelopes of 50.0 and 46.0; the plan uses 48.5 and 44.0.",
        data=pd.DataFrame(rows, columns=["year", "series", "amount", "label"]),
        x=Field("year", kind="time"),
        y=Field("amount", "Money", UNIT),
        series=Field("series", kind="category"),
        styles={"envelope": "plan", "recommended": "forecast", "asked": "limit"},
        label=Field("label", kind="text"),
        layered=True,
    )


def bridge() -> Chart:
    rows = [
        ("Carry on", 0.0, 29.0, "29.0", "carry on"), ("Billing: value left", 29.0, 27.0, "−2.0", "loss"),
        ("Predictive pumping", 27.0, 35.0, "+8.0", "gain"), ("Exit cost", 35.0, 33.5, "−1.5", "loss"),
        ("Recommended", 0.0, 33.5, "33.5", "plan"),
    ]  # fmt: skip
    return Chart(
        id="overview.bridge",
        mark="bar",
        title="Stopping Billing lifts net value by 4.5 to 33.5",
        takeaway="The gain is people moved to better work, not a saving.",
        unit_line="Net value of the plan, carrying on to recommended, EUR million, real 2026",
        alt="29.0 carrying on, less 2.0, plus 8.0, less 1.5, gives 33.5.",
        data=pd.DataFrame(rows, columns=["step", "start", "end", "label", "series"]),
        x=Field("step", kind="text"),
        y=Field("end", "Net value", UNIT),
        start=Field("start"),
        series=Field("series", kind="category"),
        styles={"carry on": "previous", "loss": "bad", "gain": "good", "plan": "forecast"},
        label=Field("label", kind="text"),
    )


def goals() -> Chart:
    rows = [("Fair bills", 57.5, 15.0), ("Safe water", 50.0, 50.0), ("Cleaner rivers", 22.0, 11.0),
            ("Net zero", 18.0, 8.0), ("Systems and skills", 7.0, 7.0)]  # fmt: skip
    data = [row for goal, asked, given in rows for row in (
        (goal, "asked", asked, f"{given} of {asked}"), (goal, "recommended", given, ""))]  # fmt: skip
    return Chart(
        id="overview.goals",
        mark="bar",
        title="Safe water receives all it asks, Fair bills a quarter (15.0 of 57.5)",
        takeaway="Fair bills carries the refusals; the committee may wish to say so in its minutes.",
        unit_line="Recommended of asked, EUR million, 2027 and 2028 together",
        alt="Recommended of asked by goal.",
        data=pd.DataFrame(data, columns=["goal", "series", "amount", "label"]),
        x=Field("amount", "Money", UNIT),
        y=Field("goal", kind="category"),
        series=Field("series", kind="category"),
        styles={"asked": "plan", "recommended": "forecast"},
        label=Field("label", kind="text"),
        layered=True,
    )


def prices() -> Chart:
    out, inside, law = (
        "Out: price of letting it in",
        "In: what is lost if it leaves",
        "By law: what the duty costs",
    )
    rows = [
        (out, "Reservoir Learning Hub P08", 9.0, "9.0"), (out, "Customer app P11", 8.5, "8.5"),
        (out, "Billing replacement P06", 4.5, "4.5"), (out, "Own solar P09", 3.0, "3.0"),
        (inside, "Data platform P03", 8.5, "8.5"), (inside, "Leak sensors P04", 8.5, "8.5"),
        (inside, "Smart meters* P02", 5.5, "5.5"), (inside, "Predictive pumping P05", 4.5, "4.5"),
        (inside, "Storm overflows* P07", 3.0, "3.0"), (inside, "Partner solar P10", 3.0, "3.0"),
        (inside, "Control-room upgrade P12", 1.5, "1.5¹"), (law, "Lead pipe replacement P01", 10.0, "10.0"),
    ]  # fmt: skip
    return Chart(
        id="arbitration.prices",
        mark="bar",
        title="Letting a refused project in costs 3.0 to 9.0 of net value",
        takeaway="The Data platform loses 3.0 alone and is worth 8.5: two projects stand on it. Refuse the Learning Hub first.",
        unit_line="EUR million, real 2026 · loss against the recommended 33.5, one change at a time · 12 projects, "
        "2027 and 2028 · data as of 2026-09-30",
        note="* reduced level · ¹ before its exit cost",
        source="projects, costs, benefits",
        alt="Prices of the twelve projects, largest first in three blocks.",
        inputs=INPUTS,
        data=pd.DataFrame(rows, columns=["block", "project", "price", "label"]),
        x=Field("price", "Price", UNIT),
        y=Field("project", kind="text"),
        series=Field("block", kind="category"),
        styles={out: "bad", inside: "good", law: "plan"},
        label=Field("label", kind="text"),
        group=Field("block", kind="category"),
    )


def per_engineer() -> Chart:
    rows = [("Smart meters (two districts)", 4.5, "ordinary"), ("Leak sensors", 4.3, "ordinary"),
            ("Predictive pumping", 2.7, "ordinary"), ("Control-room upgrade", 2.5, "ordinary"), ("Customer app", 1.0, "focus")]  # fmt: skip
    return Chart(
        id="letter.per_engineer",
        mark="bar",
        title="An engineer earns more elsewhere: 1.0 here, 2.5 to 4.5 in the plan",
        unit_line="Net value for each data engineer in 2028, EUR million",
        alt="Net value for each engineer, five projects.",
        data=pd.DataFrame(rows, columns=["project", "value", "style"]),
        x=Field("value"),
        y=Field("project", kind="text"),
        series=Field("style", kind="category"),
    )


def ladder() -> Chart:
    solid = [(66, 14.5), (68, 15.5), (71, 19.5), (79, 20.5), (80, 23), (83, 24.5), (85, 28.5), (95, 29.5), (97, 33.5),
             (100, 33.5), (109, 35.5), (123, 37.5), (135, 37.5)]  # fmt: skip
    dashed = [(74, 19.5), (74, 23.5), (82, 24.5), (83, 27), (85, 28.5), (88, 32.5), (97, 33.5), (100, 37.5), (107, 38.5),
              (112, 39.5), (117, 40.5), (117.5, 43.5), (128.5, 45.5), (135, 45.5)]  # fmt: skip
    labels = {
        85: "15 % less: 28.5\nStorm overflows leaves",
        95: "below 97 %: 29.5\nPartner solar leaves first",
        100: "Recommended 33.5",
    }
    rows = [(x, y, "14 data engineers", labels.get(x, "")) for x, y in solid]
    rows += [(x, y, "18 data engineers", "") for x, y in dashed]
    rows += [(100, 29.0, "Carry on", "Carry on 29.0")]
    return Chart(
        id="arbitration.frontier",
        mark="line",
        title="A 15 % cut costs 5.0; 10 % more money buys 2.0; four engineers buy 4.0",
        takeaway="Ask for four engineers before asking for 15.5 of money. Cuts of up to 3 % change nothing.",
        unit_line="Net value of the best plan at each level of both envelopes; solid: 14 data engineers as today, dashed: 18",
        alt="Net value rises from 14.5 at 66 % of the envelopes to 37.5 at 123 %.",
        data=pd.DataFrame(rows, columns=["share", "value", "series", "label"]),
        x=Field("share", "share of both envelopes", "%", decimals=0),
        y=Field("value", "Net value of the best plan", UNIT),
        series=Field("series", kind="category"),
        styles={"14 data engineers": "focus", "18 data engineers": "muted", "Carry on": "previous"},
        label=Field("label", kind="text"),
        references=(Reference("x", 100, "envelope today: 50.0 and 46.0"),),
    )


CASES = ("Today", "Money\n−15 %", "Money\n+10 %", "People\n13", "People\n18", "Carry\non")


def cases() -> Table:
    full, half, out = "full", "reduced", "out"
    rows = [
        ("Always", "Lead pipe replacement", *[full] * 6), ("Always", "Smart meters", *[half] * 6),
        ("Always", "Data platform", *[full] * 6), ("Always", "Leak sensors", *[full] * 6),
        ("Always", "Partner solar", *[full] * 6), ("Always", "Control-room upgrade", *[full] * 6),
        ("Sometimes", "Predictive pumping", full, full, full, out, full, out),
        ("Sometimes", "Storm overflows", half, out, full, half, half, half),
        ("Sometimes", "Billing replacement", out, out, out, full, out, full),
        ("Sometimes", "Customer app", out, out, out, out, full, out),
        ("Never", "Reservoir Learning Hub", *[out] * 6), ("Never", "Own solar", *[out] * 6),
        ("", "Net value", 33.5, 28.5, 35.5, 29.0, 37.5, 29.0),
    ]  # fmt: skip
    names = [f"case_{i}" for i in range(6)]
    return Table(
        id="scenarios.cases",
        title="Six projects hold in all five cases, two in none",
        takeaway="Six of the eight can start whatever happens; take Predictive pumping and Billing together.",
        unit_line="■ in full, ◧ reduced, – out · people: data engineers 2028",
        alt="Which projects are in the plan in each of six cases.",
        data=pd.DataFrame(rows, columns=["group", "project", *names]),
        columns=(
            Field("project", kind="text"),
            *(Field(n, c, kind="mark", ruled=n == "case_5") for n, c in zip(names, CASES, strict=True)),
        ),
        totals=1,
        group=Field("group", kind="category"),
    )


def cases_grid() -> Chart:
    table = cases()
    rows = [
        (row["project"], case, row[f"case_{i}"])
        for row in table.data.to_dict("records")[:-1]
        for i, case in enumerate(CASES)
    ]
    return Chart(
        id="scenarios.grid", mark="heatmap", title="Six projects hold in all five cases, two in none", alt=table.alt,
        unit_line=table.unit_line, data=pd.DataFrame(rows, columns=["project", "case", "level"]),
        x=Field("case", kind="category"), y=Field("project", kind="text"), value=Field("level", kind="mark"),
    )  # fmt: skip


def watermelons() -> Table:
    rows = [
        (
            "Billing replacement",
            "P06",
            "G",
            None,
            "R",
            "0.81 earned per 1 spent; the rest costs 14.6, not 10.0",
        ),
        ("Control-room upgrade", "P12", "G", "A", "R", "8.6 months earned in 12; benefits 14 months late"),
    ]
    return Table(
        id="overview.status",
        title="Both running projects report Green; the figures say Red",
        takeaway="Item 1 rests on the figures, not on the declared status.",
        unit_line="Delivery status at 2026-09-30 · rule: Red below 0.85 · other projects have not started, so no status",
        note="n/a: no independent assurance on file.",
        alt="Two projects declared Green, Red by the rule.",
        data=with_ids(pd.DataFrame(rows, columns=["project", "id", "declared", "assured", "rule", "why"])),
        columns=(
            Field("project", "Project", kind="text"), Field("declared", "declared", kind="rag"),
            Field("assured", "assured", kind="rag"), Field("rule", "by the rule", kind="rag"), Field("why", "why", kind="text"),
        ),
    )  # fmt: skip


def exceptions() -> Table:
    rows = [
        ("Smart meters, full", "P02", "Customer director", 21.0, 12.5, "Leak sensors, Predictive pumping, Storm overflows; Billing stays"),
        ("Reservoir Learning Hub", "P08", "the Chair, a second time", 24.5, 9.0, "Storm overflows"),
        ("Customer app", "P11", "Customer director", 25.0, 8.5, "Data platform, Leak sensors, Predictive pumping; Billing stays"),
        ("Billing replacement", "P06", "funded against advice", 29.0, 4.5, "Predictive pumping"),
        ("Own solar", "P09", "Water director", 30.5, 3.0, "Partner solar, Storm overflows"),
    ]  # fmt: skip
    return Table(
        id="arbitration.exceptions",
        title="Each exception has a price, from 3.0 to 12.5 of net value",
        takeaway="Prices do not add up: admit two and the plan is computed again.",
        unit_line="Overrides asked for or already made · price = net value lost against the recommended 33.5 when the project "
        "is forced in · EUR million, real 2026",
        alt="Five exceptions and their prices.",
        data=with_ids(pd.DataFrame(rows, columns=["project", "id", "who", "plan", "price", "displaces"])),
        columns=(
            Field("project", "Project", kind="text"), Field("who", "who asks, since when", kind="text"),
            Field("plan", "plan with it"), Field("price", "price"), Field("displaces", "what it displaces", kind="text"),
        ),
    )  # fmt: skip


def regret() -> Chart:
    rows = [(plan, case, value) for plan, values in {
        "Recommended": (0.0, 5.0, 2.0, 4.5, 4.0), "Carry on": (4.5, 5.5, 6.5, 0.0, 8.5), "Without Smart meters": (5.5, 0.0, 7.5, 5.0, 9.5),
    }.items() for case, value in zip(CASES[:5], values, strict=True)]  # fmt: skip
    return Chart(
        id="scenarios.regret", mark="heatmap", title="The recommended plan is never more than 5.0 from the best",
        unit_line="Net value lost against the best plan of each case, EUR million (sample numbers)", alt="Regret of three plans.",
        data=pd.DataFrame(rows, columns=["plan", "case", "regret"]), x=Field("case", kind="category"),
        y=Field("plan", kind="category"), value=Field("regret", "Regret", UNIT),
    )  # fmt: skip


def intervals() -> Chart:
    rows = [("Smart meters, two districts P02", 9.0, 5.5, 13.0), ("Predictive pumping P05", 8.0, 3.0, 10.5),
            ("Storm overflows, worst 12 sites P07", 5.0, 2.0, 6.5), ("Partner solar P10", 4.0, -1.0, 6.0)]  # fmt: skip
    return Chart(
        id="risk.intervals", mark="interval", title="Only Partner solar can end below zero",
        unit_line="Net value, EUR million, nine cases in ten (sample numbers)", alt="Intervals of four projects.",
        data=pd.DataFrame(rows, columns=["project", "value", "low", "high"]), x=Field("value", "Net value", UNIT),
        y=Field("project", kind="text"), low=Field("low"), high=Field("high"),
    )  # fmt: skip


def map_of_value() -> Chart:
    rows = [("Smart meters", 34, 19, "in"), ("Leak sensors", 9, 13, "in"), ("Predictive pumping", 6, 8, "in"),
            ("Storm overflows", 22, 7, "in"), ("Own solar", 10, 6, "out"), ("Control-room upgrade", 13, 5, "in"),
            ("Customer app", 2.5, 4, "out"), ("Partner solar", 2, 4, "in"), ("Learning Hub", 11, -4, "out"),
            ("Data platform", 7, -3, "in"), ("Lead pipes", 28, -6, "in")]  # fmt: skip
    return Chart(
        id="prioritization.map", mark="scatter", title="The Data platform loses 3.0 alone and is in all the same",
        unit_line="Net value against cost of the full level, EUR million", alt="Eleven projects by cost and net value.",
        data=pd.DataFrame(rows, columns=["project", "cost", "npv", "plan"]), x=Field("cost", "Cost 2027 and 2028", "EUR million"),
        y=Field("npv", "Net value", "EUR million", signed=False), label=Field("project", kind="text"),
        series=Field("plan", kind="category"), styles={"in": "focus", "out": "previous"}, references=(Reference("y", 0, ""),),
    )  # fmt: skip


def stacked() -> Chart:
    years = (2027, 2028, 2029, 2030)
    rows = [(year, area, value) for area, values in {"Networks": (19, 18, 4, 2), "Customer": (7, 8, 5, 0.4), "Wastewater": (9, 8, 2, 1)}.items()
            for year, value in zip(years, values, strict=True)]  # fmt: skip
    return Chart(
        id="overview.spend", mark="bar", title="Spend falls from 35.0 in 2027 to 3.4 in 2030", alt="Spend by area and year.",
        unit_line="Spend of the plan, EUR million (sample numbers)", data=pd.DataFrame(rows, columns=["year", "area", "amount"]),
        x=Field("year", kind="time"), y=Field("amount", "Spend", UNIT), series=Field("area", kind="category"), stacked=True,
        references=(Reference("y", 50, "envelope 50.0"),),
    )  # fmt: skip


def grouped() -> Chart:
    rows = [(role, when, value) for role, pair in {"Data engineers": (14, 14), "Site supervisors": (9, 7), "Project managers": (11, 12)}.items()
            for when, value in zip(("previous", "actual"), pair, strict=True)]  # fmt: skip
    return Chart(
        id="overview.people", mark="bar", title="Data engineers stay at 14", alt="People by role, previous and now.",
        unit_line="People in use, full-time equivalents (sample numbers)", data=pd.DataFrame(rows, columns=["role", "when", "fte"]),
        x=Field("fte", "People", decimals=0), y=Field("role", kind="category"), series=Field("when", kind="category"),
        styles={"previous": "previous", "actual": "actual"}, references=(Reference("x", 14, "limit 14"),),
    )  # fmt: skip


def gains_and_losses() -> Chart:
    rows = [("Smart meters", 5.5), ("Leak sensors with a very long name that must be broken over two lines", 3.0),
            ("Storm overflows", -1.5), ("Lead pipe replacement", -10.0)]  # fmt: skip
    return Chart(
        id="changed.bars", mark="bar", title="Lead pipes cost 10.0, by law", alt="Four differences.",
        unit_line="Difference to the previous committee, EUR million (sample numbers)", data=pd.DataFrame(rows, columns=["project", "change"]),
        x=Field("change", "Change", UNIT, signed=True), y=Field("project", kind="text"),
    )  # fmt: skip


def page_one() -> dict[str, Exhibit]:
    made = (headline(), tiles(), decisions(), limits(), turning_points(), since_last(), how_sure())
    return {exhibit.id: exhibit for exhibit in made}


def charts() -> list[Chart]:
    return [ask(), bridge(), goals(), prices(), per_engineer(), ladder(), cases_grid(), regret(), intervals(), map_of_value(),
            stacked(), grouped(), gains_and_losses()]  # fmt: skip
