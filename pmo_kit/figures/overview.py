"""The portfolio on a page: what is asked, against what there is, by whom, and how well it is known."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd

from pmo_kit import overview
from pmo_kit.appraisal import Appraisal
from pmo_kit.arbitration.rules import role_words
from pmo_kit.exhibits import Exhibit, Field, Kpi, Message, Table
from pmo_kit.facts import count, doing, listed, many, money, number, or_none, percent, say, sentence, shortened
from pmo_kit.figures import claims
from pmo_kit.figures.figure import (
    digits,
    drawn,
    figure,
    in_words,
    kpi,
    named_by,
    not_shown,
    nothing,
    span,
    tabled,
    tile,
    unit_line,
)
from pmo_kit.register import Register
from pmo_kit.register.checks.provenance import accounts
from pmo_kit.register.checks.scopes import QUANTITIES
from pmo_kit.register.report import LETTERS, LIMITS, Grades, grade_register


@figure("balance.goals")
def goals(register: Register, appraisal: Appraisal) -> Exhibit:
    """Return the share of the ask that each strategic goal has against the share it should have."""
    table = overview.spend_by_goal(register, appraisal).reset_index()
    shown = table.assign(**{name: 100 * table[name] for name in ("share", "target_share", "gap")})
    stated, most = shown.dropna(subset="gap"), shown["label"][shown["asked"] == shown["asked"].max()]
    title = "No goal asks for money"
    if shown["asked"].any() and len(stated):
        far = stated.loc[stated["gap"].abs().idxmax()]
        off = f"{number(abs(far['gap']), 0)} points {'above' if far['gap'] > 0 else 'below'} its target share"
        title = f"{far['label']} asks for {percent(far['share'] / 100)} of the money, {off}"
    elif shown["asked"].any():
        title = f"{doing(most, 'asks|ask')} for most: {percent(table['share'].max())} of the money"
        title += " each" * (len(most) > 1)
    return tabled(data=shown, title=title)


@figure("balance.enablers")
def enablers(register: Register, appraisal: Appraisal) -> Exhibit:
    """Return the projects on which others stand, and what stands on them."""
    table = overview.enablers(register, appraisal)
    if table.empty:
        return not_shown("what requires what", "links")
    rows = table.reset_index().assign(
        who=named_by(register.projects["name"], table["dependents"], 4),
        many=[float(len(some)) for some in table["dependents"]],
    )
    first, told = rows.iloc[0], claims.teller(register, "balance.enablers")
    losing = told("lose", ((table["npv"] < 0) & (table["dependents_npv"] > 0)).sum())
    alone = say("{n:Words enabler loses|enablers lose} money alone. ", n=losing) if losing.value else ""
    return tabled(
        data=rows,
        title=say("{who} is needed by {n:words project|projects}", who=first["name"], n=told("need it", first["many"])),
        takeaway=alone + "What an enabler is worth is what the best plan loses without it.",
    )


def _stated(register: Register, quantity: str) -> str:
    """A quantity of the baselines in words; where its rows name years it is that of the year."""
    base = register.table("baselines")
    dated = base.loc[base["quantity"] == quantity, "year"].notna().any()
    return QUANTITIES.get(quantity, quantity.replace("_", " ")) + " of the year" * bool(dated)


RATING = {"rag_declared": "declared rating", "rag_assured": "assured rating"}
SEVERITY = {"block": "must be fixed", "warn": "doubtful", "waived": "accepted", "info": "note"}


@figure("data_quality.known")
def known(register: Register) -> Message:
    """Return how far the figures can be trusted: what is missing, how old they are, what is doubtful."""
    told, age = accounts(register.table), _age(register)
    items = [("From the source:", told.sentence)] if told is not None else []
    if told is not None and told.accepted and told.share:
        items.append(("Accepted:", f"{told.accepted}."))
    items.append(("Data findings:", _looked_at(register, "{n:nones-words} to look at and {m:words note|notes}") + "."))
    if register.has("baselines"):
        base = register.table("baselines").pivot_table(index="project_id", columns="quantity", values="baseline")
        missing = len(register.projects) - base.reindex(register.projects.index).notna().sum()
        lacking = [f"{_stated(register, str(name))} of {count(n, 'project')}" for name, n in missing.items() if n]
        items += [("Not stated:", f"{listed(lacking)}.")] if lacking else []
    items += [("Age:", f"{age}.")] if age else []
    return Message(title="How well we know it", items=tuple(items))


def _looked_at(register: Register, words: str) -> str:
    """How many findings are to be looked at, and how many are notes."""
    noted = claims.told(register, "count", (register.findings["severity"] == "info").sum(), "notes", part="noted")
    return say(f"{words}; nothing was repaired", n=claims.findings(register), m=noted)


@figure("data_quality.findings")
def findings(register: Register) -> Exhibit:
    """Return what is doubtful or missing in the register: where, of whom, and how to mend it; the most money first."""
    table = overview.findings_by_rule(register)
    names = register.projects["name"]
    words = {**names.to_dict(), **RATING}
    shown = table.assign(
        severity=table["severity"].map(SEVERITY),
        where=[_where(row) for row in table.itertuples()],
        who=named_by(names, table["projects"], 3),
        message=[in_words(f"{row.message} {row.fix}".strip(), words) for row in table.itertuples()],
        behind=[money(amount) if amount else "–" for amount in table["money"]],
    )
    fresh = _age(register) or "no status is dated"
    if table.empty:
        return nothing("No finding on the data", sentence(f"{fresh}."))
    return tabled(
        data=shown,
        title=_looked_at(register, "{n:Words finding|findings} to look at, {m:words note|notes}"),
        takeaway=_first(shown),
        unit_line=unit_line("Data quality: the most money first", scope=fresh),
    )


def _age(register: Register) -> str:
    """How old the statuses are that have a date: at least half of them are no older than the median."""
    median = grade_register(register).age_days
    if median <= 0:
        return "at least half of the dated statuses are of the day of the data"
    return f"half of the dated statuses are at most {count(median, 'day')} old" if median == median else ""


def _first(shown: pd.DataFrame) -> str:
    """What to fix first."""
    doubtful = shown[shown["severity"] == SEVERITY["warn"]]
    if doubtful.empty or not doubtful["money"].iloc[0]:
        return "Nothing is doubtful that has money behind it." if doubtful.empty else ""
    first = doubtful.iloc[0]
    return f"Fix first: {first['where']} ({first['who']}); {money(first['money'])} of money stands behind it."


def _where(row: Any) -> str:
    """File or sheet, column and rows of a finding; all rows are in the register's own findings."""
    rows = [*map(str, row.rows[:3])]
    some = f"row{'s' * (len(rows) > 1)} {', '.join(rows)}{' …' * (len(row.rows) > 3)}" if rows else ""
    parts = [row.file, row.sheet, str(row.column).replace("_", " "), some]
    return " · ".join(part for part in parts if part) or "register"


