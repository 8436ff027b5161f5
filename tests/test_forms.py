"""Files that people write: every problem at once, and no file that harms the reader."""

from __future__ import annotations

import datetime as dt
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pmo_kit.forms import LIMITS, Day, Form, FormError, Plain, Required, Text, read_form


@dataclass(frozen=True)
class Guest(Form):
    """Somebody at a table."""

    name: Required
    badge: str = ""
    likes: Mapping[str, Plain] = field(default_factory=dict)


@dataclass(frozen=True)
class Dinner(Form):
    """A model with each kind of field."""

    title: Required
    host: Text = ""
    guests: tuple[Guest, ...] = ()
    day: Day | None = None
    style: Literal["SEATED", "STANDING"] = "SEATED"
    seats: int = 0
    price: float = 0.0
    open: bool = False


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str | bytes], Dinner]:
    def written(text: str | bytes) -> Dinner:
        file = tmp_path / "dinner.yml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_form(file, Dinner)

    return written


def problems(read: Callable[[str | bytes], Dinner], text: str | bytes) -> list[str]:
    with pytest.raises(FormError) as caught:
        read(text)
    return [f"{one.line}: {one.words}" for one in caught.value.problems]


def test_each_kind_of_field_is_read_as_it_was_meant(read: Callable[[str | bytes], Dinner]) -> None:
    text = """\ufefftitle: &name "2027"
host: *name
day: 2026-10-15
seats: 12
price: 1.5
open: yes
guests:
  - {name: Ada, badge: 001, likes: {No: no, "12:30": 12:30, tea: 010, cake: 2.5}}
  - {name: '123', badge: Yes}
"""
    found = read(text)
    assert (found.title, found.host, found.day) == ("2027", "2027", dt.date(2026, 10, 15))
    assert (found.seats, found.price, found.open) == (12, 1.5, True)
    assert [guest.badge for guest in found.guests] == ["001", "Yes"]
    assert found.guests[0].likes == {"No": False, "12:30": "12:30", "tea": "010", "cake": 2.5}


def test_every_problem_is_told_at_once_with_line_key_value_and_a_near_name(
    read: Callable[[str | bytes], Dinner],
) -> None:
    text = """titel: x
host: 2026
day: 2026-13-13
style: seated
seats: 1.5
price: .inf
open: perhaps
open: true
guests:
  - Ada
  - {nam: Bob, likes: {a: 2026-10-15, b: [1]}}
  - name:
"""
    assert problems(read, text) == [
        "1: 'titel' is not known; did you mean 'title'?",
        "1: 'title' is missing.",
        "2: host must be a text; write it in quotes: '2026'.",
        "3: day: no such date, month must be in 1..12; write it like 2026-10-15.",
        "4: style is SEATED or STANDING, not 'seated'.",
        "5: seats must be a whole number, not '1.5'.",
        "6: price must be a number, not '.inf'.",
        "8: 'open' is written twice.",
        "10: {key} is written as lines of 'name: value'.".replace("{key}", "guests"),
        "11: 'nam' is not known; did you mean 'name'?",
        "11: 'name' is missing.",
        "11: a must be a text, a number, true or false; dates in quotes.",
        "11: b must be a text, a number, true or false; dates in quotes.",
        "12: 'name' is missing.",
    ]
    with pytest.raises(FormError) as caught:
        read(text)
    assert ("style", "seated") in {(one.key, one.value) for one in caught.value.problems}


