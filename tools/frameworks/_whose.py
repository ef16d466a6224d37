"""Says whose `confluent_kafka` a program gets, and with which librdkafka."""

import confluent_kafka

print(f"{confluent_kafka.__name__.partition('.')[0]}, librdkafka {confluent_kafka.libversion()[0]}")
