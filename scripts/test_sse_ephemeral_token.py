#!/usr/bin/env python3
"""Five smoke tests of a running VX11 Operator, in plain Python.

    VX11_URL=http://127.0.0.1:8000 VX11_TOKEN=... scripts/test_sse_ephemeral_token.py

VX11_TOKEN_FILE may name a file with the principal token instead; on a development machine
.data/dev-token is taken. Exit code 0 when all five pass, 1 when one fails, 2 without a token.
"""

import json
import os
import socket
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

URL = os.environ.get("VX11_URL", "http://127.0.0.1:8000").rstrip("/")
STREAM = "/operator/api/events/stream"
TIMEOUT_SEC = 15


def principal_token():
    token = os.environ.get("VX11_TOKEN") or os.environ.get("VX11_OPERATOR_TOKEN")
    if token:
        return token
    path = os.environ.get("VX11_TOKEN_FILE", ".data/dev-token")
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        sys.exit(f"No token: set VX11_TOKEN, or VX11_TOKEN_FILE; {path} cannot be read.")


def call(method, path, token=None, body=None):
    """Returns status and text; a refusal is a result, too."""
    headers = {"User-Agent": "vx11-smoke-python"}
    if token:
        headers["X-VX11-Token"] = token
    data = None
    if body is not None:
        data = json.dumps(body).encode()
        headers["Content-Type"] = "application/json"
    request = urllib.request.Request(URL + path, data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SEC) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()


def expect(actual, wanted, what):
    if actual != wanted:
        raise AssertionError(f"{what} is {actual}, not {wanted}")


def issue(token):
    status, text = call("POST", "/operator/api/events/sse-token", token)
    expect(status, 200, "the status of issuing")
    return json.loads(text)


def health(_token):
    status, text = call("GET", "/operator/api/health")
    expect(status, 200, "the status of /operator/api/health")
    expect(json.loads(text)["status"], "ok", "the health")


def no_credential(_token):
    expect(call("GET", STREAM)[0], 401, "the status without a credential")


def made_up_token(_token):
    status, _ = call("GET", f"{STREAM}?token={uuid.uuid4()}")
    expect(status, 403, "the status of a made-up token")


def sixty_seconds(token):
    answer = issue(token)
    expect(answer["expires_in_sec"], 60, "expires_in_sec")
    expect(answer["ttl_sec"], 60, "ttl_sec")
    expect(uuid.UUID(answer["sse_token"]).version, 4, "the version of the UUID")


def event_arrives(token):
    mark = str(uuid.uuid4())
    query = urllib.parse.urlencode({"token": issue(token)["sse_token"], "type": "vx11-python.smoke"})
    request = urllib.request.Request(
        f"{URL}{STREAM}?{query}", headers={"User-Agent": "vx11-smoke-python"}
    )
    deadline = time.monotonic() + TIMEOUT_SEC
    with urllib.request.urlopen(request, timeout=TIMEOUT_SEC) as stream:
        published = False
        for line in stream:
            if time.monotonic() > deadline:
                break
            text = line.decode().rstrip("\n")
            if text.startswith("event: snapshot") and not published:
                published = True
                event = {
                    "event_type": "vx11-python.smoke",
                    "module": "vx11-python",
                    "severity": "info",
                    "summary": "Smoke test",
                    "payload": {"mark": mark},
                }
                expect(call("POST", "/operator/api/events", token, event)[0], 202, "the status of publishing")
            if text.startswith("data: ") and mark in text:
                return
    raise AssertionError(f"the event did not arrive within {TIMEOUT_SEC} s")


TESTS = [
    ("the gateway and the backend answer", health),
    ("a stream without a credential is refused", no_credential),
    ("a made-up ephemeral token is refused", made_up_token),
    ("a token is issued for 60 seconds", sixty_seconds),
    ("a published event arrives on a stream", event_arrives),
]


def main():
    token = principal_token()
    failed = 0
    for claim, check in TESTS:
        started = time.monotonic()
        try:
            check(token)
            fault = ""
        except (AssertionError, KeyError, ValueError, OSError, socket.timeout) as error:
            fault = f": {error}"
            failed += 1
        took = round((time.monotonic() - started) * 1000)
        print(f"{'✗' if fault else '✓'} {claim} ({took} ms){fault}")
    print(f"{len(TESTS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
