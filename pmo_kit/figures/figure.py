"""`figure`: what every figure has in common: its id, its sources, what it was made from."""

from __future__ import annotations

import csv
import functools
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar, copy_context
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

import pandas as pd

from pmo_kit import facts
from pmo_kit.doors import door, known
from pmo_kit.exhibits import Chart, Exhibit, Field, Kpi, Message, Table
from pmo_kit.exhibits.cells import sayings
from pmo_kit.facts import Fact, facts_of
from pmo_kit.register import Register

if TYPE_CHECKING:
    from pmo_kit.exhibits.records import Kind, Mark, Runs


def _rows(file: str) -> list[dict[str, str]]:
    """A table of this folder."""
    with Path(__file__).with_name(file).open(encoding="utf-8", newline="") as rows:
        return list(csv.DictReader(rows))


@functools.cache
def _columns() -> dict[str, Field]:
    """`columns.csv`: of every column its usual title, its unit, kind and digits, and how it follows from others."""
    return {
        row["name"]: Field(
            row["name"].partition(".")[0], row["title"], row["unit"], cast("Kind", row["kind"]),
            int(row["decimals"]), row["signed"] == "yes", formula=row["formula"],
        )
        for row in _rows("columns.csv")
    }  # fmt: skip


@functools.cache
def _figures() -> dict[str, dict[str, str]]:
    """`figures.csv`: of every figure its id, the tables it comes from and needs, its shape, and the words that stay."""
    return {row["id"]: row for row in _rows("figures.csv")}


def columns(head: str, own: Iterable[Field] = (), data: Any = None) -> tuple[Field, ...]:
    """The columns of a table as one reads its head: names of `columns.csv`, with another title behind a colon.

    A double bar is the thin rule before columns that are only for comparison. A name with a dot is the same column in
    another unit or of another kind. A name with a question mark is a column only where the data say something in it;
    a star stands for the columns that only the data name (years, cases): `own`.

    Examples
    --------
    >>> [(one.name, one.title, one.kind, one.ruled) for one in columns("project || cost: money spent")]
    [('project', 'project', 'text', False), ('cost', 'money spent', 'number', True)]
    """
    found: list[Field] = []
    for place, block in enumerate(head.split("||")):
        for nth, column in enumerate(one for one in block.split(" | ") if one.strip()):
            name, colon, title = column.strip().partition(":")
            if name == "*":
                found += own
            elif not name.endswith("?") or _says(data, name[:-1].partition(".")[0]):
                usual, ruled = _columns()[name.rstrip("?")], place > 0 and nth == 0
                found.append(replace(usual, title=title.strip() if colon else usual.title, ruled=ruled))
    return tuple(found)


def _says(data: pd.DataFrame, name: str) -> bool:
    """Whether a column says anything."""
    return name in data and bool((data[name].notna() & data[name].ne("")).any())


def axes(**fields: str | Field) -> dict[str, Any]:
    """The fields of a chart by their place, each as `columns` reads it; ¤ stands for the register's money."""
    return {place: field if isinstance(field, Field) else columns(field)[0] for place, field in fields.items()}


_making: ContextVar[dict[str, str]] = ContextVar("making")
"""What `figures.csv` says of the figure that is being made; {goal} there is what its question maximizes, in words."""
_asked: ContextVar[Any] = ContextVar("asked", default=None)
"""The register that the figure that is being made is of; None where it is of none."""


def unit_line(what: str, unit: str | None = None, scope: str = "") -> str:
    """What, unit, scope, data as of: the small line under the title of the figure that is being made.

    Parameters
    ----------
    what : str
        What is shown, with a capital letter.
    unit : str, optional
        The register's money unit when not given; "" for none.
    scope : str
        Years, projects or an area.
    """
    if _asked.get() is None:
        return what
    settings = _asked.get().settings
    stand = f"data as of {settings.as_of.isoformat()}" if settings.as_of else "as-of date not stated"
    return " · ".join(filter(None, (what, settings.unit if unit is None else unit, scope, stand)))


DUTIES = {"mandatory": "by law", "committed": "running"}
"""Why a project is in, whatever it is worth."""
WORST_FIRST = {"R": 0, "A": 1, "G": 2}
IDENTITY = {"project_id", "rule", "level", "decision", "condition", "cost"}
"""Columns that a table keeps beside those that it shows: what other programs know its rows by."""


