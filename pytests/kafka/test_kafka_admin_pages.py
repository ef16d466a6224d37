"""The functions of the pages about administration, called on a real Kafka."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from clusters import on_one_node
from group_steps import commit
from limits import HANG
from requires import is_since

from mapr_streams_python import Consumer, Producer, TopicPartition
from mapr_streams_python.admin import AdminClient, ConfigResource
from mapr_streams_python.testing import deliver, unique_name, wait_until

PAGES = Path(__file__).parents[2] / "docs" / "admin"

pytestmark = [
    on_one_node,
    pytest.mark.skipif(not PAGES.is_dir(), reason="the documentation is not part of this distribution"),
]


def functions(page: str) -> SimpleNamespace:
    text = (PAGES / f"{page}.md").read_text("utf-8")
    names: dict[str, object] = {}
    for block in re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        exec(compile(block, page, "exec"), names)
    return SimpleNamespace(**names)


@pytest.fixture
def admin(kafka_cluster):
    with AdminClient({"bootstrap.servers": kafka_cluster.bootstrap_servers}) as admin:
        yield admin


@pytest.fixture
def topic(kafka_cluster):
    name = unique_name("t")
    kafka_cluster.create_topic(name)
    with Producer({"bootstrap.servers": kafka_cluster.bootstrap_servers}) as producer:
        deliver(producer, name, [b"v"] * 3)
    return name


def committed(cluster, group, topic):
    with Consumer({"bootstrap.servers": cluster.bootstrap_servers, "group.id": group}) as consumer:
        return consumer.committed([TopicPartition(topic, 0)], HANG)[0].offset


def test_topics(kafka_cluster, admin):
    page, name = functions("topics"), unique_name("t")
    page.make(admin, name)
    assert kafka_cluster.leader(name, 2) == 1
    page.grow(admin, name, 5)
    wait_until(lambda: len(admin.list_topics(name, HANG).topics[name].partitions) == 5, HANG)
    page.remove(admin, name)
    assert name not in admin.list_topics(timeout=HANG).topics


def test_configurations(admin, topic):
    if not is_since("2.2.0"):
        return
    functions("configurations").keep_for_a_day(admin, topic)
    resource = ConfigResource("topic", topic)
    wait_until(
        lambda: admin.describe_configs([resource])[resource].result(HANG)["retention.ms"].value == "86400000", HANG
    )


def test_groups(kafka_cluster, admin, topic, capsys):
    config = {"bootstrap.servers": kafka_cluster.bootstrap_servers, "group.id": unique_name("g"), "client.id": "reader"}
    with Consumer(config) as consumer:
        consumer.subscribe([topic])
        wait_until(lambda: consumer.poll(0.05) is None and consumer.assignment(), HANG)
        functions("groups").tell_of_groups(admin)
        assert functions("groups").partitions_of_missing_groups(admin) == []
    assert f"{config['group.id']} reader " in capsys.readouterr().out


def test_offsets(kafka_cluster, admin, topic, capsys):
    page, group = functions("offsets"), unique_name("g")
    commit(kafka_cluster, group, topic, 2)
    if is_since("2.3.0"):
        page.go_back_to_the_beginning(admin, group, topic)
        assert committed(kafka_cluster, group, topic) == 0
    admin.reset_offsets(group, to="latest", apply=True)
    assert committed(kafka_cluster, group, topic) == 3
    page.read_the_last_hour_again(admin, group)
    assert committed(kafka_cluster, group, topic) == 0
    assert f'group "{group}"' in capsys.readouterr().out


def test_descriptions(admin, topic):
    if is_since("2.3.0"):
        assert functions("descriptions").leaders(admin, topic) == {0: 1}


def test_records(kafka_cluster, admin, topic):
    assert functions("records").forget(admin, topic, 0, 2) == 2
    with Consumer({"bootstrap.servers": kafka_cluster.bootstrap_servers, "group.id": unique_name("g")}) as consumer:
        assert consumer.get_watermark_offsets(TopicPartition(topic, 0), HANG) == (2, 3)


def test_access(admin):
    page, stream = functions("access"), f"/{unique_name('s')}/clicks"
    page.let_read(admin, "User:carol", stream)
    wait_until(lambda: [acl.name for acl in page.of_user(admin, "User:carol")] == [f"{stream}:"], HANG)


def test_users(admin):
    if not is_since("2.2.0"):
        return
    user = unique_name("u")
    functions("users").set_password(admin, user, b"secret")
    wait_until(lambda: admin.describe_user_scram_credentials([user])[user].exception(HANG) is None, HANG)
    found = admin.describe_user_scram_credentials([user])[user].result(HANG)
    assert [info.iterations for info in found.scram_credential_infos] == [8192]


def test_elections(admin):
    if is_since("2.6.0"):
        # One node leads what it is to lead.
        assert functions("elections").back_to_the_preferred(admin) == 0
