"""What a record refuses."""

from __future__ import annotations

import pandas as pd
import pytest

from pmo_kit.exhibits import Chart, Field, Kpi, Table
from pmo_kit.exhibits.records import words

DATA = pd.DataFrame({"project": ["P01"], "cost": [14.0]})


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(
        ValueError, match=r"exhibit a\.b: no column 'price' in its data; it has project, cost"
    ):
        Chart(id="a.b", alt="-", mark="bar", data=DATA, x=Field("price"), y=Field("project", kind="text"))
    with pytest.raises(ValueError, match="no column 'area'"):
        Table(id="a.b", alt="-", data=DATA, columns=(Field("cost"),), group=Field("area"))
    with pytest.raises(ValueError, match="no column 'label'"):
        Kpi(id="a.b", alt="-", data=DATA)


def test_details_stand_under_a_row() -> None:
    inner = Table(id="in", alt="-", data=DATA, columns=(Field("cost"),))
    with pytest.raises(ValueError, match="details name row 1, the table has 1 rows"):
        Table(id="out", alt="-", data=DATA, columns=(Field("cost"),), details=((1, inner),))


def test_words_of_runs() -> None:
    cell = (("lead", "Customer app"), ("text", ", until 2028."), ("line", "Owner"), ("small", "page 2"))
    assert words(cell) == "Customer app, until 2028.\nOwner\npage 2"
    assert words("plain") == "plain"
