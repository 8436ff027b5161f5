"""The door of a public function: what it is given is looked at, and what it answers has a table, a sentence, a source.

`door` reads the types that a function states; the others look at one value: a factor, a share, a whole number, a date,
an id. Each raises `InputError`, which a notebook and the command line print as its one sentence: what it wants, and how
to make it. `Answer` is the base of what comes out.
"""

from __future__ import annotations

import datetime as dt
import difflib
import functools
import html
import inspect
import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from numbers import Real
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from pmo_kit.errors import InputError
from pmo_kit.facts import number as printed

if TYPE_CHECKING:
    import pandas as pd

P = ParamSpec("P")
R = TypeVar("R")

MADE = {
    "Register": "pmo.load_register(path)",
    "Appraisal": "pmo.appraise(register)",
    "Ranking": "pmo.prioritize(register)",
    "RankRobustness": "pmo.rank_robustness(ranking)",
    "Question": "pmo.Question(register)",
    "Allocation": "pmo.arbitrate(question)",
    "Explanation": "pmo.explain(allocation)",
    "Frontier": "pmo.frontier(question, budgets=[0.85, 1.0])",
    "Scenario": 'pmo.Scenario("Budget -15 %", budget=0.85)',
    "Comparison": "pmo.compare(question, scenarios)",
    "Simulation": "pmo.simulate(allocation)",
    "Review": "pmo.review_performance(register)",
    "Award": "pmo.select_partners(register)",
    "Exhibit": "pmo.figures.arbitration.plan(allocation)",
}
"""The kinds of thing that go from one public function to the next, and how each is made."""

MOST = 5.0
"""A factor above this is a percentage by mistake."""
_TOLD = 40  # names in a hint


class Answer:
    """Base of the frozen dataclasses that hold answers; each describes the columns of its own table."""

    if TYPE_CHECKING:

        @property
        def _table(self) -> pd.DataFrame: ...

        @property
        def summary(self) -> str:
            """One sentence that a committee can read."""

        @property
        def inputs(self) -> Mapping[str, str]:
            """Fingerprints, dates, seeds and proofs that the answer rests on."""

    @property
    def table(self) -> pd.DataFrame:
        """The rows; the columns are described in the class."""
        return self._table.copy(deep=False)

    @property
    def _notes(self) -> tuple[str, ...]:
        return (self.summary,)

    @property
    def _shown(self) -> pd.DataFrame:
        return self._table

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self._notes)
        return notes + self._shown.to_html(float_format=lambda value: printed(value, 2), na_rep="n/a")


def door(function: Callable[P, R]) -> Callable[P, R]:
    """Make a function refuse the neighbor of what it wants, by the types that it states.

    Looked at are parameters whose type is one of `MADE`, several of them (`Register | Ranking`), or a sequence
    (`Sequence[Scenario]`); what is `PLAIN`: numbers, text, paths, dates, yes and no; of whole numbers a seed is zero or
    more, draws and workers are one or more; each or None, where the type says so. A name that the function does not
    have, or too many values, are refused as well. A class has its door at its making: it looks at names alone.

    Examples
    --------
    >>> @door
    ... def arbitrate(question: Question) -> None: ...
    >>> arbitrate("register.xlsx")
    Traceback (most recent call last):
    pmo_kit.errors.InputError: arbitrate wants a Question, not 'register.xlsx'; make one: pmo.Question(register).
    """
    if isinstance(function, type):
        function.__init__ = door(function.__init__)  # type: ignore[misc]
        return function
    signature, who = inspect.signature(function), function.__qualname__.removesuffix(".__init__")
    stated = {name: str(kind) for name, kind in inspect.get_annotations(function).items()}
    if who != function.__qualname__:  # a class looks at what it is made of itself, and says all that is wrong
        stated = {}
    wanted = {name: kind for name, kind in stated.items() if _plain(kind) or _looked_at(kind)}
    for name in ("path", "pack_file"):
        wanted.pop(name, None)  # what is read from it says what it wants

    def bound(bind: Callable[..., inspect.BoundArguments], args: Any, kwargs: Any) -> inspect.BoundArguments:
        try:
            return bind(*args, **kwargs)
        except TypeError as slip:
            names = [name for name in signature.parameters if name != "self" and not name.startswith("_")]
            all_of_it = f"it takes {', '.join(names)}."
            odd = next((nearest(name, names) for name in kwargs if name not in names), all_of_it)
            raise InputError(f"{who}: {slip}; {odd}") from None

    @functools.wraps(function)
    def entered(*args: P.args, **kwargs: P.kwargs) -> R:
        bound_now = bound(signature.bind_partial, args, kwargs)
        given = bound_now.arguments
        for name in [name for name in given if name in wanted]:
            if look := _plain(wanted[name]):
                if given[name] is not None or "None" not in wanted[name]:
                    found = look(given[name], f"{who}: {name}" if look is _array else name)
                    given[name] = found if look in (_counted, _stream) else given[name]
            else:
                admit(who, given[name], wanted[name])
        bound(signature.bind, args, kwargs)
        return function(*bound_now.args, **bound_now.kwargs)

    return entered


