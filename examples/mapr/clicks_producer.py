"""Sends page views to a stream that is named by its global path, cluster and all."""

import sys

from mapr_streams_python import Producer

p = Producer({})
for page in sys.argv[1:]:
    p.produce("/mapr/demo.mapr.com/apps/clicks:pageviews", page.encode("utf-8"))
p.flush()
