"""A steady, bounded load on the service: so many customers, each buying at its own pace."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

CUSTOMERS = 24
PACE_S = 0.5
"""Each customer's distance between two purchases: together 48 a second, whatever an answer takes below it."""


@contextmanager
def buying(port: int) -> Iterator[None]:
    """Customers come and buy until the block is left."""
    over = threading.Event()
    threads = [
        threading.Thread(target=_customer, args=(port, number, over), daemon=True)
        for number in range(CUSTOMERS)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join(5)


def _customer(port: int, number: int, over: threading.Event) -> None:
    due = time.monotonic() + PACE_S * number / CUSTOMERS
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    while not over.wait(max(0.0, due - time.monotonic())):
        due = max(due + PACE_S, time.monotonic())
        try:
            connection.request("GET", "/buy")
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            connection.close()  # the service is away for a moment; the next purchase connects anew
    connection.close()
