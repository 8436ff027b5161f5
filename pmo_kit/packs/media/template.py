"""The deck's template: layouts and places by name, in the kit's own file or in one that an organization puts there."""

from __future__ import annotations

import copy
import io
import zipfile
from dataclasses import dataclass
from typing import Any

from pmo_kit.errors import PackError
from pmo_kit.packs.spec import Deck, deck_home, kit_names

_PLACES = {
    "title": (0.053, 0.063, 0.894, 0.131),
    "unit": (0.053, 0.199, 0.894, 0.037),
    "figure": (0.053, 0.252, 0.894, 0.577),
    "meaning": (0.053, 0.840, 0.894, 0.094),
    "lead": (0.053, 0.409, 0.894, 0.210),
    "question": (0.053, 0.640, 0.894, 0.157),
}
"""Where a place is that a layout does not have: left, top, width, height as shares of the slide."""
_APP = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Properties xmlns="http://schemas.openxmlformats.org/'
    b'officeDocument/2006/extended-properties"><Application>pmo_kit</Application></Properties>'
)
_POTX = b"application/vnd.openxmlformats-officedocument.presentationml.template.main+xml"
_PPTX = b"application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"


@dataclass(frozen=True)
class Box:
    """A place on a slide, in EMU (914 400 to the inch)."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, eq=False)
class Template:
    """An open, empty deck and the names that it goes by."""

    deck: Any
    layouts: dict[str, Any]
    names: dict[str, str]

    def slide(self, kind: str) -> Any:
        """A new slide of a kind: decision, chapter or exhibit, with its strip and number."""
        layout = self.layouts[kind]
        slide = self.deck.slides.add_slide(layout)
        for shape in layout.placeholders:
            if shape.placeholder_format.type in _foot_types():
                slide.shapes._spTree.append(copy.deepcopy(shape._element))
        return slide

    def place(self, slide: Any, name: str) -> Any:
        """The placeholder of a place on a slide; None when the layout has none."""
        if name == "title":
            return slide.shapes.title
        wanted = self.names.get(name, name)
        origin = {shape.placeholder_format.idx: shape.name for shape in slide.slide_layout.placeholders}
        for shape in slide.placeholders:
            if origin.get(shape.placeholder_format.idx) == wanted:
                return shape
        return None

    def box(self, slide: Any, name: str) -> Box:
        """Where a place is; a placeholder for a figure is taken off the slide."""
        shape = self.place(slide, name)
        if shape is not None:
            found = Box(shape.left, shape.top, shape.width, shape.height)
            if name == "figure":
                shape._element.getparent().remove(shape._element)
            return found
        wide, high = self.deck.slide_width, self.deck.slide_height
        left, top, width, height = _PLACES[name]
        return Box(round(left * wide), round(top * high), round(width * wide), round(height * high))


def open_template(deck: Deck | None = None) -> Template:
    """Open an organization's template, or the kit's own.

    Parameters
    ----------
    deck : Deck, optional
        From the pack file, where its layouts were checked.

    Raises
    ------
    PackError
        When PowerPoint's file cannot be read.
    """
    from pptx import Presentation

    names = kit_names()
    file = deck.template if deck else deck_home() / "pmo_kit.pptx"
    try:
        made = Presentation(io.BytesIO(_as_deck(file.read_bytes())))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise PackError(f"The deck's template {file.name} cannot be used: {error}.") from error
    _emptied(made)
    _own(made)
    known = {layout.name: layout for layout in made.slide_layouts}
    layouts, places = (deck.layouts, deck.places) if deck else (names["layouts"], names["places"])
    return Template(made, {kind: known[name] for kind, name in layouts.items()}, dict(places))


def _as_deck(content: bytes) -> bytes:
    """A .potx made a .pptx: python-pptx reads only the latter."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            member = old.read(name)
            new.writestr(name, member.replace(_POTX, _PPTX) if name == "[Content_Types].xml" else member)
    return stream.getvalue()


def _emptied(deck: Any) -> None:
    """Take the sample slides of a template away."""
    listed = deck.slides._sldIdLst
    for entry in list(listed):
        deck.part.drop_rel(entry.rId)
        listed.remove(entry)


def _own(deck: Any) -> None:
    """What a file says of itself: not the size, picture and program of the deck that it was made from."""
    from pptx.opc.constants import RELATIONSHIP_TYPE

    package = deck.part.package
    for key, relation in list(package._rels.items()):
        if relation.reltype == RELATIONSHIP_TYPE.THUMBNAIL:
            package.drop_rel(key)
        elif relation.reltype == RELATIONSHIP_TYPE.EXTENDED_PROPERTIES:
            relation.target_part._blob = _APP
    size = deck.part._element.sldSz
    if size is not None and size.get("type") == "screen4x3" and 4 * size.cy != 3 * size.cx:
        size.attrib.pop("type")


def _foot_types() -> tuple[Any, ...]:
    from pptx.enum.shapes import PP_PLACEHOLDER

    return PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.SLIDE_NUMBER