@figure("data_quality.waivers")
def waivers(register: Register) -> Exhibit:
    """Return what was accepted by name: findings that are waived, and values that are missing for a reason."""
    rows = [
        (
            f"{sentence(str(row.rule).replace('_', ' '))}, {count(int(row.times), 'finding')}",
            row.why,
            f"{row.who}, {row.when:%Y-%m-%d}",
            f"{row.until:%Y-%m-%d}" if pd.notna(row.until) else "no end",
        )
        for row in register.waivers.rename(columns={"count": "times"}).itertuples(index=False)
    ]
    for row in register.table("exemptions").itertuples(index=False):
        what = f"no {in_words(str(row.column), RATING)} in {in_words(row.table, {})}"
        rows.append((f"{register.projects.loc[row.project_id, 'name']}: {what}", row.reason, "register", "–"))
    if not rows:
        return nothing("Nothing was waived: every finding counts.", "No value is missing for a stated reason.")
    return tabled(
        data=pd.DataFrame(rows, columns=["what", "why", "who", "until"]),
        title=f"{many(len(register.waivers), 'waiver|waivers')}; "
        f"{count(len(register.table('exemptions')), 'value')} missing with a reason",
    )


@figure("data_quality.grades")
def grades(register: Register, graded: Grades) -> Table:
    """Return how many projects have data of each grade, and whose data are weakest."""
    table, names = graded.table, register.projects["name"]
    of_grade = [names[table["grade"] == letter] for letter in LETTERS]
    worst, best = names[table["grade"] == table["grade"].max()], len(of_grade[0])
    least = (
        f"{letter} {percent(share)}, {count(rules, 'rule')}, {count(days, 'day')}"
        for letter, (share, rules, days) in zip(LETTERS, LIMITS, strict=False)
    )
    rows = [
        (letter, float(len(who)), shortened(who, 5) if len(who) else "–")
        for letter, who in zip(LETTERS, of_grade, strict=True)
    ]
    all_alike = "The data of all projects are of this grade."
    return tabled(
        data=pd.DataFrame(rows, columns=["grade", "projects", "who"]),
        title=f"The register's data are grade {graded.grade}: {or_none(best)} of "
        f"{count(len(table), 'project')} {'reaches' if best == 1 else 'reach'} A",
        takeaway=f"Weakest: {shortened(worst)}." if len(worst) < len(table) else all_alike,
        note=f"Least share of the expected columns, most rules tripped, oldest status: {'; '.join(least)}.",
    )


