"""Rules of reach: a limit, a scenario or a remark that is written as text must mean something in this register."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from pmo_kit.rates import describe_schedule, discount_schedule
from pmo_kit.register.checks.registry import Evidence, Found, rule
from pmo_kit.register.values import near_words
from pmo_kit.register.values import words as word_lists

_OF_COSTS = ("kind", "fund")
QUANTITIES: dict[str, str] = word_lists()["quantities"]
"""What may be baselined and is read, in words."""
_HELD = {"optimism_bias", "risk", "contingency"}
_FIX = "Write all, or column=value as the projects have it, such as area=North."


def _values(evidence: Evidence, projects: pd.DataFrame, column: str) -> pd.Series:
    """What a scope on a column can find: values of the projects, or of the costs to come."""
    if column not in _OF_COSTS:
        return projects[column].astype("str").dropna()
    costs = evidence.frame("costs")
    return costs.loc[~costs["state"].eq("actual").fillna(False), column].dropna()


def read_scope(evidence: Evidence, projects: pd.DataFrame, scope: str) -> tuple[str, str]:
    """What is wrong with a scope, in words, and how bad that is; two empty texts where it finds something."""
    if scope.strip().lower() == "all":
        return "", ""
    name, sign, value = (part.strip() for part in scope.partition("="))
    known = evidence.schema["projects"]
    columns = {column.name for column in known} | set(_OF_COSTS)
    if not sign:
        name, _, value = (part.strip() for part in scope.partition(":"))
        hint = f" Did you mean {name.lower()}={value}?" if value and name.lower() in columns else ""
        return f'The scope "{scope}" is neither all nor column=value.{hint}', "block"
    if name not in columns:
        near = near_words(name, columns)
        return f'The scope "{scope}" names {name}, which is no column of the projects.{near}', "block"
    there = set(_values(evidence, projects, name))
    if value in there:
        return "", ""
    column = evidence.schema["costs"][name] if name in _OF_COSTS else known[name]
    listed = set(column.allowed) | {one for table, key in column.refs for one in evidence.known(table, key)}
    what = "no cost to come" if name in _OF_COSTS else "no project"
    if value in listed:
        return f'The scope "{scope}" finds {what} now: its limit limits nothing.', "warn"
    near = near_words(value, there | listed)
    return f'The scope "{scope}" finds nothing: {what} has {name} "{value}".{near}', "block"


@rule(0, "block", "A scope (of an envelope, a rule or a scenario) finds nothing, or cannot be read.")
def scope_finds_nothing(evidence: Evidence, projects: pd.DataFrame) -> Iterator[Found]:
    """A limit that is not applied must never be called kept."""
    for table in ("budgets", "rules", "scenarios"):
        frame = evidence.frame(table)
        texts, skip = frame["scope"], pd.Series(False, index=frame.index)
        if table == "scenarios":
            skip = ~frame["what"].isin(["cost", "benefit", "delay"])
        said = {text: read_scope(evidence, projects, text) for text in pd.unique(texts[~skip].dropna())}
        for severity in ("block", "warn"):
            words = {text: fault for text, (fault, how) in said.items() if how == severity}
            yield Found(table, "scope", texts.mask(skip), words, _FIX, severity)
    rules = evidence.frame("rules")
    of_costs = rules["scope"].str.match(r"\s*(kind|fund)\s*=", na=False)
    whole = (rules["kind"] == "count") | (rules["measure"] == "pv_cost")
    text = 'The scope "{value}" is of costs, and this rule counts whole projects.'
    fix = "Use a column of the projects, or spend."
    yield Found("rules", "scope", of_costs & whole.fillna(False), text, fix)


_NAMED = r"^\s*(project_id|criterion|role|envelope)\s*=\s*"


@rule(0, "block", "A scenario names what is not in the register.")
def scenario_names_nothing(evidence: Evidence, scenarios: pd.DataFrame) -> Iterator[Found]:
    """Envelopes, roles, projects, rules and criteria that a scenario changes must be there."""
    known = {
        "budget": evidence.known("budgets", "envelope"), "capacity": evidence.known("capacity", "role"),
        "project_in": evidence.known("projects", "project_id"), "project_out": evidence.known("projects", "project_id"),
        "weight": evidence.known("criteria", "criterion"),
    }  # fmt: skip
    for what, names in known.items():
        mine = scenarios["what"].eq(what).fillna(False)
        bare = scenarios["scope"].str.replace(_NAMED, "", regex=True).str.strip().where(mine)
        lost = set(bare.dropna()) - {"all", *names}
        words = {one: f'There is no {what.replace("_", " ")} "{one}".{near_words(one, names)}' for one in lost}
        yield Found("scenarios", "scope", bare, words, "Correct the name.")
    schedules = scenarios["what"].eq("discount_schedule").fillna(False) & scenarios["value"].notna()
    bad = schedules & ~scenarios["value"].map(lambda name: isinstance(name, str) and not _schedule_fault(name, 0))
    text = 'No discount schedule is named "{value}".'
    yield Found("scenarios", "value", bad, text, "Use a schedule of pmo_kit/rates.")


def _schedule_fault(name: str, years: int) -> str:
    """What is wrong with a discount schedule; empty where nothing is."""
    try:
        describe_schedule(name)
        discount_schedule(name, years)
    except ValueError as error:
        return str(error)
    return ""


@rule(0, "block", "The discount schedule is unknown, or ends before the figures do.")
def discount_schedule_unknown(evidence: Evidence) -> Iterator[Found]:
    """Nothing can be appraised with it, so it is said before a pack is asked for."""
    name, first = evidence.settings.discount_schedule, evidence.settings.discount_to
    years = [evidence.frame(table)["year"].max() for table in ("costs", "benefits") if evidence.has(table)]
    last = max((int(one) for one in years if not pd.isna(one)), default=0)
    if fault := _schedule_fault(name, max(0, last - (first or last))):
        percent = name.strip().rstrip("%").strip()
        plain = percent.replace(",", ".").replace(".", "", 1).isdigit()
        hint = f" Did you mean flat_{percent}?" if plain and name.strip().endswith("%") else ""
        text = f"The discount schedule cannot be used: {fault}.{hint}"
        fix = "Use a schedule of pmo_kit/rates, or flat_3.5 for 3.5 %."
        yield Found("settings", "discount_schedule", None, text, fix, value=name)


@rule(0, "block", "A project is under no envelope, so that nothing limits what it spends.")
def outside_envelopes(evidence: Evidence, budgets: pd.DataFrame, costs: pd.DataFrame) -> Iterator[Found]:
    """Where envelopes have scopes, each project that costs something to come is in one of them."""
    settings, scopes = evidence.settings, pd.unique(budgets["scope"].dropna())
    if settings.beyond_horizon == "unlimited" or any(scope.strip().lower() == "all" for scope in scopes):
        return
    ahead = costs[~costs["state"].eq("actual").fillna(False) & (costs["amount"] > 0)]
    if settings.discount_to is not None:
        ahead = ahead[(ahead["year"] >= settings.discount_to).fillna(False)]
    inside = np.zeros(len(ahead), bool)
    for scope in scopes:
        name, sign, value = (part.strip() for part in scope.partition("="))
        if not sign or (name not in _OF_COSTS and name not in evidence.schema["projects"]):
            return
        found = ahead[name] if name in (*_OF_COSTS, "project_id") else None
        found = ahead["project_id"].map(evidence.owner(name).astype("str")) if found is None else found
        inside |= found.eq(value).fillna(False).to_numpy(bool)
    free = ahead.loc[~inside].groupby("project_id")["amount"].sum()
    covered = set(ahead.loc[inside, "project_id"])
    fix = "Add an envelope with the scope all, or one for it; or set beyond_horizon to unlimited."
    projects = evidence.frame("projects")
    rows = projects.assign(area=projects["area"].fillna("no area"), free=projects["project_id"].map(free))
    rows = rows[rows["free"].notna()]
    partly = rows["project_id"].isin(covered)
    text = "{project_id} ({area}) costs {free} and is under no envelope: nothing limits it."
    yield Found("projects", "project_id", rows[~partly], text, fix)
    text = "{free} of the costs of {project_id} are under no envelope: nothing limits them."
    yield Found("projects", "project_id", rows[partly], text, fix, "warn")


@rule(0, "block", "A limit of a rule is missing, or a share that is none.")
def limit_missing(evidence: Evidence, rules: pd.DataFrame) -> Iterator[Found]:
    """A rule has a minimum or a maximum; shares lie between 0 and 1."""
    none = rules["minimum"].isna() & rules["maximum"].isna()
    for column in ("minimum", "maximum"):  # one that cannot be read is another finding
        none &= ~evidence.intakes["rules"].unread.get(column, np.zeros(len(rules), bool))
    text = 'The rule "{value}" has neither a minimum nor a maximum.'
    yield Found("rules", "rule", none, text, "Write one of them.")
    for column in ("minimum", "maximum"):
        above = (rules["kind"] == "share").fillna(False) & (rules[column] > 1)
        text = "A share of {value} is more than everything."
        yield Found("rules", column, above, text, "Write 0.25 for 25 %.")


@rule(0, "block", "The column includes names what nothing knows.")
def includes_unknown(projects: pd.DataFrame) -> Iterator[Found]:
    """What the figures hold already is not added again, so its name must be one that is understood."""
    texts = projects["includes"]
    said = {}
    for text in pd.unique(texts.dropna()):
        parts = [part.strip().lower().replace(" ", "_") for part in text.split(";") if part.strip()]
        odd = [part for part in parts if part not in _HELD]
        if odd:
            near = "".join(near_words(one, _HELD) for one in odd[:1])
            said[text] = f'"{text}" in includes is not understood: {", ".join(odd)}.{near}'
    fix = f"Write {', '.join(sorted(_HELD))}, separated by a semicolon."
    yield Found("projects", "includes", texts, said, fix)


@rule(0, "warn", "A word of a remark or a baseline is nearly one that is read, and so is read by nothing.")
def word_read_by_nothing(evidence: Evidence) -> Iterator[Found]:
    """An organization may have quantities of its own; one that is spelled almost like a known one is none."""
    tables = {table.name: {column.name for column in table} for table in evidence.schema}
    remarks = evidence.frame("exemptions")
    known = [set(tables)] * len(remarks), [tables.get(one, set()) for one in remarks["table"].fillna("")]
    for column, names in zip(("table", "column"), known, strict=True):
        yield _almost("exemptions", column, remarks[column], names)
    quantities = evidence.frame("baselines")["quantity"]
    yield _almost("baselines", "quantity", quantities, [set(QUANTITIES)] * len(quantities))


def _almost(table: str, column: str, given: pd.Series, known: Iterable[set[str]]) -> Found:
    """Rows whose word is none of those that are read there, and nearly one of them."""
    near = {
        row: near_words(word, names)
        for row, (word, names) in enumerate(zip(given.fillna(""), known, strict=True))
        if word and word not in names
    }
    rows = [row for row, words in near.items() if words]
    words = [f'Nothing reads "{given.iloc[row]}" here.{near[row]}' for row in rows]
    return Found(table, column, rows, words, "Correct it.")


@rule(0, "warn", "A group of projects has one member.")
def group_of_one(links: pd.DataFrame) -> Iterator[Found]:
    """A choice among one is none: often a name that is spelled in two ways."""
    grouped = links["group"].notna() & links["relation"].isin(["excludes", "exactly_one"])
    size = links[grouped].groupby(["relation", "group"])["project_id"].transform("nunique")
    alone = grouped & size.reindex(links.index).eq(1)
    text = 'The group "{value}" has this one project only.'
    yield Found("links", "group", alone, text, "Correct the name of the group.")


@rule(0, "warn", "A benefit is followed up that no row of benefits has.")
def benefit_unknown(evidence: Evidence, benefits: pd.DataFrame) -> Iterator[Found]:
    """Profiles and status of benefits name them as the table benefits does."""
    key, names = ["project_id", "benefit"], evidence.known("benefits", "benefit")
    known = pd.MultiIndex.from_frame(benefits[key])
    for table in ("benefit_profiles", "benefit_status"):
        frame = evidence.frame(table)
        lost = frame[~pd.MultiIndex.from_frame(frame[key]).isin(known) & frame["benefit"].notna()]
        rows = lost.assign(near=[near_words(one, names) for one in lost["benefit"]])
        text = "Project {project_id} has no benefit {benefit} in the table benefits.{near}"
        yield Found(table, "benefit", rows, text, "Correct the name, or add its amounts to benefits.")
