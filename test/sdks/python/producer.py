import os
import sys
import urllib.request

from cloudevents.core.bindings.http import to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

url = sys.argv[1]


def publish(form, message):
    headers = {**message.headers, "X-VX11-Token": os.environ["VX11_TOKEN"]}
    # http.client encodes header values as Latin-1.
    request = urllib.request.Request(url, data=message.body, headers=headers, method="POST")
    with urllib.request.urlopen(request) as answer:
        print(form, answer.status)


def event(form):
    return CloudEvent(
        attributes={
            "specversion": "1.0",
            "id": f"python-{form}",
            "source": "/sdk/python",
            "type": f"sdk.python.{form}",
            "subject": 'Zürich 100% "a"',
            "datacontenttype": "application/json",
            "tenant": "blau ü",
        },
        data={"big": 1524831183200260097, "text": "ü"},
    )


publish("structured", to_structured(event("structured"), JSONFormat()))
publish("binary", to_binary(event("binary"), JSONFormat()))
