import CRdkafka

extension Client {
    /// Replaces `sasl.username` and `sasl.password`, for the connections that are made from now on.
    ///
    /// - Note: `rd_kafka_sasl_set_credentials`, which waits for nobody.
    public func setCredentials(username: String, password: String) throws(StreamsError) {
        try check(rd_kafka_sasl_set_credentials(handle, username, password))
        didSetCredentials(username, password)
    }
}
