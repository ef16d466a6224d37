# packages: faststream[confluent]==0.7.8
"""FastStream's confluent broker: publishers, subscribers of single messages and of batches, keys, headers, and acks."""

import asyncio

from mapr_streams_python import install_as
from mapr_streams_python.testing import MockCluster, unique_name

install_as("confluent_kafka")

from _administration import stand_in  # noqa: E402

stand_in()

from faststream import AckPolicy, FastStream  # noqa: E402
from faststream.confluent import KafkaBroker, KafkaMessage  # noqa: E402

ONE, MANY, OUT = unique_name("one"), unique_name("many"), unique_name("out")


async def main(servers: str) -> None:
    broker = KafkaBroker(servers, logger=None)
    app = FastStream(broker, logger=None)
    answered, batches = asyncio.Queue(), asyncio.Queue()

    @broker.subscriber(ONE, group_id="one", auto_offset_reset="earliest", ack_policy=AckPolicy.MANUAL)
    @broker.publisher(OUT)
    async def shout(text: str, message: KafkaMessage) -> str:
        assert message.headers["by"] == "a test" and message.raw_message.key() == b"k"
        await message.ack()
        return text.upper()

    @broker.subscriber(OUT, group_id="out", auto_offset_reset="earliest")
    async def collect(text: str) -> None:
        await answered.put(text)

    @broker.subscriber(MANY, group_id="many", auto_offset_reset="earliest", batch=True)
    async def batch(numbers: list[int]) -> None:
        await batches.put(numbers)

    running = asyncio.create_task(app.run())
    await asyncio.sleep(0)
    while not broker.running:
        await asyncio.sleep(0.05)
    await broker.publish("quietly", ONE, key=b"k", headers={"by": "a test"})
    await broker.publish_batch(1, 2, 3, topic=MANY)
    assert await asyncio.wait_for(answered.get(), 60) == "QUIETLY"
    seen: list[int] = []
    while len(seen) < 3:
        seen += await asyncio.wait_for(batches.get(), 60)
    assert sorted(seen) == [1, 2, 3], seen
    assert await broker.ping(10)
    app.exit()
    await asyncio.wait_for(running, 60)


with MockCluster() as cluster:
    asyncio.run(main(cluster.bootstrap_servers))
print("ok: publish, a chain of subscribers, batches, manual acks, ping")
