"""Load with Locust: streams, token requests and publishers, against the service levels.

    npm run test:load

installs Locust and runs this file; by hand:

    pip install locust==2.47.0
    VX11_TOKEN=... locust -f test/load/locustfile.py --headless --host http://127.0.0.1:8000 \
        --users 200 --spawn-rate 20 --reset-stats --run-time 2m

Ends with exit code 1 when an objective of files/thresholds.json is missed: issuing p99 50 ms,
opening p99 500 ms, less than 1 % failed requests.
"""

import json
import os
import random
import time
import uuid
from pathlib import Path

import gevent
from locust import HttpUser, between, events, task

ROOT = Path(__file__).resolve().parents[2]
THRESHOLDS = json.loads((ROOT / "helm/vx11-operator/files/thresholds.json").read_text())
TOKEN = os.environ.get("VX11_TOKEN", "")
ISSUE = "/operator/api/events/sse-token"
STREAM = "/operator/api/events/stream"
LOOK_S = 0.01


def lines_of(response):
    """The lines of a stream as they arrive: byte by byte would cost more than the server does."""
    rest = b""
    for chunk in response.iter_content(chunk_size=None):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines


class Reader(HttpUser):
    """Opens a stream with a fresh token, reads for a while, resumes with the last id."""

    weight = 9
    wait_time = between(0.1, 1)
    last_id = ""

    @task
    def read(self):
        issued = self.client.post(ISSUE, headers={"X-VX11-Token": TOKEN})
        if issued.status_code != 200:
            return
        headers = {"Last-Event-ID": self.last_id} if self.last_id else {}
        started = time.perf_counter()
        until = time.monotonic() + random.uniform(5, 20)
        with self.client.get(
            STREAM,
            params={"token": issued.json()["sse_token"]},
            headers=headers,
            stream=True,
            catch_response=True,
            name="open stream",
            timeout=30,
        ) as stream:
            if stream.status_code != 200:
                stream.failure(str(stream.status_code))
                return
            lines = lines_of(stream)
            first = next(lines, None)
            opened = (time.perf_counter() - started) * 1000
            events.request.fire(
                request_type="SSE",
                name="first byte",
                response_time=opened,
                response_length=len(first or b""),
                exception=None if first is not None else EOFError("no frame"),
                context={},
            )
            stream.success()
            for line in lines:
                if line.startswith(b"id: "):
                    self.last_id = line[4:].decode()
                if time.monotonic() > until:
                    break


class Publisher(HttpUser):
    weight = 1
    wait_time = between(0.2, 1)

    @task
    def publish(self):
        self.client.post(
            "/operator/api/events",
            headers={"X-VX11-Token": TOKEN},
            json={
                "event_type": "load.test",
                "module": "locust",
                "severity": "info",
                "summary": "Load test",
                "payload": {"mark": str(uuid.uuid4())},
            },
        )


delays = []


def watch_itself():
    """How late this process wakes up: by as much it may measure a response too long."""
    while True:
        before = time.perf_counter()
        gevent.sleep(LOOK_S)
        delays.append(time.perf_counter() - before - LOOK_S)


@events.test_start.add_listener
def watch(**_):
    gevent.spawn(watch_itself)


@events.test_start.add_listener
def needs_a_token(environment, **_):
    if not TOKEN:
        print("Set VX11_TOKEN to a principal token.")
        environment.process_exit_code = 2
        environment.runner.quit()


@events.quitting.add_listener
def judge(environment, **_):
    stats = environment.stats
    objectives = [
        ("failed requests", stats.total.fail_ratio, THRESHOLDS["errors"]["share"]),
        (
            "issuing p99, s",
            stats.get(ISSUE, "POST").get_response_time_percentile(0.99) / 1000,
            THRESHOLDS["issuing"]["sloSeconds"],
        ),
        (
            "opening p99, s",
            stats.get("first byte", "SSE").get_response_time_percentile(0.99) / 1000,
            THRESHOLDS["opening"]["sloSeconds"],
        ),
    ]
    late = sorted(delays)[int(len(delays) * 0.99)] if delays else 0
    print(f"Locust itself woke up late by up to {late:.4f} s (p99).")
    for name, value, limit in objectives:
        met = value <= limit
        print(f"{'✓' if met else '✗'} {name}: {value:.4f}, objective {limit}")
        if not met and not environment.process_exit_code:
            environment.process_exit_code = 1
