"""Own words are printed everywhere but in names, and no number moves."""

import pandas as pd

import pmo_kit as pmo
from pmo_kit.exhibits import Field, Kpi, Table
from pmo_kit.exhibits.cells import in_own_words
from pmo_kit.exhibits.records import to_json
from pmo_kit.figures import arbitration as figures
from tests.conftest import shipped_register

WORDS = {"npv": "NPV", "data_engineer": "analysts", "unknown_term": "whatever"}


def table() -> Table:
    data = pd.DataFrame({"name": ["Net value of bees"], "limit": ["data engineers 2028"], "value": [4.5]})
    columns = (
        Field("name", "project", kind="text"),
        Field("limit", kind="text"),
        Field("value", "net value"),
    )
    return Table(id="t", alt="Net value.", data=data, columns=columns, takeaway="More data engineers.")


def test_headers_cells_and_sentences_change_and_names_do_not() -> None:
    said = in_own_words(table(), WORDS)
    assert said.data.iloc[0].tolist() == ["Net value of bees", "analysts 2028", 4.5]
    assert (said.columns[2].title, said.takeaway, said.alt) == ("NPV", "More analysts.", "NPV.")


def test_the_kits_own_words_leave_everything_as_it_is() -> None:
    exhibit = table()
    assert in_own_words(exhibit, {"npv": "net value", "data_engineer": "data engineers"}) is exhibit


def test_tiles_are_put_in_own_words() -> None:
    tiles = Kpi(id="k", alt="-", data=pd.DataFrame({"label": ["Net value"], "value": [33.5]}))
    assert in_own_words(tiles, WORDS).data.to_dict("records") == [{"label": "NPV", "value": 33.5}]


def test_no_number_moves_in_a_real_figure() -> None:
    allocation = pmo.arbitrate(pmo.Question(shipped_register("meridian_12")))
    figure = figures.plan(allocation)
    said = in_own_words(figure, WORDS)
    assert said.title == (
        "Billing replacement stops; eight of 12 projects are funded, three wait: 92.5 EUR million, NPV 33.5"
    )
    numbers = figure.data.select_dtypes("number").columns
    assert said.data[numbers].equals(figure.data[numbers])
    assert "net value" not in str(to_json(said)["columns"]).lower()
