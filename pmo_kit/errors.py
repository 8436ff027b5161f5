"""The errors that pmo_kit raises on purpose. Each says what is wrong, where, and what to do."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


class PmoError(Exception):
    """Base of every error that pmo_kit raises on purpose; a notebook prints its sentence, not the way to it."""

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines() or [type(self).__name__]


class InputError(PmoError, ValueError, TypeError):
    """A function was given what it cannot use; the sentence says what it wants, and how to make or write it."""


class DataError(PmoError):
    """The register cannot be used as it is; every problem is in `findings`, not only the first.

    Parameters
    ----------
    message : str
        What a person reads: what to fix first, repeats grouped.
    findings : DataFrame
        One row per problem: severity, file, sheet, row, column, value, rule, message, fix.
    """

    def __init__(self, message: str, findings: pd.DataFrame) -> None:
        super().__init__(message)
        self.findings = findings

    @classmethod
    def of(cls, problems: Sequence[Mapping[str, Any]], message: str = "", **same: Any) -> DataError:
        """The error of problems that a function finds itself, each said by the columns that it has.

        Parameters
        ----------
        problems : sequence of mapping
            Column -> value; `message` is always there.
        message : str
            What a person reads; all messages when not given.
        **same
            Columns of every problem; `file` is as `sheet` where it is not given.
        """
        import pandas as pd

        empty = {"severity": "block", "file": same.get("sheet", ""), "sheet": "", "row": None, "column": "",
                 "value": None, "rule": "", "message": "", "fix": ""}  # fmt: skip
        words = message or "\n".join(str(one["message"]) for one in problems)
        return cls(words, pd.DataFrame([{**empty, **same, **one} for one in problems]))


class InfeasibleError(PmoError):
    """No plan obeys the rules; `conflict` names a smallest set of rules that cannot all hold.

    Parameters
    ----------
    message : str
        The conflict and the cheapest way out, in words.
    conflict : sequence of str
        Names of the rules in conflict: without any one of them the others can hold.
    relaxation : mapping of str to str
        Rule name -> the least change that makes a plan possible, with its unit.
    ways : sequence of str
        Each makes a plan possible, the cheapest first, in words.
    why : str
        The conflict alone, in words.
    """

    def __init__(
        self,
        message: str,
        conflict: Sequence[str],
        relaxation: Mapping[str, str] | None = None,
        ways: Sequence[str] = (),
        why: str = "",
    ) -> None:
        super().__init__(message)
        self.ways, self.why = tuple(ways), why or message
        self.conflict = tuple(conflict)
        self.relaxation = dict(relaxation or {})


class PackError(PmoError):
    """A pack could not be built; the last published pack is untouched.

    Parameters
    ----------
    message : str
        Why.
    page : path, optional
        A file that says more; it is named as long as it is there.
    """

    def __init__(self, message: str, page: os.PathLike[str] | str = "") -> None:
        super().__init__(message)
        self.page = page

    def __str__(self) -> str:
        return super().__str__() + f"\nMore in {self.page}" * os.path.isfile(self.page)


_REASONS = {
    **dict.fromkeys((errno.EACCES, errno.EPERM), "it is open in another program, or you may not write there"),
    errno.EROFS: "it can only be read",
    errno.ENOSPC: "the disk is full",
    errno.EFBIG: "the file would be larger than is allowed",
    errno.ENOTDIR: "a part of the path is a file, not a folder",
    errno.EEXIST: "something of that name is there already",
}


def worded(error: OSError | UnicodeEncodeError) -> str:
    """What the system refused, of which file and why, as a sentence; or which name or text no file can hold.

    Examples
    --------
    >>> worded(OSError(errno.ENOSPC, "No space left on device", "pack.pdf"))
    'pack.pdf: the disk is full.'
    """
    if isinstance(error, UnicodeEncodeError):
        around = error.object[max(0, error.start - 30) : error.end + 10]
        return f"{around!r} has half a character, which no file can hold: write it again, or rename what is called so."
    if isinstance(error, shutil.Error) and isinstance(error.args[0], list):  # the first of a folder that is copied
        source, _, why = error.args[0][0]
        return f"{source}: {str(why).partition('] ')[2] or why}."
    name = error.filename2 or error.filename
    said = error.strerror or " ".join(str(error).split()) or type(error).__name__
    file = "It stopped" if not name or isinstance(name, int) else os.fsdecode(name)  # int: a file that is open
    return f"{file}: {_REASONS.get(error.errno or 0, said)}."
