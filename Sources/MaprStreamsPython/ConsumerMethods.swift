import CPython
import PythonBridge

let consumerMethods: [Method] = [
    .fast(
        "subscribe", consumerSubscribe,
        """
        subscribe(topics, on_assign=None, on_revoke=None, on_lost=None, listener=None)
        --

        Subscribes to topics; replaces the subscription before.

        :param list topics: topic names; one that begins with ``^`` is a regular expression
        :param callable on_assign: called as ``on_assign(consumer, partitions)`` after a rebalance has given partitions; it
            may call assign() with other offsets, and where it does not, the partitions are assigned as they are
        :param callable on_revoke: called as ``on_revoke(consumer, partitions)`` before partitions are taken away
        :param callable on_lost: called in place of on_revoke where they are gone already
        :param listener: an object with these as methods, instead of them; it may stand in the place of on_assign
        :raises KafkaException: _INVALID_ARG for a bad list or expression; _UNKNOWN_GROUP without ``group.id``; _CONFLICT, in
            the MapR dialect, where the application has assigned partitions itself
        :raises TypeError: an argument has the wrong type
        :raises RuntimeError: the consumer is closed

        The callbacks run inside poll(), consume() and close(). ``rd_kafka_subscribe``.
        """),
    .none(
        "unsubscribe", consumerUnsubscribe,
        """
        unsubscribe()
        --

        Ends the subscription.

        :raises KafkaException: librdkafka refuses
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_unsubscribe``.
        """),
    .one(
        "assign", consumerAssign,
        """
        assign(partitions, /)
        --

        Consumes these partitions from now on, and none else.

        :param list(TopicPartition) partitions: where to go on; without an offset, from the committed one
        :raises KafkaException: librdkafka refuses
        :raises TypeError: partitions is no list of TopicPartition
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_assign``.
        """),
    .none(
        "unassign", consumerUnassign,
        """
        unassign()
        --

        Consumes no partitions any more.

        :raises KafkaException: librdkafka refuses
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_assign`` with no list.
        """),
    .one(
        "incremental_assign", consumerIncrementalAssign,
        """
        incremental_assign(partitions, /)
        --

        Adds partitions to those that are consumed.

        :param list(TopicPartition) partitions: the partitions
        :raises KafkaException: librdkafka refuses
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_incremental_assign``.
        """),
    .one(
        "incremental_unassign", consumerIncrementalUnassign,
        """
        incremental_unassign(partitions, /)
        --

        Takes partitions from those that are consumed.

        :param list(TopicPartition) partitions: the partitions
        :raises KafkaException: librdkafka refuses
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_incremental_unassign``.
        """),
    .fast(
        "assignment", consumerAssignment,
        """
        assignment(*args, **kwargs)
        --

        The partitions that are consumed. Arguments are ignored.

        :rtype: list(TopicPartition)
        :raises KafkaException: librdkafka refuses
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_assignment``.
        """),
    .fast(
        "poll", consumerPoll,
        """
        poll(timeout=None)
        --

        The next message or event; runs callbacks meanwhile.

        Check the message's error() to tell proper messages (None) from events and errors.

        :param float timeout: seconds to wait at the most; None or a negative number waits for ever
        :returns: a Message, or None where the time is over
        :rtype: Message or None
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_consumer_poll``. What a callback raises comes out of this call.
        """),
    .fast(
        "consume", consumerConsume,
        """
        consume(num_messages=1, timeout=None)
        --

        Up to so many messages and events; runs callbacks meanwhile.

        :param int num_messages: how many at the most, up to 1000000; more than 65536 are given in several calls
        :param float timeout: seconds to wait for all of them; None or a negative number waits for ever
        :returns: the messages that came in this time, maybe none
        :rtype: list(Message)
        :raises ValueError: num_messages is out of range
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_consume_batch_queue``. What a callback raises comes out of this call; messages that came with it are
        returned by the next call.
        """),
    .fast(
        "commit", consumerCommit,
        """
        commit(message=None, offsets=None, asynchronous=True, **kwargs)
        --

        Commits a message's offset + 1, a list of offsets, or what is stored for the current assignment.

        :param Message message: the message
        :param list(TopicPartition) offsets: the offsets; message and offsets exclude each other
        :param bool asynchronous: return at once; the result goes to ``on_commit``. Its old name ``async`` works too:
            ``commit(**{'async': False})``
        :returns: None, or, if it is not asynchronous, the partitions with their committed offsets
        :rtype: None or list(TopicPartition)
        :raises KafkaException: the commit has failed; _NO_OFFSET where there is nothing to commit
        :raises ValueError: message and offsets are both given
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_commit``, ``rd_kafka_commit_queue``.
        """),
    .fast(
        "committed", consumerCommitted,
        """
        committed(partitions, timeout=None)
        --

        The committed offsets of partitions.

        :param list(TopicPartition) partitions: the partitions
        :param float timeout: seconds to wait at the most; None or a negative number waits for the answer
        :returns: new TopicPartition objects; offset OFFSET_INVALID where nothing is committed
        :rtype: list(TopicPartition)
        :raises KafkaException: the request has failed
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_committed``.
        """),
    .fast(
        "position", consumerPosition,
        """
        position(partitions, timeout=None)
        --

        The offset after the last message that was consumed, for each partition.

        A partition that was not consumed yet has 0 in the MapR dialect, OFFSET_INVALID in Kafka's and where it has an
        error.

        :param list(TopicPartition) partitions: the partitions
        :param float timeout: accepted; there is nothing to wait for
        :returns: new TopicPartition objects
        :rtype: list(TopicPartition)
        :raises KafkaException: librdkafka refuses
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_position``.
        """),
    .fast(
        "get_watermark_offsets", consumerWatermarks,
        """
        get_watermark_offsets(partition, timeout=None, cached=False)
        --

        The first offset of a partition, and the one after the last.

        :param TopicPartition partition: the partition
        :param float timeout: seconds to wait at the most; None or a negative number waits for the answer
        :param bool cached: what the last fetch brought, without asking; OFFSET_INVALID where it is not known
        :returns: (low, high), or None where the time is over
        :rtype: tuple(int, int) or None
        :raises KafkaException: the request has failed
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_query_watermark_offsets``, ``rd_kafka_get_watermark_offsets``.
        """),
    .fast(
        "offsets_for_times", consumerOffsetsForTimes,
        """
        offsets_for_times(partitions, timeout=None)
        --

        The first offset from a time on, for each partition.

        :param list(TopicPartition) partitions: their offsets are the times, in milliseconds since the epoch
        :param float timeout: seconds to wait at the most; None or a negative number waits for the answer
        :returns: new TopicPartition objects; OFFSET_END where the partition has no later message
        :rtype: list(TopicPartition)
        :raises KafkaException: the request has failed
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_offsets_for_times``.
        """),
    .fast(
        "store_offsets", consumerStoreOffsets,
        """
        store_offsets(message=None, offsets=None)
        --

        Stores offsets for the next commit. ``enable.auto.offset.store`` must be false.

        :param Message message: store its offset + 1
        :param list(TopicPartition) offsets: the offsets; message and offsets exclude each other
        :raises KafkaException: the partition is not assigned, or offsets are stored automatically
        :raises ValueError: neither or both are given
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_offsets_store``.
        """),
    .fast(
        "seek", consumerSeek,
        """
        seek(partition)
        --

        Goes on from another offset of an assigned partition.

        :param TopicPartition partition: the partition and the offset
        :raises KafkaException: _STATE where it is not assigned
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_seek_partitions``.
        """),
    .fast(
        "pause", consumerPause,
        """
        pause(partitions)
        --

        Stops fetching partitions, which stay assigned.

        :param list(TopicPartition) partitions: the partitions
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_pause_partitions``.
        """),
    .fast(
        "resume", consumerResume,
        """
        resume(partitions)
        --

        Goes on fetching partitions.

        :param list(TopicPartition) partitions: the partitions
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_resume_partitions``.
        """),
    .fast("list_topics", consumerListTopics, listTopicsDocumentation),
    .none(
        "memberid", consumerMemberID,
        """
        memberid()
        --

        The group's name for this consumer, or None before it has joined.

        :rtype: str or None
        :raises RuntimeError: the consumer is closed

        ``rd_kafka_memberid``.
        """),
    .none(
        "close", consumerClose,
        """
        close()
        --

        Commits stored offsets, unless ``enable.auto.commit`` is false, leaves the group, and ends the consumer.

        Runs the last rebalance and commit callbacks. Closing again does nothing; every other call after it raises
        RuntimeError. Inside a callback of the same consumer it takes effect when the callback has returned.

        What a callback raises comes out of this call. ``rd_kafka_consumer_close_queue``.
        """),
    .none("__enter__", { object, _ in object.unsafelyUnwrapped.retained }, "__enter__()\n--\n\nThe consumer itself."),
    .fast("__exit__", consumerExit, "__exit__(exc_type, exc_value, traceback, /)\n--\n\nCloses the consumer."),
]
