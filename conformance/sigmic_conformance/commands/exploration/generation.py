"""Draw requests for the operations of the contract with Schemathesis. Sends nothing.

Only its public API is used. A seed draws the same requests again, whatever the target answers.
"""

import copy
from collections.abc import Iterator, Sequence
from email.parser import BytesParser
from email.policy import HTTP
from random import Random
from typing import Any

import hypothesis
import requests
import schemathesis
from hypothesis.errors import Unsatisfiable

from sigmic_conformance.commands.exploration.scope import TASK, Drawn
from sigmic_conformance.target.profile import Credentials, Profile
from sigmic_conformance.traffic.seed import source
from sigmic_conformance.wire.bodies import Plain
from sigmic_spec.document import Document

DOWNLOAD = "/api/v1/tasks/{id}/artifacts/download"
FORM = "multipart/form-data"
URL_ENCODED = "application/x-www-form-urlencoded"
_OFTEN, _SOMETIMES, _NOW_AND_THEN = 0.75, 0.25, 0.05


def drawn(
    profile: Profile, credentials: Credentials, operations: Sequence[str], *, seed: int, number: int
) -> list[Drawn]:
    """Draw this number of requests, or fewer if an operation has no more: half are valid, half invalid.

    Valid token exchanges have the credentials of the target's widget app, if there are any.
    """
    known, modes = Document.load().operations, tuple(schemathesis.GenerationMode)
    schema = _schema(profile)
    each = -(-number // (len(operations) * len(modes)))
    chance = source(seed, "explore")
    app_id, secret = credentials.app_id, credentials.app_secret
    app = {"appId": app_id, "appSecret": secret} if app_id and secret else {}
    found: list[Drawn] = []
    for name in operations:
        path = profile.artifact_download_path if name == "download_artifact" else known[name].path
        for mode in modes:
            strategy = schema[path][known[name].method].as_strategy(generation_mode=mode)
            cases = _cases(strategy, seed=seed, number=each)
            is_valid = mode is schemathesis.GenerationMode.POSITIVE
            for count, case in enumerate(cases, start=1):
                if name == "create_token" and is_valid and app and isinstance(case.body, dict):
                    case.body.update(app)
                lacking = _without_a_member(case.body, chance) if is_valid else ""
                how = f"without {lacking}" if lacking else "valid" if is_valid else "invalid"
                sound = is_valid and not lacking
                found.append(_request(name, f"{name}, {how} {count}", case, chance, is_valid=sound))
    chance.shuffle(found)
    return found[:number]


def _cases(strategy: Any, *, seed: int, number: int) -> Iterator[schemathesis.Case[Any]]:
    """Cases of a strategy; nothing is shrunk, because no case fails while they are drawn."""
    cases: list[schemathesis.Case[Any]] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=number,
        phases=[hypothesis.Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(strategy)
    def draw(case: schemathesis.Case[Any]) -> None:
        cases.append(case)

    try:
        draw()
    except Unsatisfiable:  # an operation that has no invalid request
        return
    yield from cases


def _schema(profile: Profile) -> schemathesis.BaseSchema:
    """The contract with the target's own download path, for requests that we sign ourselves.

    URL-encoded forms are left out: a target may accept or refuse them (G-06).
    """
    raw: dict[str, Any] = copy.deepcopy(dict(Document.load().tree))
    raw["paths"][profile.artifact_download_path] = raw["paths"].pop(DOWNLOAD)
    raw.pop("security", None)
    raw["components"].pop("securitySchemes", None)
    for item in raw["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict):
                operation.pop("security", None)
                operation.get("requestBody", {}).get("content", {}).pop(URL_ENCODED, None)
    return schemathesis.openapi.from_dict(raw, config=schemathesis.Config())


def _request(name: str, label: str, case: schemathesis.Case[Any], chance: Random, *, is_valid: bool) -> Drawn:
    if "id" in case.path_parameters and chance.random() < _OFTEN:
        case.path_parameters["id"] = TASK
    secrets = _with_own_secrets(case.body, chance)
    prepared = requests.Request(**case.as_transport_kwargs(base_url="http://target")).prepare()
    declared = {header.lower() for header in case.headers} - {"content-type"}
    return Drawn(
        operation=name,
        label=label,
        method=case.method,
        target=prepared.path_url,
        headers=tuple((key, value) for key, value in prepared.headers.items() if key.lower() in declared),
        body=_body(prepared.body, str(prepared.headers.get("Content-Type", ""))),
        secrets=secrets,
        is_valid=is_valid,
        is_signed=chance.random() >= _NOW_AND_THEN,
    )


def _without_a_member(body: Any, chance: Random) -> str:
    """Take a member of some bodies away; its name. A fuzzer seldom draws a body with only this mistake."""
    if not isinstance(body, dict) or not body or chance.random() >= _SOMETIMES:
        return ""
    name = chance.choice(list(body))
    del body[name]
    return str(name)


def _with_own_secrets(body: Any, chance: Random) -> tuple[str, ...]:
    """Replace the drawn values of `secrets` by unique ones: `0` occurs in every answer."""
    values = body.get("secrets") if isinstance(body, dict) else None
    if not isinstance(values, dict):
        return ()
    names = [name for name, value in values.items() if isinstance(value, str)]
    values |= {name: f"kept-{chance.getrandbits(96):024x}" for name in names}
    return tuple(values[name] for name in names)


def _body(content: Any, content_type: str) -> Plain | None:
    if content is None:
        return None
    whole = content.encode() if isinstance(content, str) else bytes(content)
    return Plain(whole, content_type=content_type, description=described(whole, content_type))


def described(body: bytes, content_type: str) -> tuple[str, ...]:
    """The parts of a form as text, as in `Form.description`; empty for any other body."""
    if not content_type.lower().startswith(FORM):
        return ()
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    found = []
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        content = payload if isinstance(payload, bytes) else b""
        file = part.get_filename()
        text = content.decode("utf-8", "replace")
        found.append(f"{name}={text}" if file is None else f"{name}: {file} ({len(content)} bytes)")
    return tuple(found)
