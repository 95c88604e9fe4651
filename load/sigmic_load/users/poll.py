"""`PollUser`: a client without streams, which polls."""

import gevent
from locust import task

from sigmic_load.users.platform_user import FINISHED, TASKS, PlatformUser

PAUSE = 1.0
"""Seconds between two polls."""


class PollUser(PlatformUser):
    """Create a task, poll it until it has finished, list the tasks."""

    @task
    def poll(self) -> None:
        """Poll one task."""
        settings = self.settings
        created = self.create(settings["prompt"])
        if created is None:
            return
        for _ in range(settings["polls"]):
            shown = self.call("GET", f"{TASKS}/{created}", "get_task")
            if shown is not None and shown.get("status") in FINISHED:
                break
            gevent.sleep(PAUSE)
        else:
            self.cancel(created)
        self.call("GET", f"{TASKS}?limit=20", "list_tasks")
