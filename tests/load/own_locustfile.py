"""User classes of others, beside ours: one extends `StreamUser`, one measures something of its own."""

from collections.abc import Collection, Mapping
from typing import ClassVar

from locust import task

from sigmic_load.locustfile import PlatformUser, SigmicShape, StreamUser

__all__ = ["CartUser", "IdleUser", "SigmicShape"]


class IdleUser(StreamUser):
    """Does what `StreamUser` does."""


class CartUser(PlatformUser):
    """Lists the tasks, and measures something of its own."""

    measures: ClassVar[Mapping[str, str]] = {"cart_total": "EUR"}
    counts: ClassVar[Collection[str]] = ("carts",)

    @task
    def shop(self) -> None:
        """Fill one cart."""
        self.call("GET", "/api/v1/tasks?limit=1", "list_tasks")
        self.recorder.sample("cart_total", 12.5)
        self.recorder.count("carts")
