"""Hostile text in every column of words, names and keys of every table of the register is text in every medium of a pack."""  # noqa: E501

from __future__ import annotations

import csv
import email
import html.parser
import io
import os
import re
import zipfile
import zlib
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, cast

import openpyxl
import pypdf
import pytest

import pmo_kit as pmo
from pmo_kit.cli import main
from pmo_kit.errors import DataError
from pmo_kit.register.schema import load_schema
from pmo_kit.shipped import shipped
from tests.conftest import shipped_register
from tests.packs.tiny import LOAD, Workspace, notebook

pytestmark = pytest.mark.slow  # every medium of a large register
HOSTILE = (
    '=HYPERLINK("http://evil","x")', "=cmd|'/c calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "Stop!P07", "!A1",
    "<script>window.stolen = 1</script>", "<img src=x onerror='window.stolen = 1'>", "</title></style></script><b>",
    "\u202eeslaf", "\u200fمشروع النهر", "#set text(red) $x^2$ *b* @ref <lab> #panic()", "back\\slash \\u{41} `raw`",
    "**b** [l](javascript:stolen) ![i](http://evil/i.png) # h", "{{ 7 * 7 }} {% raw %} ${7*7}", "A & B's \"best\" &amp; ]]>",  # noqa: E501
    "bell\x07 tab\x0b esc\x1b[31m", "_x001B_ \ufffe", "🚰 👩‍🔧", "Bcc: all@evil\r\nX: y", "'; DROP TABLE projects;--",
)  # fmt: skip
UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\u202e\ufffe]")
"""Signs that no register keeps."""
SCOPES = {("budgets", "scope"), ("rules", "scope"), ("scenarios", "scope")}
PARSED = SCOPES | {
    (table, column)
    for table, columns in {
        "projects": "includes project_type",
        "benefits": "kind",
        "budgets": "price_basis",
        "rules": "kind measure of per",
        "links": "relation quantity",
        "overrides": "in_out",
        "criteria": "sense",
        "scenarios": "what",
        "estimates": "quantity basis distribution",
        "risks": "risk_class",
        "requests": "decision",
        "decisions": "decision recommended",
        "actions": "status",
    }.items()
    for column in columns.split()
}
PARSED |= {(table.name, column.name) for table in load_schema() for column in table if column.values}
"""Columns in which the kit reads words of its own: anything else is refused."""
CELL = """register = pmo.load_register(register_path)
from pmo_kit.register.schema import load_schema
for table in load_schema():
    frame = register.table(table.name).reset_index()
    names = [name for name in table.columns if table.columns[name].type in ("text", "id", "category") and name in frame]
    if not len(frame) or not names:
        continue
    rows = pd.concat([frame[[name]].drop_duplicates().head(40).reset_index(drop=True) for name in names], axis=1)
    texts = [text for name in names for text in rows[name].dropna() if text] or ["-"]
    rows = rows.fillna("").astype(str)
    for at, place in enumerate(range(0, len(names), 4)):
        some = names[place : place + 4]
        pmo.show(Table(id=f"t.{table.name}_{at}", alt=texts[0], data=rows[some].copy(), columns=tuple(
            Field(name, texts[-1], texts[0], kind="text") for name in some)), title=texts[0], takeaway=texts[-1])
projects = register.projects.reset_index().drop_duplicates("name").head(40)
sponsors = projects["sponsor"].dropna().unique()
for number, sponsor in enumerate(sponsors[:3]):
    name = projects["name"].iloc[number]
    pmo.show(Message(id=f"l.letter_{number}", alt=sponsor, items=((sponsor, name),), to=sponsor), title=name)
some = projects.head(24).assign(n=range(1, len(projects.head(24)) + 1))
for number, name in enumerate(some["name"]):
    pmo.show(Chart(id=f"c.bar_{number}", alt=name, mark="bar", data=some.iloc[[number, 0]].drop_duplicates("name"),
        x=Field("n", name, name), y=Field("name", name, kind="category"), unit_line=name), title=name, takeaway=name)
pmo.show(Message(id="a.one", alt="-", items=tuple((name, name) for name in some["name"].head(6))),
    title=some["name"].iloc[0])
plan = projects.head(30)
pmo.show(Table(id="arbitration.plan", alt="All.", data=plan[[]].assign(cost=1.0, decision="refuse",
    project=[(("lead", name), ("id", one)) for one, name in zip(plan["project_id"], plan["name"])]),
    columns=(Field("project", kind="text"), Field("decision", kind="decision"), Field("cost", "cost"))), title="-")"""