BOMB = "x0: &x0 [1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"x{i}: &x{i} [{','.join([f'*x{i - 1}'] * 9)}]\n" for i in range(1, 10)
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BOMB, "more than 20,000 values"),
        ("title: &a [*a]", "'*a' repeats a block inside itself"),
        ("title: *b", "'*b' repeats what no '&b' before it names"),
        ("[" * 3000, "more than 20 blocks stand in each other"),
        ("{a: " * 3000, "more than 20 blocks stand in each other"),
        ("? [a, b]\n: c", "a plain text, not a list"),
        (
            "title: !!python/object/apply:os.system [ls]",
            "the tag 'python/object/apply:os.system' is not read",
        ),
        ("title: !!binary aGk=", "the tag 'binary' is not read"),
        ("title: a\0b", "special characters are not allowed"),
        ("seats: !!int", "seats must be a whole number"),
        ("title: !!timestamp soon\nday: !!bool maybe", "day must be like 2026-10-15, not 'maybe'"),
        (b"host: x\ntitle: Sc\xe9nario", "line 2: it is not a text file in UTF-8"),
        ("title: x".encode("utf-16"), "line 1: it is not a text file in UTF-8"),
        ("title: x\n---\ntitle: y", "line 2: a second document begins"),
        ("x" * 400_000, "it has 400,000 bytes; at most 300,000 are read"),
        ("title: a: b", "line 1: mapping values are not allowed here"),
        ("title: 'x", "line 1: found unexpected end of stream"),
        ("", "it is written as lines of 'name: value'"),
        ("".join(f"k{i}: v\n" for i in range(5_000)), "5001 things to fix"),
        (f"seats: {'9' * 5000}", "seats must be a whole number"),
        ("title: x\n<<: {host: y}", "'<<' is not known"),
        ('title: "a\\0b"', "line 1: a character that nothing prints (U+0000)"),
        ('host: x\ntitle: "a\\e[31m"', "line 2: a character that nothing prints (U+001B)"),
        ('title: "a\\uD83D b"', "a character that nothing prints (U+D83D)"),
        ('title: "\\UFFFFFFFF"', "line 1: "),
        ('title: "\\U00110000"', "line 1: "),
    ],
)
def test_what_would_harm_is_refused_in_words(
    read: Callable[[str | bytes], Dinner], text: str | bytes, words: str
) -> None:
    """Attack 11a."""
    with pytest.raises(FormError) as caught:
        read(text)
    assert words in str(caught.value)
    assert len(str(caught.value)) < 8_000


def test_a_pipe_a_folder_and_a_name_that_cannot_be_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yml")
    for name in ("pipe.yml", ".", "none.yml", "n" * 5000, "a\0b"):
        with pytest.raises(FormError, match="cannot be used"):
            read_form(os.path.join(tmp_path, name), Dinner)


NODES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.dates()),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["title", "guests", "name", "day", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)


def refused(text: str, file: Path) -> str:
    """Why a text is refused; nothing where it is read."""
    file.write_text(text, encoding="utf-8")
    try:
        read_form(file, Dinner)
    except FormError as error:
        return str(error)
    return ""


@settings(max_examples=100)
@given(content=NODES)
def test_any_yaml_is_read_or_refused_in_words(content: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.getbasetemp() / "any.yml"
    words = refused(yaml.safe_dump(content, allow_unicode=True), file)
    if words:
        assert re.search(r"cannot be used: .*\n  line [1-9]", words)
    else:
        assert read_form(file, Dinner).title == str(content["title"]).strip()


@settings(max_examples=200)
@given(text=st.text(alphabet="ab:-[]{}*&!?|>'\"#,\n \t0.1é\0%@~<", max_size=60))
def test_any_text_is_read_or_refused_in_words(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert "cannot be used" in refused(text, tmp_path_factory.getbasetemp() / "any.yml")


def test_no_limit_is_near_what_is_shipped() -> None:
    root = Path(__file__).parents[1]
    sizes = [path.stat().st_size for path in root.glob("templates/**/*.yml")]
    assert max(sizes) * 10 < LIMITS["bytes of a YAML file"]


def test_yaml_that_people_write_has_one_reader() -> None:
    """Every other module that reads YAML reads a file of the package itself."""
    package = Path(__file__).parents[1] / "pmo_kit"
    reads = re.compile(r"from yaml|yaml\.\w*(?:load|parse|compose|scan)\w*\(")
    code = {file.relative_to(package).as_posix(): file.read_text(encoding="utf-8") for file in package.rglob("*.py")}
    others = {
        name for name, text in code.items() if "yaml." in text and reads.search(text.replace("import yaml\n", ""))
    }
    own = {
        "rates/__init__.py", "register/values.py", "register/schema.py", "figures/annex.py", "workshop/guide.py",
        "workshop/building.py", "packs/spec.py", "packs/manifest.py",
    }  # fmt: skip
    assert others == {"forms.py", *own}
    assert not [name for name in own if re.search(r"yaml\.\w+\((?:path|file|given|self)\b", code[name])]
    assert "yaml.unsafe_load" not in "".join(code.values())


def test_the_package_begins_without_the_reader() -> None:
    code = "import pmo_kit, sys; sys.exit('pydantic' in sys.modules or 'pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_folder_is_called_one(tmp_path: Path) -> None:
    with pytest.raises(FormError, match="it is a folder: name a file in it"):
        read_form(tmp_path, Dinner)
