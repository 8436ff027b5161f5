"""The question: which options of a register, worth what, under which rules."""

from __future__ import annotations

import ast
import dataclasses
import datetime as dt
import hashlib
import html
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import product
from typing import Any, Literal

import numpy as np
import pandas as pd

from pmo_kit.arbitration import rules as kinds
from pmo_kit.arbitration.options import COST_COLUMNS, Options, build_options, split_scope
from pmo_kit.doors import MOST, door, factor, known, number, whole
from pmo_kit.errors import DataError, InputError
from pmo_kit.facts import Unit, as_given, count
from pmo_kit.register import Register
from pmo_kit.uncertainty import states_uncertainty


@door
@dataclass(frozen=True, eq=False)
class Question:
    """What the committee asks: the best plan of these projects under these rules.

    Parameters
    ----------
    register : Register
    value : str or Series
        `npv`, `npsv`, another column of the appraisal that can be added up, or a Series indexed by
        (project_id, level), such as an additive value on a stated scale.
    rules : tuple of Rule, optional
        Read from the register (budgets, capacity, commitment, links, rules, overrides) when not given.
    gap : float, optional
        Largest accepted (bound - value) / (value of the discretionary part): 0 up to 100 projects, else
        0.001.
    node_limit : int, optional
        Most branches of the search: the same on every machine, for packs.
    time_limit : float, optional
        Seconds, for interactive use.
    deferral : int
        Most years by which a project may start later, within its `latest_start` (0: nothing is deferred).
    overrides : bool
        Whether the register's overrides are in force; where they are not they stand among the rules, set aside.
    last_plan : mapping of str to str, optional
        project_id -> level of the last plan: among equally good plans the one with fewest changes is taken.
    basis : {"expected", "likely"}, optional
        Figures at their means over the register's estimates, risks and lateness (`pmo_kit.uncertainty.expected`), or
        as it states them. Expected where the register has estimates or risks, when not given. Money and people that
        only lateness takes beyond the last year of an envelope or role are not limited there.

    Raises
    ------
    DataError
        A value is missing, or a year or role has no row and `beyond_horizon` is `refuse`.
    InputError
        What is asked cannot be: the value cannot be added up, a number is missing or out of range, two rules have
        one name, or a rule names what does not exist. All of it at once.

    Notes
    -----
    Everything is incremental to continuing today: a committed project chooses exactly one level, `stop`
    included.
    """

    register: Register
    value: str | pd.Series = "npv"
    rules: tuple[kinds.Rule, ...] = None  # type: ignore[assignment]
    gap: float | None = None
    node_limit: int | None = None
    time_limit: float | None = None
    deferral: int = 0
    overrides: bool = True
    last_plan: Mapping[str, str] | None = None
    basis: Literal["expected", "likely"] = None  # type: ignore[assignment]
    _built: dict[tuple[str, int], Options] = field(default=None, repr=False, kw_only=True)  # type: ignore[arg-type]

    def __post_init__(self) -> None:
        _refuse_any(_asked_wrongly(self))
        anew = self._built is None  # by a person, and no change of a question
        if anew:
            object.__setattr__(self, "_built", {})
        if self.basis is None:
            object.__setattr__(self, "basis", default_basis(self.register))
        rules, given = self.rules, self.rules is not None
        if rules is None:
            rules = self._in_force(register_rules(self.register, self.stated), self.overrides)
        object.__setattr__(self, "rules", tuple(rules))
        _refuse_any(_no_rules(self.rules))
        _refuse_any(_rules_wrong(self))
        if anew and given:
            _refuse_any(_names_wrong(self.register, self.built, self.rules))

    def __repr__(self) -> str:
        register, orders = self.register, sum(order.active for order in self.orders)
        value = self.value if isinstance(self.value, str) else self.value.name or "a value that was given"
        starts = f", starts up to {count(self.deferral, 'year')} later" if self.deferral else ""
        first = min(self.built.factors)
        if past := int((register.table("budgets")["year"] < first).sum()):
            starts += f"; {count(past, 'envelope')} of years before {first} counted in nothing"
        return (
            f"Question: the best plan of {len(register.projects)} projects of {register.settings.name}, by {value}, "
            f"under {len(self.active_rules)} rules, {count(orders, 'order')} on record among them{starts}"
        )

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(repr(self))}.</p>"

    @cached_property
    def built(self) -> Options:
        """The options behind `options`, `spend` and `demand`."""
        return self._on(self.basis)

    @property
    def stated(self) -> Options:
        """The same options on likely figures, as the register states them."""
        return self._on("likely")

    @property
    def basis_word(self) -> str:
        """What its values are: `expected`, or `planned` (likely); empty where the register knows no difference."""
        if not states_uncertainty(self.register) or not isinstance(self.value, str):
            return ""
        return "expected" if self.basis == "expected" else "planned"

    @property
    def goal(self) -> str:
        """What the value of a plan is called: `expected net value`, `net value to society`, or only `value`."""
        if not isinstance(self.value, str):
            return "value"
        words = {"npv": "net value", "npsv": "net value to society"}.get(self.value, self.value.replace("_", " "))
        return f"{self.basis_word} {words}".strip()

    def _on(self, basis: str) -> Options:
        if basis == "expected" and not states_uncertainty(self.register):
            basis = "likely"
        key = (basis, self.deferral)
        if key not in self._built:
            self._built[key] = build_options(self.register, self.value, self.deferral, basis)
        return self._built[key]

    @cached_property
    def money(self) -> Unit:
        """Unit of the money in the register."""
        return self.register.settings.money

    @cached_property
    def worth(self) -> Unit:
        """Unit of the value: money, or the scale of a value of one's own."""
        name = self.built.value_unit
        return self.money if name == self.built.money_unit else Unit(name)

    @property
    def options(self) -> pd.DataFrame:
        """One row per (project_id, level): base_level, delay, label, name, area, commitment, stop, value,
        cost."""
        return self.built.table.copy(deep=False)

    @property
    def spend(self) -> pd.DataFrame:
        """Options x fiscal years: forward costs, exit costs included."""
        o = self.built
        frame = pd.DataFrame({year: o.measure("all", year) for year in o.years}, index=o.table.index)
        return frame.rename_axis(columns="year")

    @property
    def demand(self) -> pd.DataFrame:
        """Options x (role, period): full-time equivalents."""
        o = self.built
        keys = sorted({(str(r), str(p)) for r, p in o.demanding[["role", "period"]].itertuples(index=False)})
        columns = pd.MultiIndex.from_tuples(keys, names=["role", "period"])
        return pd.DataFrame({key: o.demand(*key) for key in keys}, index=o.table.index, columns=columns)

    @property
    def active_rules(self) -> tuple[kinds.Rule, ...]:
        """The rules that are switched on."""
        return tuple(rule for rule in self.rules if rule.active)

    @property
    def orders(self) -> tuple[kinds.Override, ...]:
        """The overrides, in force (`active`) or set aside; those that leave out what has no value are none."""
        return tuple(r for r in self.rules if isinstance(r, kinds.Override) and r.reason != NO_VALUE)

    @staticmethod
    def _in_force(rules: Iterable[kinds.Rule], active: bool) -> tuple[kinds.Rule, ...]:
        """The rules, with every override in force or set aside."""
        return tuple(dataclasses.replace(r, active=active) if isinstance(r, kinds.Override) else r for r in rules)

    def rule(self, name: str) -> kinds.Rule:
        """The rule of that name.

        Raises
        ------
        InputError
            There is none; the message names those that may have been meant.
        """
        found = {rule.name: rule for rule in self.rules}
        known([name], found, "rule")
        return found[str(name)]

    def replace(self, **changes: object) -> Question:
        """A question with other fields; with another deferral the register's rules hold in the years it reaches."""
        if "overrides" in changes and not {"register", "rules"} & set(changes):
            orders = self._in_force(_read(self.register.table("overrides"), kinds.Override), bool(changes["overrides"]))
            own = {rule.name: rule for rule in orders}
            changes["rules"] = tuple(own.get(rule.name, rule) for rule in self.rules)
        if "register" in changes and self.basis == default_basis(self.register):
            changes = {"basis": None} | changes
        if {"register", "value"} & set(changes):
            changes["_built"] = {}
        new = dataclasses.replace(self, **changes)  # type: ignore[arg-type]
        if "deferral" in changes and not {"register", "rules"} & set(changes):
            had = {r.name for r in (*self.rules, *register_rules(self.register, self.stated))}
            new = new.with_rules(*(r for r in register_rules(new.register, new.stated) if r.name not in had))
        return new

    def with_rules(self, *rules: kinds.Rule) -> Question:
        """The question with these rules; a rule replaces the one of the same name."""
        _refuse_any(_no_rules(rules))
        question = self._changed(rules)
        _refuse_any(_names_wrong(self.register, self.built, rules))
        return question

    def _changed(self, rules: Iterable[kinds.Rule]) -> Question:
        """The question with rules of its own changed, and others after them."""
        new = {rule.name: rule for rule in rules}
        kept = tuple(new.pop(rule.name, rule) for rule in self.rules)
        return self.replace(rules=(*kept, *new.values()))

    def without(self, *names: str) -> Question:
        """The question with these rules switched off, for a what-if. A name that is not there is an error."""
        own = {rule.name: rule for rule in self.rules}
        known(names, own, "rule")
        return self._changed(dataclasses.replace(own[name], active=False) for name in names)

    def with_override(
        self,
        project_id: str,
        in_out: Literal["in", "out"] = "in",
        level: str | None = None,
        *,
        reason: str = "what-if",
        decided_by: str = "",
        date: dt.date | None = None,
    ) -> Question:
        """The question with a project taken in or out by decision; other overrides stay in force."""
        self.built.of(project_id, level)
        override = kinds.Override(
            project_id=project_id, in_out=in_out, level=level, reason=reason, decided_by=decided_by, date=date
        )
        return self.with_rules(override)

    def scaled(self, budget: float) -> Question:
        """The question with the money of every envelope multiplied by one factor.

        Raises
        ------
        InputError
            The factor is missing, negative, or above 5 (a percentage by mistake).
        """
        budget, envelopes = factor(budget, "a budget"), (r for r in self.rules if isinstance(r, kinds.Envelope))
        return self._changed(r.times(budget) for r in envelopes)

    @property
    def fingerprints(self) -> dict[str, str]:
        """Those of the register and of the question, by which answers say what they rest on."""
        return {"register": self.register.fingerprint, "question": self.fingerprint}

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the options and the rules."""
        digest = hashlib.sha256()
        table = self.built.table
        for part in (table.index.to_list(), self.built.values.tolist(), self.spend.to_numpy().tolist(),
                     self.demand.to_numpy().tolist(), sorted(map(repr, self.rules))):  # fmt: skip
            digest.update(repr(part).encode())
        return digest.hexdigest()


def default_basis(register: Register) -> Literal["expected", "likely"]:
    """Expected where the register has estimates or risks, else likely."""
    return "expected" if states_uncertainty(register) else "likely"


NO_VALUE = "no value"


def _refuse_any(problems: Iterable[str]) -> None:
    """One error that lists every problem, where there is one."""
    if found := list(dict.fromkeys(problems)):
        raise InputError("This question cannot be asked. " + " ".join(found))


def _asked_wrongly(question: Question) -> Iterator[str]:
    """What is wrong with the fields of a question, rules apart."""
    if not isinstance(question.register, Register):
        kind = type(question.register).__name__
        yield f"The first thing it needs is a register, as pmo.load_register(path) returns it, not {kind}."
        return
    limits = (("deferral", whole, 0, 50), ("gap", number, 0, 1), ("node_limit", whole, 1), ("time_limit", number, 0))
    asked = [(getattr(question, name), name, *of) for name, *of in limits]
    stated = [one for one in asked if one[0] is not None or one[1] == "deferral"]
    yield from _refusals(partial(look, given, name, *ends) for given, name, look, *ends in stated)
    if not isinstance(question.overrides, bool | np.bool_):
        yield f"overrides is True or False, not {question.overrides!r}."
    if not isinstance(question.rules, list | tuple | Iterator | None):  # of another kind, an empty one drops every rule
        yield f"rules is a list of rules of pmo_kit.arbitration, not {question.rules!r}."
    if not isinstance(question.basis, str | None) or question.basis not in (None, "expected", "likely"):
        yield f"The basis of figures is 'expected' or 'likely', not {question.basis!r}."
    if not isinstance(question.last_plan, Mapping | None):
        yield f"last_plan says project_id -> level, as the plan of an allocation, not {question.last_plan!r}."
    if not isinstance(question.value, str):
        yield from _value_wrong(question.register, question.value)


def _value_wrong(register: Register, value: object) -> Iterator[str]:
    """What is wrong with a value of one's own."""
    if not isinstance(value, pd.Series):
        yield f"value is the name of a column of the appraisal, or a Series, not {type(value).__name__}."
    elif value.index.nlevels != 2:
        yield "A value of your own is a Series with the index (project_id, level)."
    elif extra := sorted(set(map(str, value.index.get_level_values(0))) - set(register.projects.index)):
        yield f"The value names projects that are not in the register: {', '.join(extra)}."
    elif not pd.api.types.is_numeric_dtype(value) or np.isinf(value.to_numpy(float, na_value=np.nan)).any():
        yield "A value of your own is made of numbers that have an end."