def spoiled(text: str, count: int) -> str:
    """A hostile text that ends like the one in its place; equal texts stay equal, so that references hold."""
    return f"{HOSTILE[(zlib.crc32(text.encode()) + count) % len(HOSTILE)]} {text}"


def sample(name: str) -> list[dict[str, str]]:
    """The rows of a table of the largest sample; of the tables that only an import writes, one that is accepted."""
    file = shipped("data", "samples", "meridian") / f"{name}.csv"
    if file.exists():
        return list(csv.DictReader(file.open(encoding="utf-8")))
    texts = dict.fromkeys(["file", "sheet", "column", "table"], "costs")
    source = {"sha256": "0", "mapping": "m", "found": "10", "used": "8", "accepted": "CFO", "up_to": "0.5"}
    left = {"row": "1", "project": "P99", "amount": "2", "reason": "no id"}
    return [{**texts, **(source if name == "sources" else left)}]


def write_hostile(folder: Path, spared: set[tuple[str, str]], turn: int = 0) -> set[tuple[str, str]]:
    """The largest sample with hostile text in all columns of words, empty ones too, and of names and keys; which these are."""  # noqa: E501
    done: set[tuple[str, str]] = set()
    for old in folder.iterdir():
        old.unlink()
    for table in load_schema():
        rows = sample(table.name)
        kinds = {name: column.type for name, column in table.columns.items()}
        texts = [name for name in kinds if kinds[name] in ("text", "id", "category") and table.name != "settings"]
        texts = [name for name in texts if (table.name, name) not in spared]
        for count, row in enumerate(rows, len(done)):
            for name in texts:
                if row.get(name) or kinds[name] == "text":
                    row[name] = spoiled(row.get(name) or "", turn if row.get(name) else count + turn)
                if kinds[name] != "text":  # a name of two lines is refused as a quote that does not close
                    row[name] = " ".join(row[name].split()) if row.get(name) else row.get(name, "")
            if (table.name, "scope") in spared & SCOPES and "=" in row["scope"]:
                column, name = row["scope"].split("=")
                known = {("projects", column), ("capacity", column)} - spared
                if len(known) == 2 and column != "kind":
                    row["scope"] = f"{column}={' '.join(spoiled(name, turn).split())}"
            if table.name == "settings" and row["key"] in ("name", "notice"):
                hostile = spoiled(row["value"], turn)  # what cannot be seen is refused here
                row["value"] = row["value"] if UNSEEN.search(hostile) else " ".join(hostile.split())
        done |= {(table.name, name) for name in texts}
        with (folder / f"{table.name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, {name: None for row in rows for name in row})
            writer.writeheader()
            writer.writerows(rows)
    return done


class Tags(html.parser.HTMLParser):
    """What a page makes happen: handlers, addresses, scripts that a register could have put there."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.odd: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_data(self, data: str) -> None:
        self.text += data if self.cdata_elem is None else ""  # not what stands in scripts and styles

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name.startswith("on") or (
                re.match(r"(?i)\s*(javascript|https?):", value or "") and name in ("src", "href")
            ):
                self.odd.append(f"{tag} {name}={value}")


@pytest.fixture(scope="module", params=range(int(os.environ.get("TURNS", "1"))))
def pack(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A pack in every medium of a register whose every text column is hostile; in 22 turns, by each text."""
    from tests.packs.tiny import write_workspace

    home = tmp_path_factory.mktemp("hostile")
    file = write_workspace(home, one=notebook(LOAD, CELL))
    write_hostile(home / "data" / "samples" / "harbor", PARSED, request.param)
    title = f"title: '{HOSTILE[7]} [l](javascript:stolen) =1+1'"
    text = file.read_text().replace("title: Board, October", title).replace("title: About one", title)
    file.write_text(text + "page_one: {headline: a.one}\nannex: full\n")
    assert main(["pack", str(file), "--out", str(home / "out"), "--eml"]) == 0
    (page,) = (home / "out" / "board").glob("*/index.html")
    return page.parent


def test_every_column_of_words_of_every_table_is_hostile_or_refused_in_words(
    workspace: Workspace, tmp_path: Path
) -> None:
    """Attack 7a and held: ESC and BEL are found at load, by cell; no column is dropped to get the rest through."""
    workspace()
    folder = tmp_path / "data" / "samples" / "harbor"
    done = write_hostile(folder, set())
    assert len({table for table, _ in done}) >= 25
    with pytest.raises(DataError) as caught:
        pmo.load_register(folder)
    blocks = caught.value.findings.query("severity == 'block'")
    refused = {
        (file.removesuffix(".csv"), column) for file, column in zip(blocks["file"], blocks["column"], strict=True)
    }
    assert refused >= PARSED - {("scenarios", "scope")}, "a scope only once its row is read"
    assert refused - PARSED <= {("costs", "project_id"), ("costs", "level")}, "of projects whose commitment is not read"
    assert write_hostile(folder, PARSED) == done - PARSED
    register = pmo.load_register(folder)
    assert len(register.projects) == len(shipped_register("meridian").projects)
    unseen = register.findings.query("rule == 'signs_unseen'")
    assert {"projects.csv", "requests.csv"} <= set(unseen["file"])
    assert unseen["row"].notna().all()
    for name in register.names:
        for text in map(str, register.table(name).reset_index().to_numpy().ravel()):
            assert not UNSEEN.search(text), (name, text)


def test_every_text_is_hostile_in_every_column_and_read_as_text(tmp_path: Path) -> None:
    """All texts in turn, in all columns of all tables: read, of as many rows, and no sign that cannot be printed."""
    rows = {table.name: len(sample(table.name)) for table in load_schema()}
    del rows["settings"], rows["levels"]  # read by key, and with those that costs are for
    for turn in range(len(HOSTILE)):
        write_hostile(tmp_path, PARSED, turn)
        register = pmo.load_register(tmp_path)
        assert {name: len(register.table(name)) for name in rows} == rows
        for name in register.names:
            texts = register.table(name).reset_index().select_dtypes(["str", "object"])
            assert not texts.map(lambda text: bool(UNSEEN.search(str(text)))).any(axis=None), (turn, name)


def test_every_text_stands_as_text_in_every_medium(pack: Path) -> None:
    """What a reader sees of each, blanks aside; of the paper, those of letters that its font has."""
    page = Tags((pack / "index.html").read_text(encoding="utf-8")).text
    with zipfile.ZipFile(pack / "pack.pptx") as deck:
        parts = [deck.read(part).decode() for part in deck.namelist() if re.match(r"ppt/slides/[^/]+\.xml", part)]
    slides = html.unescape("".join(re.findall(r"<a:t>([^<]*)</a:t>", "".join(parts))))
    sheets = openpyxl.load_workbook(pack / "annex.xlsx").worksheets
    cells = "\n".join(
        str(cell) for sheet in sheets for row in sheet.iter_rows(values_only=True) for cell in row if cell
    )
    paper = "".join(page.extract_text() for page in pypdf.PdfReader(pack / "pack.pdf").pages)
    for medium, text in (("page", page), ("slides", slides), ("workbook", cells), ("paper", paper)):
        whole = "".join(text.split())
        for one in HOSTILE:
            for piece in re.split(f"{UNSEEN.pattern}|[\u200d\u200f]|_x001B_", "".join(one.split())):
                assert piece in whole or (medium == "paper" and not one.isascii()), (medium, piece)


def test_the_page_runs_and_loads_nothing_of_a_register(pack: Path) -> None:
    """Attack 13e: no turning sign stands in the page."""
    page = (pack / "index.html").read_text(encoding="utf-8")
    assert Tags(page).odd == []
    assert "\u202e" not in page
    assert "{{ 7 * 7 }}" in page
    assert "49 {% raw %}" not in page


def test_a_browser_runs_and_asks_for_nothing_of_a_register(pack: Path, browser: Any) -> None:
    tab, asked, said = browser.new_page(), [], []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("dialog", lambda dialog: said.append(dialog.message))
    tab.goto((pack / "index.html").as_uri())
    assert tab.evaluate("typeof window.stolen") == "undefined"
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert said == []
    tab.close()


def test_a_workbook_of_a_pack_has_no_formula_or_address_of_a_register(pack: Path) -> None:
    """Attack 8b."""
    told = []
    for sheet in openpyxl.load_workbook(pack / "annex.xlsx").worksheets:
        for cell in (cell for row in sheet.iter_rows() for cell in row if cell.value is not None):
            if cell.data_type == "f":
                assert not re.search(r"HYPERLINK\(\"http|cmd|SUM\(A1\)|Stop", str(cell.value)), cell.coordinate
            elif str(cell.value).startswith(("=", "+", "-", "@")) and isinstance(cell.value, str):
                told.append(cell.value)
            assert cell.hyperlink is None or not re.match(r"\w+:", cell.hyperlink.target or ""), cell.coordinate
    assert any(text.startswith("=HYPERLINK") for text in told)
    with zipfile.ZipFile(pack / "annex.xlsx") as book:
        charts = [book.read(name).decode() for name in book.namelist() if "charts/chart" in name]
    assert charts
    assert not [
        one for chart in charts for one in re.findall(r"<c:f>(.*?)</c:f>", chart) if re.search("cmd|Stop|evil", one)
    ]


def test_no_part_of_a_deck_or_a_workbook_leads_out(pack: Path) -> None:
    for name in ("annex.xlsx", "pack.pptx"):
        with zipfile.ZipFile(pack / name) as archive:
            links = b"".join(archive.read(part) for part in archive.namelist() if part.endswith(".rels"))
            slides = [
                archive.read(part).decode() for part in archive.namelist() if re.match(r"ppt/slides/[^/]+\.xml", part)
            ]
        assert b"evil" not in links
        assert b"javascript" not in links
        assert b"External" not in links
        if slides:
            assert "#set text(red)" in "".join(re.findall(r"<a:t>([^<]*)</a:t>", "".join(slides)))


def test_papers_and_letters_print_markup_as_text(pack: Path) -> None:
    letters = sorted((pack / "letters").glob("*.pdf"))
    assert letters
    assert all(re.fullmatch(r"[\w.-]+", file.name) for file in letters)
    for file in (pack / "pack.pdf", *letters):
        reader = pypdf.PdfReader(io.BytesIO(file.read_bytes()))
        notes = [note.get_object() for page in reader.pages for note in page.get("/Annots", [])]
        addresses = [str(note["/A"].get("/URI", "")) for note in notes if "/A" in note]
        assert not [one for one in addresses if re.search("evil|javascript", one)]
        assert "/JavaScript" not in str(reader.trailer["/Root"])
    text = "".join(page.extract_text() for page in pypdf.PdfReader(pack / "pack.pdf").pages)
    assert "#set text(red)" in text
    assert "{{ 7 * 7 }}" in text


def test_csv_and_letter_files_are_inert(pack: Path) -> None:
    """Attack held: decisions.csv; and the draft of a letter."""
    for file in pack.glob("*.csv"):
        cells = [cell for row in csv.reader(io.StringIO(file.read_text(encoding="utf-8"))) for cell in row]
        assert not [cell for cell in cells if re.match(r"[=@\t\r]|[+-](?![\d.]+$)", cell)], file.name
    draft = cast(EmailMessage, email.message_from_bytes(pack.with_suffix(".eml").read_bytes(), policy=default))
    assert set(draft.keys()) <= {
        "Subject",
        "X-Unsent",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
    }
    assert draft["Subject"].startswith(HOSTILE[7])
    body = draft.get_body(("plain",))
    assert body is not None
    assert HOSTILE[0][:10] in body.get_content() or "DROP TABLE" in body.get_content()
    assert all(part.get_filename() == "pack.pdf" for part in draft.iter_attachments())
