"""The little of librdkafka that the benchmark's broker needs, by ctypes.

The broker is not served by a module under test: whatever is measured meets the same broker and the same bytes.
"""

import ctypes
import ctypes.util
import os

PRODUCER, CONSUMER = 0, 1
FLAG_COPY = 2
V_END, V_RKT, V_PARTITION, V_VALUE, V_KEY, V_MSGFLAGS, V_TIMESTAMP, V_HEADER = 0, 2, 3, 4, 5, 7, 8, 9


class Memory(ctypes.Structure):
    _fields_ = [("pointer", ctypes.c_char_p), ("size", ctypes.c_size_t)]


class Header(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("value", ctypes.c_char_p), ("size", ctypes.c_ssize_t)]


class Argument(ctypes.Union):
    _fields_ = [
        ("pointer", ctypes.c_void_p),
        ("i32", ctypes.c_int32),
        ("i64", ctypes.c_int64),
        ("memory", Memory),
        ("header", Header),
        ("padding", ctypes.c_char * 64),
    ]


class Vu(ctypes.Structure):
    """rd_kafka_vu_t: one argument of rd_kafka_produceva."""

    _fields_ = [("kind", ctypes.c_int), ("u", Argument)]


def _load():
    name = os.environ.get("BENCHMARKS_LIBRDKAFKA") or ctypes.util.find_library("rdkafka") or "librdkafka.so.1"
    try:
        library = ctypes.CDLL(name)
    except OSError as error:
        raise SystemExit(
            f"The benchmark's broker needs librdkafka, and {name} could not be loaded ({error}).\n"
            "Install it (Debian: apt-get install librdkafka1), or set BENCHMARKS_LIBRDKAFKA to its "
            "path."
        ) from None
    pointer, string, integer = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    size, long = ctypes.c_size_t, ctypes.c_int64
    sizes = ctypes.POINTER(size)
    for function, result, *arguments in (
        ("version_str", string),
        ("err2str", string, integer),
        ("conf_new", pointer),
        ("conf_set", integer, pointer, string, string, string, size),
        ("new", pointer, integer, pointer, string, size),
        ("destroy", None, pointer),
        ("topic_new", pointer, pointer, string, pointer),
        ("topic_destroy", None, pointer),
        ("produceva", pointer, pointer, ctypes.POINTER(Vu), size),
        ("error_string", string, pointer),
        ("poll", integer, pointer, integer),
        ("flush", integer, pointer, integer),
        (
            "query_watermark_offsets",
            integer,
            pointer,
            string,
            ctypes.c_int32,
            ctypes.POINTER(long),
            ctypes.POINTER(long),
            integer,
        ),
        ("mock_cluster_new", pointer, pointer, integer),
        ("mock_cluster_destroy", None, pointer),
        ("mock_cluster_bootstraps", string, pointer),
        ("mock_topic_create", integer, pointer, string, integer, integer),
        ("NewTopic_new", pointer, string, integer, integer, string, size),
        ("NewTopic_destroy", None, pointer),
        ("CreateTopics", None, pointer, ctypes.POINTER(pointer), size, pointer, pointer),
        ("queue_new", pointer, pointer),
        ("queue_destroy", None, pointer),
        ("queue_poll", pointer, pointer, integer),
        ("event_error", integer, pointer),
        ("event_destroy", None, pointer),
        ("event_CreateTopics_result", pointer, pointer),
        ("CreateTopics_result_topics", ctypes.POINTER(pointer), pointer, sizes),
        ("topic_result_error", integer, pointer),
    ):
        entry = getattr(library, "rd_kafka_" + function)
        entry.restype, entry.argtypes = result, arguments
    return library


lib = _load()


def version():
    return lib.rd_kafka_version_str().decode()


def check(code, what):
    if code:
        raise RuntimeError(f"{what}: {lib.rd_kafka_err2str(code).decode()}")


def producer(config):
    """A producer handle; destroy it with ``lib.rd_kafka_destroy``."""
    reason = ctypes.create_string_buffer(512)
    conf = lib.rd_kafka_conf_new()
    for key, value in config.items():
        if lib.rd_kafka_conf_set(conf, key.encode(), str(value).encode(), reason, 512):
            raise RuntimeError(f"{key}: {reason.value.decode()}")
    handle = lib.rd_kafka_new(PRODUCER, conf, reason, 512)
    if not handle:
        raise RuntimeError(reason.value.decode())
    return handle


