"""Make pmo_kit.pptx, the deck's template, from the empty deck of python-pptx: `python make_template.py`.

Only maintainers run this; an organization replaces the file instead (see layouts.yml).
"""

from __future__ import annotations

import re
from pathlib import Path

from lxml import etree
from pptx import Presentation
from pptx.oxml import parse_xml
from pptx.util import Mm

from pmo_kit.exhibits import theme
from pmo_kit.packs.media.office import normalized

SPACES = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
)
SIDE, WIDE = 18.0, 302.7
TITLE = ("Title", 'type="title"', 12.0, 25.0, 'anchor="t"', 2800, True, "tx2")
UNIT = ("Unit line", 'type="body" sz="quarter" idx="10"', 38.0, 7.0, 'anchor="t"', 1400, False, "quiet")
FIGURE = ("Figure", 'type="obj" idx="11"', 48.0, 110.0, 'anchor="t"', 1600, False, "tx1")
MEANING = ("Meaning", 'type="body" sz="quarter" idx="12"', 160.0, 18.0, 'anchor="b"', 1700, False, "tx1")
LEAD = ("Lead", 'type="body" sz="quarter" idx="10"', 78.0, 40.0, 'anchor="t"', 2200, True, "tx1")
QUESTION = ("Question", 'type="body" sz="quarter" idx="11"', 122.0, 30.0, 'anchor="t"', 1700, False, "quiet")
FIRST = ("Title", 'type="title"', 48.0, 26.0, 'anchor="b"', 3400, True, "tx2")
FOOT = ("Strip", 'type="ftr" sz="quarter" idx="20"', 181.5, 6.0, 'anchor="t"', 1000, False, "quiet")
NUMBER = (
    "Slide number",
    'type="sldNum" sz="quarter" idx="21"',
    181.5,
    6.0,
    'anchor="t"',
    1000,
    False,
    "quiet",
)
LAYOUTS = {
    "Decision": (TITLE, UNIT, MEANING, FOOT, NUMBER),
    "Chapter": (FIRST, LEAD, QUESTION, FOOT, NUMBER),
    "Exhibit": (TITLE, UNIT, FIGURE, MEANING, FOOT, NUMBER),
}


def shape(number: int, place: tuple) -> str:
    """One placeholder as XML."""
    name, kind, top, high, anchor, size, bold, color = place
    left, wide = SIDE, WIDE
    align = "l"
    if "ftr" in kind:
        wide = 270.0
    if "sldNum" in kind:
        left, wide, align = SIDE + 272, WIDE - 272, "r"
    fill = f'<a:srgbClr val="{theme.QUIET[1:]}"/>' if color == "quiet" else f'<a:schemeClr val="{color}"/>'
    said = '<a:fld id="{B6F15528-21DE-4FAA-801E-634DDDAF4B2B}" type="slidenum">'
    said += '<a:rPr lang="en-US"/><a:t>1</a:t></a:fld>'
    text = said if "sldNum" in kind else f'<a:r><a:rPr lang="en-US"/><a:t>{name}</a:t></a:r>'
    return f"""<p:sp {SPACES}><p:nvSpPr><p:cNvPr id="{number}" name="{name}"/>
      <p:cNvSpPr><a:spLocks noGrp="1"/></p:cNvSpPr>
      <p:nvPr><p:ph {kind}/></p:nvPr></p:nvSpPr><p:spPr><a:xfrm><a:off x="{Mm(left)}" y="{Mm(top)}"/>
      <a:ext cx="{Mm(wide)}" cy="{Mm(high)}"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></p:spPr>
      <p:txBody><a:bodyPr lIns="0" tIns="0" rIns="0" bIns="0" {anchor}><a:normAutofit/></a:bodyPr><a:lstStyle>
      <a:lvl1pPr marL="0" indent="0" algn="{align}"><a:lnSpc><a:spcPct val="95000"/></a:lnSpc>
      <a:spcBef><a:spcPts val="0"/></a:spcBef>
      <a:buNone/><a:defRPr sz="{size}" b="{int(bold)}"><a:solidFill>{fill}</a:solidFill></a:defRPr>
      </a:lvl1pPr></a:lstStyle>
      <a:p>{text}</a:p></p:txBody></p:sp>"""


def fill(tree, places) -> None:
    """Replace the shapes of a layout or master."""
    for old in list(tree):
        if old.tag.endswith(("}sp", "}pic", "}cxnSp", "}graphicFrame")):
            tree.remove(old)
    for number, place in enumerate(places, 2):
        tree.append(parse_xml(shape(number, place)))


def main() -> None:
    """Write pmo_kit.pptx beside this file."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = Mm(338.7), Mm(190.5)
    deck.part._element.sldSz.attrib.pop("type", None)
    master = deck.slide_master
    layouts = list(deck.slide_layouts)
    for layout, (name, places) in zip(layouts, LAYOUTS.items(), strict=False):
        layout.name = name
        layout._element.attrib.pop("type", None)
        fill(layout.shapes._spTree, places)
    for layout in layouts[len(LAYOUTS) :]:
        deck.slide_layouts.remove(layout)
    body = ("Text", 'type="body" idx="1"', 48.0, 110.0, 'anchor="t"', 1600, False, "tx1")
    fill(master.shapes._spTree, (TITLE, body, FOOT, NUMBER))
    part = next(rel.target_part for rel in master.part.rels.values() if rel.reltype.endswith("/theme"))
    xml = part.blob.decode("utf-8")
    xml = re.sub(r'(<a:(?:majorFont|minorFont)>\s*<a:latin typeface=")[^"]*', rf"\g<1>{theme.FONT}", xml)
    colors = {"dk1": theme.INK, "lt1": theme.PAPER, "dk2": theme.DARK_BLUE, "lt2": "#F2F2F2", "hlink": theme.DARK_BLUE,
              "folHlink": theme.DARK_PINK, **{f"accent{n}": c for n, c in enumerate(theme.CATEGORIES, 1)}}  # fmt: skip
    for name, color in colors.items():
        xml = re.sub(
            rf"<a:{name}>.*?</a:{name}>",
            f'<a:{name}><a:srgbClr val="{color[1:]}"/></a:{name}>',
            xml,
            flags=re.S,
        )
    xml = re.sub(r'(<a:theme [^>]*name=")[^"]*', r"\g<1>pmo_kit", xml)
    etree.fromstring(xml.encode())
    part._blob = xml.encode("utf-8")
    file = Path(__file__).with_name("pmo_kit.pptx")
    deck.save(str(file))
    file.write_bytes(normalized(file.read_bytes(), "2026-01-01T00:00:00Z"))


if __name__ == "__main__":
    main()
