"""What can be chosen: every project at every level and start, with its value, spend and demand for people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, wraps
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pmo_kit.appraisal import appraise, discount_factors
from pmo_kit.doors import known, nearest
from pmo_kit.errors import DataError, InputError
from pmo_kit.register import Register
from pmo_kit.uncertainty import expected

Kind = TypeVar("Kind", bound=np.generic)
Floats = NDArray[np.float64]
NOT_ADDITIVE = (
    "bcr", "bcr_social", "irr", "payback", "switching_cost", "switching_benefit", "rank", "closeness",
    "net_flow",
)  # fmt: skip
COST_COLUMNS = ("kind", "fund")
TABLE = ["base_level", "delay", "label", "name", "area", "commitment", "stop", "cost", "pv_cost"]
LATER = " +{years}y"


def remembered(method: Callable[..., Any]) -> Callable[..., Any]:
    """Let a method of `Options` compute what it is asked once."""

    @wraps(method)
    def asked(self: Options, *given: object) -> Any:
        key = (method.__name__, *given)
        if key not in self.memo:
            self.memo[key] = method(self, *given)
        return self.memo[key]

    return asked


def _column(name: str, kind: type[Kind]) -> cached_property[NDArray[Kind]]:
    """A column of the table of `Options`, or of what it is indexed by, as an array that is made once."""
    return cached_property(lambda options: options.table.reset_index()[name].to_numpy(kind))


@dataclass(frozen=True, eq=False)
class Options:
    """Everything that can be chosen, in a fixed order: project, level, delay.

    A project deferred by k years is an option of its own; its level is named ``"full +1y"``.

    Parameters
    ----------
    table : DataFrame
        Index (project_id, level); columns base_level, delay (years), label, name, area, commitment, stop
        (True for the level that ends a committed project), value, cost, pv_cost.
    spending : DataFrame
        Forward costs, exit costs included: option (position), year, kind, fund, amount.
    demanding : DataFrame
        option (position), role, period, fte.
    projects : DataFrame
        The register's projects.
    factors : mapping of int to float
        Discount factor of a fiscal year.
    money_unit, value_unit : str
    money_value : bool
        True where the value is a net present value, into which costs flow.
    """

    table: pd.DataFrame
    spending: pd.DataFrame = field(repr=False)
    demanding: pd.DataFrame = field(repr=False)
    projects: pd.DataFrame = field(repr=False)
    factors: Mapping[int, float] = field(repr=False)
    money_unit: str
    value_unit: str
    money_value: bool

    def __len__(self) -> int:
        return len(self.table)

    def __getstate__(self) -> dict[str, object]:  # the memo knows objects by identity
        return {key: each for key, each in vars(self).items() if key != "memo"}

    project_ids = _column("project_id", np.object_)
    """Project of each option."""
    values = _column("value", np.float64)
    """Value of each option."""
    costs = _column("cost", np.float64)
    """Undiscounted forward cost of each option."""
    stops = _column("stop", np.bool_)
    """True for the options that end a committed project."""
    delays = _column("delay", np.int64)
    """Years by which each option starts later."""
    _base = _column("base_level", np.object_)
    """Level of each option, without its delay."""
    _names = _column("level", np.object_)
    """Level of each option, with its delay."""

    @cached_property
    def free(self) -> NDArray[np.bool_]:
        """True for the options of discretionary projects."""
        return self.table["commitment"].eq("discretionary").to_numpy(bool)

    def free_value(self, plan: Iterable[int]) -> float:
        """Size of the value of a plan's discretionary part."""
        chosen = list(plan)
        return abs(float(self.values[chosen][self.free[chosen]].sum()))

    @cached_property
    def groups(self) -> dict[str, NDArray[np.int64]]:
        """Positions of the options of each project, in the order of the project ids."""
        ids, inverse = np.unique(self.project_ids.astype(str), return_inverse=True)
        order = np.argsort(inverse, kind="stable")
        ends = np.searchsorted(inverse[order], np.arange(len(ids) + 1))
        return {str(p): order[a:b] for p, a, b in zip(ids, ends[:-1], ends[1:], strict=True)}

    @cached_property
    def years(self) -> tuple[int, ...]:
        """Fiscal years in which an option spends."""
        return tuple(sorted({int(y) for y in self.spending["year"]}))

    def of(self, project_id: str, level: str | None = None, *, stop: bool = False) -> NDArray[np.int64]:
        """Positions of a project's options: at one level (any delay), or all; `stop` only when asked for."""
        known([project_id], self.groups, "project")
        where = self.groups[project_id]
        if level is not None:
            base, exact = self._base, self._names
            found = where[(base[where] == level) | (exact[where] == level)]
            if not len(found):
                raise InputError(
                    f"Project {project_id} has no level {level!r}; {nearest(level, sorted({*base[where]}))}"
                )
            return found
        return where if stop else where[~self.stops[where]]

    def largest(self, project_id: str) -> int:
        """Position of what a project asks for: the size that costs most, of equal cost the one worth most, on time."""
        return max(self.of(project_id).tolist(), key=lambda i: (-self.delays[i], self.costs[i], self.values[i]))

    def position(self, project_id: str, level: str) -> int:
        """Position of one option."""
        found = self.of(project_id, level)
        return int(next((i for i in found if self._names[i] == level), found[0]))

    @cached_property
    def memo(self) -> dict[Any, Any]:
        """What was computed of these options before, by what it depends on: sums, rows, exact coefficients."""
        return {}

    @remembered
    def matches(self, scope: str) -> NDArray[np.bool_]:
        """Options whose project is in the scope (`all`, or column=value of a projects column)."""
        column, value = split_scope(scope)
        if not column or column in COST_COLUMNS:
            return np.ones(len(self), bool)
        if column == "project_id":
            known([value], self.groups, "project")
            return self.project_ids == value
        if column not in self.projects.columns:
            raise InputError(f"Scope {scope!r}: projects have no column {column!r}.")
        found = self.projects[column].astype("str").reindex(self.project_ids).eq(value)
        return found.fillna(False).to_numpy(bool)

    def holds_capital(self, scope: str) -> NDArray[np.bool_]:
        """Options whose capital without a fund a scope holds: what a cost that is stated for no kind counts in."""
        column, value = split_scope(scope)
        if column in COST_COLUMNS:
            return np.full(len(self), value == {"kind": "capex", "fund": ""}[column])
        return self.matches(scope)

    @remembered
    def measure(self, scope: str = "all", year: int | None = None, measure: str = "spend") -> Floats:
        """Money of every option in a scope: `spend` or `capex` of one year or of all years, or `pv_cost`."""
        column, value = split_scope(scope)
        rows = self.spending if year is None else self.spending[self.spending["year"].to_numpy() == year]
        if column in COST_COLUMNS:
            rows = rows[rows[column].eq(value).fillna(False).to_numpy(bool)]
        if measure == "capex":
            rows = rows[rows["kind"].eq("capex").fillna(False).to_numpy(bool)]
        amounts = rows["amount"].to_numpy(float)
        if measure == "pv_cost":
            amounts = amounts * rows["year"].map(self.factors).to_numpy(float)
        return np.where(self.matches(scope), np.bincount(rows["option"].to_numpy(), amounts, len(self)), 0.0)

    @remembered
    def demand(self, role: str, period: str) -> Floats:
        """People of a role that every option needs in a period."""
        rows = self.demanding[(self.demanding["role"].eq(role) & self.demanding["period"].eq(period)).to_numpy(bool)]
        return np.bincount(rows["option"].to_numpy(), rows["fte"].to_numpy(float), len(self)).astype(float)