ROWS, ROWS_OF_LIFE, RED_NAMED = 15, 24, 8
AREAS, LARGEST = 4, 10
RATINGS = ["rag_declared", "rag_assured"]


@figure("overview.ask")
def ask(register: Register, appraisal: Appraisal) -> Exhibit:
    """Return what is asked against the envelope, by fiscal year."""
    table = overview.ask_against_envelopes(register, appraisal)
    both = table.dropna()[lambda rows: rows["asked"] > 0]
    if both.empty:
        none = table["envelope"].isna().all()
        line = "No envelope is for the whole portfolio" if none else "No money is asked in a year with an envelope"
        return nothing(line, "There is nothing to compare the ask with.")
    there = both["envelope"].add(overview.most_carried_in(register), fill_value=0.0).reindex(both.index)
    worst = (both["asked"] / there).idxmax()
    asked, envelope = (
        claims.told(register, key, both.loc[worst, column], year=int(worst))
        for key, column in (("register.asked", "asked"), ("envelope.amount", "envelope"))
    )
    part = claims.told(register, "share", max(1 - there[worst] / asked.value, 0.0), year=int(worst), part="asked")
    takeaway = "The envelope, with what may be carried in, covers the ask in every year that has one."
    if part.value > 0:
        how_much = say("At least {part}", part=part) if part.value >= 0.005 else "A little"
        takeaway = say("{part} of the {year} ask does not fit in any plan.", part=how_much, year=worst)
    rows = table.reset_index().melt("year", var_name="what", value_name="amount").dropna(subset="amount")
    return drawn(
        data=rows.astype({"year": "str"}).sort_values(["year", "what"], ascending=[True, False], ignore_index=True),
        title=say("Asked in {year}: {asked} for an envelope of {envelope}", year=worst, asked=asked, envelope=envelope),
        takeaway=takeaway,
    )


@figure("overview.people")
def people(register: Register, appraisal: Appraisal) -> Exhibit:
    """Return the people asked for against the people there are, the scarcest role and period first."""
    table = overview.ask_against_capacity(register, appraisal)
    first, all_said = table.iloc[0], not table["capacity"].hasnans
    told = claims.teller(register, "overview.people", "FTE")
    short, stated = (
        told(part, n, "pairs")
        for part, n in (("short", (table["share"] > 1).sum()), ("all", table["capacity"].count()))
    )
    title = f"There are people enough in every role and period{'' if all_said else ' that states a capacity'}"
    if short.value:
        title = say(
            "{who} are the scarcest: {asked} asked in {period}, {most} available",
            period=first["period"], who=sentence(role_words(first["role"], 2)),
            asked=told("asked", first["asked"]), most=told("there", first["capacity"]),
        )  # fmt: skip
    serve = say(
        "{n:Words} of {all:words pair|pairs} of role and period cannot serve all that is asked.", n=short, all=stated
    )
    return tabled(
        data=table.assign(role=table["role"].str.replace("_", " "), percent=100 * table["share"]),
        title=title,
        takeaway=serve if short.value and stated.value > 1 else "",
    )


