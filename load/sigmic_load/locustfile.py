"""The users, the shape and the listeners that Locust loads. See docs/guides/load-test.md."""

from locust import events

from sigmic_load.conduct.early_checks import check_early
from sigmic_load.conduct.wiring import wire
from sigmic_load.run.options import add_options
from sigmic_load.shapes.locust_shape import SigmicShape
from sigmic_load.users.arrival import ArrivalUser
from sigmic_load.users.chat import ChatUser
from sigmic_load.users.platform_user import PlatformUser
from sigmic_load.users.poll import PollUser
from sigmic_load.users.reconnect import ReconnectUser
from sigmic_load.users.stream import StreamUser
from sigmic_load.users.upload import UploadUser

__all__ = [
    "ArrivalUser",
    "ChatUser",
    "PlatformUser",
    "PollUser",
    "ReconnectUser",
    "SigmicShape",
    "StreamUser",
    "UploadUser",
]

events.init_command_line_parser.add_listener(add_options)
events.init_command_line_parser.add_listener(check_early)
events.init.add_listener(wire)
# Locust's page parses the options again whenever it is opened, while this process has their ports.
events.init.add_listener(lambda **_: events.init_command_line_parser.remove_listener(check_early))