def split_scope(scope: str) -> tuple[str, str]:
    """("", "") for all, otherwise (column, value).

    >>> split_scope("all"), split_scope("area = Networks")
    (('', ''), ('area', 'Networks'))
    """
    if scope.strip().lower() in ("", "all"):
        return "", ""
    column, sep, value = scope.partition("=")
    if not sep:
        raise InputError(f"Scope {scope!r} is neither 'all' nor column=value.")
    return column.strip(), value.strip()


def build_options(register: Register, value: str | pd.Series, deferral: int, basis: str) -> Options:
    """The options of a register, with the value asked for.

    Parameters
    ----------
    register : Register
    value : str or Series
        A numeric column of the appraisal that can be added up (npv, npsv, ...), or a Series indexed by
        (project_id, level).
    deferral : int
        Most years by which a discretionary or mandatory project may start later, within its `latest_start`.
        Costs, benefits and people move with it; discounting stays fixed at t = 0.
    basis : {"likely", "expected"}
        Figures as the register states them, or at their means. What may start later follows from those stated.

    Raises
    ------
    DataError
        A value is missing; every option without one is listed.
    InputError
        The value cannot be added up over projects (a ratio, a rank, a closeness or a net flow).
    """
    projects = register.projects
    rows = expected(register) if basis == "expected" else register
    starts = (_at_delay(register, rows, delay) for delay in range(deferral + 1))
    tables, appraised, costs, people = zip(*starts, strict=True)
    table = pd.concat(t.assign(value=_values(value, a, t)) for t, a in zip(tables, appraised, strict=True))
    keys = (table["base_level"].to_numpy(str), table.index.get_level_values(0).to_numpy(str))
    table = table.iloc[np.lexsort((table["delay"].to_numpy(), *keys))]
    spending = _placed(costs, table.index, ["year", "kind", "fund", "amount"])
    demanding = _placed(people, table.index, ["role", "period", "fte"])
    missing = table[table["value"].isna() | table["cost"].isna()]
    if len(missing):
        name = value if isinstance(value, str) else value.name
        listed = ", ".join(f"{p} {level}" for p, level in missing.index)
        message = f"No {name} (or no cost) for {listed}: a missing value is not zero."
        found = [{"message": f"{p} {level}: no {name}"} for p, level in missing.index]
        rule, fix = "every option has a value", "add its benefits and costs"
        raise DataError.of(found, message, sheet="projects", column=name, rule=rule, fix=fix)
    settings = register.settings
    start = int(settings.discount_to or 0)
    dated = [*spending["year"].astype(int)]
    for name in ("links", "budgets"):
        dated += register.table(name)["year"].dropna().astype(int).tolist()
    years = range(start, max([start, *dated]) + 1)
    factors = discount_factors(register, len(years))
    unit = settings.unit if isinstance(value, str) else str(value.name or "value")
    # What pandas finds by, which it makes once and unlocked, is made before searches look there side by side.
    for index in (table.index, table.columns, projects.index):
        index.get_indexer(index[:1])
    return Options(
        table, spending, demanding, projects, dict(zip(years, map(float, factors), strict=True)),
        settings.unit, unit, value in ("npv", "npsv") if isinstance(value, str) else False,
    )  # fmt: skip