def create_topic(bootstrap, name, partitions):
    """Creates a topic on a real cluster. (The mock cluster of librdkafka 2.0.2 does not serve the request.)"""
    client = producer({"bootstrap.servers": bootstrap})
    queue = lib.rd_kafka_queue_new(client)
    reason = ctypes.create_string_buffer(512)
    topic = ctypes.c_void_p(lib.rd_kafka_NewTopic_new(name.encode(), partitions, 1, reason, 512))
    event = None
    try:
        if not topic:
            raise RuntimeError(f"{name}: {reason.value.decode()}")
        lib.rd_kafka_CreateTopics(client, ctypes.byref(topic), 1, None, queue)
        event = lib.rd_kafka_queue_poll(queue, 60000)
        if not event:
            raise RuntimeError(f"{name}: no answer from {bootstrap}")
        check(lib.rd_kafka_event_error(event), name)
        count = ctypes.c_size_t()
        results = lib.rd_kafka_CreateTopics_result_topics(
            lib.rd_kafka_event_CreateTopics_result(event), ctypes.byref(count)
        )
        check(lib.rd_kafka_topic_result_error(results[0]), name)
    finally:
        if event:
            lib.rd_kafka_event_destroy(event)
        lib.rd_kafka_NewTopic_destroy(topic)
        lib.rd_kafka_queue_destroy(queue)
        lib.rd_kafka_destroy(client)


def fill(bootstrap, name, partitions, count, value_bytes, key_bytes, headers):
    """Puts ``count`` messages into a topic, message i into partition i % partitions, and checks that all are there."""
    client = producer(
        {
            "bootstrap.servers": bootstrap,
            "linger.ms": 100,
            "batch.num.messages": 10000,
            "queue.buffering.max.messages": 2000000,
            "queue.buffering.max.kbytes": 2000000,
        }
    )
    topic = lib.rd_kafka_topic_new(client, name.encode(), None)
    value = b"v" * value_bytes
    kinds = [V_RKT, V_MSGFLAGS, V_VALUE, V_PARTITION, V_TIMESTAMP] + [V_KEY] * bool(key_bytes) + [V_HEADER] * headers
    arguments = (Vu * (len(kinds) + 1))()
    # each slot's accessor makes an object: taken out of the loop, which then writes through them
    slots = [argument.u for argument in arguments]
    for argument, kind in zip(arguments, kinds):
        argument.kind = kind
    arguments[len(kinds)].kind = V_END
    slots[0].pointer, slots[1].i32 = topic, FLAG_COPY
    slots[2].memory.pointer, slots[2].memory.size = value, len(value)
    key = slots[5].memory if key_bytes else None
    for k in range(headers):
        header = slots[len(kinds) - headers + k].header
        header.name, header.value, header.size = b"header-%d" % k, b"0123456789abcdef", 16
    send, length, partition, timestamp = lib.rd_kafka_produceva, len(kinds), slots[3], slots[4]
    for i in range(count):
        partition.i32 = i % partitions
        timestamp.i64 = 1700000000000 + i
        if key:
            text = b"%0*d" % (key_bytes, i)
            key.pointer, key.size = text, len(text)
        error = send(client, arguments, length)
        if error:
            raise RuntimeError(f"{name}: {lib.rd_kafka_error_string(error).decode()}")
    check(lib.rd_kafka_flush(client, 120000), name)
    low, high = ctypes.c_int64(), ctypes.c_int64()
    for p in range(partitions):
        check(
            lib.rd_kafka_query_watermark_offsets(
                client, name.encode(), p, ctypes.byref(low), ctypes.byref(high), 30000
            ),
            name,
        )
        if (low.value, high.value) != (0, count // partitions + (p < count % partitions)):
            raise RuntimeError(f"{name}: partition {p} holds {low.value} to {high.value}: the broker dropped messages")
    lib.rd_kafka_topic_destroy(topic)
    lib.rd_kafka_destroy(client)
