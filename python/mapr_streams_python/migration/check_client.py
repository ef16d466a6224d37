"""What an application does with the client: names of topics, properties, arguments that changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from ..cimpl import _property_fate
from .check_findings import Finding, replacement
from .check_imports import PACKAGES, imported, package_of
from .check_names import Names
from .check_resolver import Resolver
from .check_source import Source
from .check_syntax import Node, argument, arguments, call_name, field, text
from .check_values import MOST_VALUES, Hole, Value, is_known, literal, shown

CLIENTS = ("Producer", "Consumer", "AvroProducer", "AvroConsumer", "SerializingProducer", "DeserializingConsumer")
# Functions, and which of their arguments is a topic or a list of topics.
TOPIC_ARGUMENTS = {
    "produce": (0, "topic"),
    "subscribe": (0, "topics"),
    "TopicPartition": (0, "topic"),
    "list_topics": (0, "topic"),
    "NewTopic": (0, "topic"),
}
NO_TOPICS = ("integer", "float", "none", "dictionary")
# Those that a file is looked through for which imports no client.
HANDED = ("produce", "subscribe")
FULL_BEGINNING = re.compile(r"/[^:]*[^:/]:")
PROPERTY = re.compile(r"[a-z]+(?:[._][a-z0-9]+)+|opaque|logger")
FULL_NAME = re.compile(r"(/[^/:\n<>{}*?\"']+)+:\^?[A-Za-z0-9._^*-]+")
# The same below a folder: "/DEBUG:FULL" is an option of a compiler.
FULL_NAME_BELOW_A_FOLDER = re.compile(r"/[^/]+" + FULL_NAME.pattern)
# Below these, brokers refuse the group, or a message has no time to arrive.
SHORTEST = {"session.timeout.ms": 6000, "message.timeout.ms": 1000, "delivery.timeout.ms": 1000}


class ClientsProject:
    """What the files that are checked together tell each other; false where none of them uses the client."""

    def __init__(self, checks: list[ClientCheck]) -> None:
        self.checks = checks
        self._is_clients = any(one.is_client for one in checks)

    def __bool__(self) -> bool:
        return self._is_clients

    def default_streams(self, kind: str) -> list[Value]:
        """Those of all files."""
        found = [stream for one in self.checks for stream in one.default_streams.get(kind, [])]
        return list(dict.fromkeys(found))[:MOST_VALUES]


class ClientCheck:
    """The check of one file."""

    def __init__(self, source: Source, resolver: Resolver, names: Names) -> None:
        self.source = source
        self.resolver = resolver
        self.names = names
        self.is_client = any(
            package_of(node) in PACKAGES for node in source.root.below("import_statement", "import_from_statement")
        )
        # Of a producer, and of a consumer.
        self.default_streams: dict[str, list[Value]] = {}
        self.reported: set[str] = set()
        self.has_servers = False
        # Where a source names servers, and which.
        self.servers: list[tuple[Node, str]] = []
        self.clients: list[Node] = []
        # Most files of an application have nothing that could be found, which is told while their tree is there.
        self._may_hold_properties = self.is_client or self._holds_properties()
        self._may_hold_names = self.is_client or self._holds_names()

    def _holds_properties(self) -> bool:
        """Whether a file without a client has what could be one's configuration."""
        return any(
            self._may_tell(node) if node.type == "dictionary" else self._item(node) is not None
            for node in self.source.root.below("dictionary", "assignment")
        )

    def _holds_names(self) -> bool:
        """Whether a file without a client has a call of one that it was handed, or the name of a stream."""
        called = self.resolver.project.modules[self.source.number].called
        return (
            "commit" in called
            or any(name in called for name in HANDED)
            or any(FULL_NAME.fullmatch(literal(node) or "") for node in self._strings())
        )

    def _strings(self) -> Iterator[Node]:
        """The strings in which a full name could be."""
        for node in self.source.root.below("string"):
            data = node.data
            if b"\\" in data or (b"/" in data and b":" in data):
                yield node

    def find(self, project: ClientsProject) -> Iterator[Finding]:
        """All findings of the file, less those of its properties."""
        if not self._may_hold_names:
            return
        for node in self.source.root.below("import_statement", "import_from_statement", "call"):
            if node.type == "call":
                yield from self._call(node, project)
            else:
                yield from imported(node)
        yield from self._literals(FULL_NAME if project else FULL_NAME_BELOW_A_FOLDER)

    def _at(self, node: Node, kind: str, text: str, **more: Any) -> Finding:
        """The finding for a node, which may be in another file than this one."""
        return Finding.at(node.source, node, kind, text, **more)

    # Calls

    def _call(self, call: Node, project: ClientsProject) -> Iterator[Finding]:
        name = call_name(call)
        if self.is_client or name == "commit":
            yield from _async(self.source, call)
        # A file that imports no client may be handed one by another.
        if name in TOPIC_ARGUMENTS and (self.is_client or (project and name in HANDED)):
            given = argument(call, *TOPIC_ARGUMENTS[name])
            if given is not None and given.type not in NO_TOPICS and self._is_of_client(call):
                for element in self.resolver.elements(given) if name == "subscribe" else [given]:
                    yield from self._topic(element, "producer" if name == "produce" else "consumer", project)

    def _is_of_client(self, call: Node) -> bool:
        """Whether what is called may be a client's: a method, or the name that one was given, or a class."""
        function = field(call, "function")
        if function is None or function.type != "identifier" or call_name(call)[0].isupper():
            return True
        return bool(self.resolver.definitions(function))

    def _topic(self, node: Node, kind: str, project: ClientsProject) -> Iterator[Finding]:
        for value in self.resolver.values(node):
            # `subscribe` is many a library's, and a topic's name is the client's alone.
            if self.is_client or kind == "producer" or FULL_BEGINNING.match(shown(value)):
                for full in self._with_stream(value, kind, project):
                    yield from self._name(node, full)

    def _with_stream(self, value: Value, kind: str, project: ClientsProject) -> list[Value]:
        """The name with its default stream, if it has one."""
        first = value[0] if value else ""
        if isinstance(first, Hole) or first.startswith("/"):
            return [value]
        streams = self.default_streams.get(kind, [])
        if not streams and not self.clients:
            # Its clients come from elsewhere.
            streams = project.default_streams(kind)
        return [(*stream, ":", *value) for stream in streams] or [value]

    def _name(self, node: Node, value: Value) -> Iterator[Finding]:
        name = shown(value)
        if not is_known(value):
            yield self._computed(node, name, value, name)
        elif name.startswith("/"):
            self.reported.add(name)
            yield from self._stream_name(node, name)

    def _computed(self, node: Node, what: str, value: Value, name: str | None = None) -> Finding:
        """The finding for a name, or a stream, that only the program knows, with what is known of it."""
        beginning = value[0] if isinstance(value[0], str) else ""
        stream, colon, _ = beginning.partition(":")
        try:
            if colon and stream.startswith("/"):
                known = f"; {stream}:TOPIC becomes {self.names.beginning(stream)}"
            else:
                known = ""
                if beginning.startswith("/mapr/"):
                    # It takes the home cluster to tell what a name becomes, whatever comes behind.
                    cluster, slash, _ = beginning[len("/mapr/") :].partition("/")
                    self.names.beginning(f"/mapr/{cluster if slash else 'CLUSTER'}/STREAM")
        except ValueError as error:
            return self._at(node, "name", f"{what}: computed here; {error}", name=name)
        return self._at(node, "computed", f"{what}: computed here{known}", name=name)

    def _stream_name(self, node: Node, name: str) -> Iterator[Finding]:
        try:
            topic = self.names.kafka_topic(name)
        except ValueError as error:
            kind = "collision" if "both become" in str(error) else "name"
            yield self._at(node, kind, str(error), name=name)
            return
        yield self._at(node, "topic", f"{name} becomes {topic}", name=name, topic=topic)
        other = None if topic.startswith("^") else self.names.folded(topic)
        if other is not None:
            yield self._at(
                node,
                "collision",
                f"{topic} and {other} are one name for Kafka, which takes . and _ for the same, and refuses the second",
                name=name,
                topic=topic,
            )

    def _literals(self, full_name: re.Pattern[str]) -> Iterator[Finding]:
        """Full names that stand somewhere else than in a call of the client."""
        for node in self._strings():
            parent = node.parent
            if parent is None or parent.type in ("concatenated_string", "binary_operator"):
                continue
            is_documentation = parent.type == "expression_statement"
            name = literal(node)
            if name is not None and not is_documentation and full_name.fullmatch(name) and name not in self.reported:
                self.reported.add(name)
                yield from self._stream_name(node, name)

    # Properties

    def properties(self, is_clients_project: bool) -> Iterator[Finding]:
        """The findings of properties. All files must have looked at theirs before `find` is called of one.

        Args:
            is_clients_project: whether it, or one that is checked with it, uses the client.
        """
        if not is_clients_project or not self._may_hold_properties:
            return
        # Pairs of a property and its value. Each file looks at all that its own clients are given, since a default
        # stream that stands in another file is this file's too.
        seen: set[int] = set()
        for node in self.source.root.below("call") if self.is_client else ():
            if self._makes_client(node):
                self.clients.append(node)
                kind = "producer" if "Producer" in call_name(node) else "consumer"
                for key, value in self._configuration(node):
                    yield from self._property(key, value, kind, seen)
        # Dictionaries whose way to a client cannot be seen, by what they hold.
        for node in self.source.root.below("dictionary", "assignment"):
            if node.type == "assignment":
                item, right = self._item(node), field(node, "right")
                if item is not None and right is not None:
                    yield from self._property(item, right, "", seen)
            elif self._may_tell(node) and not any(child.id in seen for child in node.named_children):
                pairs = self.resolver.entries(node)
                if any(self._tells_a_configuration(literal(key)) for key, _ in pairs):
                    for key, value in pairs:
                        if _is_property(literal(key)):
                            yield from self._property(key, value, "", seen)

    def _makes_client(self, call: Node) -> bool:
        """Whether it is a client's constructor, and none of the application's own with arguments of its own."""
        if call_name(call) not in CLIENTS:
            return False
        function = field(call, "function")
        return function is None or not self.resolver.project.owner(call).initialises_itself(text(function))

    def _may_tell(self, dictionary: Node) -> bool:
        """Whether a dictionary has a key that tells, or keys of another one."""
        for child in dictionary.named_children:
            key = field(child, "key")
            if child.type == "dictionary_splat" or (key is not None and self._tells_a_configuration(literal(key))):
                return True
        return False

    def _item(self, assignment: Node) -> Node | None:
        """The key that an assignment sets, where it tells a configuration."""
        left = field(assignment, "left")
        item = field(left, "subscript") if left is not None and left.type == "subscript" else None
        return item if item is not None and self._tells_a_configuration(literal(item)) else None

    def _tells_a_configuration(self, name: str | None) -> bool:
        """Whether a key is of a client's configuration; what others have too is not where no client is imported."""
        if not _is_property(name):
            return False
        return self.is_client or ("." in str(name) and _property_fate(str(name))[0] not in ("elsewhere", "renamed"))

    def _configuration(self, call: Node) -> list[tuple[Node, Node]]:
        entries: list[tuple[Node, Node]] = []
        positional, _ = arguments(call)
        given = field(call, "arguments")
        splats = (
            [child.named_children[0] for child in given.named_children if child.type == "dictionary_splat"]
            if given
            else []
        )
        for one in positional[:1] + splats:
            entries += self.resolver.entries(one)
        for child in given.named_children if given is not None else []:
            name, value = field(child, "name"), field(child, "value")
            if child.type == "keyword_argument" and name is not None and value is not None:
                entries.append((name, value))
        return entries

    def _property(self, key: Node, value: Node, kind: str, seen: set[int]) -> Iterator[Finding]:
        pair = key.parent
        name = self.resolver.key(key)
        if name is None or pair is None or pair.id in seen:
            return
        seen.add(pair.id)
        if name in ("bootstrap.servers", "metadata.broker.list"):
            self.has_servers = True
            self.servers += [(key, shown(one)) for one in self.resolver.values(value) if is_known(one) and shown(one)]
        if name in ("streams.producer.default.stream", "streams.consumer.default.stream"):
            yield from self._default_stream(key, value, name.split(".")[1])
            return
        if name == "default.topic.config":
            for inner, inner_value in self.resolver.entries(value):
                yield from self._property(inner, inner_value, kind, seen)
        fate, target, note = _property_fate(name)
        if fate not in ("kept", "known"):
            edits = replacement(key, _requoted(text(key), target)) if fate == "renamed" and target is not None else ()
            yield self._at(key, "property", f"{name}: {note}", edits=edits if key.type == "string" else ())
        elif name in SHORTEST:
            for one in self.resolver.values(value):
                number = shown(one) if is_known(one) else text(value)
                # Of these times 0 is none: the message waits for ever.
                if re.fullmatch("[0-9]{1,9}", number) and 0 < int(number) < SHORTEST[name]:
                    yield self._at(key, "property", f"{name} of {number}: {_too_short(name)}")

    def _default_stream(self, key: Node, value: Node, kind: str) -> Iterator[Finding]:
        for one in self.resolver.values(value):
            self.default_streams.setdefault(kind, []).append(one)
            stream = shown(one)
            if not is_known(one):
                yield self._computed(key, f"the {kind}'s default stream {stream}", one)
                continue
            if not stream.startswith("/"):
                yield self._at(key, "name", f"the {kind}'s default stream {stream}: a stream's path begins with /")
                continue
            try:
                beginning = self.names.beginning(stream)
            except ValueError as error:
                yield self._at(key, "name", f"the {kind}'s default stream: {error}")
            else:
                yield self._at(key, "topic", f"the {kind}'s default stream {stream}: TOPIC becomes {beginning}")


