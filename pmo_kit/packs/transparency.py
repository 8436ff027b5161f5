"""The transparency record of a pack: what a public body publishes of the advice, filled as far as the pack knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import yaml

from pmo_kit.facts import count
from pmo_kit.shipped import shipped


def transparency_record(manifest: Mapping[str, Any], register: Any, media: str) -> bytes:
    """`record.md`: the fields of the UK Algorithmic Transparency Recording Standard, in their order.

    The words are those of `templates/report/record.yml`. A field that follows from no input is asked for by name.

    Parameters
    ----------
    manifest : mapping
        Of the pack, with its id.
    register : Register
        What the pack is about.
    media : str
        The media of the pack, in words.

    Returns
    -------
    bytes
        Markdown, UTF-8.
    """
    sections = yaml.safe_load(shipped("templates", "report", "record.yml").read_text(encoding="utf-8"))
    known = _known(manifest, register, media)
    asked = [field["field"] for section in sections for field in section["fields"] if "text" not in field]
    lines = [f"# Transparency record: {manifest['title']}", ""]
    lines += [
        "In the order of the UK Algorithmic Transparency Recording Standard 3.0. "
        + (f"Still to be filled ({len(asked)}): {', '.join(asked)}." if asked else "Every field is filled."),
        "",
    ]
    for section in sections:
        lines += [f"## {section['section']}", ""]
        for field in section["fields"]:
            text = field["text"].format_map(known) if "text" in field else f"**TO FILL: {field['ask']}**"
            lines += [f"**{field['field']}.** {text}", ""]
    return "\n".join(lines).encode()


def _known(manifest: Mapping[str, Any], register: Any, media: str) -> dict[str, str]:
    """What a pack knows of itself, as the words of the record call it."""
    method = yaml.safe_load(shipped("templates", "report", "method.yml").read_text(encoding="utf-8"))
    settings, findings = register.settings, manifest["register"]["findings"]
    said = {"block": "errors", "warn": "warnings", "info": "notes"}
    return {
        "title": manifest["title"],
        "pack": manifest["pack"],
        "id": manifest["id"],
        "committee": manifest["committee"] or "the committee",
        "date": f" of {manifest['date']}" if manifest["date"] else "",
        "value": _parameter(manifest, "value").replace("npsv", "social value").replace("npv", "net value"),
        "version": manifest["software"]["pmo_kit"],
        "python": manifest["software"]["python"],
        "highspy": manifest["software"]["highspy"],
        "method": " ".join(part["text"] for part in method if "{" not in part["text"]),
        "register": manifest["register"]["name"] or "without a name",
        "as_of": manifest["register"]["as_of"] or "no date",
        "projects": count(len(register.projects), "project", "projects"),
        "chapters": "; ".join(dict.fromkeys(chapter["title"] for chapter in manifest["chapters"])),
        "media": media,
        "orders": str(len(register.table("overrides")) if register.has("overrides") else 0),
        "inputs": f"{len(manifest['inputs'])} files, each with its hash in manifest.json",
        "fingerprint": manifest["register"]["fingerprint"],
        "findings": ", ".join(f"{findings[kind]} {word}" for kind, word in said.items()),
        "grade": manifest["register"]["grade"],
        "assumptions": _assumptions(register) + f" Discounting: {settings.discount_schedule}.",
    }


def _parameter(manifest: Mapping[str, Any], name: str) -> str:
    """The parameter of the first chapter that was given one; net value where none was."""
    given = [chapter["parameters"][name] for chapter in manifest["chapters"] if name in chapter["parameters"]]
    return str(given[0]) if given else "npv"


def _assumptions(register: Any) -> str:
    """The rated assumptions of the register, those that matter most first."""
    if not register.has("assumptions"):
        return "No assumptions are on record."
    words = {"R": "red", "A": "amber", "G": "green"}
    table = register.table("assumptions")
    order = {"R": 0, "A": 1, "G": 2}
    rows = table.assign(rank=table["impact"].map(order).fillna(3)).sort_values("rank", kind="stable")
    return " ".join(
        f"{row.assumption} (quality {words.get(row.quality, 'not rated')}, "
        f"impact {words.get(row.impact, 'not rated')}; {row.owner if pd.notna(row.owner) else 'no owner'})."
        for row in rows.itertuples()
    )