@figure("overview.by_{column}")
def asked_by(register: Register, appraisal: Appraisal, column: str = "area") -> Exhibit:
    """Return the money asked by one column of the projects, the largest first."""
    words = column.replace("_", " ")
    if not register.has("costs"):
        return not_shown(f"the ask by {words}", "costs")
    if register.projects[column].isna().all():
        return not_shown(f"the ask by {words}", "projects", columns=f"column {column}")
    table = overview.ask_by(register, appraisal, column)
    asked = claims.each(register, "register.asked", table["asked"], column)
    labels = {value: value.replace("_", " ") for value in table.index} | overview.labels(register, column)
    table = table.rename(index=labels).reset_index()
    asking = table[table["asked"] > 0]
    if len(asking) <= 1:  # one bar says nothing
        of_one = say("All the money asked is of one {words}: {first}", first=table[column].iloc[0], words=words)
        line = of_one if len(asking) else "No money is asked"
        return Message(title=line)
    table["label"] = [
        f"{money(row.asked) if row.asked else 'none stated'} · {count(row.projects, 'project')}"
        for row in table.itertuples()
    ]
    most = asking.loc[asking["asked"] == asking["asked"].max(), column].map(sentence)
    return drawn(
        data=table,
        y=Field(column, words, kind="category"),
        title=say(
            "{who} for most: {own} of {all}, {part}{each}", who=doing(most, "asks|ask"), own=asked[0],
            all=claims.told(register, "register.asked", table["asked"].sum()),
            part=percent(table["share"].max()), each=" each" * (len(most) > 1),
        ),
        facts=asked,
        takeaway=f"Every project at its largest level; {count(len(asking), words)} ask for money.",
        unit_line=unit_line(f"Money asked by {words}", scope=_years(register)),
    )  # fmt: skip


@figure("overview.by_year")
def by_year(register: Register, appraisal: Appraisal) -> Exhibit:
    """Return the money asked by fiscal year, the three largest areas apart and the others together."""
    table = overview.asked_by_year(appraisal)
    table = table.loc[:, table.sum() > 0]
    if table.empty:
        return not_shown("the cost by year", "costs")
    total, whole = table.sum(), claims.told(register, "register.asked", table.to_numpy().sum())
    peaks = [int(year) for year in total.index[total == total.max()]]
    asked = claims.told(register, "register.asked", total.max(), year=peaks[0])
    if len(total) == 1:
        return Message(title=say("All that is asked falls in {year}: {asked:unit}", year=peaks[0], asked=asked))
    areas = register.projects["area"].reindex(table.index).replace(overview.labels(register, "area"))
    sums = table.groupby(areas).sum()
    order = sums.sum(axis=1).sort_values(ascending=False, kind="stable")
    apart = order.index if len(order) <= AREAS else order.index[: AREAS - 1]
    rest, other = sums.drop(index=apart), f"{number(len(order) - len(apart), 0)} other areas"
    rows = pd.concat([sums.loc[apart], *([rest.sum().to_frame(other).T] if len(rest) else [])]).rename_axis("area").T
    every = len(peaks) == len(total)
    return drawn(
        data=rows.rename(index=str).rename_axis("year").stack().rename("amount").reset_index(),
        title=say(
            "{whole} asked from {first} to {last}, {peaks}: {most}{each}", whole=whole, most=asked,
            first=total.index.min(), last=total.index.max(), each=" each" * (1 < len(peaks) < len(total)),
            peaks="the same in every year" if every else f"most in {listed(map(str, peaks))}",
        ),
        takeaway=f"{order.index[0]} asks for {percent(order.iloc[0] / total.sum())} of it.",
    )  # fmt: skip


@figure("overview.largest")
def largest(register: Register) -> Exhibit:
    """Return the ten projects with the most money behind them."""
    stated = overview.money_of_projects(register)
    first = stated[stated > 0].sort_values(ascending=False, kind="stable").head(LARGEST)
    if first.empty:
        return not_shown("the largest projects", "costs")
    data = register.projects.loc[first.index].assign(amount=first)
    data["label"] = [f"{money(row.amount)} · {row.area}" for row in data.itertuples()]
    dearest, share = data["name"].iloc[0], percent(first.sum() / stated.sum())
    title = f"The {count(len(data))} largest of {count(len(stated), 'project')} are {share} of all the money"
    by_costs = "The costs of a project over all years that the register states."
    by_life = "The whole-life cost of a project, else its largest baseline."
    return drawn(
        data=data,
        title=title if len(data) > 1 else f"{dearest} is all the money: {money(first.iloc[0])}",
        takeaway=f"{dearest} alone is {percent(first.iloc[0] / stated.sum())} of it.",
        note=by_costs if register.has("costs") else by_life,
    )


