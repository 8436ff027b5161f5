"""`figure`: what every figure has in common: its id, its sources, what it was made from."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, ParamSpec, TypeVar

from pmo_kit.exhibits import Exhibit, Message
from pmo_kit.register import Register

P = ParamSpec("P")
E = TypeVar("E", bound=Exhibit)


def figure(id: str, source: str = "") -> Callable[[Callable[P, E]], Callable[P, E]]:
    """Decorate a function that makes an exhibit: the exhibit gets this id, source, and the inputs of the arguments.

    Parameters
    ----------
    id : str
        Stable name; arguments stand in braces: "contested.letter_{project}".
    source : str
        Tables that it comes from.
    """

    def decorate(make: Callable[P, E]) -> Callable[P, E]:
        signature = inspect.signature(make)

        @functools.wraps(make)
        def made(*args: P.args, **kwargs: P.kwargs) -> E:
            given = signature.bind(*args, **kwargs)
            given.apply_defaults()
            exhibit = make(*args, **kwargs)
            named = {name: value for name, value in given.arguments.items() if isinstance(value, str)}
            return replace(
                exhibit,
                id=exhibit.id or id.format(**named),
                source=exhibit.source or source,
                inputs=_inputs(given.arguments.values()) | dict(exhibit.inputs),
            )

        return made

    return decorate


def not_shown(what: str, sheet: str, id: str = "") -> Message:
    """One line in place of a figure whose table is absent: what, and which sheet would show it."""
    return Message(id=id, title=f"Not shown: {what} needs a sheet {sheet!r}.", items=(), absent=sheet)


def _inputs(values: Any) -> dict[str, str]:
    """Fingerprint of the register first, then what the answers among the arguments say of themselves."""
    found: dict[str, str] = {}
    for value in values:
        if isinstance(value, Register):
            found.setdefault("register", value.fingerprint[:8])
        for answer in _answers(value):
            for name, text in answer.inputs.items():
                found.setdefault(name, text[:8] if name in ("register", "before", "question") else text)
    return {name: found[name] for name in ("register", *found) if name in found}


def _answers(value: Any) -> Iterator[Any]:
    if isinstance(getattr(value, "inputs", None), Mapping):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _answers(part)