def _no_rules(rules: Iterable[object]) -> Iterator[str]:
    """What is given as a rule and is none."""
    for kind in [type(rule).__name__ for rule in rules if not isinstance(rule, kinds.Rule)][:1]:
        yield f"Rules are made with Envelope, Capacity, Share and the like of pmo_kit.arbitration, not {kind}."


def _rules_wrong(question: Question) -> Iterator[str]:
    """What is wrong with the rules of a question."""
    names = [rule.name for rule in question.rules]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        yield f"Two rules have one name: {', '.join(twice)}."
    # Those that were looked at before are kept, so that ids hold.
    sound: dict[int, kinds.Rule] = question.built.memo.setdefault("sound", {})
    for rule in question.rules:
        if id(rule) not in sound:
            problems = list(_rule_wrong(rule, question.built))
            yield from problems
            if not problems:
                sound[id(rule)] = rule


def _rule_wrong(rule: kinds.Rule, options: Options) -> Iterator[str]:
    """What is wrong with one rule."""
    if odd := list(_fields_wrong(rule)):
        yield from odd
        return
    if rule.price is not None and rule.price < 0:
        yield f"{rule.name}: its price is below zero."
    if isinstance(rule, kinds.Limit) and min(rule.stock or 0.0, getattr(rule, "carry_limit", 0.0)) < 0:
        yield f"{rule.name}: its amount is below zero."
    for bound in (rule.minimum, rule.maximum) if isinstance(rule, kinds.Share) else ():
        if bound is not None and bound > MOST:
            told = as_given(bound)
            yield f"{rule.name}: a share of {told} is a percentage; write {as_given(bound / 100)} for {told} %."
    if isinstance(rule, kinds.Group) and not rule.members:
        yield f"{rule.name}: it names no projects."
    looks = [partial(options.matches, getattr(rule, "scope", "all"))]
    looks += [partial(options.of, *one) for one in (*rule.parties, *(each[:2] for each in getattr(rule, "demand", ())))]
    yield from _refusals(looks, rule)


