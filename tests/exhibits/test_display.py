"""`show` in and out of a notebook."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from pmo_kit import facts
from pmo_kit.exhibits import Chart, Field, Kpi, Message, Reference, Table, cells, display, show
from pmo_kit.exhibits.canvas import series_looks
from pmo_kit.exhibits.records import MIME, from_json, to_json
from tests.exhibits import meridian_12


@pytest.fixture
def outputs(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Shows exhibits in an IPython shell and returns the one output of each."""
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    monkeypatch.setattr(display, "shell", lambda: shell)
    monkeypatch.setattr(display, "_carrier", {})

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


def test_no_line_ends_between_a_number_and_its_unit(outputs: Any) -> None:
    """Whatever a figure writes: what is shown has a space there that does not break; names stay as they are."""
    said = "38 % of 4.5 EUR million in 3 years"
    bound = said.replace(" %", "\u00a0%").replace(" EUR", "\u00a0EUR").replace(" years", "\u00a0years")
    words = {"id": "x", "title": said, "unit_line": said, "takeaway": said, "note": said, "alt": said}
    rows = pd.DataFrame({"case": [said, None], "runs": [(("lead", said), ("small", said))] * 2, "name": [said] * 2})
    columns = (Field("case", said, said), Field("runs", kind="text"), Field("name", "who"))
    table = Table(data=rows, columns=columns, **words)
    chart = Chart(
        mark="bar", data=rows.assign(n=[1.0, float("nan")]), x=Field("n", said), y=Field("case", kind="text"),
        series=Field("case"), styles={said: "focus"}, references=(Reference("x", 1.0, said),), **words,
    )  # fmt: skip
    tile = pd.DataFrame({"label": [said], "value": [said], "note": [said]})
    message = Message(items=((said, said),), **words)
    for shown, names in (
        (dataclasses.replace(table, details=((0, table),)), 4),
        (chart, 2),
        (Kpi(data=tile, **words), 0),
        (message, 0),
    ):
        data = outputs(shown)
        drawn = cells.reworded(shown, facts.bound)
        text = json.dumps(to_json(drawn), ensure_ascii=False)
        assert text.count(said) == names
        assert text.count(bound) >= 7
        assert bound in data["text/plain"]
        if shown is chart:
            assert series_looks(drawn)[bound].style == "focus"
        assert bound not in json.dumps(data[MIME], ensure_ascii=False)  # what is kept has plain spaces


def test_an_exhibit_states_what_it_the_tables_under_its_rows_and_their_sentences_state(outputs: Any) -> None:
    one, two, three = (facts.Fact("plan.funded", n, facts.Unit("projects"), facts.Of(year=n)) for n in (1, 2, 3))
    columns, data = (
        (Field("what", kind="text"),),
        pd.DataFrame({"what": [facts.say("{n} wait", n=three)]}, dtype=object),
    )
    under = Table(data=data, columns=columns, facts=(two,))
    table = Table(id="t", title="T", data=pd.DataFrame({"what": ["a"]}), columns=columns, facts=(one,),
                  details=((0, under),))  # fmt: skip
    assert set(from_json(outputs(table)[MIME]).facts) == {one, two, three}
