"""What Locust runs: `locust -f load/locustfile.py --host URL`. See docs/guides/load-test.md."""

from locust import events

from load.locust_shape import SigmicShape
from load.options import add_options
from load.users.chat import ChatUser
from load.users.poll import PollUser
from load.users.reconnect import ReconnectUser
from load.users.stream import StreamUser
from load.users.upload import UploadUser
from load.wiring import wire

__all__ = ["ChatUser", "PollUser", "ReconnectUser", "SigmicShape", "StreamUser", "UploadUser"]

events.init_command_line_parser.add_listener(add_options)
events.init.add_listener(wire)