def _refusals(looks: Iterable[Callable[[], object]], rule: kinds.Rule | None = None) -> Iterator[str]:
    """What is refused where something, or a rule, is looked at."""
    for look in looks:
        try:
            look()
        except InputError as error:
            yield f"{rule.name}: {error}" if rule else str(error)


def _fields_wrong(rule: kinds.Rule) -> Iterator[str]:
    """Numbers of a rule that are none, and words that are none of those that it knows."""
    for each in dataclasses.fields(rule):
        given, kind = getattr(rule, each.name), str(each.type)
        look = {"float": number, "int": whole}.get(kind.removesuffix(" | None"))
        if given is None and "None" in kind:
            continue
        if kind.startswith("Literal["):
            allowed = ast.literal_eval(kind.removeprefix("Literal"))
            if given not in allowed:
                yield f"{rule.name}: {each.name} is {' or '.join(allowed)}, not {given!r}."
        amounts = [amount for *_, amount in given] if each.name == "demand" else [given] if look else []
        yield from _refusals((partial(look or number, amount, each.name) for amount in amounts), rule)


def _names_wrong(register: Register, options: Options, rules: Iterable[kinds.Rule]) -> Iterator[str]:
    """What rules of a person's own name that stands nowhere in the register: they would limit nothing, in silence."""
    capacity, budgets, stated = (register.table(name) for name in ("capacity", "budgets", "rules"))
    scopes = {split_scope(str(scope)) for scope in [*budgets["scope"].dropna(), *stated["scope"].dropna()]}
    first = min(options.factors)
    for rule in rules:
        looked = []
        if isinstance(rule, kinds.Capacity):
            for what, name in (("role", rule.role), ("period", rule.period)):
                looked.append((what, name, {*capacity[what].astype(str), *options.demanding[what].astype(str)}))
        column, value = split_scope(getattr(rule, "scope", "all"))
        if column and column != "project_id" and (column, value) not in scopes:
            there = register.table("costs" if column in COST_COLUMNS else "projects")[column]
            looked.append(
                (column, value, {"capex", "opex", "exit"} if column == "kind" else {*there.dropna().astype(str)})
            )
        yield from _refusals((partial(known, [name], sorted(names), what) for what, name, names in looked), rule)
        if isinstance(rule, kinds.Envelope) and rule.year < first:
            yield f"{rule.name}: its year is past; the first year that counts is {first}."


