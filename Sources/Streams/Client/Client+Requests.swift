import CRdkafka

/// Questions that the cluster answers.
extension Client {
    /// Asks with no end to the waiting, as long as somebody may want the answer.
    ///
    /// librdkafka drops some questions where a group ends, and others wait for brokers that may never come: the thread that
    /// asks would wait for ever, and keep the client. So the question is asked anew where there is no answer in the time that
    /// librdkafka gives a broker for any; not once the client's owner has let go of it.
    /// - Parameters:
    ///   - milliseconds: how long at most; below 0 there is no end.
    ///   - ask: for so many milliseconds.
    func askUntilAnswered(
        milliseconds: Int32, _ ask: (_ milliseconds: Int32) throws(StreamsError) -> rd_kafka_resp_err_t
    ) throws(StreamsError) -> rd_kafka_resp_err_t {
        if milliseconds >= 0 { return try ask(milliseconds) }
        let round = property("socket.timeout.ms").flatMap { Int32($0) } ?? 60_000
        while true {
            let deadline = Deadline(milliseconds: round)
            let code = try ask(round)
            // The latter where no broker could be asked, and as well where one has hung up, which comes sooner.
            let hasNone =
                code == RD_KAFKA_RESP_ERR__TIMED_OUT
                || code == RD_KAFKA_RESP_ERR__TRANSPORT && deadline.remaining <= round / 10
            if !hasNone || isReleased { return code }
        }
    }
}
