"""The variables of a task, and their values in the output of its commands."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from sigmic_conformance.model.callers import User
from sigmic_conformance.model.calls import Call
from sigmic_conformance.model.model import Model
from sigmic_conformance.model.observation.results import good_results
from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.requests import Asked, Form, asked
from sigmic_conformance.model.task import Task
from sigmic_conformance.wire import json_values

NOTHING = hashlib.sha256(b"").hexdigest()
_UNSET = hashlib.sha256(b"unset").hexdigest()


@dataclass(frozen=True, slots=True)
class Printed:
    """A variable in the output of a command: its digest, or with `plain` the value itself."""

    call: Call
    name: str
    shown: str
    plain: bool
    at: int

    @property
    def is_nothing(self) -> bool:
        """Whether it is the output for a variable that is unset or empty."""
        return self.shown in {"", NOTHING, _UNSET}

    def is_of(self, value: str) -> bool:
        """Whether it is the output for a variable of this value; some platforms strip the last line end."""
        return self.shown == value if self.plain else self.shown == hashlib.sha256(value.encode()).hexdigest()


_DIGEST = re.compile(r"\b[0-9a-f]{64}\b(?! [ *]\S*uploads/)")


_HASHED = re.compile(r'printf %s "\$(?:\{(\w+)(?:-unset)?\}|(\w+))" ?\| ?sha256sum')


_SHOWN = re.compile(r'(?:printenv (\w+)|printf (?:%s|\'%s\') "\$(\w+)")')


def printed_variables(seen: Seen) -> Iterator[Printed]:
    """The variables in the output of commands: as many digests as variables, or exactly one value."""
    for result in good_results(seen):
        call, output = result.call, result.output or ""
        lines = call.lines.values()
        command = next((each for mark in ("$", "printenv") for each in lines if mark in each), "")
        hashed, shown = list(_HASHED.finditer(command)), _SHOWN.fullmatch(command.strip())
        digests = _DIGEST.findall(output)
        set_anew = any(f"{found[1] or found[2]}=" in command for found in hashed)
        if hashed and len(digests) == len(hashed) and not set_anew:
            for found, digest in zip(hashed, digests, strict=True):
                yield Printed(call, found[1] or found[2], digest, plain=False, at=result.at)
        elif shown:
            name = shown[1] or shown[2]
            yield Printed(call, name, output.removesuffix("\n"), plain=True, at=result.at)


def given(task: Task, kind: str) -> dict[str, str]:
    """The variables of a creation; empty if they are not known."""
    creation = task.creation
    if creation is None or creation.asked.form is not Form.JSON or not creation.asked.known:
        return {}
    values = json_values.fields(creation.asked.fields.get(kind))
    return {name: value for name, value in values.items() if isinstance(value, str)}


def token_requests(model: Model) -> list[tuple[User, Asked]]:
    """Each request for a token of an end user, with that user."""
    bodies = [asked(each.sent) for each in model.exchanges if model.operation(each) == "create_token"]
    named = [(body.fields.get("appId"), body.fields.get("endUserId"), body) for body in bodies]
    return [
        (User(app, user), body) for app, user, body in named if isinstance(app, str) and isinstance(user, str)
    ]


def given_to_users(seen: Seen, name: str) -> list[tuple[User, str]]:
    """The values in `env` of token exchanges for a variable of this name, with their end users."""
    bodies = seen.model.derived(token_requests)
    values = [(user, json_values.fields(body.fields.get("env")).get(name)) for user, body in bodies]
    return [(user, value) for user, value in values if isinstance(value, str)]