def revalued(question: Question, value: pd.Series) -> Question:
    """The same question with another value, such as the additive value of scores.

    Effects in money of projects on one another do not count in it: they are switched off. What has no value is left
    out, project or single level, by an override with the reason `no value`; a project that is mandatory or running
    and has none at all stays, and counts nothing.

    Parameters
    ----------
    question : Question
    value : Series
        Indexed by (project_id, level), named after its scale; NaN where there is none. A project that starts later
        has the value of its level.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> register = pmo.load_register("data/samples/meridian_12")
    >>> value = pmo.prioritization.arbitration_value(pmo.prioritize(register), scale=1.0)
    >>> scored = pmo.arbitrate(revalued(pmo.Question(register), value.drop("P08")))
    >>> [rule.name for rule in scored.question.active_rules if rule.name.startswith("override")]
    ['override P08 out']
    """
    _refuse_any(_value_wrong(question.register, value))
    table = question.options
    ids = table.index.get_level_values("project_id")
    found = value.reindex(pd.MultiIndex.from_arrays([ids, table["base_level"]])).set_axis(table.index)
    valued = found.notna().groupby(level="project_id").any()
    out = [
        kinds.Override(project_id=p, in_out="out", level=row["base_level"] if valued[p] else None, reason=NO_VALUE)
        for (p, _), row in table[found.isna().to_numpy()].iterrows()
        if valued[p] or row["commitment"] == "discretionary"
    ]
    money = [r.name for r in question.active_rules if isinstance(r, kinds.Synergy) and r.quantity == "value"]
    new = question.replace(value=found.fillna(0.0).rename(value.name))
    return new.without(*money).with_rules(*out)


