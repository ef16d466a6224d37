"""A program that administers a cluster, as one is written for confluent-kafka 2.16: it uses all of its AdminClient.

python administers.py SERVERS OF_ALICE PREFIX prints what it has seen, a line each, without what differs between runs.
"""

from __future__ import annotations

import sys
import time
import warnings

from confluent_kafka import (
    OFFSET_END,
    Consumer,
    ConsumerGroupState,
    ConsumerGroupTopicPartitions,
    ConsumerGroupType,
    ElectionType,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Producer,
    TopicCollection,
    TopicPartition,
    libversion,
)
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ConfigSource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)

SERVERS, OF_ALICE, PREFIX = sys.argv[1:]
NEW = libversion()[1] >= 0x020600FF
WAIT = 60


def told(what, *found):
    print(what, *(str(each).replace(PREFIX, "-") for each in found), sep=" | ")


def failed(what, future):
    try:
        told(what, future.result(WAIT))
    except KafkaException as exception:
        error = exception.args[0]
        told(what, type(error).__name__, error.name(), error.retriable(), error.fatal())


def only(futures):
    (future,) = futures.values()
    return future


def until(look):
    ends = time.monotonic() + 600
    while time.monotonic() < ends:
        if look():
            return
        time.sleep(0.05)
    raise SystemExit("it has not come to that")


def topics(admin):
    name = f"{PREFIX}t"
    made = admin.create_topics(
        [
            NewTopic(name, num_partitions=2, replication_factor=1, config={"retention.ms": "5000"}),
            NewTopic(f"{PREFIX}bad", 1, 99),
        ],
        operation_timeout=30,
        request_timeout=40,
    )
    told("made", sorted(made), made[name].result(WAIT), made[name].done(), made[name].cancel())
    failed("made on too many", made[f"{PREFIX}bad"])
    failed("made again", admin.create_topics([NewTopic(name, 1, 1)])[name])
    failed("only validated", admin.create_topics([NewTopic(f"{PREFIX}v", 1, 1)], validate_only=True)[f"{PREFIX}v"])
    until(lambda: name in admin.list_topics(timeout=WAIT).topics)
    metadata = admin.list_topics(name, timeout=WAIT)
    found = metadata.topics[name]
    told("listed", found, found.error, sorted(found.partitions), found.partitions[0].replicas, found.partitions[0].isrs)
    told("brokers", sorted(metadata.brokers), metadata.controller_id in metadata.brokers, metadata.cluster_id is None)
    failed("more partitions", admin.create_partitions([NewPartitions(name, 3)])[name])
    failed("fewer partitions", admin.create_partitions([NewPartitions(name, new_total_count=1)])[name])
    until(lambda: len(admin.list_topics(name, timeout=WAIT).topics[name].partitions) == 3)
    return name


def configs(admin, name):
    resource = ConfigResource(ConfigResource.Type.TOPIC, name)
    entries = admin.describe_configs([resource])[resource].result(WAIT)
    entry = entries["retention.ms"]
    told("config", entry, entry.value, entry.source == ConfigSource.DYNAMIC_TOPIC_CONFIG.value, entry.is_default)
    told("flags", entry.is_read_only, entry.is_sensitive, entry.is_synonym, sorted(entry.synonyms))
    told("of synonyms", [type(each).__name__ for each in entry.synonyms.values()])
    failed("of nothing", only(admin.describe_configs([ConfigResource("topic", f"{PREFIX}missing")])))
    resource.set_config("cleanup.policy", "compact")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        failed("altered", admin.alter_configs([resource])[resource])
    told("warned", sorted({warning.category.__name__ for warning in caught}), len(resource))

    def value(name, of=resource):
        return admin.describe_configs([of], request_timeout=30)[of].result(WAIT)[name].value

    until(lambda: value("cleanup.policy") == "compact")
    told("taken back", value("retention.ms") != "5000")
    if NEW:
        change = ConfigResource("TOPIC", name)
        for args in (
            ("cleanup.policy", "delete", AlterConfigOpType.APPEND),
            ("retention.ms", "7000", AlterConfigOpType.SET),
        ):
            change.add_incremental_config(ConfigEntry(*args[:2], incremental_operation=args[2]))
        failed("changed", admin.incremental_alter_configs([change], validate_only=False)[change])
        until(lambda: value("retention.ms") == "7000")
        told("changed to", value("cleanup.policy"))
        back = ConfigEntry("retention.ms", None, incremental_operation=AlterConfigOpType.DELETE)
        less = ConfigEntry("cleanup.policy", "compact", incremental_operation=AlterConfigOpType.SUBTRACT)
        change = ConfigResource("topic", name, incremental_configs=[back, less])
        failed("changed back", admin.incremental_alter_configs([change])[change])
        until(lambda: value("cleanup.policy") == "delete")
    broker = ConfigResource(ResourceType.BROKER, "1")
    entries = admin.describe_configs([broker], broker=1)[broker].result(WAIT)
    told("broker", entries["node.id"].value, entries["node.id"].is_read_only)