@figure("overview.timeline")
def timeline(register: Register) -> Exhibit:
    """Return when projects start and finish, the earliest first; of many those with the most money."""
    dates = register.projects.dropna(subset=["start", "finish"]).sort_values(["start", "finish"], kind="stable")
    if dates.empty:
        return not_shown("when projects start and finish", "projects", columns="columns start and finish")
    first = dates["start"].min()
    most = overview.money_of_projects(register)[dates.index].sort_values(ascending=False, kind="stable").index[:ROWS]
    data = dates[dates.index.isin(most)]
    data = data.assign(
        label=[f"{row.start:%b %Y} to {row.finish:%b %Y}" for row in data.itertuples()],
        **{f"{name}_years": (data[name] - first).dt.days / 365.25 for name in ("start", "finish")},
    )
    running = overview.under_way(dates)
    peaks = running.index[running == running.max()]
    when = listed(map(str, peaks))
    most_of_all = ", more than in any other year" * (len(peaks) < len(running))
    if len(peaks) > 3:
        when = f"each of {count(len(peaks), 'year')} between {peaks[0]} and {peaks[-1]}"
    rest, undated = len(dates) - len(data), len(register.projects) - len(dates)
    notes = [f"Those with the most money; {number(rest, 0)} more are counted in the title only."] if rest else []
    notes += [f"{many(undated, 'project|projects')} without both dates not drawn."] if undated else []
    who = f"Of {count(len(dates), 'project')} with both dates {count(running.max(), 'is', 'are')}" if undated else ""
    return drawn(
        data=data,
        x=f"finish_years.axis: years after {first:%B %Y}",
        title=f"{who or many(running.max(), 'project is|projects are')} under way in {when}{most_of_all}",
        takeaway=f"The first of {'these' if undated else 'all'} starts in {first:%B %Y}, the last finishes in "
        f"{dates['finish'].max():%B %Y}.",
        unit_line=unit_line("Start and finish", f"years after {first:%B %Y}"),
        note=" ".join(notes),
    )


@figure("overview.projects")
def projects(register: Register) -> Table:
    """Return the register as a table: every project with its area, stage, dates, rating and money."""
    stated = overview.money_of_projects(register)
    data = register.projects.assign(money=stated).sort_values("money", ascending=False, kind="stable")
    data["stage"] = data["stage"].str.replace("_", " ")
    data = data.reset_index(names="id")
    if (data["id"] == data["name"]).all():
        data["id"] = None
    what = "cost" if register.has("costs") else "money"
    return tabled(
        data=data,
        own=[Field("money", what, register.settings.unit, decimals=digits(stated))],
        title=f"{many(len(data), 'project|projects')}, {money(stated.sum())} {register.settings.money.short}",
        takeaway=f"{many(stated.isna().sum(), 'project states|projects state')} no {what}."
        if stated.hasnans
        else f"Every project states its {what}.",
        unit_line=unit_line(f"The register, the most {what} first"),
    )


def _years(register: Register) -> str:
    """The years of the costs that are asked for, in words."""
    years = register.costs.loc[register.costs["state"].fillna("planned") != "actual", "year"]
    return span(sorted(years.astype(int))) or "no year"


@figure("overview.confidence")
def confidence(register: Register) -> Exhibit:
    """Return the declared and the assured rating, counted apart."""
    table = overview.confidence_counts(register)
    rated = table.drop(index=overview.NOT_STATED)
    if not rated.to_numpy().any():
        return not_shown("delivery confidence", "projects", columns="columns rag_declared and rag_assured")
    colors = ["Red", "Amber", "Green"]
    said = {
        side: listed(
            [f"{number(n, 0)} {color}" for color, n in zip(colors, rated[side], strict=True) if n] or ["nothing"]
        )
        for side in rated
    }
    silent = int(register.projects[RATINGS].isna().all(axis=1).sum())
    data = table.rename(index={overview.NOT_STATED: "–"}).reset_index().assign(words=[*colors, "not stated"])
    return tabled(
        data=data,
        title=f"Sponsors declare {said['declared']}; independent reviews say {said['assured']}",
        takeaway=f"{sentence(or_none(silent))} of {count(len(register.projects), 'project')} "
        f"{'has' if silent == 1 else 'have'} neither rating.",
    )


