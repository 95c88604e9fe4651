"""`load/locustfile.py` with a blocking call of `BLOCK_SECONDS` after some time."""

import os

import gevent
from gevent.monkey import get_original
from locust import events

from sigmic_load.locustfile import (
    ArrivalUser,
    ChatUser,
    PollUser,
    ReconnectUser,
    SigmicShape,
    StreamUser,
    UploadUser,
)

__all__ = ["ArrivalUser", "ChatUser", "PollUser", "ReconnectUser", "SigmicShape", "StreamUser", "UploadUser"]
AFTER = 8.0


def block(**_: object) -> None:
    """Block the whole process, including the event loop."""
    gevent.spawn_later(AFTER, get_original("time", "sleep"), float(os.environ["BLOCK_SECONDS"]))


events.test_start.add_listener(block)