@lru_cache(maxsize=32)
def _at_delay(register: Register, rows: Register, delay: int) -> tuple[pd.DataFrame, ...]:
    """Table, appraisal, spending and demand of options `delay` years later; `rows` hold the figures to count."""
    moved = later(rows, delay) if delay else rows
    appraised = appraise(moved).table
    labels = moved.table("levels").set_index(["project_id", "level"])["label"].fillna("")
    own = register.projects[["name", "area", "commitment"]]
    table = appraised[["cost", "pv_cost"]].join(labels).join(own, on="project_id")
    names = table.index.get_level_values("level")
    stop = (names == "stop") & table["commitment"].eq("committed").to_numpy(bool)
    table = table.assign(base_level=names, delay=delay, stop=stop)
    costs, people = to_come(moved), moved.table("resources")
    if delay:
        table = table[_deferrable(register, delay, table, later(register, delay).table("resources"))].copy()
        suffix = LATER.format(years=delay)
        table.index = table.index.set_levels(table.index.levels[1] + suffix, level=1)
        costs, people = (frame.assign(level=frame["level"] + suffix) for frame in (costs, people))
        words = " one year later" if delay == 1 else f" {delay} years later"
        table["label"] = table["label"].replace("", "full") + words
    appraised.index.get_indexer(appraised.index[:1])  # made before questions look there side by side
    return table[TABLE], appraised, costs, people


def _values(value: str | pd.Series, appraised: pd.DataFrame, table: pd.DataFrame) -> Floats:
    """The value of each option."""
    if isinstance(value, pd.Series):
        if str(value.name).lower() in NOT_ADDITIVE:
            raise InputError(f"{value.name!r} cannot be added up over projects; use a value that can.")
        return value.reindex(table.index).to_numpy(float)
    if value in NOT_ADDITIVE:
        raise InputError(f"{value!r} is a ratio: it cannot be added up over projects; use npv or npsv.")
    if value not in appraised.columns or not pd.api.types.is_numeric_dtype(appraised[value]):
        numeric = [c for c in appraised.columns if c not in NOT_ADDITIVE and appraised[c].dtype.kind in "fi"]
        known([value], numeric, "value")
    keys = pd.MultiIndex.from_arrays([table.index.get_level_values(0), table["base_level"]])
    return appraised[value].reindex(keys).to_numpy(float)


