import CRdkafka

extension Record {
    /// Whether it is librdkafka's event that a topic of the subscription cannot be consumed, as a whole.
    ///
    /// Up to 2.16.1 at least such an event has partition 0, as if it were about that one; its text tells it from others.
    var isOfSubscribedTopic: Bool {
        guard isError, topic != nil, let text = value else { return false }
        let beginning: StaticString = "Subscribed topic not available:"
        return valueCount >= beginning.utf8CodeUnitCount
            && beginning.withUTF8Buffer { UnsafeRawBufferPointer(start: text, count: $0.count).elementsEqual($0) }
    }
}

extension Consumer {
    /// Takes the event that a subscribed topic does not exist, which is none in the MapR dialect: the log tells of it, once
    /// for each topic, and the topic is consumed when it appears.
    ///
    /// - Returns: whether it was that; then the record is destroyed.
    public func keepsToItself(_ record: Record) -> Bool {
        guard dialect == .mapr, record.errorCode == .unknownTopicOrPartition, record.isOfSubscribedTopic else {
            return false
        }
        let topic = record.topic?.name ?? ""
        record.destroy()
        if missing.withLock({ $0.insert(topic).inserted }), context.logLevel >= 4 {
            telling(ofMissing: topic).withCString { context.log(handle, 4, "NOTOPIC", $0) }
        }
        return true
    }

    private func telling(ofMissing topic: String) -> String {
        let both = names.bothNames(ofKafkaTopic: topic)
        if topic.utf8.first == .caret {
            let interval = "topic.metadata.refresh.interval.ms"
            return "no topic is there yet that the subscribed pattern \(both) matches: one is consumed when it appears,"
                + " for which the brokers are asked every \(interval) (\(property(interval) ?? ""))"
        }
        return "subscribed topic \(both) does not exist yet: it is consumed when it appears"
            + " (kafka-topics.sh --bootstrap-server … --create --topic '\(topic)')"
    }
}