def register_rules(register: Register, options: Options) -> tuple[kinds.Rule, ...]:
    """The rules that a register's tables state, in the order budgets, capacity, commitment, links, rules,
    overrides.

    Raises
    ------
    DataError
        No budgets at all; or money or people in a year or role without a row, with every case listed, unless
        the setting `beyond_horizon` says `unlimited` or `zero`.
    """
    rules: list[kinds.Rule] = _envelopes(register)
    if register.has("resources"):
        rules += _read(register.need("capacity"), kinds.Capacity)
    rules += _beyond(register, options, rules)
    first = min(options.factors)
    rules = [r for r in rules if int(getattr(r, "year", getattr(r, "period", "")[:4])) >= first]
    rules += duties(register)
    stated = _read(register.table("rules"), {"share": kinds.Share, "count": kinds.Count, "spend": kinds.Spend}, "kind")
    return tuple(rules + _links(register) + stated + _read(register.table("overrides"), kinds.Override))


def duties(register: Register) -> list[kinds.Rule]:
    """What must be done by law, and what is running."""
    projects = register.projects.sort_index().reset_index().rename(columns={"mandatory_reason": "reason"})
    bound: dict[str, type[kinds.Rule]] = {"mandatory": kinds.Mandatory, "committed": kinds.Committed}
    return _read(projects[projects["commitment"].isin(bound)], bound, "commitment")


