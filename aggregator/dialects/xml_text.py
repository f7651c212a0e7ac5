"""Bytes of an XML feed to text that a parser can be trusted with: no DTD, no odd encoding, few flaws.

Nothing is fetched or read from disk. A declaration that could make work or reach out is refused.
"""

import codecs
import re
from collections.abc import Iterable
from html.entities import name2codepoint

from aggregator.errors import NotUnderstood

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# XML 1.0, appendix F: what "<?" looks like without a mark.
_FIRST_BYTES = (
    (b"<\x00?\x00", "utf-16-le"),
    (b"\x00<\x00?", "utf-16-be"),
    (b"<\x00\x00\x00", "utf-32-le"),
    (b"\x00\x00\x00<", "utf-32-be"),
)
# Supersets that writers mean when they name the smaller set.
_WIDER = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "tis-620": "cp874",
}
# Python calls these encodings, too; none of them is a way to write a feed.
_NO_ENCODING = frozenset(
    ("idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "utf-7", "palmos")
)
_DECLARED = re.compile(rb"\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})[\"']")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)
_DECLARATION = re.compile(r"\A<\?xml\b[^>]*>", re.IGNORECASE)
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")

# Possessive throughout: a pattern over foreign text must not try the same text in many ways.
_BEFORE_DOCTYPE = re.compile(r"\s*+(?:<\?.*?\?>\s*+|<!--.*?-->\s*+)*+(?=<!DOCTYPE)", re.DOTALL | re.I)
_DOCTYPE = re.compile(
    r"<!DOCTYPE(?:[^\[\]<>\"']|\"[^\"]*+\"|'[^']*+')*+"
    r"(?:\[(?P<subset>(?:<!--.*?-->|\"[^\"]*+\"|'[^']*+'|[^\]\"'])*+)\]\s*+)?>",
    re.DOTALL | re.I,
)
_ENTITY = re.compile(r"<!ENTITY\s+([\w.-]{1,50})\s+(?:\"([^\"%]*)\"|'([^'%]*)')\s*>")
_MOST_ENTITIES = 300  # the HTML set, which old feeds declare whole, has 253
_LONGEST_ENTITY = 1_000
_MOST_EXPANDED = 1_000_000

_CDATA = re.compile(r"(<!\[CDATA\[.*?\]\]>)", re.DOTALL)
_AMPERSAND = re.compile(
    r"&(?:#(?P<code>[0-9]{1,7}|[xX][0-9A-Fa-f]{1,6});|(?P<name>[A-Za-z][\w.]{0,30});)?"
)
_XML_NAMES = frozenset(("amp", "lt", "gt", "quot", "apos"))


def decoded(body: bytes, content_type: str) -> str:
    """Give the text, without declaration and without characters that XML forbids.

    A byte order mark is believed first, then the header, then the declaration (RFC 7303, section 3).
    What nobody declared right is read as the least wrong of UTF-8 and Windows-1252.
    """
    for name in _proposed(body, content_type):
        try:
            text = body.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
        break
    else:
        text = _least_wrong(body)
    # Old plug-ins print warnings, blank lines and second marks before the feed begins.
    text = _DECLARATION.sub("", text[max(text.find("<"), 0) :])
    return _NOT_XML.sub("", text) if _NOT_XML.search(text) else text


def _proposed(body: bytes, content_type: str) -> Iterable[str]:
    for start, name in (*_BYTE_ORDER_MARKS, *_FIRST_BYTES):
        if body.startswith(start):
            yield name
    header = _CHARSET.search(content_type)
    declared = _DECLARED.match(body)
    for said in (header and header[1], declared and declared[1].decode("ascii")):
        if said and (name := _known(said)):
            yield name
            yield _WIDER.get(name, name)
    yield "utf-8"


def _known(said: str) -> str:
    try:
        name = codecs.lookup(said).name
    except LookupError:
        return ""
    return "" if name in _NO_ENCODING or name.startswith(("utf-16", "utf-32")) else name


def _least_wrong(body: bytes) -> str:
    """One letter cut in half must not cost all the others: count which reading explains more bytes."""
    as_utf8 = body.decode("utf-8", "replace")
    broken = as_utf8.count("\ufffd")
    whole = sum(1 for character in as_utf8 if character > "\x7f") - broken
    return as_utf8 if whole >= broken else body.decode("cp1252", "replace")


def without_doctype(text: str) -> str:
    """Take the DTD away, with its few harmless entities written out, so that no parser ever meets one.

    Raises:
        NotUnderstood: it declares what could reach out or grow without end.
    """
    before = _BEFORE_DOCTYPE.match(text)
    if before is None:
        return text
    doctype = _DOCTYPE.match(text, before.end())
    if doctype is None:
        raise NotUnderstood("The feed begins with a document type that never ends.")
    entities = _entities(doctype["subset"] or "")
    rest = text[doctype.end() :]
    return _expanded(rest, entities) if entities else rest


def _entities(subset: str) -> dict[str, str]:
    entities: dict[str, str] = {}

    def declared(match: re.Match[str]) -> str:
        value = match[2] if match[2] is not None else match[3]
        entities.setdefault(match[1], value)
        return ""

    rest = _ENTITY.sub(declared, re.sub(r"<!--.*?-->", "", subset, flags=re.DOTALL))
    nested = any(re.search(r"&(?!#)", value) for value in entities.values())
    if "%" in rest or "<!ENTITY" in rest or "<!ATTLIST" in rest or nested:
        raise NotUnderstood("The feed declares entities that reach out or nest; that is never read.")
    if len(entities) > _MOST_ENTITIES or any(
        len(value) > _LONGEST_ENTITY for value in entities.values()
    ):
        raise NotUnderstood("The feed declares more or longer entities than a feed needs.")
    return {name: value for name, value in entities.items() if name not in _XML_NAMES}


def _expanded(text: str, entities: dict[str, str]) -> str:
    used = re.compile("&(" + "|".join(map(re.escape, entities)) + ");")
    if sum(len(entities[match[1]]) for match in used.finditer(text)) > _MOST_EXPANDED:
        raise NotUnderstood("The entities that the feed declares would make it far longer than it is.")
    return used.sub(lambda match: entities[match[1]], text)


def repaired(text: str) -> str:
    """Mend what breaks feeds most often: a bare ampersand, an HTML entity, a reference to nothing."""
    return "".join(
        part if part.startswith("<![CDATA[") else _AMPERSAND.sub(_mended, part)
        for part in _CDATA.split(text)
    )


def _mended(match: re.Match[str]) -> str:
    if code := match["code"]:
        number = int(code[1:], 16) if code[0] in "xX" else int(code)
        allowed = number in (9, 10, 13) or 0x20 <= number < 0xD800 or 0xE000 <= number < 0xFFFE
        return match[0] if allowed or 0x10000 <= number < 0x110000 else ""
    if name := match["name"]:
        if name in _XML_NAMES:
            return match[0]
        return chr(name2codepoint[name]) if name in name2codepoint else "&amp;" + match[0][1:]
    return "&amp;"