def records(admin, name):
    producer = Producer({"bootstrap.servers": SERVERS})
    for number in range(10):
        producer.produce(name, str(number), key=str(number), partition=0)
    producer.flush()
    place = TopicPartition(name, 0, 3)
    if NEW:
        futures = admin.list_offsets(
            {TopicPartition(name, 0): OffsetSpec.latest(), TopicPartition(name, 1): OffsetSpec.earliest()},
            isolation_level=IsolationLevel.READ_UNCOMMITTED,
        )
        for partition, future in sorted(futures.items()):
            found = future.result(WAIT)
            told("offset", partition.partition, found.offset, found.timestamp, type(found.leader_epoch).__name__)
        failed("deleted too many", only(admin.delete_records([TopicPartition(name, 0, 99)])))
        deleted = admin.delete_records([place])
        told("deleted records", [(p.partition, f.result(WAIT).low_watermark) for p, f in deleted.items()])
        found = only(admin.delete_records([TopicPartition(name, 0, OFFSET_END)], operation_timeout=10))
        told("deleted all", found.result(WAIT).low_watermark)
        offset = only(admin.list_offsets({TopicPartition(name, 0): OffsetSpec.max_timestamp()})).result(WAIT)
        told("highest", offset.offset, offset.timestamp > 0)


def groups(admin, name):
    group = f"{PREFIX}g"
    config = {"bootstrap.servers": SERVERS, "group.id": group, "client.id": "reader", "auto.offset.reset": "earliest"}
    consumer = Consumer(config)
    consumer.subscribe([name])
    until(lambda: consumer.poll(0.05) is None and len(consumer.assignment()) == 3)
    consumer.commit(offsets=[TopicPartition(name, 0, 5)], asynchronous=False)
    listed = admin.list_consumer_groups(states={ConsumerGroupState.STABLE}, request_timeout=30).result(WAIT)
    mine = [each for each in listed.valid if each.group_id == group]
    told("listed", len(mine), mine[0].is_simple_consumer_group, mine[0].state, listed.errors)
    if NEW:
        listed = admin.list_consumer_groups(types={ConsumerGroupType.CLASSIC}).result(WAIT)
        told("type", [each.type for each in listed.valid if each.group_id == group])
    described = admin.describe_consumer_groups([group])[group].result(WAIT)
    told("described", described.state, described.partition_assignor, described.is_simple_consumer_group)
    member = described.members[0]
    told("member", member.client_id, member.group_instance_id, type(member.host).__name__)
    told("assigned", sorted(partition.partition for partition in member.assignment.topic_partitions))
    told("coordinator", described.coordinator.id, described.coordinator.id_string, described.authorized_operations)
    failed("deleted in use", admin.delete_consumer_groups([group])[group])
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        old = admin.list_groups(group, WAIT)[0]
    told("the older way", old, old.id, old.state, old.protocol_type, old.protocol, old.members[0].client_id, old.error)
    consumer.close()
    until(lambda: admin.describe_consumer_groups([group])[group].result(WAIT).state == ConsumerGroupState.EMPTY)
    asked = [ConsumerGroupTopicPartitions(group, [TopicPartition(name, 0), TopicPartition(name, 1)])]
    found = admin.list_consumer_group_offsets(asked, require_stable=True)[group].result(WAIT)
    told("offsets", found.group_id, [(each.partition, each.offset, each.error) for each in found.topic_partitions])
    asked = [ConsumerGroupTopicPartitions(group, [TopicPartition(name, 2, 0)])]
    found = admin.alter_consumer_group_offsets(asked)[group].result(WAIT)
    told("altered", [(each.partition, each.offset, each.error) for each in found.topic_partitions])
    found = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])[group].result(WAIT)
    told("all offsets", sorted((each.partition, each.offset) for each in found.topic_partitions))
    failed("group deleted", admin.delete_consumer_groups([group])[group])
    failed("group deleted again", admin.delete_consumer_groups([group])[group])