def _read(
    table: pd.DataFrame, made: type[kinds.Rule] | Mapping[str, type[kinds.Rule]], of: str = ""
) -> list[kinds.Rule]:
    """One rule for each row of a table whose columns are named as the rule's fields; an empty cell says nothing.

    The column `of` says which of several kinds a row is.
    """
    makers: dict[str, Callable[[Any], Any]] = {
        "int": int,
        "float": float,
        "bool": bool,
        "dt.date": lambda cell: pd.Timestamp(cell).date(),
    }
    rules = []
    for row in table.itertuples():
        kind = made[str(getattr(row, of))] if isinstance(made, Mapping) else made
        said: dict[str, Any] = {}
        for each in dataclasses.fields(kind):
            cell = getattr(row, each.name, None)
            if not _empty(cell):
                said[each.name] = makers.get(str(each.type).removesuffix(" | None"), str)(cell)
        rules.append(kind(**said))
    return rules


def _envelopes(register: Register) -> list[kinds.Rule]:
    """One rule per envelope and year."""
    budgets, prices = register.need("budgets"), register.settings.price_basis
    for row in budgets.itertuples():
        if prices and not _empty(row.price_basis) and row.price_basis != prices:
            which = f"Envelope {row.envelope} {row.year} is {row.price_basis}"
            raise _unsaid([f"{which} and the prices are {prices}: convert it."], "budgets", "price_basis")
    return _read(budgets, kinds.Envelope)


def _beyond(register: Register, options: Options, rules: list[kinds.Rule]) -> list[kinds.Rule]:
    """What holds for years and roles without a row: refused, nothing, or unlimited."""
    how = register.settings.beyond_horizon
    if how == "unlimited":
        return []
    envelopes = {r.envelope: r.scope for r in rules if isinstance(r, kinds.Envelope)}
    there = {(r.envelope, r.year) for r in rules if isinstance(r, kinds.Envelope)}
    missing: list[tuple[kinds.Rule, str]] = []
    for (envelope, scope), year in product(envelopes.items(), options.years):
        if (envelope, year) not in there and options.measure(scope, year).any():
            words = f"Money is asked for in {year} and envelope {envelope} has no row for it."
            missing.append((kinds.Envelope(envelope=envelope, year=year, amount=0.0, scope=scope), words))
    people = {(r.role, r.period) for r in rules if isinstance(r, kinds.Capacity)}
    pairs = options.demanding[options.demanding["fte"] > 0][["role", "period"]].itertuples(index=False)
    for role, period in sorted({(str(r), str(p)) for r, p in pairs} - people):
        words = f"The role {role} is asked for in {period} and capacity has no row for it."
        missing.append((kinds.Capacity(role=role, period=period, fte=0.0), words))
    if missing and how != "zero":
        raise _unsaid([words for _, words in missing], "budgets and capacity", "year")
    return [rule for rule, _ in missing]


def _links(register: Register) -> list[kinds.Rule]:
    """Requires, excludes, exactly-one groups and synergies."""
    table = register.table("links")
    grouped = table["relation"].eq("exactly_one") | (table["relation"].eq("excludes") & table["other_id"].isna())
    pairs: dict[str, type[kinds.Rule]]
    pairs = {"requires": kinds.Requires, "excludes": kinds.Excludes, "synergy": kinds.Synergy}
    rules = _read(table[~grouped], pairs, "relation")
    for (relation, group), rows in table[grouped].groupby(["relation", "group"], sort=False):
        members = tuple((str(r.project_id), None if _empty(r.level) else str(r.level)) for r in rows.itertuples())
        rules.append(kinds.Group(group=str(group), members=members, least=int(relation == "exactly_one")))
    return rules


def _empty(cell: Any) -> bool:
    """Whether nothing stands in a cell."""
    return bool(pd.isna(cell)) or cell == ""


def _unsaid(messages: list[str], file: str, column: str) -> DataError:
    """One error with every finding."""
    rule, fix = "nothing is unlimited unless it is said", "add the row, or set beyond_horizon to unlimited or zero"
    found = [{"message": message} for message in messages]
    return DataError.of(found, " ".join(messages), sheet=file, column=column, rule=rule, fix=fix)