def tabled(data: pd.DataFrame, own: Iterable[Field] = (), **parts: Any) -> Table:
    """The table of the figure that is being made: its head, groups, sums and printed rows stand in `figures.csv`.

    A column `project` that the data lack is the name of a project with its id. `own` is as in `columns`.
    """
    told = _making.get()
    head = columns(told["columns"], own, data)
    if "project" not in data and any(one.name == "project" for one in head):
        data = data.assign(project=named(data))
    head = tuple(replace(one, decimals=0) if one.kind == "number" and _thousands(data, one) else one for one in head)
    given: dict[str, Any] = {name: int(told[name] or 0) for name in ("totals", "first")}
    given["group"] = Field(told["group"], kind="category") if told["group"] else None
    kept = IDENTITY | {told["group"], *(one.name for one in head), *re.findall(r"(\w+)[.\w]*\?", told["columns"])}
    numbers = data.select_dtypes("float")
    data = data.assign(**numbers.where(numbers.abs() < float("inf")))  # no plan, no number: n/a
    return Table(data=data[[name for name in data if name in kept]], columns=head, **(given | parts))


def _thousands(data: pd.DataFrame, field: Field) -> bool:
    """Whether no amount of a column but nought is below a thousand: its decimals would say nothing."""
    amounts = pd.to_numeric(data.get(field.name, pd.Series(dtype=float)), errors="coerce").abs()
    return bool(amounts[amounts > 0].min() >= 1000)


def drawn(data: pd.DataFrame, **parts: Any) -> Chart:
    """The chart of the figure that is being made: its mark, axes and styles stand in `figures.csv`.

    What the data say of an axis (its unit, the month from which it counts) is given as `x` or `y`. An axis of money
    (unit ¤) is in the register's unit, without decimals among thousands.
    """
    told = _making.get()
    mark, *flags = told["mark"].split()
    fields, styles = (
        dict(one.split(" = ") for one in told[name].split(" | ") if one) for name in ("columns", "styles")
    )
    fields |= {place: parts.pop(place) for place in ("x", "y") if place in parts}
    given: dict[str, Any] = axes(**fields) | dict.fromkeys(flags, True)
    for place, field in given.items():
        if place in ("x", "y") and field.unit == "¤":
            given[place] = replace(field, unit=_asked.get().settings.unit, decimals=digits(data[field.name]))
    shown = {one.name for one in (given | parts).values() if isinstance(one, Field)}
    data = data[[name for name in data if name in shown]]
    return Chart(mark=cast("Mark", mark), data=data, **(given | {"styles": styles} | parts))


def digits(values: pd.Series) -> int:
    """Digits after the point: none among thousands."""
    return 0 if values.abs().max() >= 1000 else 1


def named(names: pd.Series | pd.DataFrame) -> list[Runs]:
    """Names by id, each with its id in small type; of a table its columns project_id and name."""
    pairs = names.items() if isinstance(names, pd.Series) else names[["project_id", "name"]].itertuples(index=False)
    return [(("text", str(name)), ("id", str(id))) for id, name in pairs]


def named_by(names: pd.Series, cells: Iterable[Any], most: int, none: str = "–") -> list[str]:
    """The names of the projects in every cell, of each the first few; a dash where it has none."""
    return [facts.shortened(names[[*cell]], most) if isinstance(cell, tuple) and cell else none for cell in cells]


def below(rows: pd.DataFrame, *lines: dict[str, Any]) -> pd.DataFrame:
    """Rows with lines under them, as sums are; what a line does not say is empty."""
    return pd.concat([rows, pd.DataFrame([dict.fromkeys(rows, "") | line for line in lines])], ignore_index=True)


def in_years(amounts: Iterable[tuple[Any, Fact | str]], joint: str = ", ") -> str:
    """What falls in every year, in a row: "4.5 in 2027, 3.0 in 2028"."""
    return facts.say(joint).join(facts.say("{amount} in {year}", amount=amount, year=year) for year, amount in amounts)


def dated(days: pd.Series, form: str = "%Y-%m-%d") -> list[str]:
    """Dates as a reader reads them; a dash where there is none."""
    return [f"{day:{form}}" if pd.notna(day) else "–" for day in days]


def cut(rows: pd.DataFrame, most: int) -> tuple[pd.DataFrame, str]:
    """The first rows, and a note of how many more there are."""
    more = len(rows) - most
    return rows.head(most), f"And {facts.number(more, 0)} more." if more > 0 else ""


def span(ends: Sequence[object]) -> str:
    """From the first to the last, or the one that they are.

    Examples
    --------
    >>> span([2027, 2028, 2029]), span([2027]), span([])
    ('2027 to 2029', '2027', '')
    """
    return " to ".join(dict.fromkeys(map(str, [*ends[:1], *ends[-1:]])))


