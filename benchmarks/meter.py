"""Clocks around the chunks of a scenario, and what else a measured process can say about itself."""

import time


class Meter:
    """Times chunks of a loop, or marks one of them for callgrind.

    Chunk 0 warms up and is left out of the figures. On a machine shared with others, phases of up to twofold slowness
    come and go within seconds, so the steady figure is the cheapest of many short chunks.
    """

    def __init__(self, marks=None, marked_chunk=None):
        self.marks, self.marked_chunk = marks, marked_chunk
        self.cpu, self.wall = [], []
        self.process_total = self.wall_total = self.messages = 0

    def start(self, chunk=1):
        if self.marks and chunk == self.marked_chunk:
            self.marks.benchmark_begin()
        self._wall = time.perf_counter_ns()
        self._process = time.process_time_ns()
        self._thread = time.thread_time_ns()

    def stop(self, n, chunk=1):
        cpu = time.thread_time_ns() - self._thread
        process = time.process_time_ns() - self._process
        wall = time.perf_counter_ns() - self._wall
        if self.marks and chunk == self.marked_chunk:
            self.marks.benchmark_end()
        if chunk == 0:
            return
        self.cpu.append(cpu / n)
        self.wall.append(wall / n)
        self.process_total += process
        self.wall_total += wall
        self.messages += n

    def figures(self):
        if not self.messages:
            return {}
        cpu = sorted(self.cpu)
        return {
            "cpu_ns": cpu[0],
            "cpu_ns_median": cpu[len(cpu) // 2],
            "wall_ns": min(self.wall),
            "process_cpu_ns": self.process_total / self.messages,
            "msgs_s": self.messages * 1e9 / self.wall_total,
        }


def rss_mb():
    """Resident memory now, in MiB; 0 where /proc is missing."""
    return _status("VmRSS")


def peak_rss_mb():
    """The most resident memory this process had, in MiB.

    Read from /proc, because ru_maxrss starts at what the parent had when it forked.
    """
    peak = _status("VmHWM")
    if not peak:
        import resource

        # bytes on macOS, the only system here without /proc
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return peak


def _status(field):
    try:
        with open("/proc/self/status") as status:
            for line in status:
                if line.startswith(field):
                    return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


def quiet(limit=120.0):
    """Waits until the process rests: what was fetched is queued, what was produced is acknowledged.

    librdkafka tells nobody when its queues are full, so the CPU time of the whole process is watched instead.
    """
    rested, last, deadline = 0, time.process_time(), time.monotonic() + limit
    while rested < 4:
        if time.monotonic() > deadline:
            raise RuntimeError(f"the client did not come to rest within {limit:.0f} s")
        time.sleep(0.05)
        now = time.process_time()
        rested = rested + 1 if now - last < 0.0025 else 0
        last = now


def loop(names, body):
    """A function f(n, values) that runs ``body`` n times with ``names`` as local variables.

    Generated, so that every scenario's loop is the same ``for`` with nothing but the call that it measures inside.
    """
    source = ["def f(n, values):"]
    source += [f"    {name} = values[{name!r}]" for name in names]
    source += ["    for _ in range(n):"]
    source += ["        " + line for line in body.split("\n")]
    namespace = {}
    exec("\n".join(source), namespace)
    return namespace["f"]
