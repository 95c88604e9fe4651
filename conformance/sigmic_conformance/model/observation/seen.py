"""One observation of a run: an answer or a stream, its caller, and what was known of the task then."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sigmic_conformance.model.callers import SECOND, Caller, Key, Owner, Relation, User, relation
from sigmic_conformance.model.conversation import View
from sigmic_conformance.model.model import Model
from sigmic_conformance.model.page import Page
from sigmic_conformance.model.record.front_ends import (
    is_framed_twice,
    may_answer,
    may_have_answered,
    path_of,
)
from sigmic_conformance.model.record.never_answered import never_answered
from sigmic_conformance.model.requests import Asked, Certainty, SentMessage, asked
from sigmic_conformance.model.statuses import Observed
from sigmic_conformance.model.task import Task
from sigmic_conformance.model.turns import Turn
from sigmic_conformance.model.workspace import Download, Listing
from sigmic_conformance.wire.stream import Stream

TOO_MANY_REQUESTS, SERVER_ERROR = 429, 500
NO_ORIGIN = "ORIGIN_NOT_ALLOWED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen(Observed):
    """An answer or a stream of the run. `task` is that of the path, or the one that the answer created."""

    model: Model
    caller: Caller
    task: Task | None
    stream: Stream | None = None
    view: View | None = None

    @property
    def probe(self) -> str:
        """The probe that sent the request."""
        return self.exchange.probe

    @property
    def fields(self) -> Mapping[str, Any]:
        """The `data` of the answer when it is an object."""
        return self.exchange.fields

    @property
    def body(self) -> Asked:
        """The body of the request."""
        return asked(self.exchange.sent)

    @property
    def was_answered(self) -> bool:
        """True for an accepted or refused request, but not for a server error or a request to wait."""
        refused = self.exchange.refused and self.exchange.status != TOO_MANY_REQUESTS
        return self.exchange.succeeded or refused

    @property
    def was_decided(self) -> bool:
        """Like `was_answered`, and True for the platform's own server error: no gateway answers 500.

        That a request is never answered is such an error, too.
        """
        return self.was_answered or self.exchange.status in {SERVER_ERROR, None}

    @property
    def relation(self) -> Relation:
        """Relation of the caller to the task."""
        return self.relation_to(self.task.owner if self.task else None)

    def relation_to(self, owner: Owner | None) -> Relation:
        """Relation of the caller to an owner of tasks; users of an app belong to the project of its owner."""
        if isinstance(owner, User) and isinstance(self.caller.owner, User):
            apps = {owner.app, self.caller.owner.app}
            if apps & self.model.owners_apps and apps & self.model.foreign_apps:
                return Relation.OTHER_PROJECT
        if isinstance(owner, User) and self.caller.owner == Key(SECOND):
            return Relation.OTHER_PROJECT if owner.app in self.model.owners_apps else Relation.UNKNOWN
        return relation(self.caller.owner, owner)

    @property
    def is_own(self) -> bool:
        """True for the owner of the task, unless its token came from an origin that may be refused (A-12)."""
        return self.relation is Relation.OWN and not self.from_elsewhere

    @property
    def from_elsewhere(self) -> bool:
        """True for an `Origin` that is not the allowed one: a token may be refused there (A-12).

        A request without an `Origin` counts as well if its answer states this (G-90).
        """
        headers = {name.lower(): value for name, value in self.exchange.sent.headers}
        if "origin" not in headers:
            return self.exchange.code == NO_ORIGIN
        return headers["origin"] != self.model.profile.allowed_origin

    @property
    def may_answer_calls(self) -> bool:
        """True for the owner of the task, unless it is a token that is denied: no page grants it (G-70)."""
        denied = isinstance(self.caller.owner, User) and self.exchange.status in {401, 403}
        return self.is_own and not denied

    @property
    def creation(self) -> SentMessage | None:
        """The creation of the task, if it is part of the run."""
        return self.task.creation if self.task else None

    @property
    def turn(self) -> Turn | None:
        """The turn that was the last when the request was sent."""
        return self.task.turns.at(self.began) if self.task else None

    @property
    def listing(self) -> Listing | None:
        """The file list of an accepted answer."""
        lists = self.task.listings if self.task and self.exchange.ok else ()
        return next((each for each in lists if each.exchange is self.exchange), None)

    @property
    def download(self) -> Download | None:
        """The download of an answer."""
        downloads = self.task.downloads if self.task else ()
        return next((each for each in downloads if each.exchange is self.exchange), None)

    @property
    def page(self) -> Page | None:
        """The page in an answer with a list of tasks, if it has the form of one."""
        ok = self.exchange.ok and isinstance(self.exchange.data, list)
        return Page.of(self.exchange) if ok else None

    @property
    def rest(self) -> Turn | None:
        """The last turn, if the task was known to be idle during the whole observation."""
        return self.task.turns.at_rest(self.began, self.ended) if self.task else None

    def rest_on_arrival(self) -> Turn | None:
        """The last turn, if the owner's request reached the idle task, and no other message did."""
        task = self.task
        if task is None or not self.is_own:
            return None
        others = (
            each
            for each in task.messages
            if each.exchange is not self.exchange and each.certainty is not Certainty.REFUSED
        )
        if any(self.began <= each.sent < self.ended for each in others):
            return None
        return task.turns.at_rest(self.began, self.began)

    def restored(self, turn: Turn) -> int:
        """How often the session had been restored when a turn of the task ran."""
        return self.model.restores(self.task)[turn.number - 1] if self.task else 0


def every(model: Model) -> Iterator[Seen]:
    """All observations of a run by their start: each answered request of a documented operation.

    Of a request that is never answered, the first recorded attempt counts: later ones find a task that may
    have changed. An answer that a front end may have sent is excluded, whatever its format;
    the front end passes on a path with which another request was accepted.
    """
    views = {id(view.exchange): view for task in model.tasks.values() for view in task.views}
    lost = [
        next((each for each in attempts if not each.transient), attempts[-1])
        for attempts in model.record.derived(never_answered)
    ]
    passed = {path_of(exchange.sent) for exchange in model.exchanges if exchange.succeeded}
    for exchange in model.exchanges:
        operation = model.operation(exchange)
        if operation is None or (exchange.status is None and all(each is not exchange for each in lost)):
            continue
        # A request with two lengths may be split, so later answers may belong to any request.
        unsure = not exchange.succeeded and may_answer(exchange.sent, passed)
        if unsure or is_framed_twice(exchange.sent) or may_have_answered(exchange):
            continue
        name = exchange.fields.get("id") if operation == "create_task" else exchange.task
        is_stream = operation == "stream_task" and exchange.is_readable_stream
        yield Seen(
            model=model,
            exchange=exchange,
            operation=operation,
            caller=model.callers.of(exchange),
            task=model.tasks.get(name) if isinstance(name, str) else None,
            stream=model.record.read(exchange) if is_stream else None,
            view=views.get(id(exchange)),
        )
