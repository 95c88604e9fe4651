"""A user class that extends one of ours is measured, weighed and judged like it."""

from collections.abc import Collection, Mapping
from typing import ClassVar

from locust import FastHttpUser

from sigmic_load.measures.catalogue import COUNTS, DISTRIBUTIONS
from sigmic_load.run.kinds import kind_of, kinds, streams_of
from sigmic_load.users.platform_user import PlatformUser
from sigmic_load.users.stream import StreamUser
from tests.load import runs


class IdleUser(StreamUser):
    """Does what `StreamUser` does."""


class CartUser(PlatformUser):
    """Measures something of its own."""

    measures: ClassVar[Mapping[str, str]] = {"basket_total": "EUR"}
    counts: ClassVar[Collection[str]] = ("baskets",)


class PlainUser(FastHttpUser):
    """An ordinary user of Locust."""

    abstract = True


def test_the_name_of_a_class_is_inherited():
    assert [kind_of(each) for each in (StreamUser, IdleUser, CartUser, PlainUser)] == [
        "StreamUser",
        "StreamUser",
        "CartUser",
        "PlainUser",
    ]
    assert kinds([IdleUser, CartUser, StreamUser]) == ["CartUser", "StreamUser"]


def test_so_are_its_streams():
    workload = runs.made().settings.workload

    assert streams_of(IdleUser, workload) == streams_of(StreamUser, workload) == 100
    assert streams_of(CartUser, workload) == streams_of(PlainUser, workload) == 0


def test_the_measures_of_a_class_can_be_judged():
    assert (DISTRIBUTIONS["basket_total"].unit, DISTRIBUTIONS["basket_total"].users) == ("EUR", ["CartUser"])
    assert COUNTS["baskets"].users == ["CartUser"]