def asynchronous(source: Source) -> Iterator[Finding]:
    """Each ``async=`` of a file."""
    if b"async" in source.tree.data:
        for node in source.root.below("call"):
            yield from _async(source, node)


def _async(source: Source, call: Node) -> Iterator[Finding]:
    given = field(call, "arguments")
    for child in given.named_children if given is not None else []:
        name = field(child, "name") if child.type == "keyword_argument" else None
        if name is not None and text(name) == "async":
            is_commit = call_name(call) == "commit"
            rewritten = f"asynchronous={text(field(child, 'value') or child)}"
            problem = f"{text(child)}: async is a keyword from Python 3.7 on; write {rewritten}"
            edits = replacement(name, "asynchronous") if is_commit else ()
            where = "" if is_commit else " where it is for commit"
            yield Finding.at(source, child, "async", problem + where, edits=edits)


@lru_cache(maxsize=4096)
def _is_property(name: str | None) -> bool:
    return bool(name and PROPERTY.fullmatch(name) and _property_fate(name)[0] != "unknown")


def _requoted(string: str, new: str) -> str:
    quote = string[-1]
    return f"{quote}{new}{quote}"


def _too_short(name: str) -> str:
    if name == "session.timeout.ms":
        return "brokers refuse members of a group that have less than group.min.session.timeout.ms, which is 6000"
    return "MapR ignores it; on Kafka a message that is not delivered in that time has failed"
