"""What a register holds of the source that it was made of, and what was left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pandas as pd

from pmo_kit.facts import count, number, shortened
from pmo_kit.register.checks.registry import Evidence, Found, rule
from pmo_kit.register.schema import load_schema

MOST = 0.01
"""Share of the money of a source that may be left out of a pack unless somebody accepts more."""


@dataclass(frozen=True)
class Accounts:
    """Projects in the source and in the register, and the largest share of the money of a column that is left out.

    Parameters
    ----------
    files : tuple of str
        What was read.
    found, used : int
        Projects.
    share : float
        Of the money of `column`; 0 where there is none.
    unread : int
        Cells of money whose words are no number: how much they stand for is not known, so they are in no share.
    lost : float
        Share of the amounts that these cells are.
    columns : tuple of str
        Columns of amounts that are not read, and nobody has said why.
    accepted : str
        Who accepts it, and why; empty where nobody does, or not as much.
    """

    files: tuple[str, ...]
    found: int
    used: int
    column: str
    share: float
    unread: int
    lost: float
    columns: tuple[str, ...]
    accepted: str

    @property
    def stops(self) -> bool:
        """More money is left out than a pack may leave out in silence, and nobody accepted it."""
        return max(self.share, self.lost) > MOST and not self.accepted

    @property
    def sentence(self) -> str:
        """The sentence that every pack prints."""
        text = f"{number(self.found, 0)} project{'s' * (self.found != 1)} in the source, {number(self.used, 0)} here"
        if self.column:
            share = "less than 0.1 %" if self.share else "none"
            share = f"{number(100 * self.share)} %" if self.share >= 0.0005 else share
            what = "that can be read is " if self.unread else "in the columns read is " if self.columns else ""
            text += f"; {share} of the money {what}left out"
            text += f" ({self.column})" if self.share else ""
        text += f"; {count(self.unread, 'amount')} cannot be read" if self.unread else ""
        text += f"; not read: {shortened(self.columns)}" if self.columns else ""
        return f"{text}."


def accounts(table: Callable[[str], pd.DataFrame]) -> Accounts | None:
    """Count what a register holds of its source.

    Parameters
    ----------
    table : callable
        Name -> table of the register, such as `Register.table`. Without rows in `sources` the register was not made
        from a source, and the answer is None.
    """
    sources, left = table("sources"), table("left_out")
    if not len(sources):
        return None
    counted = sources["column"].isna()
    projects, money = sources[counted & (sources["table"] == "projects")], sources[~counted]
    sums = money.groupby(["table", "column"])[["found", "used"]].sum()
    gone = left["amount"].abs().groupby([left["table"], left["column"]]).sum().reindex(sums.index).fillna(0.0)
    gone = gone.clip(lower=(sums["found"] - sums["used"]).abs())  # what is left out with a minus makes up for nothing
    lost = (gone / sums["found"].abs().clip(lower=gone)).fillna(0.0)
    share = float(lost.max()) if len(lost) else 0.0
    column = str(lost.idxmax()[1]) if len(lost) else ""
    files = tuple(dict.fromkeys(sources["file"].dropna()))
    found, used = (int(projects[name].sum()) for name in ("found", "used"))
    columns = tuple(left["column"][left["row"].isna()].dropna().unique())
    left = left[left["row"].notna()]
    names = pd.MultiIndex.from_frame(left[["table", "column"]])
    of_money = names.isin(pd.MultiIndex.from_frame(money[["table", "column"]]))
    unread = int((of_money & left["amount"].isna()).sum())
    amounts = unread + sum(len(table(name)) for name in pd.unique(money["table"]) if name in load_schema())
    up_to, accepted = sources["up_to"].iloc[0], sources["accepted"].iloc[0]
    unsaid = unread / amounts if unread else 0.0
    enough = not pd.isna(accepted) and (pd.isna(up_to) or max(share, unsaid) <= up_to)
    return Accounts(files, found, used, column, share, unread, unsaid, columns, str(accepted) if enough else "")


@rule()
def left_out_too_much(evidence: Evidence) -> Iterator[Found]:
    """More of the money of the source is left out than a pack may leave out.

    Above 1 % no pack is made unless the mapping accepts it.
    """
    told = accounts(evidence.frame)
    if told is not None and told.stops:
        yield Found("sources", "", sentence=told.sentence)


@rule()
def rows_accounted(evidence: Evidence) -> Iterator[Found]:
    """Rows or money of the source are not in the register.

    What was left out, in projects and in money.
    """
    told = accounts(evidence.frame)
    if told is not None and not told.stops:
        accepted = f" Accepted: {told.accepted}" if told.accepted and told.share > MOST else ""
        doubt = told.found != told.used or told.unread or told.columns
        yield Found("sources", "", None, "" if doubt else "all", sentence=told.sentence, accepted=accepted)
