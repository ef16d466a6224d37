"""What a scenario is, and the table that those register themselves in which are imported; see scenarios.py."""

# Every figure that a scenario may report: (unit, which is better). "low" figures are costs, "high" ones are rates.
METRICS = {
    "cpu_ns": ("CPU ns/msg", "low"),
    "wall_ns": ("wall ns/msg", "low"),
    "process_cpu_ns": ("process CPU ns/msg", "low"),
    "msgs_s": ("msg/s", "high"),
    "busy_share": ("other thread's share", "high"),
    "p50_us": ("median µs", "low"),
    "p99_us": ("99 % µs", "low"),
    "import_ms": ("ms", "low"),
    "import_rss_mb": ("MB grown", "low"),
    "peak_rss_mb": ("peak MB", "low"),
    "rss_grown_mb": ("MB grown", "low"),
}

CHEAPEST = ("cpu_ns", "wall_ns")
THROUGHPUT = ("msgs_s", "cpu_ns", "process_cpu_ns", "peak_rss_mb")

SCENARIOS = {}


class Scenario:
    """One loop to measure.

    title    what the table calls it
    run      run(module, parameters, meter) -> extra figures or None; executed in a process of its own
    metrics  the figures shown, the main one first
    n        messages in a chunk; chunks: how many are measured, after one that warms up and checks the results
    topic    None: no broker is needed; "empty": a topic of four partitions; "full": one that holds every message
    counted  (n1, n2), the two chunk sizes run under callgrind, or None for a loop that waits
    env      environment of the measured process
    extra    left out unless asked for by name or by --all
    """

    __slots__ = (
        "name",
        "title",
        "run",
        "metrics",
        "n",
        "chunks",
        "size",
        "key",
        "headers",
        "topic",
        "counted",
        "env",
        "extra",
    )

    def __init__(self, name, title, run, metrics, n, chunks, size, key, headers, topic, counted, env, extra):
        self.name, self.title, self.run, self.metrics = name, title, run, metrics
        self.n, self.chunks, self.size, self.key, self.headers = n, chunks, size, key, headers
        self.topic, self.counted, self.env, self.extra = topic, counted, env or {}, extra


def scenario(
    name,
    title,
    *,
    metrics=CHEAPEST,
    n=5000,
    chunks=60,
    size=100,
    key=8,
    headers=0,
    topic=None,
    counted=None,
    env=None,
    extra=False,
):
    """Registers the decorated function as a scenario."""

    def register(run):
        SCENARIOS[name] = Scenario(name, title, run, metrics, n, chunks, size, key, headers, topic, counted, env, extra)
        return run

    return register
