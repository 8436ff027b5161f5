"""Files that would fill the memory or wait for ever are refused in words before they are read."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from pmo_kit.errors import DataError
from pmo_kit.register import load_register


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


def test_more_columns_than_a_table_has(tables: dict[str, str], folder) -> None:
    """Attack 12c."""
    head, *rows = tables["costs"].strip().splitlines()
    more = ",".join(f"c{n}" for n in range(10_000))
    tables["costs"] = "\n".join([f"{head},{more}", *(row + "," * 10_000 for row in rows)])
    refused(folder(tables), f"it has {head.count(',') + 10_001:,} columns and about")


def test_a_large_file_is_not_opened(tables: dict[str, str], folder) -> None:
    """Attack 12d."""
    place = folder(tables)
    with (place / "benefits.csv").open("wb") as file:
        file.truncate(300_000_000)
    refused(place, "benefits.csv: it has 300,000,000 bytes; at most 50,000,000 are read")


def test_a_workbook_that_unpacks_to_too_much(tmp_path: Path) -> None:
    """Attack 12b."""
    book = tmp_path / "register.xlsx"
    with (
        zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(110):
            part.write(b" " * 1_000_000)
    assert book.stat().st_size < 1_000_000
    refused(book, "register.xlsx: it has 110,000,000 bytes; at most 100,000,000 are read")
