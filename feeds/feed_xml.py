"""What RSS and Atom write alike: elements whose text no reader can break, and pictures as Media RSS."""

from xml.etree import ElementTree

from aggregator.store.published import Picture
from feeds.pictures import TYPES, jpeg_of
from feeds.texts import legible

MEDIA_NAMESPACE = "http://search.yahoo.com/mrss/"


def add(
    parent: ElementTree.Element, name: str, text: str = "", **attributes: str
) -> ElementTree.Element:
    """Put an element with its text and attributes at the end of another."""
    readable_ones = {key: _readable(value) for key, value in attributes.items()}
    element = ElementTree.SubElement(parent, name, readable_ones)
    element.text = _readable(text)
    return element


def add_picture(entry: ElementTree.Element, picture: Picture, public_url: str) -> None:
    """Write one picture with its words. Source: Media RSS 1.5.1."""
    about = {
        "url": jpeg_of(picture, public_url),
        "type": TYPES["jpg"],
        "medium": "image",
        "width": str(picture.width),
        "height": str(picture.height),
    }
    content = ElementTree.SubElement(entry, "media:content", about)
    if picture.alt:
        add(content, "media:description", picture.alt, type="plain")
    if picture.credit:
        add(content, "media:credit", picture.credit)
    if picture.licence:
        add(content, "media:copyright", picture.licence)


def _readable(words: str) -> str:
    """Give words without what breaks XML; and NEL as a blank, which readers take for Windows' "…"."""
    return legible(words).replace("\x85", " ")


def written(root: ElementTree.Element) -> str:
    """Give the document, with the declaration that old readers want."""
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode")
