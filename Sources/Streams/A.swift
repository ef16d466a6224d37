import CRdkafka
public func librdkafkaVersion() -> Int { Int(rd_kafka_version()) }
