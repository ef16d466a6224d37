/// The known faults of librdkafka's releases, from 2.0.2 on: what its changelog, read up to 2.16.0, says of crashes, of hangs,
/// and of messages that are lost or come twice, and what was found beside it.
///
/// What makes a request fail, and says so, is not among them. docs/librdkafka.md has the table for people: `make lint` holds
/// it against this one.
public enum KnownFaults {
    public static let all: [KnownFault] = kept + notKept

    /// Whether the loaded librdkafka has a fault. Of a vendor's build, whose numbers are its own, nothing is known.
    public static func isLoaded(_ fault: KnownFault, version: Int32 = Librdkafka.version) -> Bool {
        !PropertyCatalogue.isStreamsBuild && fault.isIn(KnownFault.Release(version: version))
    }

    /// What to do without, where the application has not asked for it.
    static func avoid(in configuration: Configuration, of kind: ClientKind) {
        let release = KnownFault.Release(version: Librdkafka.version)
        if release >= .init(2, 10, 0) && kind == .admin {
            // What is remembered of groups' coordinators is forgotten once it was not looked at for so long.
            configuration.setDefault("metadata.max.age.ms", "2000")
        }
        if release >= .init(2, 5, 0) && release < .init(2, 10, 1) {
            configuration.setDefault("enable.metrics.push", "false")
        }
    }

    /// What is to be said of faults that a client meets. Each fault once: what is in `told` is not said again.
    ///
    /// A fault that comes with a property has a line of its own; those of any client of its kind share one.
    static func warnings(
        for client: ClientDescription, version: Int32 = Librdkafka.version, told: inout Set<Int>
    ) -> [String] {
        let release = KnownFault.Release(version: version)
        var lines: [String] = []
        var shared: [KnownFault] = []
        for (index, fault) in all.enumerated() where fault.isMet(by: client, with: release) {
            guard told.insert(index).inserted else { continue }
            if fault.kept == nil && fault.meets.isAnyOfAKind {
                shared.append(fault)
            } else {
                let mended = fault.mended.map { "; \($0.text) mends it" } ?? ""
                let who = (fault.exception ?? fault.meets).words
                lines.append(
                    "librdkafka \(release.text) has a known fault, which comes with \(who): \(fault.text)"
                        + " (issue \(fault.number))\(mended)")
            }
        }
        if let gravest = shared.max(by: { $0.gravity.rawValue < $1.gravity.rawValue }) {
            let mended = shared.compactMap { $0.mended }.max().map { "; \($0.text) mends them all" } ?? ""
            let kind =
                switch client.kind {
                case .consumer: "consumer"
                case .producer: "producer"
                case .admin: "client"
                }
            lines.append(
                "librdkafka \(release.text) has \(shared.count) known \(shared.count == 1 ? "fault" : "faults") that any"
                    + " \(kind) may meet, \(gravest.text) (issue \(gravest.number)) above all\(mended):"
                    + " see docs/librdkafka.md")
        }
        return lines
    }

    private typealias Fault = KnownFault

    // MARK: Kept from the application

