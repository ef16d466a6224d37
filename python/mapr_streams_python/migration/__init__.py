"""For applications that were written for MapR and move to Apache Kafka: ``python -m mapr_streams_python``."""
