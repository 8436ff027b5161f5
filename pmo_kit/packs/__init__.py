"""Committee packs: notebooks run over one register, exhibits laid out, published whole or not at all."""

from __future__ import annotations

import datetime as dt
import getpass
import tempfile
import time
from pathlib import Path
from typing import Any

from pmo_kit.errors import PackError
from pmo_kit.packs.spec import PackSpec, read_spec

__all__ = ["PackSpec", "build_pack", "read_spec"]


def build_pack(
    pack_file: str | Path, out: str | Path = "build/packs", workers: int = 2, progress: bool = False
) -> Path:
    """Build a committee pack and publish it.

    The notebooks run over one snapshot of the register, `workers` at a time. The pack is written to
    `out/<pack>/<id>/` (`index.html`, `figures.json`, `manifest.json`, `run.json`, `notebooks/` as executed);
    `out/<pack>/latest.json` names it. Equal inputs give the same id and equal bytes, all but `run.json`.

    Parameters
    ----------
    pack_file : str or Path
        A YAML file as in `templates/packs`.
    out : str or Path
        Folder of all packs.
    workers : int
        Notebooks that run at the same time.
    progress : bool
        Say on standard error how far it is.

    Returns
    -------
    Path
        The folder of the published pack.

    Raises
    ------
    PackError
        When the pack file, a parameter, a notebook or an exhibit is wrong. A notebook that fails leaves
        `out/<pack>/error.html`; the pack published last stays as it is.
    DataError
        When the register cannot be used.
    """
    from pmo_kit.packs.manifest import dumps, publish

    begun = time.time()
    spec = read_spec(pack_file)
    home = Path(out).resolve() / spec.name
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pmo_kit_", ignore_cleanup_errors=True) as temporary:
        files, name = _made(spec, Path(temporary).resolve(), home, workers, progress)
    run = {
        "begun": dt.datetime.fromtimestamp(begun, dt.UTC).isoformat(timespec="seconds"),
        "seconds": round(time.time() - begun, 1),
        "asked_by": getpass.getuser(),
        "pack_file": str(spec.file),
    }
    folder = publish(files, {"run.json": dumps(run)}, home, name)
    (home / "error.html").unlink(missing_ok=True)
    return folder


def _made(
    spec: PackSpec, temporary: Path, home: Path, workers: int, progress: bool
) -> tuple[dict[str, bytes], str]:
    """Run the notebooks and make every file of the pack; its id follows from them."""
    from pmo_kit.packs import manifest, run
    from pmo_kit.packs.canonical import canonical
    from pmo_kit.packs.collect import collect, question
    from pmo_kit.packs.media import html
    from pmo_kit.packs.parameters import read_notebook
    from pmo_kit.packs.progress import Progress
    from pmo_kit.register import load_register

    stage = run.stage(spec, temporary)
    register = load_register(stage.register)
    spec, stage, absent = run.possible(spec, stage, register.has)
    with Progress(spec.title, stage.jobs, progress) as bar, run.workers(workers) as executor:
        try:
            failures = run.run_many(stage.jobs, executor, bar.cell, bar.done)
        except BaseException:
            bar.stop()
            raise
    if failures:
        (home / "error.html").write_bytes(html.error_page(spec, failures))
        raise PackError(run.told(spec, failures, home / "error.html"))
    notebooks = {j.notebook: canonical(read_notebook(Path(j.target)), temporary) for j in stage.jobs}
    chapters = collect(list(notebooks.items()))
    exhibits = [item for chapter in chapters for item in chapter]
    executed = {name: _notebook_bytes(notebook) for name, notebook in notebooks.items()}
    figures = manifest.dumps([{"notebook": i.notebook, "cell": i.cell, **i.record} for i in exhibits])
    content = manifest.inputs_of(spec, stage, register, exhibits, executed)
    name = manifest.pack_id(content, figures)
    questions = [question(notebook) for notebook in notebooks.values()]
    files = {
        "index.html": html.page(spec, name, content, register.settings, chapters, questions, absent),
        "figures.json": figures,
        **{f"notebooks/{notebook}": data for notebook, data in executed.items()},
    }
    content["id"] = name
    content["outputs"] = {file: manifest.sha256(data) for file, data in files.items()}
    return {**files, "manifest.json": manifest.dumps(content)}, name


def _notebook_bytes(notebook: Any) -> bytes:
    """A notebook as a file: keys sorted, line ends the same on every system."""
    import nbformat

    return (nbformat.writes(notebook).rstrip("\n") + "\n").encode()