    private static let kept = [
        Fault(
            "a request about a group, whose time is over before the group's coordinator is there, aborts when it comes",
            4605,
            mended: nil, .crashes, .administrators,
            kept: "ends such a request itself; librdkafka goes on with it for an hour at most"),
        Fault(
            "`rd_kafka_ListConsumerGroupOffsets` crashes where a broker answers that it is not the group's coordinator",
            0,
            mended: nil, .crashes, .administrators,
            kept: "asks with a handle that is of that group, which lasts for the request"),
        Fault(
            "a group whose consumer closes while a subscription is pending aborts", 0, mended: nil, .crashes, .groups,
            kept: "unsubscribes first"),
        Fault(
            "a subscription of a cooperative consumer that is about to join its group again aborts", 0, mended: nil,
            .crashes, .cooperative, kept: "begins the subscription anew"),
        Fault(
            "a partition that is taken away again at once is stopped twice, which aborts", 5574, mended: nil, .crashes,
            .consumers, kept: "changes the assignment once the change before is under way"),
        Fault(
            "a commit that comes when a closing group has just ended aborts", 0, mended: nil, .crashes, .groups,
            kept: "refuses it"),
        Fault(
            "what a group is asked while it ends is never answered", 0, mended: nil, .stops, .groups,
            kept: "asks nothing from then on, and raises"),
        Fault(
            "a partition that is twice in `rd_kafka_incremental_unassign`, or a topic's name of more than 512 bytes in `assign`,"
                + " aborts", 0, mended: nil, .crashes, .consumers, kept: "refuses it"),
        Fault(
            "a request for watermarks or offsets uses a client that is destroyed meanwhile", 5616,
            mended: .init(2, 16, 0), .crashes, .consumers, kept: "destroys a client after the last call that uses it"),
        Fault(
            "a batch (`rd_kafka_consume_batch_queue`) moves the stored position past errors and ends of partitions: a"
                + " commit skips a message", 4844, from: .init(2, 1, 0), mended: .init(2, 13, 2), .loses, .consumers,
            kept: "takes message by message in `consume()`"),
        Fault(
            "a batch (`rd_kafka_consume_batch_queue`) loses messages that it has taken when a rebalance, `pause` or `seek`"
                + " comes before it is full", 4208, mended: .init(2, 1, 0), .loses, .consumers,
            kept: "takes message by message in `consume()`, unless the application has assigned the partitions and"
                + " nothing pauses them meanwhile"),
        Fault(
            "a `pause`, `resume` or `seek` in the moment in which a partition begins to be fetched is dropped"
                + " (`_OUTDATED`)", 0, mended: nil, .stops, .consumers, kept: "asks again"),
        Fault(
            "a `pause` or `resume` in the moment in which a partition begins to be fetched makes librdkafka drop that: the"
                + " partition is assigned, and never read", 0, mended: nil, .stops, .consumers,
            kept: "lets the partition begin first, for a second at most"),
        Fault(
            "a batch goes on for as long as there are events, whatever time it has", 0, mended: nil, .stops, .consumers,
            kept: "takes message by message in `consume()` where there are callbacks for events"),
        Fault(
            "`rd_kafka_send_offsets_to_transaction` looks at no time while the coordinator of the group is not there: it"
                + " waits for ever, and all other calls are refused", 5456, mended: nil, .stops, .transactions,
            kept: "keeps the time itself, has the next call wait for what goes on, and has librdkafka look for the"
                + " coordinator again"),
        Fault(
            "`rd_kafka_send_offsets_to_transaction` waits for a coordinator of the group that is gone, though there is"
                + " another one, or the same again", 5511, from: .init(2, 10, 0), mended: nil, .stops, .transactions,
            kept: "has librdkafka look for the coordinator again"),
        Fault(
            "requests about a group, once its coordinator was gone, wait for that in vain, each for all of its time, though"
                + " there is another one, or the same again", 5511, from: .init(2, 10, 0), mended: nil, .stops,
            .administrators,
            kept: "sets `metadata.max.age.ms` to 2000 by default: two seconds after the last request it asks anew"),
        Fault(
            "`rd_kafka_commit_transaction` and `rd_kafka_abort_transaction` without a time wait for ever while the"
                + " transaction's coordinator is away", 0, mended: nil, .stops, .transactions,
            kept: "gives them `transaction.timeout.ms`"),
        Fault(
            "a configuration with plugins that is refused is freed twice", 4142, mended: .init(2, 13, 0), .crashes,
            .plugins, kept: "does not free it"),
        Fault(
            "`rd_kafka_produceva` frees single headers twice where the partition does not exist", 4627,
            mended: .init(2, 12, 0), .crashes, .producers,
            kept: "hands headers over as a list of its own, which is not affected"),
        Fault(
            "a request for watermarks goes on after its time-out", 4878, mended: .init(2, 12, 0), .stops, .consumers,
            kept: "asks on another thread, and waits no longer than it was told"),
        Fault(
            "a mock cluster aborts where members of a group have different assignors in front", 0, mended: nil,
            .crashes,
            .mockClusters, kept: "refuses the second one's subscription in the cluster's own process"),
        Fault(
            "the error of a mock cluster's topic (`rd_kafka_mock_topic_set_error`) makes clients that are told it crash",
            4907, from: .init(2, 3, 0), mended: .init(2, 10, 0), .crashes, .mockClusters, kept: "refuses the call"),
        Fault(
            "metrics that a broker asks for are read past their end", 5102, from: .init(2, 5, 0),
            mended: .init(2, 10, 1), .crashes, .metrics, kept: "sets `enable.metrics.push` to false by default",
            unless: .metrics),
        Fault(
            "metrics that a broker asks for end the connection to it again and again", 5106, from: .init(2, 5, 0),
            mended: .init(2, 10, 1), .stops, .metrics, kept: "sets `enable.metrics.push` to false by default",
            unless: .metrics),
        Fault(
            "metrics that a broker asks for, and that are none of librdkafka's, abort", 4833, from: .init(2, 5, 0),
            mended: .init(2, 5, 3), .crashes, .metrics, kept: "sets `enable.metrics.push` to false by default",
            unless: .metrics),
        Fault(
            "SCRAM fails with Apache Kafka 4.0 and later", 4895, mended: .init(2, 6, 1), .stops, .scram,
            kept: "names the fault, and the release that mends it, in the error"),
        Fault(
            "to resume a partition that is not paused fetches from an earlier position again", 4686,
            mended: .init(2, 4, 0), .repeats, .consumers, kept: "resumes what it has paused, and nothing else"),
        Fault(
            "a cooperative consumer that ends while it is assigned partitions hangs", 4527, mended: .init(2, 4, 0),
            .stops, .cooperative, kept: "answers that first"),
        Fault(
            "a cooperative consumer that ends before its first assignment aborts (`assignor_state`)", 4381,
            mended: .init(2, 3, 0), .crashes, .cooperative,
            kept: "ends its threads and connections, and does not free its handle: some 30 KiB"),
        Fault(
            "offsets that are stored without a leader epoch are not committed", 4442, from: .init(2, 1, 0),
            mended: .init(2, 3, 0), .repeats, .consumers, kept: "stores them with the epoch of the position"),
        Fault(
            "a batch crashes after an unknown topic was subscribed to", 4273, from: .init(2, 1, 0),
            mended: .init(2, 2, 0), .crashes, .consumers, kept: "takes message by message in `consume()`"),
        Fault(
            "a crash where `rd_kafka_message_leader_epoch` is asked of an error about an unknown topic", 4245,
            from: .init(2, 1, 0), mended: .init(2, 1, 1), .crashes, .consumers, kept: "asks from 2.1.1 on"),
    ]

