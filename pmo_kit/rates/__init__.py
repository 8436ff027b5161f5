"""Dated, sourced tables that the engine reads: discount schedules, optimism bias and reference classes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from pmo_kit.doors import door, nearest, told
from pmo_kit.errors import InputError
from pmo_kit.facts import as_given


@dataclass(frozen=True)
class Schedule:
    """What a discount schedule is: its title, date, price basis (real, nominal or any) and source."""

    name: str
    title: str
    dated: str
    basis: str
    source: str


@door
def discount_schedule(name: str, years: int) -> NDArray[np.float64]:
    """Rates of a named schedule for the year steps 1..years (step i leads from year i - 1 to year i).

    Parameters
    ----------
    name : str
        A name of pmo_kit/rates/discount.yml, or flat_<percent>: flat_4, flat_3.5.
    years : int
        How many steps; 0 gives an empty array.

    Returns
    -------
    ndarray, shape (years,)
        0.035 is 3.5 % a year.

    Raises
    ------
    InputError
        The name is unknown, or the schedule ends before `years`.

    Examples
    --------
    >>> discount_schedule("uk_green_book_2026", 31)[[0, 29, 30]].tolist()
    [0.035, 0.035, 0.03]
    >>> discount_schedule("flat_4", 2).tolist()
    [0.04, 0.04]
    """
    flat = _flat(name)
    if flat is not None:
        return np.full(years, flat)
    rates = np.full(years, np.nan)
    for first, last, rate in _schedules(name)["steps"]:
        rates[first - 1 : last] = rate
    if np.isnan(rates).any():
        ends = int(np.flatnonzero(np.isnan(rates))[0])
        raise InputError(f"schedule {name} states no rate after year {ends}; {years} years are needed")
    return rates


@door
def describe_schedule(name: str) -> Schedule:
    """Title, date, price basis and source of a schedule, for the page that prints it.

    Examples
    --------
    >>> describe_schedule("uk_green_book_2026").basis
    'real'
    """
    flat = _flat(name)
    if flat is not None:
        title = f"Flat {as_given(round(flat * 100, 6))} %"
        return Schedule(name, title, "", "any", "rate chosen by the user")
    entry = _schedules(name)
    return Schedule(name, entry["title"], str(entry["dated"]), entry["basis"], entry["source"])


@door
def optimism_bias(shares: Mapping[str, float], quantity: str = "capex") -> float:
    """Upper-bound optimism bias of a project of mixed types: the bounds weighted by share of cost.

    Parameters
    ----------
    shares : mapping of str to float
        Project type (see pmo_kit/rates/optimism_bias.yml) -> its share; the shares sum to 1.
    quantity : {"capex", "duration", "opex"}

    Returns
    -------
    float
        Fraction to add: 0.321 is + 32.1 %.

    Raises
    ------
    InputError
        A type or quantity without a bound, or shares that do not sum to 1.

    Notes
    -----
    Source: Mott MacDonald (2002), Review of Large Public Procurement in the UK; HM Treasury (2003), Supplementary Green
    Book Guidance on Optimism Bias, table 1.

    Examples
    --------
    >>> round(optimism_bias({"non_standard_buildings": 0.3, "standard_buildings": 0.7}), 3)
    0.321
    """
    if abs(sum(shares.values()) - 1.0) > 1e-9 or any(share < 0 for share in shares.values()):
        raise InputError("shares of project types are positive and sum to 1")
    bounds = _read("optimism_bias.yml")["mott_macdonald_2002"]["bounds"]
    missing = [kind for kind in shares if quantity not in bounds.get(kind, {})]
    if missing:
        raise InputError(f"no {quantity} bound for {', '.join(missing)}; types: {', '.join(bounds)}")
    return float(sum(share * bounds[kind][quantity] for kind, share in shares.items()))


@cache
def _read(file: str) -> dict[str, Any]:
    """A YAML table that ships with the package."""
    return dict(yaml.safe_load((files(__package__) / file).read_text(encoding="utf-8")))


def _schedules(name: str) -> dict[str, Any]:
    """The entry of one schedule, or an error that lists the names."""
    table = _read("discount.yml")
    if name not in table:
        raise InputError(f"There is no discount schedule {told(name)}; {nearest(name, [*table, 'flat_<percent>'])}")
    return dict(table[name])


def _flat(name: str) -> float | None:
    """Rate of flat_<percent>, else None."""
    match = re.fullmatch(r"flat_(\d+(?:\.\d+)?)", name)
    return round(float(match[1]) / 100, 12) if match else None
