"""A user class that extends one of ours is measured, weighed and judged like it."""

from locust import FastHttpUser

from sigmic_load.run.kinds import kind_of, kinds, streams_of
from sigmic_load.users.stream import StreamUser
from tests.load import runs
from tests.load.own_locustfile import CartUser, IdleUser


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
