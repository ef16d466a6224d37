"""What an application does with the client: names of topics, properties, arguments that changed, imports."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ..cimpl import KafkaException, _property_fate, _TopicNames
from .check_findings import Finding, replacement
from .check_imports import has_module, has_name, missing
from .check_resolver import Resolver
from .check_source import Source, argument, arguments, call_name, field, text, walk
from .check_values import MOST_VALUES, Hole, Value, is_known, literal, shown

if TYPE_CHECKING:
    from tree_sitter import Node

PACKAGES = ("mapr_streams_python", "confluent_kafka")
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


class Names:
    """The mapping of names, and what has been mapped."""

    def __init__(self, make_mapping: Callable[[], _TopicNames]) -> None:
        self._make_mapping = make_mapping
        self._mapping = make_mapping()
        self.topics: dict[str, str] = {}
        self._folded: dict[str, str] = {}

    def kafka_topic(self, name: str) -> str:
        """Return the Kafka topic of a full name.

        Raises:
            ValueError: there is none. The message says why.
        """
        try:
            topic = self._mapping.kafka_topic(name)
        except KafkaException as error:
            raise ValueError(error.args[0].str()) from None
        if not topic.startswith("^"):
            self.topics[name] = topic
        return topic

    def beginning(self, stream: str) -> str:
        """Return what the Kafka topics of a stream look like.

        Raises:
            ValueError: it is no stream. The message says why.
        """
        try:
            # One of its own, since the example is no name that another could collide with.
            return self._make_mapping().kafka_topic(f"{stream}:TOPIC")
        except KafkaException as error:
            raise ValueError(error.args[0].str()) from None

    def folded(self, topic: str) -> str | None:
        """Another topic that Kafka would take this one for, since it takes "." and "_" for one."""
        other = self._folded.setdefault(topic.replace(".", "_"), topic)
        return other if other != topic else None


class ClientsProject:
    """What the files that are checked together tell each other; false where none of them uses the client."""

    def __init__(self, checks: list[ClientCheck]) -> None:
        self._checks = checks
        self._is_clients = any(one.is_client for one in checks)

    def __bool__(self) -> bool:
        return self._is_clients

    def default_streams(self, kind: str) -> list[Value]:
        """Those of all files."""
        found = [stream for one in self._checks for stream in one.default_streams.get(kind, [])]
        return list(dict.fromkeys(found))[:MOST_VALUES]


class ClientCheck:
    """The check of one file."""

    def __init__(self, source: Source, resolver: Resolver, names: Names) -> None:
        self.source = source
        self.resolver = resolver
        self.names = names
        self.nodes = list(walk(source.root))
        self.is_client = any(self._package(node) in PACKAGES for node in self.nodes)
        # Of a producer, and of a consumer.
        self.default_streams: dict[str, list[Value]] = {}
        self.reported: set[str] = set()
        self.has_servers = False
        # Where a source names servers, and which.
        self.servers: list[tuple[Node, str]] = []
        self.clients: list[Node] = []

    def find(self, project: ClientsProject) -> Iterator[Finding]:
        """All findings of the file, less those of its properties."""
        for node in self.nodes:
            if node.type in ("import_statement", "import_from_statement"):
                yield from self._import(node)
            elif node.type == "call":
                yield from self._call(node, project)
        yield from self._literals(FULL_NAME if project else FULL_NAME_BELOW_A_FOLDER)

    def _at(self, node: Node, kind: str, text: str, **more: Any) -> Finding:
        """The finding for a node, which may be in another file than this one."""
        source = self.resolver.project.owner(node).source
        return Finding.at(source, node, kind, text, **more)

    # Imports

    @staticmethod
    def _package(node: Node) -> str:
        if node.type == "import_from_statement":
            module = field(node, "module_name")
        elif node.type == "import_statement":
            module = next(iter(node.children_by_field_name("name")), None)
            module = field(module, "name") if module is not None and module.type == "aliased_import" else module
        else:
            return ""
        return text(module).split(".")[0] if module is not None else ""

    def _import(self, node: Node) -> Iterator[Finding]:
        package = self._package(node)
        if package == "confluent_kafka":
            yield self._at(
                node,
                "import",
                "confluent_kafka was the name of MapR's package from EEP 5.0 on: python -m mapr_streams_python run "
                "runs the program as it is",
            )
        if package in PACKAGES and node.type == "import_from_statement":
            module = field(node, "module_name")
            folder = text(module).split(".", 1)[1] if module is not None and "." in text(module) else ""
            if folder and not has_module(folder):
                yield self._at(node, "import", missing(f"has no module {folder}", folder))
            elif not folder or folder == "cimpl":
                for name in node.children_by_field_name("name"):
                    original = field(name, "name") if name.type == "aliased_import" else name
                    if original is not None and not has_name(text(original)):
                        problem = missing(f"has no {text(original)} to import", text(original))
                        yield self._at(name, "import", problem)
        elif package in PACKAGES:
            for name in node.children_by_field_name("name"):
                original = field(name, "name") if name.type == "aliased_import" else name
                folder = text(original).split(".", 1)[1] if original is not None and "." in text(original) else ""
                if folder and not has_module(folder):
                    yield self._at(name, "import", missing(f"has no module {folder}", folder))

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
        for node in self.nodes:
            parent = self.source.parent(node)
            if node.type != "string" or parent is None or parent.type in ("concatenated_string", "binary_operator"):
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
        if not is_clients_project:
            return
        # Pairs of a property and its value. Each file looks at all that its own clients are given, since a default
        # stream that stands in another file is this file's too.
        seen: set[int] = set()
        for node in self.nodes:
            if node.type == "call" and self.is_client and self._makes_client(node):
                self.clients.append(node)
                kind = "producer" if "Producer" in call_name(node) else "consumer"
                for key, value in self._configuration(node):
                    yield from self._property(key, value, kind, seen)
        # Dictionaries whose way to a client cannot be seen, by what they hold.
        for node in self.nodes:
            if node.type == "dictionary" and not any(child.id in seen for child in node.named_children):
                pairs = self.resolver.entries(node)
                if any(self._tells_a_configuration(literal(key)) for key, _ in pairs):
                    for key, value in pairs:
                        if _is_property(literal(key)):
                            yield from self._property(key, value, "", seen)
            elif node.type == "assignment":
                left, right = field(node, "left"), field(node, "right")
                item = field(left, "subscript") if left is not None and left.type == "subscript" else None
                if item is not None and right is not None and self._tells_a_configuration(literal(item)):
                    yield from self._property(item, right, "", seen)

    def _makes_client(self, call: Node) -> bool:
        """Whether it is a client's constructor, and none of the application's own with arguments of its own."""
        if call_name(call) not in CLIENTS:
            return False
        function = field(call, "function")
        return function is None or not self.resolver.project.owner(call).initialises_itself(text(function))

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
        pair = self.resolver.project.owner(key).source.parent(key)
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
                if number.isdecimal() and 0 < int(number) < SHORTEST[name]:
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
    for node in walk(source.root):
        if node.type == "call":
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


def _is_property(name: str | None) -> bool:
    return bool(name and PROPERTY.fullmatch(name) and _property_fate(name)[0] != "unknown")


def _requoted(string: str, new: str) -> str:
    quote = string[-1]
    return f"{quote}{new}{quote}"


def _too_short(name: str) -> str:
    if name == "session.timeout.ms":
        return "brokers refuse members of a group that have less than group.min.session.timeout.ms, which is 6000"
    return "MapR ignores it; on Kafka a message that is not delivered in that time has failed"
