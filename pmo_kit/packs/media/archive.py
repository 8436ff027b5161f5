"""Office files as bytes that depend on their content alone: a zip in a fixed order, without a clock."""

from __future__ import annotations

import io
import re
import zipfile

_EPOCH = (1980, 1, 1, 0, 0, 0)
_FIRST = ("[Content_Types].xml", "_rels/.rels", "mimetype")
_STAMP = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:(?:created|modified)>)")


def normalized(content: bytes, stamp: str) -> bytes:
    """Rewrite an Office file: members sorted, no dates of their own, workbooks inside treated alike.

    Parameters
    ----------
    content : bytes
        A .pptx, .xlsx or .docx file.
    stamp : str
        When it was made, for its properties: "2026-10-15T00:00:00Z".

    Returns
    -------
    bytes
        Equal for equal content, whenever and wherever it is made.

    Examples
    --------
    >>> def packed(*names):
    ...     stream = io.BytesIO()
    ...     with zipfile.ZipFile(stream, "w") as archive:
    ...         for name in names:
    ...             archive.writestr(name, name)
    ...     return stream.getvalue()
    >>> normalized(packed("b.xml", "a.xml"), "") == normalized(packed("a.xml", "b.xml"), "")
    True
    """
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in sorted(old.namelist(), key=lambda name: (name not in _FIRST, name)):
            member = old.read(name)
            if name.endswith(".xlsx"):
                member = normalized(member, stamp)
            elif name.startswith("docProps/"):
                member = _STAMP.sub(rb"\g<1>" + stamp.encode() + rb"\g<3>", member)
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            info.create_system = 3
            new.writestr(info, member, compresslevel=9)
    return stream.getvalue()
