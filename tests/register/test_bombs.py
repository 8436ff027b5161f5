"""Files that would fill the memory or wait for ever are refused in words before they are read, within stated limits.

Each file is given to a process of its own, which tells the seconds of processor time and the megabytes it took at most,
so that no other program counts: at most `MEGABYTES`, with all that the package loads, and `SECONDS`: 3 on a quiet
machine, ten here, so that a slow one fails no test.
"""

from __future__ import annotations

import functools
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest

from pmo_kit.errors import DataError
from pmo_kit.register import load_register

pytestmark = pytest.mark.skipif(os.name == "nt", reason="processes of POSIX")
SECONDS, MEGABYTES = 10.0, 300
MEASURED = """
import json, os, resource, sys
from pathlib import Path
import pmo_kit as pmo
from pmo_kit.errors import PmoError
from pmo_kit.packs.spec import read_notebook
from pmo_kit.packs.manifest import read_json
from pmo_kit.packs.spec import read_spec
from pmo_kit.register.findings import Findings, raise_blocks
from pmo_kit.register.mapping import load_mapping
from pmo_kit.register.findings import load_waivers
from pmo_kit.scenarios import read_scenario_file

def waivers(path):
    findings = Findings()
    load_waivers(path, findings)
    raise_blocks(findings)


readers = {"register": pmo.load_register, "pack": read_spec, "scenario": read_scenario_file, "mapping": load_mapping,
           "waivers": waivers, "notebook": read_notebook, "json": read_json}
for line in sys.stdin:
    reader, path = json.loads(line)
    if child := os.fork():
        os.waitpid(child, 0)
        continue
    words = ""
    try:
        readers[reader](Path(path))
    except PmoError as error:
        words = str(error)
    except BaseException as error:
        words = f"NOT IN WORDS: {error!r}"
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = used.ru_maxrss // (1 if sys.platform == "linux" else 1024) // 1024
    print(json.dumps([words, round(used.ru_utime + used.ru_stime, 2), most]), flush=True)
    os._exit(0)
"""
Change = Callable[[str, bytes], bytes]


@pytest.fixture(scope="module")
def measured() -> Iterator[Callable[[str, Path], tuple[str, float, int]]]:
    """Words of the refusal (empty: it was read), seconds of processor time and megabytes of a process of its own."""
    command = [sys.executable, "-c", MEASURED]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:

        def ask(reader: str, path: Path) -> tuple[str, float, int]:
            assert process.stdin is not None
            assert process.stdout is not None
            print(json.dumps([reader, str(path)]), file=process.stdin, flush=True)
            words, seconds, megabytes = json.loads(process.stdout.readline())
            return words, seconds, megabytes

        yield ask


def withstood(found: tuple[str, float, int], words: str) -> None:
    """A file is refused in these words, or read where they are empty, within the limits."""
    told, seconds, megabytes = found
    print(f"{seconds:.2f} s, {megabytes} MB; {' '.join(told.split())[:120]}")
    assert words in told if words else not told, told[:2_000]
    assert seconds <= SECONDS
    assert megabytes <= MEGABYTES


def refused(path: Path, words: str) -> None:
    with pytest.raises(DataError) as caught:
        load_register(path)
    found = caught.value.findings
    assert found["message"].str.contains(words, regex=False).any(), found["message"].tolist()


@pytest.mark.skipif(os.name == "nt", reason="pipes of POSIX")
def test_a_pipe_among_the_tables(tables: dict[str, str], folder) -> None:
    """Attack 12e."""
    place = folder(tables)
    os.mkfifo(place / "benefits.csv")
    refused(place, "benefits.csv: it is not a file that can be read from beginning to end")


