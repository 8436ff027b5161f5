"""Rules of reach: a limit, a scenario or a remark that is written as text must mean something in this register."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from pmo_kit.rates import describe_schedule, discount_schedule
from pmo_kit.register.checks.registry import Evidence, Found, rule, those
from pmo_kit.register.levels import at_largest
from pmo_kit.register.schema import load_schema
from pmo_kit.register.values import near_words
from pmo_kit.register.values import words as word_lists

_OF_COSTS = ("kind", "fund")
QUANTITIES: dict[str, str] = word_lists()["quantities"]
"""What may be baselined and is read, in words."""
_HELD = {"optimism_bias", "risk", "contingency"}


def _scope_fault(evidence: Evidence, scope: str) -> tuple[str, dict[str, str]]:
    """Which thing is wrong with a scope, and what its words name; nothing of both where it finds something."""
    if scope.strip().lower() == "all":
        return "", {}
    name, sign, value = (part.strip() for part in scope.partition("="))
    known = load_schema()["projects"]
    columns = {column.name for column in known} | set(_OF_COSTS)
    if not sign:
        name, _, value = (part.strip() for part in scope.partition(":"))
        near = f" Did you mean {name.lower()}={value}?" if value and name.lower() in columns else ""
        return "unread", {"near": near}
    if name not in columns:
        return "column", {"name": name, "near": near_words(name, columns)}
    of_costs = name in _OF_COSTS
    there = set((evidence.to_come if of_costs else evidence.frame("projects"))[name].astype("str").dropna())
    if value in there:
        return "", {}
    column = load_schema()["costs"][name] if of_costs else known[name]
    listed = set(column.allowed) | {one for table, key in column.refs for one in evidence.known(table, key)}
    said = {"none": "no cost to come" if of_costs else "no project", "name": name, "of": value}
    return ("now", said) if value in listed else ("", {**said, "near": near_words(value, there | listed)})


@rule()
def scope_finds_nothing(evidence: Evidence, projects: pd.DataFrame) -> Iterator[Found]:
    """A scope (of an envelope, a rule or a scenario) finds nothing, or cannot be read.

    A limit that is not applied must never be called kept.
    """
    for table, frame in evidence.present("budgets", "rules", "scenarios"):
        if table == "scenarios":
            frame = frame[frame["what"].isin(["cost", "benefit", "delay"])]
        faults = {scope: _scope_fault(evidence, scope) for scope in pd.unique(frame["scope"].dropna())}
        for row, scope in frame["scope"].dropna().items():
            what, said = faults[scope]
            if said:
                yield Found(table, "scope", frame.loc[[row]], what, scope=scope, **said)
    for _, rules in evidence.present("rules"):
        whole = (rules["kind"] == "count") | (rules["measure"] == "pv_cost")
        of_costs = rules["scope"].str.match(r"\s*(kind|fund)\s*=", na=False)
        yield Found("rules", "scope", of_costs & whole, "of_costs")


_NAMED = r"^\s*(project_id|criterion|role|envelope)\s*=\s*"


@rule()
def scenario_names_nothing(evidence: Evidence, scenarios: pd.DataFrame) -> Iterator[Found]:
    """A scenario names what is not in the register.

    Envelopes, roles, projects, rules and criteria that a scenario changes must be there.
    """
    known = {
        "budget": evidence.known("budgets", "envelope"), "capacity": evidence.known("capacity", "role"),
        "project_in": evidence.known("projects", "project_id"), "project_out": evidence.known("projects", "project_id"),
        "weight": evidence.known("criteria", "criterion"),
    }  # fmt: skip
    named = scenarios["scope"].str.replace(_NAMED, "", regex=True).str.strip()
    for what, names in known.items():
        bare = named.where(scenarios["what"] == what)
        lost = those(bare, {one: near_words(one, names) for one in set(bare.dropna()) - {"all", *names}})
        yield Found("scenarios", "scope", lost, kind=what.replace("_", " "))
    named = (scenarios["what"] == "discount_schedule") & scenarios["value"].notna()
    bad = scenarios["value"].map(lambda name: not isinstance(name, str) or bool(_schedule_fault(name, 0)))
    yield Found("scenarios", "value", named & bad, "schedule")


def _schedule_fault(name: str, years: int) -> str:
    """What is wrong with a discount schedule; empty where nothing is."""
    try:
        describe_schedule(name)
        discount_schedule(name, years)
    except ValueError as error:
        return str(error)
    return ""


@rule()
def discount_schedule_unknown(evidence: Evidence) -> Iterator[Found]:
    """The discount schedule is unknown, or ends before the figures do.

    Nothing can be appraised with it, so it is said before a pack is asked for.
    """
    name, first = evidence.settings.discount_schedule, evidence.settings.discount_to
    years = [evidence.frame(table)["year"].max() for table in ("costs", "benefits") if evidence.has(table)]
    last = max((int(one) for one in years if not pd.isna(one)), default=0)
    if fault := _schedule_fault(name, max(0, last - (first or last))):
        percent = name.strip().rstrip("%").strip()
        plain = percent.replace(",", ".").replace(".", "", 1).isdigit()
        near = f" Did you mean flat_{percent}?" if plain and name.strip().endswith("%") else ""
        yield Found("settings", "discount_schedule", value=name, fault=fault, near=near)


@rule()
def outside_envelopes(evidence: Evidence, budgets: pd.DataFrame, costs: pd.DataFrame) -> Iterator[Found]:
    """A project is under no envelope, so that nothing limits what it spends.

    Where envelopes have scopes, each project that costs something to come is in one of them.
    """
    settings, scopes = evidence.settings, pd.unique(budgets["scope"].dropna())
    if settings.beyond_horizon == "unlimited" or any(scope.strip().lower() == "all" for scope in scopes):
        return
    ahead = evidence.to_come
    ahead = ahead[(ahead["amount"] > 0) & (ahead["year"] >= (settings.discount_to or 0)).fillna(False)]
    inside = np.zeros(len(ahead), bool)
    for scope in scopes:
        name, sign, value = (part.strip() for part in scope.partition("="))
        if not sign or (name not in _OF_COSTS and name not in load_schema()["projects"]):
            return
        own = name in (*_OF_COSTS, "project_id")
        found = ahead[name] if own else ahead["project_id"].map(evidence.owner(name).astype("str"))
        inside |= (found == value).to_numpy(bool)
    free = at_largest(ahead[~inside])
    projects = evidence.frame("projects")
    rows = projects.assign(area=projects["area"].fillna("no area"), free=projects["project_id"].map(free))
    rows = rows[rows["free"].notna()]
    partly = rows["project_id"].isin(ahead.loc[inside, "project_id"])
    yield Found("projects", "project_id", rows[~partly])
    yield Found("projects", "project_id", rows[partly], "partly")


@rule()
def limit_missing(evidence: Evidence, rules: pd.DataFrame) -> Iterator[Found]:
    """A limit of a rule is missing, or a share that is none.

    A rule has a minimum or a maximum; shares lie between 0 and 1.
    """
    none = rules["minimum"].isna() & rules["maximum"].isna()
    for column in ("minimum", "maximum"):  # one that cannot be read is another finding
        none &= ~evidence.intakes["rules"].unread.get(column, np.zeros(len(rules), bool))
    yield Found("rules", "rule", none)
    for column in ("minimum", "maximum"):
        yield Found("rules", column, (rules["kind"] == "share") & (rules[column] > 1), "share")


@rule()
def includes_unknown(projects: pd.DataFrame) -> Iterator[Found]:
    """The column includes names what nothing knows.

    What the figures hold already is not added again, so its name must be one that is understood.
    """
    said = {}
    for text in pd.unique(projects["includes"].dropna()):
        parts = [part.strip().lower().replace(" ", "_") for part in text.split(";") if part.strip()]
        odd = [part for part in parts if part not in _HELD]
        if odd:
            said[text] = f"{', '.join(odd)}.{near_words(odd[0], _HELD)}"
    yield Found("projects", "includes", those(projects["includes"], said), held=", ".join(sorted(_HELD)))


@rule()
def word_read_by_nothing(evidence: Evidence) -> Iterator[Found]:
    """A word of a remark or a baseline is nearly one that is read, and so is read by nothing.

    An organization may have quantities of its own; one that is spelled almost like a known one is none.
    """
    tables = {table.name: {column.name for column in table} for table in load_schema()}
    remarks, baselines = evidence.frame("exemptions"), evidence.frame("baselines")
    for table, column, given, known in (
        ("exemptions", "table", remarks["table"], [set(tables)] * len(remarks)),
        ("exemptions", "column", remarks["column"], [tables.get(one, set()) for one in remarks["table"].fillna("")]),
        ("baselines", "quantity", baselines["quantity"], [set(QUANTITIES)] * len(baselines)),
    ):
        pairs = zip(given.fillna(""), known, strict=True)
        near = [near_words(word, names) if word and word not in names else "" for word, names in pairs]
        rows = pd.DataFrame({"one": given, "near": near})
        yield Found(table, column, rows[rows["near"] != ""])


@rule()
def group_of_one(links: pd.DataFrame) -> Iterator[Found]:
    """A group of projects has one member.

    A choice among one is none: often a name that is spelled in two ways.
    """
    grouped = links[links["group"].notna() & links["relation"].isin(["excludes", "exactly_one"])]
    size = grouped.groupby(["relation", "group"])["project_id"].transform("nunique")
    yield Found("links", "group", grouped[size == 1])


@rule()
def benefit_unknown(evidence: Evidence, benefits: pd.DataFrame) -> Iterator[Found]:
    """A benefit is followed up that no row of benefits has.

    Profiles and status of benefits name them as the table benefits does.
    """
    key, names = ["project_id", "benefit"], evidence.known("benefits", "benefit")
    known = pd.MultiIndex.from_frame(benefits[key])
    for table, frame in evidence.present("benefit_profiles", "benefit_status"):
        lost = frame[~pd.MultiIndex.from_frame(frame[key]).isin(known) & frame["benefit"].notna()]
        yield Found(table, "benefit", lost.assign(near=[near_words(one, names) for one in lost["benefit"]]))
