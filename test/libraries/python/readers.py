"""Reads one stream with one library and prints each event as a line of JSON:
{"event","id","data"}. Ends at `goodbye`. Usage: readers.py LIBRARY URL
"""

import asyncio
import json
import os
import sys
import time

RECONNECT_SECONDS = 0.2


def report(event, id, data):
    print(json.dumps({"event": event or "", "id": id or "", "data": data}), flush=True)
    if event == "goodbye":
        # A client of this stream stops here, whatever its library would do.
        os._exit(0)


def read_httpx_sse(url):
    """The library reads one connection; reconnecting is up to its user."""
    import httpx
    from httpx_sse import connect_sse

    last_id = ""
    with httpx.Client(timeout=None) as client:
        while True:
            headers = {"Last-Event-ID": last_id} if last_id else {}
            try:
                with connect_sse(client, "GET", url, headers=headers) as source:
                    for event in source.iter_sse():
                        last_id = event.id or last_id
                        report(event.event, event.id, event.data)
            except httpx.TransportError as error:
                print(error, file=sys.stderr)
            time.sleep(RECONNECT_SECONDS)


def read_sseclient_py(url):
    """The library reads one response; reconnecting is up to its user."""
    import requests
    import sseclient

    last_id = ""
    while True:
        headers = {"Accept": "text/event-stream"}
        if last_id:
            headers["Last-Event-ID"] = last_id
        try:
            response = requests.get(url, stream=True, headers=headers)
            for event in sseclient.SSEClient(response).events():
                last_id = event.id or last_id
                report(event.event, event.id, event.data)
        except requests.RequestException as error:
            print(error, file=sys.stderr)
        time.sleep(RECONNECT_SECONDS)


def read_aiohttp_sse_client2(url):
    """The library reconnects by itself a few times, and then gives up: start again."""
    import aiohttp
    from aiohttp_sse_client2.client import EventSource

    async def read():
        last_id = ""
        while True:
            # aiohttp's line limit of 64 KiB is below what a snapshot may hold.
            session = aiohttp.ClientSession(
                read_bufsize=2**20, timeout=aiohttp.ClientTimeout(total=None)
            )
            headers = {"Last-Event-ID": last_id} if last_id else {}
            try:
                async with session, EventSource(url, session=session, headers=headers) as source:
                    async for event in source:
                        last_id = event.last_event_id or last_id
                        report(event.type, event.last_event_id, event.data)
            except (aiohttp.ClientError, ConnectionError) as error:
                print(error, file=sys.stderr)
            await asyncio.sleep(RECONNECT_SECONDS)

    asyncio.run(read())


READERS = {
    "httpx-sse": read_httpx_sse,
    "sseclient-py": read_sseclient_py,
    "aiohttp-sse-client2": read_aiohttp_sse_client2,
}

if __name__ == "__main__":
    READERS[sys.argv[1]](sys.argv[2])