def in_words(text: str, names: Mapping[str, str]) -> str:
    """A message with the names of projects in place of their ids, and words in place of codes.

    Examples
    --------
    >>> in_words("customer_director scores P02 high", {"P02": "Smart meters"})
    'customer director scores Smart meters high'
    """
    for word in dict.fromkeys(re.findall(r"[\w\-/.]*\w", text)):
        if word in names:
            text = re.sub(rf"(?<![\w\-]){re.escape(word)}(?![\w\-])", names[word].replace("\\", ""), text)
        elif "_" in word:
            text = text.replace(word, word.replace("_", " "))
    return re.sub(r";(?=\S)", " and ", text)


def nothing(line: str, why: str) -> Message:
    """What is said in place of a table that would be empty."""
    return Message(title=line, items=(("", why),) if why else ())


def tile(label: str, value: Fact, limit: Fact | None = None, note: str = "", focus: bool = False) -> dict[str, Any]:
    """One of the numbers of `kpi`: of which limit, what stands under it, whether it is what the page is about."""
    return {"label": label, "value": value, "limit": limit, "note": note, "focus": focus}


def kpi(what: str, tiles: list[dict[str, Any]]) -> Kpi:
    """A few numbers in a row; money below 1000 has a decimal, as in a sentence."""
    rows, told = [], []
    for one in tiles:
        stated = [fact for fact in (one["value"], one["limit"]) if fact is not None]
        amounts = [fact.value for fact in stated]
        counted = stated[0].unit.thing != "money" and all(amount.is_integer() for amount in amounts)
        rows.append(one | {name: fact.value for name, fact in zip(("value", "limit"), stated, strict=False)})
        rows[-1]["decimals"] = 0 if counted else digits(pd.Series(amounts))
        told += [*stated, *facts_of(one["note"])]
    return Kpi(data=pd.DataFrame(rows), title=f"{what} in {facts.count(len(rows), 'number')}", facts=tuple(told))


P = ParamSpec("P")
E = TypeVar("E", bound=Exhibit)


def figure(id: str) -> Callable[[Callable[P, E]], Callable[P, E]]:
    """Decorate a function that makes an exhibit: what `figures.csv` says of it, and the inputs of the arguments.

    There stand the tables it comes from (`source`), those without which there is only one line in its place (`needs`),
    which says that `shows` is not shown, and what the small line under the title (`line`, `unit`, `scope`) and the
    takeaway say where the figure does not; what the figure notes comes after the note there. A table without rows
    becomes a line: its title, and under it the takeaway or the note that the figure itself gives.

    Parameters
    ----------
    id : str
        Stable name; arguments stand in braces: "contested.letter_{project}".
    """
    told = _figures()[id]

    def decorate(make: Callable[P, E]) -> Callable[P, E]:
        signature = inspect.signature(make)

        @functools.wraps(make)
        def made(*args: P.args, **kwargs: P.kwargs) -> E:
            given = signature.bind(*args, **kwargs)
            given.apply_defaults()
            nobody: tuple[Any, str] = (None, "")
            register, goal = next(_registers(given.arguments.values()), nobody)
            if register is not None and isinstance(given.arguments.get("project"), str):
                known([given.arguments["project"]], register.projects.index, "project")
            large = facts.sentence(goal)
            worded = {part: text.replace("{goal}", goal).replace("{Goal}", large) for part, text in told.items()}
            with facts.printing() as printed:
                inside = copy_context()
                inside.run(_making.set, worded)
                inside.run(_asked.set, register)
                lacking = [sheet for sheet in told["needs"].split() if not register.has(sheet)]
                exhibit: Any = not_shown(told["shows"], lacking[0]) if lacking else inside.run(make, *args, **kwargs)
                line = exhibit.unit_line
                if told["line"] and not line and not (told["columns"] and isinstance(exhibit, Message)):
                    unit = "" if told["unit"] == "none" else told["unit"] or None
                    line = inside.run(unit_line, worded["line"], unit, told["scope"])
            if isinstance(exhibit, Table) and exhibit.data.empty:
                exhibit, line = nothing(exhibit.title, exhibit.takeaway or exhibit.note), ""
            if not isinstance(exhibit, Message):
                notes = (worded["note"], exhibit.note, "" if isinstance(exhibit, Kpi) else _rounding(exhibit))
                note = facts.say(" ").join(filter(None, notes))
                exhibit = replace(exhibit, takeaway=exhibit.takeaway or worded["takeaway"], note=note)
            named = {name: value for name, value in given.arguments.items() if isinstance(value, str)}
            name = exhibit.id or id.format(**named)
            exhibit = replace(exhibit, unit_line=line)
            return replace(
                exhibit,
                id=name,
                facts=(*exhibit.facts, *_stated(exhibit, name, printed)),
                source=told["source"],
                inputs=_inputs(given.arguments.values()) | dict(exhibit.inputs),
            )

        return door(made)

    return decorate


