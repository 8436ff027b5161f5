"""The room: the notebook of the committee session, ready to be shown alone in a browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pmo_kit.disk import scratch
from pmo_kit.errors import PmoError
from pmo_kit.shipped import shipped

NOTEBOOK = "09_committee_session.ipynb"


@contextmanager
def session_notebook(register: Path | None, committee: str) -> Iterator[Path]:
    """The notebook of the session for a register, in a folder that goes when the room is left.

    Sessions are kept in `session` in the folder where the command was given.

    Raises
    ------
    PmoError
        There is no such register, or none is named and the folder holds none.
    """
    found = (register or own_register()).resolve()
    if not found.exists():
        raise PmoError(f"There is no register {found}: name a folder of CSV files or a workbook.")
    book = json.loads(shipped("notebooks", NOTEBOOK).read_text(encoding="utf-8"))
    values = {
        "register_path": str(found),
        "committee": committee,
        "sessions_path": str(Path("session").resolve()),
    }
    book["cells"] = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    for cell in book["cells"]:
        if "parameters" in cell["metadata"].get("tags", ()):
            cell["source"] = "\n".join(f"{name}: str = {value!r}" for name, value in values.items())
        source = "".join(cell["source"]).replace("print(question.register.summary)", "")
        cell.update(outputs=[], source=source)
    with scratch() as folder:
        page = folder / "board.ipynb"
        page.write_text(json.dumps(book), encoding="utf-8")
        yield page


def own_register() -> Path:
    """The register of a workspace; in a clone, the shipped sample."""
    here = Path()
    for one in (here / "register.xlsx", *sorted(here.glob("*.map.yml")), here / "register"):
        if one.exists():
            return one
    if (here / "notebooks").is_dir() and (here / "data" / "samples").is_dir():
        return shipped("data", "samples", "meridian")
    raise PmoError("There is no register here; name one: pmo-kit board REGISTER")