def descriptions(admin, name):
    cluster = admin.describe_cluster(include_authorized_operations=True).result(WAIT)
    told(
        "cluster", cluster.cluster_id == admin.list_topics(timeout=WAIT).cluster_id, cluster.controller.id in (1, 2, 3)
    )
    told(
        "nodes", [(node.id, node.rack) for node in cluster.nodes], AclOperation.CREATE in cluster.authorized_operations
    )
    topics = admin.describe_topics(TopicCollection([name, f"{PREFIX}missing"]), include_authorized_operations=True)
    topic = topics[name].result(WAIT)
    told("topic", topic.name, topic.is_internal, len(str(topic.topic_id)), topic.topic_id == topic.topic_id)
    told("may", sorted(topic.authorized_operations)[:2])
    told(
        "partitions", [(p.id, p.leader.id, [r.id for r in p.replicas], [r.id for r in p.isr]) for p in topic.partitions]
    )
    failed("topic of nothing", topics[f"{PREFIX}missing"])
    told("of none", admin.describe_topics(TopicCollection([])))
    elected = admin.elect_leaders(ElectionType.PREFERRED, [TopicPartition(name, 0)]).result(WAIT)
    for partition, error in elected.items():
        told("elected", partition.partition, type(error).__name__, error.name())
    told("all elected", admin.elect_leaders(ElectionType.PREFERRED).result(WAIT))


def access(admin, name):
    acl = AclBinding(
        ResourceType.TOPIC,
        name,
        ResourcePatternType.LITERAL,
        "User:alice",
        "*",
        AclOperation.READ,
        AclPermissionType.ALLOW,
    )
    failed("acl", admin.create_acls([acl])[acl])
    which = AclBindingFilter(
        ResourceType.TOPIC, name, ResourcePatternType.ANY, None, None, AclOperation.ANY, AclPermissionType.ANY
    )
    until(lambda: len(admin.describe_acls(which).result(WAIT)) == 1)
    told("acls", admin.describe_acls(which).result(WAIT), admin.describe_acls(which).result(WAIT) == [acl])
    told("deleted acls", admin.delete_acls([which])[which].result(WAIT))
    until(lambda: admin.describe_acls(which).result(WAIT) == [])


def users(admin):
    user = f"{PREFIX}u"
    info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
    failed("user", admin.alter_user_scram_credentials([UserScramCredentialUpsertion(user, info, b"secret")])[user])

    def is_there():
        return admin.describe_user_scram_credentials([user])[user].exception(WAIT) is None

    until(is_there)
    found = admin.describe_user_scram_credentials([user])[user].result(WAIT)
    told("user", found.user, [(i.mechanism, i.iterations) for i in found.scram_credential_infos])
    told("among all", user in admin.describe_user_scram_credentials().result(WAIT))
    deletion = UserScramCredentialDeletion(user, ScramMechanism.SCRAM_SHA_512)
    failed("deleted user", admin.alter_user_scram_credentials([deletion])[user])
    until(lambda: not is_there())
    failed("of nobody", admin.describe_user_scram_credentials([user])[user])


def main():
    errors, statistics = [], []
    admin = AdminClient(
        {
            "bootstrap.servers": SERVERS,
            "error_cb": errors.append,
            "stats_cb": statistics.append,
            "statistics.interval.ms": 100,
        }
    )
    name = topics(admin)
    configs(admin, name)
    records(admin, name)
    groups(admin, name)
    access(admin, name)
    if NEW:
        descriptions(admin, name)
        users(admin)
    until(lambda: admin.poll(0.1) is not None and statistics)
    told("statistics", type(statistics[0]).__name__, errors, len(admin) >= 0)
    wrong = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN", "log_level": 0}
    alice = AdminClient({"bootstrap.servers": OF_ALICE, **wrong, "sasl.username": "alice", "sasl.password": "wrong"})
    alice.set_sasl_credentials("alice", "alice-secret")
    told("alice", len(alice.list_topics(timeout=WAIT).brokers))
    failed("topic deleted", admin.delete_topics([name], operation_timeout=30)[name])
    until(lambda: name not in admin.list_topics(timeout=WAIT).topics)
    failed("topic deleted again", admin.delete_topics([name])[name])
    for call, *arguments in ((admin.create_topics, []), (admin.delete_topics, "t"), (admin.describe_topics, [name])):
        try:
            call(*arguments)
        except (TypeError, ValueError) as exception:
            told("refused", type(exception).__name__)
    told("constants", KafkaError.TOPIC_ALREADY_EXISTS, ConsumerGroupState.UNKOWN, ConfigResource.Type is ResourceType)


main()