def _registers(values: Iterable[Any]) -> Iterator[tuple[Any, str]]:
    """The registers that arguments are or ask about, each with what its question maximizes."""
    for value in _each(values):
        asked = getattr(value, "allocation", getattr(value, "ranking", value))
        asked = getattr(asked, "question", asked)
        found = asked if isinstance(asked, Register) else getattr(asked, "register", None)
        if found is not None:
            yield found, str(getattr(asked, "goal", ""))


def _rounding(shown: Chart | Table) -> str:
    """Which printed amounts do not add up, or do not differ by what is printed, though those behind them do."""
    if isinstance(shown, Chart):
        axis = shown.x if shown.flat else shown.y
        if shown.start is None:  # only of a bridge the last bar is the sum of the others
            return ""
        *steps, end = (facts.rounded(step) for step in shown.data[axis.name] - shown.data[shown.start.name])
        return "" if sum(steps) == end else "Rounded: the steps do not add up to the last digit printed."
    data, odd, apart = shown.data, [], []
    rows, last = len(data) - shown.totals, len(data) - 1
    inside = data.get("decision", pd.Series("", data.index)) != "refuse"
    sums = {} if not shown.totals or 0 < shown.first < rows else {rows, last}
    numbers = [field for field in shown.columns if field.kind == "number"]
    amounts = {field.name: pd.to_numeric(data[field.name], errors="coerce") for field in numbers}
    printed: dict[str, list[Any]] = {
        one.name: [None if pd.isna(x) else facts.rounded(x, one.decimals) for x in amounts[one.name]] for one in numbers
    }
    for field in numbers:
        name, values = field.name, amounts[field.name]
        for whole in sums:
            parts, total = values[:whole][inside].dropna(), values.iloc[whole]
            exact = abs(parts.sum() - total) < 1e-6 * max(1.0, parts.abs().sum())
            if exact and len(parts) and sum(printed[name][place] for place in parts.index) != printed[name][whole]:
                odd.append(f"“{field.title or field.name}”")
        one, minus, other = field.formula.partition(" - ")
        told = zip(printed[name], printed.get(one, ()), printed.get(other, ()), strict=False)
        if minus and any(None not in row and row[0] != row[1] - row[2] for row in told):
            apart.append(f"“{field.title or field.name}”")
    names, differences = (facts.listed(dict.fromkeys(found)) for found in (odd, apart))
    said = [f"the amounts under {names} do not add up to the last digit printed"] if odd else []
    said += [f"{differences} may be one off from what the printed amounts give"] if apart else []
    return f"Rounded: {'; '.join(said)}." if said else ""


def _stated(exhibit: Exhibit, name: str, told: Mapping[str, Fact]) -> Iterator[Fact]:
    """What this figure alone states: numbers that it printed and that a reader reads in its sentences and labels.

    What is a fact with a subject of its own is not stated again.
    """
    with facts.printing() as tiled:
        texts = [*sayings(exhibit)]
    own = [*exhibit.facts, *(fact for text in texts for fact in facts_of(text))]
    said = {fact.words(spec).lower().removesuffix("\u202f%") for fact in own for spec in ("", "+", "words")}
    said |= {fact.exact for fact in own}
    for fact in facts.told_in(" ".join(texts), {**told, **tiled}):
        if fact.of.part not in said:
            yield replace(fact, of=facts.Of(part=f"{name}: {fact.of.part}"))


def not_shown(what: str, sheet: str, *, id: str = "", columns: str = "") -> Message:
    """One line in place of a figure that lacks data: what, and which sheet, or which of its columns, would show it."""
    if not columns and _asked.get() is not None and _asked.get().has(sheet):
        return nothing(f"Nothing to show of {what}: the sheet {sheet!r} states none.", "")
    lacking = f"the {columns} in the sheet {sheet!r}" if columns else f"a sheet {sheet!r}"
    absent = f"{columns} in {sheet}" if columns else sheet
    return Message(id=id, title=f"Not shown: {what} needs {lacking}.", absent=absent)


def _inputs(values: Iterable[Any]) -> dict[str, str]:
    """Fingerprint of the register first, then what the answers among the arguments say of themselves."""
    found: dict[str, str] = {}
    for value in _each(values):
        if isinstance(value, Register):
            found.setdefault("register", value.fingerprint[:8])
        told = getattr(value, "inputs", None)
        for name, text in told.items() if isinstance(told, Mapping) else ():
            found.setdefault(name, text[:8] if name in ("register", "before", "question") else text)
    return {name: found[name] for name in ("register", *found) if name in found}


def _each(values: Iterable[Any]) -> Iterator[Any]:
    """The arguments of a figure, those that stand in a mapping one by one."""
    for value in values:
        yield from _each(value.values()) if isinstance(value, Mapping) else (value,)