@figure("overview.headline")
def headline(register: Register, appraisal: Appraisal) -> Message:
    """Return the worst that the register states, in one sentence: who is Red, how far off the year is."""
    fact, told, ratings = partial(claims.told, register), accounts(register.table), register.projects[RATINGS]
    parts: list[str] = [say("{n:Words project|projects}", n=claims.projects(register))]
    if told is not None and told.found != told.used:
        used, found = (fact("data.rows", getattr(told, part), part=part) for part in ("used", "found"))
        parts = [say("{used} of {found} projects in the source", used=used, found=found)]
    rated, red = ratings.notna().any(axis=1), ratings.eq("R").any(axis=1)
    if rated.any():
        n = fact("rating", red.sum(), part="R")
        parts.append(say("{n:words} rated Red", n=n) if red.any() else "none rated Red")
        if rated.mean() < 0.5:
            parts.append(say("{n:words} not rated", n=fact("rating", (~rated).sum(), part="none")))
    asked, words = overview.asked_by_year(appraisal).to_numpy().sum(), "{asked:unit} asked for the years to come"
    if not register.has("costs"):
        asked, words = overview.money_of_projects(register).sum(), "{asked:unit} stated as totals, nothing by year"
    second: str = say(words, asked=fact("register.asked", asked))
    if register.has("baselines"):
        both = overview.budget_variance(register).dropna(subset=["baseline", "now"])
        if both["baseline"].sum():
            second = _year_words(register, both, red)
    return Message(title=say(", ").join(parts) + ";\n" + second)


def _year_words(register: Register, both: pd.DataFrame, red: pd.Series) -> str:
    """How far the year's forecast is from its baseline; where Red projects have most of the money, the others apart."""
    inside = red.reindex(both.index, fill_value=False)
    share = both.loc[inside, "now"].sum() / both["now"].sum() if both["now"].sum() else 0.0
    rest = both[~inside] if share >= 0.2 else both
    base = rest["baseline"].sum()
    off = abs(rest["variance"].sum()) / base if base else 0.0
    side = "over" if rest["variance"].sum() > 0 else "under"
    variance = claims.told(register, "year.variance", off, over=f"{number(len(rest), 0)} projects", part=side)
    on = off < 0.005
    years = sorted({int(y) for y in both["years"].dropna().sum()}) if both["years"].notna().any() else []
    named = f" for {listed(map(str, years))}" if years else ""
    if share < 0.2 or rest.empty:
        n = claims.told(register, "count", len(both), part="year stated")
        words = "is on its baseline" if on else say("is {v} {side} its baseline", v=variance, side=side)
        return say("the forecast{named} of {n:words project|projects} {words}", named=named, n=n, words=words)
    names = both.loc[inside, "name"]
    over, what = f"{number(len(both), 0)} projects", "Red of the money forecast"
    part = claims.told(register, "share", share, over=over, part=what)
    n = claims.told(register, "count", len(rest), part="not Red, year stated")
    first = say("{who} {part} of the money forecast{named}", who=doing(names, "is|are", 2), part=part, named=named)
    tail = "are on budget" if on else say("forecast {variance} {side} budget", variance=variance, side=side)
    return say("{first}; the other {n} {tail}", first=first, n=n, tail=tail)


