"""Sealed ballots: a choice that can be shown later to be the one made now."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from pmo_kit.workshop.gaps import is_open, items, read_number
from pmo_kit.workshop.texts import words


@dataclass(frozen=True, eq=False)
class Seal:
    """A sealed ballot; `code` is empty while a gap is open. Read the code aloud, it tells nothing."""

    code: str

    def __repr__(self) -> str:
        return words("seal").format(code=self.code) if self.code else words("seal_open")


def seal(choice: Sequence[str], confidence: float, secret: str) -> Seal:
    """Seal a choice: the same choice, confidence and secret word give the same code, nothing else does.

    Parameters
    ----------
    choice : sequence of str
        Project ids; order and spelling in capitals or not do not matter.
    confidence : float
        0 to 100: how sure the team is that no better choice exists.
    secret : str
        A word only the team knows; without it a guess could be tried against the code.

    Returns
    -------
    Seal
        Its code is the beginning of SHA-256 over the ballot; without code while a gap is open.

    Examples
    --------
    >>> first, again = seal(["P02", "P01"], 70, "heron"), seal(["p01", "P02"], 70, "heron")
    >>> first.code == again.code, first.code == seal(["P01"], 70, "heron").code
    (True, False)
    """
    sure = read_number(confidence)
    if is_open(choice) or is_open(secret) or sure is None or is_open(sure):
        return Seal("")
    ids = sorted({str(project).upper() for project in items(choice)})
    content = json.dumps([ids, sure, str(secret).strip().lower()])
    digest = hashlib.sha256(content.encode()).hexdigest()
    return Seal("-".join(digest[i : i + 4] for i in (0, 4, 8)))
