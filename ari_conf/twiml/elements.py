"""From the bytes that an application sends to elements. What comes is not trusted: it is capped before it is looked at."""

import re
import threading
from collections.abc import Iterable, Sequence
from typing import Any, cast

from lxml import etree

from ari_conf.twilio_codes import Code
from ari_conf.twiml.problems import document_error, printable, quoted

LARGEST_DOCUMENT = 64 * 1024
"""Bytes of a document that are accepted (11750)."""

_MOST_ELEMENTS = 1000
_MOST_ATTRIBUTES = 100  # of one element; reading n of them takes time with n²
_DEEPEST = 32
_MOST_PREFIXES = 20  # that may lack a declaration

_ENCODINGS = {"utf-8": "utf-8", "us-ascii": "utf-8", "ascii": "utf-8", "iso-8859-1": "iso-8859-1", "utf-16": "utf-16"}
_DECLARED_ENCODING = re.compile(rb"""\A<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))

_UNDECLARED_PREFIX = re.compile(r"Namespace prefix ([A-Za-z][A-Za-z0-9_.-]{0,40}) ")

# Everything that may stand before a document type. Possessive, so that no input makes it try twice.
_DOCUMENT_TYPE = re.compile(r"\A(?:\s++|(?><\?.*?\?>)|(?><!--.*?-->))*+<!doctype", re.DOTALL | re.IGNORECASE)


class Element(etree.ElementBase):
    """An element of a document: lxml's own, with what all that read it ask for. Comments and instructions are left out."""

    @property
    def name(self) -> str:
        """What it is called in a message."""
        name = str(self.tag)
        if self.prefix:
            name = f"{self.prefix}:{name.rpartition('}')[2]}"
        return printable(name)

    @property
    def attributes(self) -> Sequence[tuple[str, str]]:
        """Names and values, in the order of the document."""
        items: Sequence[tuple[Any, Any]] = self.items()
        return items

    @property
    def children(self) -> "Sequence[Element]":
        """The elements inside."""
        inside: Iterable[Any] = self
        return list(inside) if len(self) else ()

    @property
    def line(self) -> int | None:
        """Where it begins."""
        return cast("int | None", self.sourceline)

    @property
    def own_text(self) -> str:
        """The text of this element without that of the elements inside, trimmed."""
        text = self.text or ""
        for child in self.children:
            text += child.tail or ""
        return text.strip()


class _Parser(threading.local):
    """The parser of a thread: lxml's are not to be shared, and to make one takes as long as a short document."""

    def __init__(self) -> None:
        self.xml = etree.XMLParser(
            encoding="utf-8",
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        self.xml.set_element_class_lookup(etree.ElementDefaultClassLookup(element=Element))


_PARSER = _Parser()


def read_elements(body: bytes | str) -> Element:
    """Return the root of a document, a ``<Response>``. Raises ``TwimlError`` as ``parse_twiml`` says."""
    text = _text(body)
    root = _parse(text)
    if root.tag != "Response":
        raise document_error(Code.ROOT_NOT_RESPONSE, f"The root element is <{root.name}>, it must be <Response>.", root.line)
    # Each element has a bracket, each level the end of a tag, each attribute a sign: few documents have to be gone through.
    if text.count("<") > _MOST_ELEMENTS or text.count("</") >= _DEEPEST or text.count("=") > _MOST_ATTRIBUTES:
        _check_size(root)
    return root


def _text(body: bytes | str) -> str:
    try:
        encoded = body if isinstance(body, bytes) else body.encode()
    except UnicodeEncodeError:
        raise document_error(Code.PARSE_FAILURE, "The document contains halves of characters (lone surrogates).") from None
    if len(encoded) > LARGEST_DOCUMENT:
        raise document_error(
            Code.BODY_TOO_LARGE, f"The document has {len(encoded)} bytes, {LARGEST_DOCUMENT} are accepted; send a shorter one."
        )
    text = document_text(body) if isinstance(body, bytes) else body.removeprefix("\ufeff")
    if not text or text.isspace():
        raise document_error(
            Code.BODY_EMPTY, "The document is empty; an empty <Response/> would end the call without an error."
        )
    if "<!" in text and _DOCUMENT_TYPE.match(text):
        raise document_error(
            Code.PARSE_FAILURE, "The document has a document type (<!DOCTYPE …>), as HTML pages have; TwiML must not have one."
        )
    return text


def document_text(body: bytes) -> str:
    """Return the text of a document in the encoding that it says it has. Raises ``TwimlError`` with 12100."""
    encoding: str | None = None
    for mark, marked in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            encoding = marked
    if encoding is None:
        declared = _DECLARED_ENCODING.match(body[:200])
        name = declared[1].decode("ascii").lower() if declared else "utf-8"
        encoding = _ENCODINGS.get(name)
        if encoding is None:
            raise document_error(Code.PARSE_FAILURE, f"The encoding {quoted(name)} is not accepted; send UTF-8.")
    try:
        return body.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise document_error(Code.PARSE_FAILURE, f"The document is not {error.encoding}: {error.reason}.") from None


def _parse(text: str) -> Element:
    try:
        return _parse_strictly(text)
    except etree.XMLSyntaxError as error:
        wrong = error
    declared = _with_declarations(text, wrong)
    if declared is not None:
        try:
            return _parse_strictly(declared)
        except etree.XMLSyntaxError as error:
            wrong = error
    cause = printable(wrong.msg, 200)
    raise document_error(Code.PARSE_FAILURE, f"The document is not well-formed XML: {cause}.", wrong.lineno)


def _with_declarations(text: str, error: etree.XMLSyntaxError) -> str | None:
    """Return the document with the namespaces declared whose lack is the ``error``; None if that is something else.

    SSML as it is found in the wild (``<amazon:effect>``) declares none.
    """
    log: Any = error.error_log  # its type says nothing of what is in it
    wrong = [entry for entry in log if entry.type == etree.ErrorTypes.NS_ERR_UNDEFINED_NAMESPACE]
    prefixes = {found[1] for entry in wrong if (found := _UNDECLARED_PREFIX.match(entry.message))}
    if not 0 < len(prefixes) <= _MOST_PREFIXES:
        return None
    declarations = "".join(f' xmlns:{prefix}="{prefix}:"' for prefix in sorted(prefixes))
    return text.replace("<Response", f"<Response{declarations}", 1)


def _parse_strictly(text: str) -> Element:
    root: Any = etree.fromstring(text.encode(), _PARSER.xml)
    return cast("Element", root)


def _check_size(root: Element) -> None:
    level, elements = [root], 1
    for _ in range(_DEEPEST):
        elements += sum(map(len, level))
        if elements > _MOST_ELEMENTS or any(len(node.attrib) > _MOST_ATTRIBUTES for node in level):
            break
        level = [child for node in level for child in node.children]
        if not level:
            return
    raise document_error(
        Code.PARSE_FAILURE,
        f"The document has more than {_MOST_ELEMENTS} elements, {_MOST_ATTRIBUTES} attributes of an element "
        f"or {_DEEPEST} levels.",
    )
