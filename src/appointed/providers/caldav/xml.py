"""WebDAV's XML: what servers answer, read within limits, and what we ask.

Names are in Clark notation, `{namespace}name`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape

DAV = "DAV:"
CALDAV = "urn:ietf:params:xml:ns:caldav"
APPLE = "http://apple.com/ns/ical/"
PREFIXES = {"D": DAV, "C": CALDAV, "A": APPLE}

DEEPEST = 24
MOST_ELEMENTS = 2_000_000
OK = 200


class BadXml(ValueError):
    """The answer is not the XML that it should be."""


@dataclass(slots=True)
class Node:
    """An element: its name, its text, what stands inside it."""

    tag: str
    text: str = ""
    name: str = ""
    """The value of an attribute called `name`, which CalDAV's `comp` bears."""
    children: list[Node] = field(default_factory=list)

    def find(self, tag: str) -> Node | None:
        """Return the first child called `tag`."""
        return next((child for child in self.children if child.tag == tag), None)

    def all(self, tag: str) -> Iterator[Node]:
        """Yield the children called `tag`."""
        return (child for child in self.children if child.tag == tag)

    def names(self) -> frozenset[str]:
        """Return the `name` attributes of the children, in upper case."""
        return frozenset(child.name.upper() for child in self.children)

    def tags(self) -> frozenset[str]:
        """Return the names of everything inside, at any depth."""
        names = {child.tag for child in self.children}
        return frozenset(names.union(*(child.tags() for child in self.children)))


@dataclass(frozen=True, slots=True)
class Response:
    """What a multistatus says of one resource.

    `status` is that of the resource itself (0 where only its properties have one); `props`
    are those that were found; `refused` says that a property was answered with 401 or 403.
    """

    href: str
    status: int = 0
    props: Mapping[str, Node] = field(default_factory=dict)
    refused: bool = False

    def text(self, tag: str) -> str:
        """Return the text of a property, empty where it is missing."""
        node = self.props.get(tag)
        return "" if node is None else node.text.strip()


@dataclass(frozen=True, slots=True)
class Multistatus:
    """A whole 207 answer."""

    responses: tuple[Response, ...]
    sync_token: str = ""


def parse_multistatus(body: bytes) -> Multistatus:
    """Return what a 207 answer says; its closing tag was read.

    Raises: `BadXml`.
    """
    reader = _Reader()
    reader.feed(body)
    return Multistatus(tuple(reader.responses), reader.sync_token)


def conditions(body: bytes) -> Mapping[str, str]:
    """Return the conditions that an error answer names, each with the first href inside it."""
    reader = _Reader(root=f"{{{DAV}}}error")
    try:
        reader.feed(body)
    except BadXml:
        return {}
    return {node.tag: _href(node) for node in reader.root_children}


class _Reader:
    """Builds one response at a time, so that a large answer never stands in memory as a tree."""

    def __init__(self, root: str = f"{{{DAV}}}multistatus") -> None:
        self.responses: list[Response] = []
        self.root_children: list[Node] = []
        self.sync_token = ""
        self._root = root
        self._stack: list[Node] = []
        self._texts: list[list[str]] = []
        self._count = 0
        self._parser = expat.ParserCreate(namespace_separator="}")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = _refuse
        self._parser.EntityDeclHandler = _refuse
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._data

    def feed(self, body: bytes) -> None:
        """Read the whole of `body`."""
        try:
            self._parser.Parse(body, True)
        except expat.ExpatError as error:
            raise BadXml(f"not well-formed: {error.code}") from None

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        tag = f"{{{name}" if "}" in name else name
        self._count += 1
        if len(self._stack) >= DEEPEST or self._count > MOST_ELEMENTS:
            raise BadXml("too deep or too large")
        if not self._stack and tag != self._root:
            raise BadXml("another document")
        node = Node(tag, name=attributes.get("name", ""))
        if len(self._stack) > 1:
            self._stack[-1].children.append(node)
        self._stack.append(node)
        self._texts.append([])

    def _data(self, text: str) -> None:
        if self._texts:
            self._texts[-1].append(text)

    def _end(self, _name: str) -> None:
        node = self._stack.pop()
        node.text = "".join(self._texts.pop())
        if len(self._stack) != 1:
            return
        if node.tag == f"{{{DAV}}}response":
            self.responses.extend(_responses(node))
        elif node.tag == f"{{{DAV}}}sync-token":
            self.sync_token = node.text.strip()
        else:
            self.root_children.append(node)


def _refuse(*_arguments: object) -> None:
    raise BadXml("a document type")


def _responses(node: Node) -> Iterator[Response]:
    props: dict[str, Node] = {}
    refused = False
    for propstat in node.all(f"{{{DAV}}}propstat"):
        status = _status(propstat)
        prop = propstat.find(f"{{{DAV}}}prop")
        if status == OK and prop is not None:
            props.update((child.tag, child) for child in prop.children)
        refused = refused or status in {401, 403}
    own = _status(node)
    for href in node.all(f"{{{DAV}}}href"):
        yield Response(href.text.strip(), own, props, refused)


def _status(node: Node) -> int:
    line = node.find(f"{{{DAV}}}status")
    words = line.text.split() if line is not None else []
    number = words[1] if len(words) > 1 else "0"
    return int(number) if number.isdecimal() else 0


def _href(node: Node) -> str:
    for child in node.children:
        if child.tag == f"{{{DAV}}}href":
            return child.text.strip()
        if inner := _href(child):
            return inner
    return ""


# ── questions ────────────────────────────────────────────────────────────────────────────


def propfind(names: Iterable[str]) -> bytes:
    """Return a PROPFIND for the properties (prefixed: `D:getetag`)."""
    return _document("D:propfind", _prop(names))


def sync_collection(token: str) -> bytes:
    """Return a sync-collection report since `token`; empty means from the beginning.

    It never bears a limit: several servers then lose the rest for ever.
    """
    inner = f"<D:sync-token>{escape(token)}</D:sync-token><D:sync-level>1</D:sync-level>"
    return _document("D:sync-collection", inner + _prop(("D:getetag",)))


def multiget(hrefs: Iterable[str]) -> bytes:
    """Return a calendar-multiget for `hrefs`, which must not be empty."""
    listed = "".join(f"<D:href>{escape(href)}</D:href>" for href in hrefs)
    return _document("C:calendar-multiget", _prop(("D:getetag", "C:calendar-data")) + listed)


def mkcalendar(name: str) -> bytes:
    """Return the body that makes a calendar for events called `name`."""
    kinds = '<C:supported-calendar-component-set><C:comp name="VEVENT"/>'
    inner = (
        f"<D:set><D:prop><D:displayname>{escape(name)}</D:displayname>"
        f"{kinds}</C:supported-calendar-component-set></D:prop></D:set>"
    )
    return _document("C:mkcalendar", inner)


def _prop(names: Iterable[str]) -> str:
    return f"<D:prop>{''.join(f'<{name}/>' for name in names)}</D:prop>"


def _document(root: str, inner: str) -> bytes:
    spaces = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in PREFIXES.items())
    text = f'<?xml version="1.0" encoding="utf-8"?>\n<{root} {spaces}>{inner}</{root}>'
    return text.encode()