def admit(who: str, given: object, kind: str) -> None:
    """Refuse, in the name of a function, what is not of a kind: "Question", "Register | None", "Sequence[Scenario]"."""
    kinds = _looked_at(kind)
    hint = f"make one: {MADE[kinds[0]]}"
    if "[" in kind:
        each = given if isinstance(given, list | tuple) else [given]
        good = each is given and all(_is(one, kinds) for one in each)
        given = next((one for one in each if each is given and not _is(one, kinds)), given)
        wanted, hint = f"a list of {kinds[0]}", f"write [{MADE[kinds[0]]}]"
    else:
        good = (given is None and "None" in kind) or _is(given, kinds)
        wanted = " or ".join(f"{'an' if name[0] in 'AE' else 'a'} {name}" for name in kinds)
        held = kinds[0].lower()
        if _is(getattr(given, held, None), kinds[:1]):
            hint = f"it holds one: give its .{held}"
    if not good:
        raise InputError(f"{who} wants {wanted}, not {told(given)}; {hint}.")


def admit_path(who: str, given: object, kind: str) -> Path:
    """The path that a function was given; refused, in its name, where it is another thing.

    Examples
    --------
    >>> admit_path("load_register", 12, "a workbook or a folder")
    Traceback (most recent call last):
    pmo_kit.errors.InputError: load_register wants the path of a workbook or a folder, not 12.
    """
    if not isinstance(given, str | PathLike):
        raise InputError(f"{who} wants the path of {kind}, not {told(given)}.")
    return Path(given)


def number(given: object, what: str, least: float = -math.inf, most: float = math.inf) -> float:
    """A number that has an end, from least to most.

    Examples
    --------
    >>> number("a lot", "the budget of 'Lean'")
    Traceback (most recent call last):
    pmo_kit.errors.InputError: the budget of 'Lean' is 'a lot': it must be a number, written without words or units.
    """
    if isinstance(given, bool) or not isinstance(given, Real):
        raise InputError(f"{what} is {told(given)}: it must be a number, written without words or units.")
    try:
        found = float(given)
    except OverflowError:  # a whole number of more than 308 digits
        found = math.inf
    if not math.isfinite(found):
        raise InputError(f"{what} is {found}: it must be a number that has an end.")
    if not least <= found <= most:
        high = f" and at most {most:g}" if most < 10**9 else ""
        raise InputError(f"{what} is {found:g}: it is at least {least:g}{high}.")
    return found


