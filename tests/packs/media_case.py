"""Packs for the tests of media: the figures of Meridian as they were shown, and exhibits made to measure."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pandas as pd

from pmo_kit.exhibits.records import Chart, Exhibit, Field, Kpi, Message, Reference, Table, from_json
from pmo_kit.packs.jobs import Pack
from pmo_kit.packs.layout import PAGE_ONE, Collected, Outline, Part
from pmo_kit.packs.spec import Chapter, PackSpec, PageOne

GOLDEN = Path(__file__).parents[1] / "golden" / "media" / "meridian.json"
SETTINGS = SimpleNamespace(
    name="Meridian Water",
    unit="EUR million, real 2026",
    as_of=dt.date(2026, 9, 30),
    notice="Meridian is invented.",
)
FRONT = PageOne(
    headline="page_one.headline",
    tiles="page_one.tiles",
    decisions="page_one.decisions",
    left=("page_one.limits", "page_one.turning_points"),
    right=("page_one.since_last", "page_one.how_sure"),
)
HOSTILE = "=1+1 #panic(\"x\") *bold* $x$ <b>&amp; \\u{41} @SUM(A1) 'q' \u202eabc 🚰"


def manifest(items: Sequence[Collected]) -> dict[str, object]:
    """What a pack follows from, as far as media print it."""
    return {
        "register": {
            "name": "Meridian Water", "as_of": "2026-09-30", "fingerprint": "9f" * 32, "grade": "B",
            "findings": {"block": 0, "warn": 3, "info": 2},
        },
        "chapters": [{"notebook": "one.ipynb", "parameters": {"gap": 0.0}, "sha256": "a" * 64}],
        "inputs": {"meridian/projects.csv": "b" * 64},
        "exhibits": [
            {"id": i.id, "notebook": i.notebook, "cell": i.cell, "source": i.exhibit.source,
             "inputs": dict(i.exhibit.inputs)}
            for i in items
        ],
        "software": {"pmo_kit": "0.2.0"},
    }  # fmt: skip


def laid_out(chapters: Sequence[Sequence[Collected]], front: PageOne | None = None, **changes: object) -> Outline:
    """The outline of a pack of these exhibits."""
    home = Path("workspace")
    names = [f"Chapter {number}" for number, _ in enumerate(chapters, 1)]
    spec = PackSpec(
        file=home / "pack.yml", home=home, name="board", title="Investment Committee", register=home,
        committee="Investment Committee", date=dt.date(2026, 10, 15), page_one=front,
        chapters=tuple(Chapter(home / "one.ipynb", name) for name in names), **changes,  # type: ignore[arg-type]
    )  # fmt: skip
    items = [item for chapter in chapters for item in chapter]
    placed = front.ids if front else ()
    rows = enumerate(zip(names, chapters, strict=True), 1)
    parts = tuple(
        Part(number, name, "What?", tuple(i for i in shown if not (i.id in placed or i.id.startswith(PAGE_ONE))))
        for number, (name, shown) in rows
    )
    pack = Pack(spec, spec.name, spec.title, spec.committee, spec.date, spec.status, spec.chapters, spec.formats)
    return Outline(parts, tuple(items), pack=pack, pack_id="748e29fbef2a", manifest=manifest(items), settings=SETTINGS)


def collected(*exhibits: Exhibit) -> list[Collected]:
    """Exhibits as a pack collects them."""
    return [Collected(exhibit, "one.ipynb", n) for n, exhibit in enumerate(exhibits, 3)]


@cache
def records() -> tuple[dict[str, object], ...]:
    """What a pack of Meridian wrote into figures.json."""
    return tuple(json.loads(GOLDEN.read_text(encoding="utf-8")))


@cache
def meridian() -> Outline:
    """A pack of Meridian: page one and three chapters."""
    chapters: dict[str, list[Collected]] = {}
    for record in records():
        item = Collected(from_json(record), str(record["notebook"]), 5)
        chapters.setdefault(item.notebook, []).append(item)
    return laid_out(list(chapters.values()), FRONT)


def table(**changes: object) -> Table:
    """A table with a sum, a ratio, a difference, a date, a missing value and hostile text."""
    data = pd.DataFrame(
        {
            "project": ["Leak sensors", HOSTILE, "Own solar", "All"],
            "used": [5.0, 7.5, 2.5, 15.0],
            "limit": [10.0, 9.0, 4.0, 23.0],
            "left": [5.0, 1.5, 1.5, 8.0],
            "share": [0.5, 7.5 / 9.0, 0.625, float("nan")],
            "by": [dt.date(2026, 11, 30), dt.date(2027, 1, 31), None, None],
            "rag": ["R", "A", "G", None],
        }
    )
    settings: dict[str, object] = {
        "id": "case.table", "alt": "Three projects.", "title": "Leak sensors use half", "unit_line": "EUR million",
        "takeaway": "Nothing is over.", "source": "projects", "totals": 1, "data": data,
        "columns": (
            Field("project", title="project", kind="text"), Field("used", title="used"),
            Field("limit", title="limit"), Field("left", title="left", formula="limit - used"),
            Field("share", title="share", decimals=2, formula="used / limit"),
            Field("by", title="by", kind="time"), Field("rag", title="status", kind="rag"),
        ),
    }  # fmt: skip
    return Table(**{**settings, **changes})  # type: ignore[arg-type]


def charts() -> list[Chart]:
    """One chart of each mark, with what each may have."""
    words = ["Leak sensors", "Own solar", "Data platform"]
    plain = pd.DataFrame({"what": words, "n": [3.0, 2.0, 1.0]})
    parts = pd.DataFrame({"what": words * 2, "n": [3.0, 2.0, 1.0, 1.0, 1.5, 2.0], "kind": ["a"] * 3 + ["b"] * 3})
    bridge = pd.DataFrame({"what": ["Before", "Prices", "After"], "from": [0.0, 10.0, 0.0], "to": [10.0, 7.0, 7.0]})
    years = pd.DataFrame({"year": [2027, 2028, 2027, 2028], "n": [5.0, 4.0, 6.0, 6.0],
                          "kind": ["used", "used", "limit", "limit"]})  # fmt: skip
    span = pd.DataFrame({"what": words, "n": [3.0, 2.0, 1.5], "low": [1.0, 1.5, 1.0], "high": [4.0, 5.0, 2.0]})
    below = span.assign(low=[-1.0, -0.5, 0.0])
    steps = pd.DataFrame({"x": [1.0, 2.0, 3.0], "y": [2.0, 4.0, 5.0], "said": ["", "today 4.0", ""]})
    cells = pd.DataFrame({"row": ["P1", "P1", "P2", "P2"], "case": ["a", "b"] * 2, "n": [1.0, 2.0, 3.0, None]})
    what, n = Field("what", kind="category"), Field("n", title="money", unit="EUR million")
    of = {"alt": "In words.", "title": "One message", "source": "projects"}
    kind = Field("kind", kind="category")
    return [
        Chart(id="c.bar", mark="bar", data=plain, x=n, y=what, references=(Reference("x", 2.5, "the limit"),), **of),
        Chart(id="c.stack", mark="bar", data=parts, x=n, y=what, series=kind, stacked=True, **of),
        Chart(id="c.bridge", mark="bar", data=bridge, x=what, y=Field("to"), start=Field("from"), **of),
        Chart(id="c.layer", mark="bar", data=years, x=Field("year", kind="time"), y=n, series=kind, layered=True,
              styles={"limit": "limit", "used": "forecast"}, **of),
        Chart(id="c.span", mark="interval", data=span, x=n, y=what, low=Field("low"), high=Field("high"), **of),
        Chart(id="c.below", mark="interval", data=below, x=n, y=what, low=Field("low"), high=Field("high"), **of),
        Chart(id="c.line", mark="line", data=steps, x=Field("x"), y=Field("y"), label=Field("said", kind="text"),
              references=(Reference("x", 2.0, "today"), Reference("y", 4.5, "goal")), **of),
        Chart(id="c.years", mark="line", data=years, x=Field("year", kind="time"), y=n, series=kind, **of),
        Chart(id="c.dots", mark="scatter", data=steps, x=Field("x"), y=Field("y"), **of),
        Chart(id="c.heat", mark="heatmap", data=cells, x=Field("case", kind="category"),
              y=Field("row", kind="category"), value=n, **of),
        Chart(id="c.none", mark="bar", data=plain.iloc[:0], x=n, y=what, **of),
    ]  # fmt: skip


@cache
def small() -> Outline:
    """Every kind of exhibit once."""
    numbers = {
        "label": ["Money", "People"],
        "value": [45.0, 14.0],
        "limit": [50.0, None],
        "note": ["left 5", None],
    }
    tiles = Kpi(id="k", alt="-", title="Four numbers", data=pd.DataFrame(numbers))
    said = Message(id="m", alt="-", title="How sure", items=(("Proven.", HOSTILE), ("", "No lead.")))
    lead = Message(id="lead", alt="-", title="The portfolio is sound", items=())
    none = Message(id="none", alt="-", title="Not shown: partners, for want of bids", items=(), absent="bids")
    return laid_out([collected(lead, none, tiles, said, table()), collected(*charts())])


@cache
def rendered(medium: Callable[[Outline], bytes], drawn: Outline) -> bytes:
    """A file of a pack, made once in a process for all tests that only read it."""
    return medium(drawn)
