"""What moved between two packs: decisions, the plan, figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pmo_kit.packs.compare import Move, Published, moves, project_of, table_rows
from pmo_kit.packs.decisions import recommendation

PLAN = "arbitration.plan"
_MOST = 8
_NOISE = ("order", "number", "alt", "unit line")


@dataclass(frozen=True, eq=False)
class PackDiff:
    """What moved from one pack to another.

    Parameters
    ----------
    old, new : str
        Name and id of each.
    inputs : tuple of str
        What they were made from: register, as-of date, notebooks, version.
    decisions : tuple of str
        Projects whose recommendation, size or money moved.
    figures : mapping of str to tuple of Move
        Exhibit id -> its cells that moved.
    added, gone : tuple of str
        Exhibits that only one of them has, with their titles.
    """

    old: str
    new: str
    inputs: tuple[str, ...]
    decisions: tuple[str, ...]
    figures: Mapping[str, tuple[Move, ...]]
    added: tuple[str, ...]
    gone: tuple[str, ...]

    @property
    def table(self) -> Any:
        """One row per cell that moved: exhibit, row, column, old, new, change (numbers only)."""
        import pandas as pd

        columns = ["exhibit", "row", "column", "old", "new", "change"]
        rows = [
            (name, move.row, move.column, move.old, move.new, _change(move))
            for name, found in self.figures.items()
            for move in found
        ]
        return pd.DataFrame(rows, columns=columns)

    @property
    def summary(self) -> str:
        """One sentence."""
        if not (self.decisions or self.figures or self.added or self.gone):
            return f"{self.new} says the same as {self.old}."
        parts = [
            _count(len(self.decisions), "project decided otherwise", "projects decided otherwise"),
            _count(len(self.figures), "figure or table moved", "figures and tables moved"),
            _count(len(self.added), "is new", "are new"),
            _count(len(self.gone), "is gone", "are gone"),
        ]
        return f"From {self.old} to {self.new}: {', '.join(part for part in parts if part)}."

    def __str__(self) -> str:
        lines = [self.summary]
        for head, found in (("Decisions", self.decisions), ("Made from", self.inputs)):
            lines += [f"{head}:", *(f"  {line}" for line in found)] if found else []
        if self.figures:
            lines.append("Figures:")
        for name, cells in self.figures.items():
            lines.append(f"  {name}")
            lines += [f"    {_told(move)}" for move in cells[:_MOST]]
            lines += [f"    and {len(cells) - _MOST} more"] if len(cells) > _MOST else []
        for head, names in (("New", self.added), ("Gone", self.gone)):
            lines += [f"{head}:", *(f"  {line}" for line in names)] if names else []
        return "\n".join(lines)


def diff_packs(old: str | Path, new: str | Path) -> PackDiff:
    """Compare two published packs: what is decided otherwise, which figures moved, what is new or gone.

    Only what the packs hold is read; nothing is executed.

    Parameters
    ----------
    old, new : str or Path
        Folders of packs, or those with their `latest.json`.

    Raises
    ------
    PackError
        When one is no pack.
    """
    packs = (Published.at(old).whole(), Published.at(new).whole())
    folders = [pack.folder for pack in packs]
    before, after = (pack.manifest for pack in packs)
    was, now = ({record["id"]: record for record in pack.figures} for pack in packs)
    figures = {}
    for name in was:
        if name in now:
            found = [move for move in moves(was[name], now[name]) if move.column not in _NOISE]
            if found:
                figures[name] = tuple(found)
    return PackDiff(
        old=f"{before['pack']} {folders[0].name}",
        new=f"{after['pack']} {folders[1].name}",
        inputs=tuple(_inputs(before, after)),
        decisions=tuple(_decisions(was, now)),
        figures=figures,
        added=tuple(f"{name}: {now[name].get('title', '')}" for name in now if name not in was),
        gone=tuple(f"{name}: {was[name].get('title', '')}" for name in was if name not in now),
    )


def _decisions(was: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Projects whose recommendation, size or money moved, in words with amounts."""
    before, after = recommendation(list(was.values())), recommendation(list(now.values()))
    if not before or not after:
        return []
    names = _names(was) | _names(now)
    lines = []
    for project_id in {**before, **after}:
        one, other = before.get(project_id), after.get(project_id)
        name = names.get(project_id, "")
        who = f"{name} ({project_id})" if name else project_id
        if one is None and other is not None:
            lines.append(f"{who}: new, {_said(other)}")
        elif other is None and one is not None:
            lines.append(f"{who}: gone, was {_said(one)}")
        elif one and other and (one["recommended"], one["level"]) != (other["recommended"], other["level"]):
            lines.append(f"{who}: {_said(one)} → {_said(other)}")
        elif one and other and one["amount"] != other["amount"] and one["recommended"] != "refuse":
            lines.append(f"{who}: still {one['recommended']}, {_amount(one)} → {_amount(other)}")
    return lines


def _names(records: Mapping[str, Any]) -> dict[str, str]:
    """Project -> its name, where the plan or what is refused gives it."""
    found = {}
    for record in records.values():
        if not str(record["id"]).startswith("arbitration."):
            continue
        for row in table_rows(record).values():
            runs = row["project"].get("runs", ()) if isinstance(row.get("project"), dict) else ()
            identity = project_of(row)
            if identity and runs:
                found[identity] = " ".join(text for role, text in runs if role in ("lead", "text"))
    return found


def _said(advice: Mapping[str, Any]) -> str:
    size = advice["level"]
    words = advice["recommended"] + (f" ({size})" if size not in ("", "full", "stop") else "")
    return f"{words}, {_amount(advice)}" if advice["recommended"] != "refuse" else words


def _amount(advice: Mapping[str, Any]) -> str:
    return f"{advice['amount']:g}" if isinstance(advice["amount"], int | float) else "no amount"


def _inputs(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What the two packs were made from, where it differs."""
    lines = []
    for words, one, other in (
        ("register", before["register"]["fingerprint"][:8], after["register"]["fingerprint"][:8]),
        ("data as of", before["register"]["as_of"], after["register"]["as_of"]),
        ("data grade", before["register"].get("grade"), after["register"].get("grade")),
        ("pmo_kit", before["software"]["pmo_kit"], after["software"]["pmo_kit"]),
        ("date", before["date"], after["date"]),
        ("status", before["status"], after["status"]),
    ):
        if one != other:
            lines.append(f"{words}: {one} → {other}")
    books = ({c["notebook"]: c["sha256"] for c in m["chapters"]} for m in (before, after))
    was, now = books
    lines += [f"notebook {name}: changed" for name in was if name in now and was[name] != now[name]]
    lines += [f"notebook {name}: no longer there" for name in was if name not in now]
    return lines + [f"notebook {name}: new" for name in now if name not in was]


def _change(move: Move) -> float:
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (move.old, move.new))
    return float(move.new) - float(move.old) if numbers else float("nan")


def _told(move: Move) -> str:
    change = _change(move)
    return f"{move} ({change:+.4g})" if change == change else str(move)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}" if number else ""