def factor(given: object, what: str) -> float:
    """A factor on an amount: 0 or more, and at most `MOST`.

    Examples
    --------
    >>> factor(85, "the budget of 'Lean'")
    Traceback (most recent call last):
    pmo_kit.errors.InputError: the budget of 'Lean' is 85: a factor above 5 is a percentage; write 0.85 for 85 %.
    """
    found = number(given, what)
    if found < 0:
        raise InputError(f"{what} is {found:g}, which is negative: a factor is 0 or more; 0.85 is 15 % less.")
    if found > MOST:
        raise InputError(
            f"{what} is {found:g}: a factor above {MOST:g} is a percentage; write {found / 100:g} for {found:g} %."
        )
    return found


def share(given: object, what: str) -> float:
    """A share or a confidence, from 0 to 1.

    Examples
    --------
    >>> share(80, "confidence")
    Traceback (most recent call last):
    pmo_kit.errors.InputError: confidence is 80: it lies between 0 and 1; write 0.8 for 80 %.
    """
    found = number(given, what)
    if not 0 <= found <= 1:
        hint = f"; write {found / 100:g} for {found:g} %" if found > 1 else ""
        raise InputError(f"{what} is {found:g}: it lies between 0 and 1{hint}.")
    return found


def whole(given: object, what: str, least: int = 0, most: int = 10**9) -> int:
    """A whole number from least to most."""
    found = number(given, what, least, most)
    if found % 1:
        raise InputError(f"{what} is {found:g}: it must be a whole number.")
    return int(found)


def numbers(given: object, what: str) -> Any:
    """An array of numbers."""
    import numpy as np

    try:
        if given is None or isinstance(given, str | bytes):
            raise TypeError
        return np.asarray(given, dtype=float)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{what}: {told(given)} is given where numbers are needed.") from None


def names(given: object, what: str) -> tuple[Any, ...]:
    """Several names, or one alone.

    Examples
    --------
    >>> names("P08", "projects_out"), names(["P08", "P09"], "projects_out")
    (('P08',), ('P08', 'P09'))
    """
    if not isinstance(given, Iterable):
        raise InputError(f"{what} is {told(given)}: it needs names, such as ['a name'].")
    return (given,) if isinstance(given, str) else tuple(given)


def _counted(given: object, what: str) -> int:
    return whole(given, what, least=int(what in ("draws", "workers")))


def day(given: object, what: str) -> dt.date:
    """A date, as one or as the text 2026-09-30."""
    if isinstance(given, dt.date) and given == given:  # unlike the date that pandas writes for none
        return given.date() if isinstance(given, dt.datetime) else given
    try:
        return dt.date.fromisoformat(str(given))
    except ValueError:
        raise InputError(f"{what} is {told(given)}: write a date like 2026-09-30.") from None


def _array(given: object, what: str) -> None:
    if getattr(getattr(given, "dtype", None), "kind", "") not in ("f", "i", "u", "b"):
        numbers(given, what)


def _stream(given: object, what: str) -> object:
    return given if type(given).__name__ == "Generator" else whole(given, what)


def _must(fits: Callable[[object], bool], words: str) -> Callable[[object, str], None]:
    """A look at a thing: refused, with these words, where it does not fit."""

    def look(given: object, what: str) -> None:
        if not fits(given):
            raise InputError(f"{what} is {told(given)}: it {words}.")

    return look


def _weighed(given: object, what: str) -> None:
    _must(lambda one: isinstance(one, Mapping), "needs names, such as {'a name': 1.0}")(given, what)
    for name, one in given.items():  # type: ignore[attr-defined]
        number(one, f"{what} of {told(name)}")


_path = _must(lambda one: isinstance(one, str | PathLike), "must be a path, as text or as a Path")
PLAIN: dict[str, Callable[[object, str], object]] = {
    "int": _counted, "float": number, "date": day, "ArrayLike": _array, "np.random.Generator | int": _stream,
    "str": _must(lambda one: isinstance(one, str), "must be text"), "str | PathLike[str]": _path, "str | Path": _path,
    "bool": _must(lambda one: type(one).__name__ in ("bool", "bool_"), "must be True or False"),
    "Mapping[str, float]": _weighed, "Executor": _must(lambda one: hasattr(one, "submit"), "must be an executor"),
}  # fmt: skip
"""What is looked at of a parameter of another type."""


