"""The benchmark suite: the hot loops of a Kafka client, on any module with the confluent API.

``python -m benchmarks --help`` says how to run it, ``README.md`` how to read what it prints.

This package is imported by the measured processes too, so this file imports nothing: import time and memory of the
measured module would drown in ours.
"""