COMMAS = b"," * 1_000_000
TEXTS: dict[str, tuple[Callable[[], list[bytes]], str]] = {
    "10,000 columns": (lambda: [b"project_id,", b",".join(b"c%d" % n for n in range(10_000)), b"\nP01" + b"," * 10_000],
                       "it has 10,001 columns and about"),
    "300 MB of commas": (lambda: [COMMAS] * 300, "it has 300,000,000 bytes; at most 50,000,000 are read"),
    "49 MB of commas": (lambda: [COMMAS] * 49, "it has 49,000,001 columns"),
    "49 MB of ends of lines": (lambda: [b"\n" * 1_000_000] * 49, "about 49,000,000 cells"),
    "49 MB of quotes": (lambda: [b'"' * 1_000_000] * 49, "one of its lines has more than 1,000,000 letters"),
    "a line of 29 MB": (lambda: [(b"x" * 32_000 + b",") * 900], "one of its lines has more than 1,000,000 letters"),
    "a cell of 45 MB over many lines": (lambda: [b'project_id,x\nP01,"', *[b"x" * 999 + b"\n"] * 45_000, b'"'],
                                        "one of its cells has more than 32,767 letters"),
    "a cell over 16 MB": (lambda: [b"a,b\n1,", b"x" * 17_000_000], "one of its lines has more than 1,000,000 letters"),
    "49 MB of NUL": (lambda: [b"\0" * 1_000_000] * 49, "benefits"),
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("name", TEXTS)
def test_a_table_that_is_a_bomb(name: str, tables: dict[str, str], folder, measured) -> None:
    """Attack 12c: columns; attack 12d: commas; attack 12f: a field over 16 MB; attack 3c: no csv.Error."""
    pieces, words = TEXTS[name]
    place = folder(tables)
    with (place / "benefits.csv").open("wb") as file:
        file.writelines(pieces())
    withstood(measured("register", place), words)


@functools.cache
def base() -> dict[str, bytes]:
    """The parts of a small workbook."""
    book, content = openpyxl.Workbook(), io.BytesIO()
    book.worksheets[0].title = "projects"
    for line in (["project_id", "name", "area"], ["P01", "Quay", "North"]):
        book.worksheets[0].append(line)
    costs = book.create_sheet("costs")
    for row in (["project_id", "year", "amount"], ["P01", 2027, 1]):
        costs.append(row)
    book.save(content)
    with zipfile.ZipFile(content) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


FIRST = "xl/worksheets/sheet1.xml"
END = b"</sheetData>"


def cells(more: bytes) -> Change:
    """More rows in the first sheet."""
    return lambda name, data: data.replace(END, more + END) if name == FIRST else data


def below(more: bytes) -> Change:
    """More below the rows of the first sheet."""
    return lambda name, data: data.replace(END, END + more) if name == FIRST else data


def in_part(part: str, old: bytes, new: bytes) -> Change:
    return lambda name, data: data.replace(old, new) if name == part else data


def shared(content: bytes) -> Change:
    """Other texts that cells share."""
    space = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    said = b'<Override PartName="/xl/sharedStrings.xml" ContentType="%s"/></Types>' % kind
    parts = {"xl/sharedStrings.xml": content.replace(b"<sst", space)}
    parts["[Content_Types].xml"] = base()["[Content_Types].xml"].replace(b"</Types>", said)
    return lambda name, data: parts.get(name, data)


def text(size: int, row: bytes = b"9") -> bytes:
    return b'<row r="%s"><c r="A%s" t="inlineStr"><is><t>%s</t></is></c></row>' % (row, row, b"x" * size)


def many_sheets(name: str, data: bytes) -> bytes:
    link = b'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:id="y%d"/>'
    if name == "xl/workbook.xml":
        more = b"".join(b'<sheet name="s%d" sheetId="%d" ' % (n, n + 9) + link % n for n in range(20_000))
        return data.replace(b"</sheets>", more + b"</sheets>")
    if name == "xl/_rels/workbook.xml.rels":
        kind = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
        one = b'<Relationship Type="%s" Target="/xl/worksheets/sheet1.xml" Id="y%d"/>'
        return data.replace(b"</Relationships>", b"".join(one % (kind, n) for n in range(20_000)) + b"</Relationships>")
    return data


RULE = (
    b'<conditionalFormatting sqref="A1"><cfRule type="expression" priority="1"><formula>1</formula></cfRule>'
    b"</conditionalFormatting>"
)
ENTITIES = b"<!DOCTYPE x [" + b"".join(
    b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10 if n else b"aaaaaaaaaa") for n in range(9)
)
BOOKS: dict[str, tuple[Callable[[], Change], str]] = {
    "a cell of 45 MB": (lambda: cells(text(45_000_000)), "one of its cells has more than 32,767 letters"),
    "cells of 95,000 letters": (lambda: cells(b"".join(text(95_000, b"%d" % n) for n in range(3, 520))),
                                "one of its cells has more than 32,767 letters"),
    "a shared text of 45 MB": (lambda: shared(b"<sst><si><t>" + b"x" * 45_000_000 + b"</t></si></sst>"),
                               ""),
    "2.8 million empty cells": (lambda: cells(b'<row r="9">' + b'<c r="A9"/>' * 2_800_000 + b"</row>"), ""),
    "1.4 million empty pairs": (lambda: cells(b'<row r="9">' + b'<c r="A9" s="1"></c>' * 1_400_000 + b"</row>"), ""),
    "2.8 million empty rows": (lambda: cells(b'<row r="9"/>' * 2_800_000), ""),
    "12 million cells": (lambda: cells(b'<row r="9">' + b"<c/>" * 12_100_000 + b"</row>"), "at most 12,000,000"),
    "a cell in the last corner": (lambda: cells(b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
                                  "it has 16,384 columns"),
    "200,000 cells at the edge": (lambda: cells(b"".join(b'<row r="%d"><c r="XFD%d"><v>1</v></c></row>' % (n, n)
                                                         for n in range(3, 200_000))), "it has 16,384 columns"),
    "150 million merged cells": (lambda: below(b'<mergeCells><mergeCell ref="A9:XFD9000"/></mergeCells>'), ""),
    "merged areas": (lambda: below(b"<mergeCells>" + b'<mergeCell ref="A9:C18"/>' * 900_000 + b"</mergeCells>"),
                     "it has 20,001 merged areas; at most 20,000 are read"),
    "merged areas on each other": (lambda: below(b"<mergeCells>" + b'<mergeCell ref="A4:C9"/>' * 19_000
                                                 + b"</mergeCells>"), ""),
    "rules of formats": (lambda: below(RULE * 300_000), ""),
    "columns said 200,000 times": (lambda: in_part(FIRST, b"<sheetData>", b"<cols>" + b'<col min="1" hidden="1"/>'
                                                   * 200_000 + b"</cols><sheetData>"), ""),
    "a million formats": (lambda: in_part("xl/styles.xml", b"</cellXfs>", b'<xf numFmtId="0"/>' * 1_000_000
                                          + b"</cellXfs>"), "values and marks; at most 200,000 are read"),
    "a million names": (lambda: in_part("xl/workbook.xml", b"</sheets>", b"</sheets><definedNames>"
                                        + b'<definedName name="n">projects!$A$1</definedName>' * 1_000_000
                                        + b"</definedNames>"), "values and marks; at most 200,000 are read"),
    "tags in tags": (lambda: below(b"<a>" * 1_000_000 + b"</a>" * 1_000_000), ""),
    "20,000 sheets": (lambda: many_sheets, "it has 20,002 sheets; at most 500 are read"),
    "entities of entities": (lambda: shared(ENTITIES + b"]><sst><si><t>&a8;</t></si></sst>"), "cannot be opened"),
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("name", BOOKS)
def test_a_workbook_that_is_a_bomb(name: str, tmp_path: Path, measured) -> None:
    """Attack 12a: the last cell; attack 12b: zip bombs, of each part that is read."""
    make, words = BOOKS[name]
    change, book = make(), tmp_path / "register.xlsx"
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for part, data in {**base(), "xl/sharedStrings.xml": b""}.items():
            if content := change(part, data):
                archive.writestr(part, content)
    withstood(measured("register", book), words)


@pytest.mark.long
def test_a_workbook_that_unpacks_to_too_much(tmp_path: Path, measured) -> None:
    """Attack 12b."""
    book = tmp_path / "register.xlsx"
    with (
        zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(FIRST, "w", force_zip64=True) as part,
    ):
        for _ in range(1_000):
            part.write(b" " * 1_000_000)
    assert book.stat().st_size < 2_000_000
    withstood(measured("register", book), "register.xlsx: it has 1,000,000,000 bytes; at most 100,000,000 are read")


DEEP = 100_000
YAMLS: dict[str, tuple[str, str]] = {
    "aliases": ("x0: &x0 [1,1,1,1,1,1,1,1,1]\n" + "".join(
        f"x{n}: &x{n} [{','.join([f'*x{n - 1}'] * 9)}]\n" for n in range(1, 10)), "more than 20,000 values"),
    "a cycle": ("scenarios: &a [*a]\n", "repeats a block inside itself"),
    "depth": ("[" * DEEP, "blocks stand in each other"),
    "depth of blocks": ("{a: " * (DEEP // 2), "blocks stand in each other"),
    "many values": ("x: [" + "1," * 140_000 + "]", "more than 20,000 values"),
    "size": ("x" * 400_000, "it has 400,000 bytes; at most 300,000 are read"),
    "odd tags": ("pack: !!python/object/apply:os.system [ls]", "is not read"),
    "a key that is a list": ("? [a, b]\n: c", "a plain text, not a list"),
    "NUL": ("pack: a\0b", "special characters are not allowed"),
    "many names": ("".join(f"k{n}: v\n" for n in range(9_000)), "k0"),
    "a long number": (f"pack: {'9' * 290_000}", "to fix"),
    "quotes": ("'" * 290_000, "to fix"),
}  # fmt: skip


@pytest.mark.parametrize("name", YAMLS)
def test_a_file_that_people_write_is_a_bomb(name: str, tmp_path: Path, measured) -> None:
    """Attack 11a: aliases, cycles, depth, tags, names and NUL, in each kind of file that is YAML."""
    content, words = YAMLS[name]
    path = tmp_path / "bomb.yml"
    path.write_text(content, encoding="utf-8")
    kinds = ("pack", "scenario", "mapping", "waivers")
    withstood(measured(kinds[list(YAMLS).index(name) % len(kinds)], path), words)


@pytest.mark.parametrize("reader", ["notebook", "json"])
@pytest.mark.parametrize("kind", ["large", "values", "depth"])
def test_a_notebook_or_json_file_is_a_bomb(reader: str, kind: str, tmp_path: Path, measured) -> None:
    path = tmp_path / "bomb.ipynb"
    with path.open("wb") as file:
        if kind == "large":
            file.writelines([b'{"cells": [', *[b"[]," * 333_333] * 300, b"1]}"])
        elif kind == "values":
            file.writelines([b'{"cells": [', *[b"[]," * 333_333] * 40, b"1]}"])
        else:
            file.write(b"[" * 2_900_000)
    withstood(measured(reader, path), "recursion depth" if kind == "depth" else "at most")


def test_no_limit_stands_outside_the_one_table() -> None:
    """What is refused for its size is refused by `LIMITS`: each of its lines is asked for somewhere."""
    from pmo_kit.forms import LIMITS

    package = Path(__file__).parents[2] / "pmo_kit"
    code = "".join(file.read_text(encoding="utf-8") for file in package.rglob("*.py"))
    asked = [limit for limit in LIMITS if not limit.startswith("marks")]  # those are asked for together
    assert [limit for limit in asked if code.count(f'"{limit}"') + code.count(f"'{limit}'") < 2] == []
