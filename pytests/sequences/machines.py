"""What the sequences are made of: clients, and the calls on them, by Hypothesis.

Apart from the tests, since every worker of a test run imports those, and Hypothesis takes half a second of that.
"""

from hypothesis import HealthCheck, Phase, seed, settings, strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, precondition, rule, run_state_machine_as_test

TOPICS = ["first", "second"]

topics = st.sampled_from(TOPICS)
partition = st.tuples(topics, st.integers(0, 1), st.sampled_from([-1001, -2, -1, 0, 3])).map(list)
partitions = st.lists(partition, min_size=1, max_size=2)
waits = st.sampled_from([0, 0.01, 0.2])
strategies = ["range", "roundrobin", "cooperative-sticky"]


def call(method, *arguments, **keywords):
    return [method, arguments, keywords]


def calls_on_consumers(name):
    """One call on one of these consumers."""
    return st.one_of(
        st.builds(lambda n, t: call("plain", n, "poll", t), name, waits),
        st.builds(lambda n, c, t: call("plain", n, "consume", c, t), name, st.integers(0, 5), waits),
        st.builds(lambda n, t: call("subscribe", n, t, [], []), name, st.lists(topics, min_size=1, max_size=2)),
        st.builds(lambda n: call("plain", n, "unsubscribe"), name),
        st.builds(lambda n, p: call("with_partitions", n, "assign", p), name, partitions),
        st.builds(lambda n: call("plain", n, "unassign"), name),
        st.builds(lambda n, p: call("with_partitions", n, "incremental_assign", p), name, partitions),
        st.builds(lambda n, p: call("with_partitions", n, "incremental_unassign", p), name, partitions),
        st.builds(
            lambda n, p, m: call("with_partitions", n, m, p), name, partitions, st.sampled_from(["pause", "resume"])
        ),
        st.builds(lambda n, p: call("with_partition", n, "seek", p), name, partition),
        st.builds(lambda n, a: call("plain", n, "commit", asynchronous=a), name, st.booleans()),
        st.builds(lambda n, p: call("with_partitions", n, "committed", p, 1), name, partitions),
        st.builds(lambda n, p: call("with_partitions", n, "position", p), name, partitions),
        st.builds(lambda n, p: call("with_partitions", n, "store_offsets", p), name, partitions),
        st.builds(lambda n, p: call("with_partition", n, "get_watermark_offsets", p, 1), name, partition),
        st.builds(lambda n, m: call("plain", n, m), name, st.sampled_from(["assignment", "memberid", "close"])),
    )


def calls_on_producers(name):
    return st.one_of(
        st.builds(lambda n, t: call("plain", n, "poll", t), name, waits),
        st.builds(lambda n, t: call("plain", n, "flush", t), name, waits),
        st.builds(lambda n, t, s: call("produce", n, t, s, []), name, topics, st.sampled_from([0, 1, 600])),
        st.builds(lambda n, q: call("plain", n, "purge", q), name, st.booleans()),
        st.builds(lambda n: call("length", n), name),
        st.builds(lambda n: call("plain", n, "list_topics", None, 1), name),
        st.builds(lambda n: call("plain", n, "close", 1), name),
    )


class Clients(RuleBasedStateMachine):
    """Clients of one process, on one mock cluster."""

    theatre = None
    servers = ""
    number = 0

    def __init__(self):
        super().__init__()
        type(self).number += 1
        self.actor = self.theatre.actor()
        self.made = 0

    def teardown(self):
        self.actor.end()

    def ask(self, call):
        method, arguments, keywords = call
        self.actor.ask(method, *arguments, **keywords)

    def new_name(self, kind):
        self.made += 1
        return f"{kind}{self.made}"


