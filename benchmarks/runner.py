"""Runs one scenario on one subject, in a process of its own."""

import json
import subprocess

from .broker import Topic
from .subjects import ROOT

NOWHERE = ("127.0.0.1:1", "benchmark")


def topic_for(scenario, n, chunks):
    """The topic that a run needs, and how many messages it must hold: some are left over, and counted at the end."""
    total = n * (chunks + 1) + 1000 if chunks else n
    return Topic(total, scenario.size, scenario.key, scenario.headers) if scenario.topic == "full" else Topic(), total


def parameters(scenario, subject, brokers, *, purge=True, n=None, chunks=None, marks=None):
    """What a process is told of the one run that it is for.

    purge    empty the producer between chunks; False makes a new one, for subjects without purge()
    marks    library that marks the last chunk for callgrind
    """
    n = n or scenario.n
    chunks = scenario.chunks if chunks is None else chunks
    topic, total = topic_for(scenario, n, chunks)
    bootstrap, name = brokers.topic(topic) if scenario.topic else NOWHERE
    return {
        "scenario": scenario.name,
        "module": subject.module,
        "n": n,
        "chunks": chunks,
        "size": scenario.size,
        "key": scenario.key,
        "headers": scenario.headers,
        "bootstrap": bootstrap,
        "topic": name,
        "partitions": topic.partitions,
        "total": total,
        "purge": purge,
        "marks": marks,
        "root": ROOT,
    }


def environment(scenario, subject):
    """That of a process that runs the scenario: with a fixed hash seed, dictionaries of names collide alike."""
    return subject.environment(dict({"PYTHONHASHSEED": "0"}, **scenario.env))


def run(scenario, subject, brokers, *, purge=True, timeout=600):
    """The figures of one run; {"error": …} or {"unsupported": …} if there are none."""
    command = subject.command(parameters(scenario, subject, brokers, purge=purge))
    if command is None:
        return {"unsupported": "–"}
    try:
        done = subprocess.run(
            command,
            env=environment(scenario, subject),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
    except subprocess.TimeoutExpired:
        return {"error": f"not done within {timeout} s"}
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        reason = done.stderr.strip().splitlines() or ["no output"]
        return {"error": f"exit {done.returncode}: {reason[-1][:300]}"}
    return json.loads(lines[-1])
