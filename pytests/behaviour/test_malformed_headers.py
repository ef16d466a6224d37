"""Headers that another program has written wrong: the message is there, and asking for them says what is wrong."""

import copy
import pickle
import socket
import struct

import pytest
from limits import HANG

from mapr_streams_python import Consumer, KafkaError, KafkaException, TopicPartition
from mapr_streams_python.testing import MockCluster, read


def string(text):
    return struct.pack(">h", len(text)) + text.encode()


def varint(number):
    """A zigzag variable-length integer."""
    number = number << 1 ^ number >> 63
    encoded = b""
    while number > 0x7F:
        encoded += bytes([number & 0x7F | 0x80])
        number >>= 7
    return encoded + bytes([number])


def checksum(data):
    """CRC-32C."""
    remainder = 0xFFFFFFFF
    for byte in data:
        remainder ^= byte
        for _ in range(8):
            remainder = remainder >> 1 ^ (0x82F63B78 if remainder & 1 else 0)
    return remainder ^ 0xFFFFFFFF


def record(value, headers):
    """One of a batch, the only one."""
    content = b"\0" + varint(0) + varint(0) + varint(-1) + varint(len(value)) + value + headers
    return varint(len(content)) + content


def batch(content):
    """A batch of one record, as Kafka has them since 0.11."""
    checked = struct.pack(">hiqqqhii", 0, 0, 0, 0, -1, -1, -1, 1) + content
    tail = struct.pack(">ibI", -1, 2, checksum(checked)) + checked
    return struct.pack(">qi", 0, len(tail)) + tail


def send(servers, topic, records):
    """Produce to partition 0 without librdkafka, which writes no wrong headers."""
    host, port = servers.split(":")
    body = struct.pack(">hhi", -1, -1, 10000) + struct.pack(">i", 1) + string(topic) + struct.pack(">ii", 1, 0)
    request = struct.pack(">hhi", 0, 7, 1) + string("test") + body + struct.pack(">i", len(records)) + records
    with socket.create_connection((host, int(port)), HANG) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        assert connection.recv(4, socket.MSG_WAITALL)


TOO_SHORT = varint(1) + varint(100) + b"name"
TOO_MANY = varint(1000000)


@pytest.fixture(params=[TOO_SHORT, TOO_MANY], ids=["one that ends too soon", "too many"])
def message(request):
    with MockCluster() as cluster:
        cluster.create_topic("t")
        send(cluster.bootstrap_servers, "t", batch(record(b"value", request.param)))
        consumer = Consumer({"bootstrap.servers": cluster.bootstrap_servers, "group.id": "g"})
        consumer.assign([TopicPartition("t", 0, 0)])
        yield read(consumer, 1)[0], consumer
        consumer.close()


def says_so(call):
    with pytest.raises(KafkaException) as caught:
        call()
    error = caught.value.args[0]
    return error.code() == KafkaError._BAD_MSG and "headers that cannot be read" in error.str()


def test_to_ask_for_them_is_an_error_and_the_value_is_there(message):
    message, _ = message
    assert message.value() == b"value"
    assert message.error() is None
    assert says_so(message.headers)
    assert says_so(message.headers)


def test_the_error_stays_when_the_record_has_gone(message):
    message, consumer = message
    consumer.close()
    assert message.value() == b"value"
    assert says_so(message.headers)


def test_no_copy_goes_without_them(message):
    message, _ = message
    assert says_so(lambda: copy.copy(message))
    assert says_so(lambda: pickle.dumps(message))


def test_the_program_may_put_others_in_their_place(message):
    message, _ = message
    message.set_headers([("a", b"b")])
    assert message.headers() == [("a", b"b")]