class Consumers(Clients):
    """Every state that a group can be in, at a close, a drop or the end of the process."""

    consumers = Bundle("consumers")
    has_waited = False

    @rule(
        target=consumers,
        dialect=st.sampled_from(["mapr", "kafka"]),
        automatic=st.booleans(),
        strategy=st.sampled_from(strategies),
    )
    def make(self, dialect, automatic, strategy):
        # Members that disagree on the strategy make the mock cluster of librdkafka abort.
        return self.new_consumer(f"group-{self.number}-{strategy}", dialect, automatic, strategy)

    def new_consumer(self, group, dialect, automatic, strategy):
        name = self.new_name("consumer")
        config = {
            "bootstrap.servers": self.servers,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "session.timeout.ms": 6000,
            "log_level": 0,
            "streams.compatibility": dialect,
            "partition.assignment.strategy": strategy,
            "enable.auto.commit": automatic,
        }
        self.actor.ask("consumer", name, config)
        return name

    @rule(one=calls_on_consumers(consumers))
    def call(self, one):
        self.ask(one)

    @rule(
        name=consumers,
        chosen=st.lists(topics, min_size=1, max_size=2),
        on_assign=st.lists(calls_on_consumers(st.just("self")), max_size=2),
        on_revoke=st.lists(calls_on_consumers(st.just("self")), max_size=1),
    )
    def subscribe_with_callbacks(self, name, chosen, on_assign, on_revoke):
        for inner in (*on_assign, *on_revoke):
            inner[1] = (name, *inner[1][1:])
        self.actor.ask("subscribe", name, chosen, on_assign, on_revoke)

    @rule(name=consumers)
    def until_assigned(self, name):
        self.actor.ask("until_assigned", name)

    @rule(name=consumers, chosen=topics)
    def join(self, name, chosen):
        self.actor.ask("subscribe", name, [chosen], [], [])
        self.actor.ask("until_assigned", name)

    @rule(name=consumers, leaves=st.booleans(), chosen=topics)
    def change_the_subscription(self, name, leaves, chosen):
        if leaves:
            self.actor.ask("plain", name, "unsubscribe")
        self.actor.ask("subscribe", name, [chosen], [], [])

    @rule(name=consumers)
    def commit_between_polls(self, name):
        self.actor.ask("commit_between_polls", name)

    @rule(one=calls_on_consumers(consumers), other=calls_on_consumers(consumers))
    def two_threads(self, one, other):
        self.actor.ask("together", one, other)

    @rule(name=consumes(consumers))
    def drop(self, name):
        self.actor.ask("drop", name)

    @rule(
        name=consumes(consumers), joined=st.booleans(), last=calls_on_consumers(st.just("self")), closes=st.booleans()
    )
    def end_right_after(self, name, joined, last, closes):
        if joined:
            self.join(name, TOPICS[0])
        if last[0] == "subscribe":
            self.actor.ask("plain", name, "unsubscribe")
        last[1] = (name, *last[1][1:])
        self.ask(last)
        if closes:
            self.actor.ask("plain", name, "close")
        self.actor.ask("drop", name)

    # Once in a sequence: it takes three seconds.
    @precondition(lambda self: self.made and not self.has_waited)
    @rule(
        dialect=st.sampled_from(["mapr", "kafka"]),
        strategy=st.sampled_from(["range", "roundrobin", "range", "cooperative-sticky"]),
        leaves=st.sampled_from([True, True, False]),
        chosen=topics,
    )
    def close_while_a_subscription_waits(self, dialect, strategy, leaves, chosen):
        """For the end of a rebalance, which commits what was read: it must not come into force while the group ends.

        The consumer is alone in its group, so that nobody else's rebalance comes between. Most of them end librdkafka
        where the close does not end the subscription first: twenty sequences have some of those.
        """
        self.has_waited = True
        name = self.new_consumer(f"group-{self.number}-{self.made}-alone", dialect, True, strategy)
        self.join(name, TOPICS[0])
        self.actor.ask("plain", name, "poll", 1)
        self.change_the_subscription(name, leaves, chosen)
        self.actor.ask("plain", name, "close")
        self.actor.ask("drop", name)


class Producers(Clients):
    """Messages on their way at a close, a drop or the end of the process, and callbacks that use the producer."""

    producers = Bundle("producers")

    @rule(target=producers, dialect=st.sampled_from(["mapr", "kafka"]), linger=st.sampled_from([0, 5, 1000]))
    def make(self, dialect, linger):
        name = self.new_name("producer")
        config = {"bootstrap.servers": self.servers, "linger.ms": linger, "streams.compatibility": dialect}
        self.actor.ask("producer", name, config)
        return name

    @rule(one=calls_on_producers(producers))
    def call(self, one):
        self.ask(one)

    @rule(name=producers, topic=topics, inside=st.lists(calls_on_producers(st.just("self")), min_size=1, max_size=2))
    def produce_with_a_callback(self, name, topic, inside):
        for inner in inside:
            inner[1] = (name, *inner[1][1:])
        self.actor.ask("produce", name, topic, 10, inside)

    @rule(one=calls_on_producers(producers), other=calls_on_producers(producers))
    def two_threads(self, one, other):
        self.actor.ask("together", one, other)

    @rule(name=consumes(producers))
    def drop(self, name):
        self.actor.ask("drop", name)


def run(machine, number, examples, theatre, servers):
    """Tries some sequences, always the same ones of a number."""
    staged = type(machine.__name__, (machine,), {"theatre": theatre, "servers": servers, "number": number * 1000})
    run_state_machine_as_test(
        seed(number)(staged),
        settings=settings(
            max_examples=examples,
            stateful_step_count=14,
            deadline=None,
            database=None,
            # To make an example smaller takes minutes, where each try waits for a group.
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