def _plain(kind: str) -> Callable[[object, str], object] | None:
    """What looks at a parameter of a type, or of that type or None."""
    return PLAIN.get(kind.removesuffix(" | None"))


def several(given: object) -> list[Any]:
    """A list of what was given: one text or number alone is a list of one."""
    return [given] if isinstance(given, str | Real) or not isinstance(given, Iterable) else list(given)


def known(given: Iterable[object], names: Collection[str], what: str) -> None:
    """Refuse names that are not there, with those that may have been meant.

    Examples
    --------
    >>> known(["P99"], ["P08", "P09"], "project")
    Traceback (most recent call last):
    pmo_kit.errors.InputError: There is no project 'P99'; did you mean 'P09'?
    """
    odd = [str(name) for name in given if str(name) not in names]
    if odd:
        raise InputError(" ".join(f"There is no {what} {told(name)}; {nearest(name, names)}" for name in odd))


def names_of(room: str, file: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """`__getattr__`, `__dir__` and `__all__` of a package that loads what its stub names when it is asked for.

    Examples
    --------
    >>> import pmo_kit
    >>> pmo_kit.arbitrat
    Traceback (most recent call last):
    AttributeError: pmo_kit has no 'arbitrat'; did you mean 'arbitrate'?
    """
    import lazy_loader

    loaded, listed, names = lazy_loader.attach_stub(room, file)

    def found(name: str) -> Any:
        if name in names or name.startswith("_"):
            return loaded(name)
        raise AttributeError(f"{room} has no {name!r}; {nearest(name, names)}")

    return found, listed, names


def nearest(word: str, known: Iterable[str], most: int = 1) -> str:
    """A hint for a name that is not known: the one (or `most`) that was meant, or what there is.

    Examples
    --------
    >>> nearest("titel", ["title", "date"]), nearest("x", ["title", "date"])
    ("did you mean 'title'?", 'known here: title, date.')
    """
    names = list(known)
    folded = {name.casefold(): name for name in reversed(names)}
    near = [repr(folded[name]) for name in difflib.get_close_matches(word.casefold(), folded, n=most)]
    if near:
        return f"did you mean {' or '.join(near)}?"
    more = [f"{len(names) - _TOLD} more"] if len(names) > _TOLD else []
    return f"known here: {', '.join([*names[:_TOLD], *more]) or 'nothing'}."


def missing(path: str | Path, what: str = "file or folder") -> str:
    """What to say of a path where nothing is: where it was looked for, and what stands there under a like name."""
    place = Path(path).absolute()
    above = next((folder for folder in place.parents if folder.is_dir()), place)
    inside = [one.name for one in above.iterdir() if not one.name.startswith(".") and one.exists()]
    wanted = place.relative_to(above).parts[0] if above != place else place.name
    return f"There is no {what} {place}. In {above}: {nearest(wanted, sorted(inside), most=3)}"


def _looked_at(kind: str) -> list[str]:
    """The kinds of this package that a type is made of: none where it is made of others as well."""
    inner = re.fullmatch(r"(?:Sequence|list|tuple)\[(\w+)(?:, \.\.\.)?\]", kind)
    names = [inner[1]] if inner else [name for name in re.split(r"\s*\|\s*", kind) if name != "None"]
    return names if all(name in MADE for name in names) else []


def _is(given: object, kinds: list[str]) -> bool:
    """Whether a thing is of one of some kinds of this package."""
    names = {base.__name__ for base in type(given).__mro__ if base.__module__.startswith("pmo_kit")}
    return not names.isdisjoint(kinds)


def told(given: object) -> str:
    """What was given, in few words."""
    if given is None:
        return "nothing"
    if isinstance(given, str | int | float):
        text = repr(given)
        return text if len(text) <= 60 else text[:59] + "…"
    kind = type(given).__name__
    return f"{'an' if kind[0] in 'AEIOaeio' else 'a'} {kind}"