@figure("overview.whole_life")
def whole_life(register: Register, tolerance: float = 0.05) -> Exhibit:
    """Return each project's rating, finish, cost and benefit over its life, and how far its year is from its budget."""
    table, year = overview.whole_life(register), _off_baseline(register, tolerance)
    if table.empty:
        lacking = "whole-life cost or benefit of a project, or its spending of the year"
        return not_shown("the whole life, and forecast against baseline", "baselines", columns=lacking)
    title, takeaway = year or "No forecast of the year has a baseline", ""
    cost, brings = table["life_cost"].dropna(), table["life_benefit"].dropna()
    if len(cost) + len(brings):
        fact = partial(claims.told, register)
        facts = {
            "cost": fact("life.cost", cost.sum()),
            "n": fact("count", len(cost), part="life cost stated"),
            "brings": fact("life.benefit", brings.sum()),
            "m": fact("count", len(brings), part="life benefit stated"),
        }
        title = "Over {n:=its life|their lives} {n:words project costs|projects cost} {cost:unit}"
        title += "; {m:words states|state} benefits of {brings}" * bool(len(brings))
        title, takeaway = say(title, **facts), f"{year}." if year else ""
    silent = register.projects["name"].drop(table.index)
    lacking = f"{many(len(silent), 'project states|projects state')} none of these sums: {shortened(silent)}."
    made = tabled(
        data=table.reset_index(),
        first=0 if len(table) <= ROWS_OF_LIFE else ROWS,  # page one holds so many
        title=title,
        takeaway=takeaway,
        note=lacking if len(silent) else "",
    )
    heads: dict[str, Any] = {
        name: {"decimals": digits(table[name].dropna())} for name in ("life_cost", "life_benefit", "now")
    }
    heads["now"]["title"] = f"forecast{_stated(register, 'spend').removeprefix('spending')}"
    return replace(made, columns=tuple(replace(one, **heads.get(one.name, {})) for one in made.columns))


def _off_baseline(register: Register, tolerance: float) -> str:
    """How many forecasts of the year are further off their baseline than is tolerated."""
    both = overview.budget_variance(register).dropna(subset="variance")
    outside = both["variance"][(both["share"].abs() > tolerance) | (both["share"].isna() & (both["variance"] != 0))]
    if both.empty:
        return ""
    if outside.empty:
        return f"No forecast of {count(len(both), 'project')} is more than {percent(tolerance)} off its baseline"
    over, under = (or_none(int(side.sum())) for side in (outside > 0, outside < 0))
    are = f"{many(len(outside), '|')} of {count(len(both), 'forecast')} {'is' if len(outside) == 1 else 'are'}"
    return f"{are} more than {percent(tolerance)} off: {over} over, {under} under"


@figure("overview.tiles")
def tiles(register: Register) -> Kpi:
    """Return the four numbers of a portfolio that is watched, not arbitrated."""
    told, ratings, fact = accounts(register.table), register.projects[RATINGS], partial(claims.told, register)
    found = [tile("Projects", claims.projects(register), note="in the register" if told is None else told.sentence)]
    if ratings.notna().to_numpy().any():
        red = fact("rating", ratings.eq("R").any(axis=1).sum(), part="R")
        found.append(tile("Rated Red", red, note="declared or assured", focus=True))
    if register.has("baselines") and len(both := overview.budget_variance(register).dropna(subset="variance")):
        projects = count(len(both), "project")
        now, base = (
            fact(f"year.{key}", both[column].sum(), over=projects)
            for key, column in (("forecast", "now"), ("baseline", "baseline"))
        )
        note = f"{register.settings.unit}; {projects} with both figures"
        found.append(tile("Forecast of spend, of baseline", now, base, note))
    return kpi("The portfolio", [*found, tile("Data findings", claims.findings(register), note="to look at")])


@figure("overview.attention")
def attention(register: Register) -> Message:
    """Return what stands out: the projects rated Red and the forecasts furthest from their baselines."""
    red, items = register.projects[RATINGS].eq("R").any(axis=1), []
    names = register.projects.loc[red, "name"]
    if len(names) > RED_NAMED + 1:
        dearest = overview.money_of_projects(register)[names.index].sort_values(ascending=False, kind="stable")
        names = names[dearest.index]
    if len(names):
        items.append(("Rated Red:", f"{shortened(names, RED_NAMED)}."))
    if register.has("baselines"):
        off = overview.budget_variance(register).set_index("name")["variance"].sort_values(kind="stable")
        for lead, side in (("Furthest over budget:", off[off > 0].iloc[::-1]), ("Furthest under:", off[off < 0])):
            named = [f"{name} {number(amount, signed=True)}" for name, amount in side.head(3).items()]
            items += [(lead, f"{listed(named)}.")] if named else []
    items = items or [("Nothing", "stands out in what the register holds.")]
    return Message(title="What stands out", items=tuple(items))
