"""`show` in and out of a notebook."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from pmo_kit.exhibits import display, from_json, show
from pmo_kit.exhibits.records import MIME
from tests.exhibits import meridian_12


@pytest.fixture
def outputs(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Shows exhibits in an IPython shell and returns the one output of each."""
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    monkeypatch.setattr(display, "shell", lambda: shell)
    monkeypatch.setattr(display, "_carrier", [])

    def shown(exhibit: Any, **words: str) -> dict[str, Any]:
        with capture_output() as captured:
            assert show(exhibit, **words) is None
        (output,) = captured.outputs
        return dict(output.data)

    yield shown
    InteractiveShell.clear_instance()


def test_a_chart_is_shown_once_in_every_form(outputs: Any) -> None:
    data = outputs(meridian_12.prices(), title="Refusals cost 3.0 to 9.0", takeaway="Refuse them.")
    assert set(data) == {"text/plain", "text/html", "application/vnd.plotly.v1+json", MIME}
    back = from_json(data[MIME])
    assert (back.title, back.takeaway) == ("Refusals cost 3.0 to 9.0", "Refuse them.")
    picture = data["application/vnd.plotly.v1+json"]
    said = [note["text"] for note in picture["layout"]["annotations"]]
    assert "Refusals cost 3.0 to 9.0" in said
    assert "▸ Refuse them." in said
    assert picture["layout"]["width"] <= 840
    assert "Reservoir Learning Hub" in data["text/html"]
    assert data["text/plain"].startswith("Refusals cost 3.0 to 9.0")


def test_the_first_html_exhibit_brings_the_fonts(outputs: Any) -> None:
    charts = outputs(meridian_12.prices(), title="One")
    first = outputs(meridian_12.tiles(), title="Two")
    second = outputs(meridian_12.limits(), title="Three")
    again = outputs(meridian_12.tiles(), title="Two")
    assert ["@font-face" in data["text/html"] for data in (charts, first, second, again)] == [
        False,
        True,
        False,
        True,
    ]


def test_an_exhibit_needs_its_words() -> None:
    with pytest.raises(ValueError, match="id is empty"):
        show(dataclasses.replace(meridian_12.limits(), id=" "), title="A title")
    with pytest.raises(ValueError, match="title is empty"):
        show(dataclasses.replace(meridian_12.limits(), title=""))


def test_outside_a_notebook_the_words_are_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(display, "shell", lambda: None)
    show(meridian_12.limits(), title="People, not money, limit 2028")
    assert capsys.readouterr().out.startswith("People, not money, limit 2028\n14 of 14 data engineers")