def to_come(register: Register) -> pd.DataFrame:
    """The costs that are still to come: not actual, and not before t = 0."""
    costs = register.table("costs")
    past = costs["state"].eq("actual").fillna(False) | costs["year"].lt(register.settings.discount_to).fillna(False)
    return costs[~past.to_numpy(bool)]


def _keys(rows: pd.DataFrame) -> pd.MultiIndex:
    """The option that each row is about."""
    return pd.MultiIndex.from_arrays([rows["project_id"].astype("str"), rows["level"].astype("str")])


def _placed(parts: Sequence[pd.DataFrame], index: pd.Index, columns: list[str]) -> pd.DataFrame:
    """Rows of every start with the position of their option; those of no option are left out."""
    rows = pd.concat(parts, ignore_index=True)
    rows = rows[columns].assign(option=index.get_indexer(_keys(rows)).astype(np.int64))
    return rows[rows["option"] >= 0]


def _deferrable(register: Register, delay: int, table: pd.DataFrame, asked: pd.DataFrame) -> NDArray[np.bool_]:
    """Options that may start `delay` years later: not committed, latest start not passed, no year that is refused."""
    ids = table.index.get_level_values(0)
    spends = to_come(register).groupby("project_id")["year"]
    first = spends.min().reindex(ids).to_numpy(float, na_value=np.nan)
    latest = register.projects["latest_start"].reindex(ids).to_numpy(float, na_value=np.nan)
    offered = (first + delay <= latest) & (table["commitment"].to_numpy(object) != "committed")
    if register.settings.beyond_horizon == "refuse" and register.has("budgets"):
        last = spends.max().reindex(ids).to_numpy(float, na_value=np.nan)
        offered &= last + delay <= float(register.table("budgets")["year"].max())
    if register.settings.beyond_horizon == "refuse" and register.has("capacity"):
        known = pd.MultiIndex.from_frame(register.table("capacity")[["role", "period"]])
        refused = asked[(asked["fte"] > 0) & ~pd.MultiIndex.from_frame(asked[["role", "period"]]).isin(known)]
        offered &= ~table.index.isin(_keys(refused))
    return offered


@lru_cache(maxsize=8)
def later(register: Register, years: int, inside: Callable[[pd.DataFrame], pd.Series] | None = None) -> Register:
    """The register with every flow and demand that is to come so many years later, dates and risks too.

    Late benefits are lost where their end is fixed. `inside` says which rows of a table of projects move; all, if not
    given.
    """
    moves = inside or (lambda rows: pd.Series(True, index=rows.index))
    costs, benefits = register.table("costs"), register.table("benefits")
    ahead = moves(costs) & costs.index.isin(to_come(register).index)
    changed: dict[str, pd.DataFrame] = {"costs": costs.assign(year=costs["year"] + years * ahead.astype(int))}
    if register.has("benefits"):
        late = moves(benefits)
        fixed = benefits["project_id"].map(register.projects["benefit_end_fixed"]).fillna(False).astype(bool)
        end = benefits.groupby(["project_id", "level"], dropna=False)["year"].transform("max")
        moved = benefits.assign(year=benefits["year"] + years * late.astype(int))
        lost = late & fixed & (moved["year"] > end).fillna(False)
        gone = lost.groupby([benefits["project_id"], benefits["level"]], dropna=False).transform("all").astype(bool)
        nothing = benefits[gone].assign(amount=0.0)  # what is lost to the last is known, and zero
        changed["benefits"] = pd.concat([moved[~lost], nothing], ignore_index=True)
    for name in ("resources", "risks"):
        rows = register.table(name)
        late = moves(rows) & rows["period"].notna()
        if late.any():
            period = (rows["period"].str[:4].astype("Int64") + years).astype("str") + rows["period"].str[4:]
            changed[name] = rows.assign(period=rows["period"].mask(late, period))
    projects = register.projects.reset_index()
    dates = projects[["start", "finish"]] + pd.DateOffset(years=years)
    dates = projects[["start", "finish"]].mask(moves(projects), dates)
    return register.replace(**changed, projects=projects.assign(**dates))
