"""Executed notebooks to the files of a pack, in every medium."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pmo_kit import facts
from pmo_kit.errors import PackError, PmoError
from pmo_kit.packs import manifest
from pmo_kit.packs.spec import PackSpec

if TYPE_CHECKING:
    from pmo_kit.packs.collect import Collected
    from pmo_kit.packs.staging import Stage


@dataclass(frozen=True)
class Medium:
    """A medium beside the page: its file, its words for a reader, what makes it and what that needs."""

    file: str
    words: str
    module: str
    function: str
    needs: str


MEDIA: Mapping[str, Medium] = {
    "pdf": Medium("pack.pdf", "paper (PDF)", "pmo_kit.packs.media.pdf", "pdf_bytes", "typst"),
    "pptx": Medium("pack.pptx", "slides (PPTX)", "pmo_kit.packs.media.pptx", "deck_bytes", "pptx"),
    "xlsx": Medium("annex.xlsx", "workbook (XLSX)", "pmo_kit.packs.media.xlsx", "annex_bytes", "xlsxwriter"),
}


def settled(spec: PackSpec) -> PackSpec:
    """The pack file with its media: those it asks for, or all that can be made here.

    Raises
    ------
    PackError
        A medium that is asked for needs a package that is not installed.
    """
    if not spec.formats:
        return replace(spec, formats=("html", *(name for name in MEDIA if not _lacks(name))))
    for name in spec.formats:
        lacks = name in MEDIA and _lacks(name)
        if lacks:
            raise PackError(
                f"{spec.file.name} asks for {name}, which needs the package {lacks}: pip install {lacks}"
            )
    return spec


def pack_files(
    spec: PackSpec,
    stage: Stage,
    register: Any,
    absent: Sequence[str],
    notebooks: Mapping[str, bytes],
    made_with: Mapping[str, Any],
    sources: Mapping[str, bytes],
) -> tuple[dict[str, bytes], bytes, str]:
    """Make every file of a pack from its executed notebooks, without running anything again.

    Parameters
    ----------
    spec, stage : PackSpec, Stage
        What could be built.
    register : Register
        Of the stage.
    absent : sequence of str
        Chapters that are left out, one line each.
    notebooks : mapping of str to bytes
        Executed notebooks, canonical, in the order of the chapters.
    made_with : mapping
        As `manifest.software` gives it.
    sources : mapping of str to bytes
        As `staging.snapshot` gives it.

    Returns
    -------
    dict of str to bytes, bytes, str
        The files of the pack, its `decisions.csv` (empty where it asks for none), its id.

    Raises
    ------
    PackError
        When an exhibit is shown twice, is missing on page one or has no words.
    """
    import nbformat

    from pmo_kit.packs.collect import collect, question
    from pmo_kit.packs.decisions import PLAN, blank_decisions
    from pmo_kit.packs.live import live
    from pmo_kit.packs.media import html
    from pmo_kit.packs.media.glyphs import warning
    from pmo_kit.packs.media.outline import outline
    from pmo_kit.packs.media.pdf import letter_files, provenance_bytes
    from pmo_kit.packs.placing import lay_out, places
    from pmo_kit.packs.transparency import transparency_record

    parsed = {name: nbformat.reads(content.decode(), as_version=4) for name, content in notebooks.items()}
    chapters = collect(list(parsed.items()))
    questions = [question(notebook) for notebook in parsed.values()]
    where = places(lay_out(spec, chapters, questions))
    chapters = [[item.referring(where) for item in chapter] for chapter in chapters]
    if register.has("vocabulary"):
        words = register.table("vocabulary").set_index("term")["our_word"].to_dict()
        chapters = [[item.in_own_words(words) for item in chapter] for chapter in chapters]
    exhibits = [item for chapter in chapters for item in chapter]
    figures = manifest.dumps([{"notebook": i.notebook, "cell": i.cell, **i.record} for i in exhibits])
    content = _inputs(spec, stage, register, exhibits, notebooks, made_with)
    content["pack_file"] = manifest.sha256(sources["sources/pack.yml"])
    content["unprintable"] = lost = _lost(exhibits) if "pdf" in spec.formats else {}
    answering, why = live(parsed.values()) if spec.live else (None, "")
    if answering is not None:
        content["live"] = answering.stated
    name = manifest.pack_id(content, figures)
    laid = lay_out(spec, chapters, questions)
    absent = [*absent, *([warning(lost)] if lost else []), *([why] if why else [])]
    drawn = outline(laid, name, content, register.settings, absent, register)
    others = [(MEDIA[one].file, MEDIA[one].words) for one in spec.formats if one in MEDIA]
    files = {
        "index.html": html.page(drawn, others, answering),
        "figures.json": figures,
        "facts.json": manifest.dumps(_facts(exhibits)),
        **{f"notebooks/{notebook}": data for notebook, data in notebooks.items()},
        **({"question.json": answering.question} if answering else {}),
        **sources,
    }
    for one in (MEDIA[one] for one in spec.formats if one in MEDIA):
        files[one.file] = _made(one, drawn, spec)
    if "pdf" in spec.formats:
        files |= {**letter_files(drawn), "provenance.pdf": provenance_bytes(drawn)}
    content["id"] = name
    words = ", ".join(["page (HTML)", *(words for _, words in others)])
    files["record.md"] = transparency_record(content, register, words)
    content["outputs"] = {file: manifest.sha256(data) for file, data in sorted(files.items())}
    files["manifest.json"] = manifest.dumps(content)
    asks = drawn.front is None or drawn.front.deciding or any(item.id == PLAN for item in exhibits)
    return files, blank_decisions(spec, exhibits, register) if asks else b"", name


def _inputs(
    spec: PackSpec,
    stage: Stage,
    register: Any,
    exhibits: Sequence[Collected],
    notebooks: Mapping[str, bytes],
    made_with: Mapping[str, Any],
) -> dict[str, Any]:
    """Everything that the pack follows from, in a fixed order: the manifest without its outputs.

    Parameters
    ----------
    spec : PackSpec
        The pack file.
    stage : Stage
        The snapshot of notebooks and inputs.
    register : Register
        The register of the snapshot.
    exhibits : sequence of Collected
        Exhibits with the inputs that the figures gave them (solver status, gap, seeds).
    notebooks : mapping of str to bytes
        Executed notebooks, canonical.
    made_with : mapping
        As `software` gives it.
    """
    from pmo_kit.register.grades import grade_register

    settings = register.settings
    return {
        "pack": spec.name,
        "title": spec.title,
        "committee": spec.committee,
        "date": spec.date.isoformat() if spec.date else None,
        "status": spec.status,
        "register": {
            "name": settings.name,
            "as_of": settings.as_of.isoformat() if settings.as_of else None,
            "fingerprint": register.fingerprint,
            "findings": manifest.finding_counts(register),
            "grade": grade_register(register).grade,
        },
        "inputs": dict(stage.inputs),
        "chapters": [
            {
                "title": job.title,
                "notebook": job.notebook,
                "sha256": manifest.file_hash(Path(job.source)),
                "parameters": dict(sorted(job.parameters.items())),
                "executed_sha256": manifest.sha256(notebooks[job.notebook]),
            }
            for job in stage.jobs
        ],
        "exhibits": [
            {
                "id": item.id,
                "notebook": item.notebook,
                "cell": item.cell,
                "source": item.exhibit.source,
                "inputs": dict(sorted(item.exhibit.inputs.items())),
            }
            for item in exhibits
        ],
        **made_with,
    }


def _facts(exhibits: Sequence[Collected]) -> list[dict[str, Any]]:
    """Every fact of a pack once; two places that give one fact two values stop the build."""
    try:
        found = facts.collect((item.id, fact) for item in exhibits for fact in item.exhibit.facts)
    except facts.FactError as error:
        raise PackError(f"Two figures of this pack contradict one another:\n{error}") from error
    return [facts.to_json(fact) for fact in found]


def _lost(exhibits: Sequence[Collected]) -> dict[str, str]:
    """Exhibits with letters that the fonts of the PDF lack, and these letters."""
    from pmo_kit.packs.media.glyphs import coverage, lacking
    from pmo_kit.packs.media.pdf import fonts

    known = coverage(fonts())
    found = {item.id: lacking(item.record, known) for item in exhibits}
    return {name: letters for name, letters in found.items() if letters}


def _made(medium: Medium, drawn: Any, spec: PackSpec) -> bytes:
    """A file of a medium; what goes wrong in it is said of it alone."""
    try:
        content = getattr(importlib.import_module(medium.module), medium.function)(drawn)
    except PmoError:
        raise
    except Exception as error:
        raise PackError(
            f"{medium.file} of {spec.name} could not be made: {type(error).__name__}: {error}. "
            "Leave that medium out with a line 'formats' until it is mended."
        ) from error
    assert isinstance(content, bytes)
    return content


def _lacks(name: str) -> str:
    """The package that a medium lacks here; empty when it can be made."""
    medium = MEDIA[name]
    return "" if find_spec(medium.needs) else medium.needs