    // MARK: Mended by a newer librdkafka alone

    private static let notKept = [
        // Those that come with a property.
        Fault(
            "a fatal error, \"rewound sequence number\" or \"sequence desynchronization\", after some leader changes"
                + " and time-outs", 4438, mended: .init(2, 3, 0), .stops, .idempotence),
        Fault(
            "a fatal error, \"Unable to reconstruct MessageSet\", when a large batch is sent again", 4736,
            from: .init(2, 2, 0), mended: .init(2, 5, 0), .stops, .idempotence),
        Fault("the assignor loops for ever", 4783, mended: .init(2, 6, 1), .stops, .cooperative),
        Fault(
            "fetching goes on from an earlier position after a change of the subscription", 4686,
            mended: .init(2, 4, 0), .repeats, .cooperative),
        Fault(
            "a commit during a rebalance loses the assignment", 4059, mended: .init(2, 10, 0), .repeats, .cooperative),
        Fault(
            "a partition whose offset is out of range on a follower is not fetched any more", 4616,
            mended: .init(2, 6, 1), .stops, .rack),
        Fault(
            "a crash where a fetch from a follower ends while offsets are listed", 4254, mended: .init(2, 1, 1),
            .crashes, .rack),
        Fault(
            "a crash with certain lengths of the client.id and of names of topics", 4689, mended: .init(2, 5, 0),
            .crashes, .longClientID),
        Fault(
            "a connection that ends during the validation of an offset resets it: messages are skipped, or come again",
            4294, from: .init(2, 1, 0), mended: .init(2, 2, 0), .loses, .tls),
        Fault(
            "the new protocol of groups is a preview, not for production", 4672, from: .init(2, 4, 0),
            mended: .init(2, 12, 0), .stops, .consumerProtocol),
        Fault(
            "a fatal error after max.poll.interval.ms was exceeded", 5541, from: .init(2, 12, 0),
            mended: .init(2, 15, 0), .stops, .consumerProtocol),
        Fault(
            "what brokers tell of their racks does not fit its buffer, which aborts", 4449, from: .init(2, 2, 0),
            mended: .init(2, 3, 0), .crashes, .narrowMachines),
        // Those of any client.
        Fault(
            "a crash where what brokers tell of a topic is an error", 4907, mended: .init(2, 10, 0), .crashes, .all),
        Fault(
            "memory is used after it was freed where a topic is deleted and created again", 4964, from: .init(2, 4, 0),
            mended: .init(2, 10, 0), .crashes, .all),
        Fault(
            "a broker that cannot be reached keeps the new coordinator or controller from being found", 4970,
            mended: .init(2, 10, 0), .stops, .all),
        Fault(
            "a loop of new starts after all brokers were down", 5088, from: .init(2, 10, 0), mended: .init(2, 10, 1),
            .stops, .all),
        Fault(
            "the brokers of bootstrap.servers are not asked again though those learned of are gone", 5560,
            from: .init(2, 10, 0), mended: .init(2, 16, 0), .stops, .all),
        Fault(
            "two threads race for a timer, which may call the wrong function", 5082, mended: .init(2, 14, 2), .crashes,
            .all),
        Fault(
            "what brokers of the Confluent Platform tell of their racks cannot be read", 4278, from: .init(2, 1, 0),
            mended: .init(2, 2, 0), .stops, .all),
        // Those of any consumer.
        Fault(
            "a crash where the coordinator is gone when a consumer leaves its group", 5327, mended: .init(2, 14, 2),
            .crashes, .groups),
        Fault(
            "memory is corrupted where no broker is connected", 5051, from: .init(2, 10, 0), mended: .init(2, 10, 1),
            .crashes, .groups),
        Fault("a close waits for ever after a partition was lost", 4187, mended: .init(2, 1, 0), .stops, .groups),
        Fault(
            "the destroy of a client hangs after a partition was removed", 4724, mended: .init(2, 6, 1), .stops,
            .consumers),
        Fault(
            "messages come twice where an answer meets the validation of an offset", 4261, from: .init(2, 1, 0),
            mended: .init(2, 1, 1), .repeats, .consumers),
        Fault(
            "a broker's name that is not resolved during the validation of an offset resets it: messages are skipped,"
                + " or come again", 4447, from: .init(2, 1, 0), mended: .init(2, 3, 0), .loses, .consumers),
        Fault(
            "a partition whose leader changes quickly has its offset validated for ever", 4433, from: .init(2, 1, 0),
            mended: .init(2, 3, 0), .stops, .consumers),
        Fault(
            "the end of a transaction is not committed as consumed", 4434, from: .init(2, 1, 0),
            mended: .init(2, 3, 0), .repeats, .groups),
        Fault(
            "a partition is not fetched any more from a new leader that tells no epoch", 4796, from: .init(2, 1, 0),
            mended: .init(2, 8, 0), .stops, .consumers),
        Fault(
            "a partition is not fetched any more from a new leader of the same epoch", 4804, from: .init(2, 4, 0),
            mended: .init(2, 8, 0), .stops, .consumers),
        Fault(
            "fetches fail for ever where inter.broker.protocol.version is before 2.8", 4806, from: .init(2, 5, 0),
            mended: .init(2, 6, 0), .stops, .consumers),
        Fault(
            "fetches fail with Apache Kafka before 2.7", 4870, from: .init(2, 6, 0), mended: .init(2, 6, 1), .stops,
            .consumers),
        Fault(
            "a commit that succeeds reports the error of one before", 5199, from: .init(2, 4, 0),
            mended: .init(2, 12, 0), .repeats, .groups),
    ]
}
