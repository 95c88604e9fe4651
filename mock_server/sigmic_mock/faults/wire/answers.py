"""The `answer.*` effects, each a function of a draft of the answer and the fault's parameters.

An effect returns False when there was nothing to change; then the fault has not fired.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.faults.wire.drafts import Draft
from sigmic_mock.faults.wire.json_paths import CHANGES, change_at, held, remove_at, set_at
from sigmic_mock.http.envelope import refusal_body

Params = Mapping[str, Any]
AnswerEffect = Callable[[Draft, Params], bool]


def alter(effect: str, draft: Draft, params: Params) -> bool:
    """Let an effect alter an answer that its fault means; return whether it has.

    `given` selects answers that have at each of these paths one of these values, as `a|b`; `saying` selects
    refusals with this text in the message.
    """
    is_meant = params.get("saying", "") in _message(draft) and all(
        any(str(container[key]) in values.split("|") for container, key in held(draft.json, path))
        for path, values in params.get("given", {}).items()
    )
    return is_meant and ANSWER_EFFECTS[effect](draft, params)


def _set(draft: Draft, params: Params) -> bool:
    return set_at(draft.json, params["path"], params["value"])


def _remove(draft: Draft, params: Params) -> bool:
    return remove_at(draft.json, params["path"])


def _rename(draft: Draft, params: Params) -> bool:
    path: str = params["path"]
    parent, _, last = path.rpartition(".")

    def renamed(value: Any) -> Any:
        if not isinstance(value, dict) or last not in value:
            return value
        return {params["to"] if key == last else key: item for key, item in value.items()}

    if parent:
        return change_at(draft.json, parent, renamed)
    before, draft.json = draft.json, renamed(draft.json)
    return bool(before != draft.json)


def _change(draft: Draft, params: Params) -> bool:
    change = CHANGES[params["into"]]
    path = params["path"]
    if path:
        return change_at(draft.json, path, change)
    before, draft.json = draft.json, change(draft.json)
    return bool(list(before) != list(draft.json)) if isinstance(before, dict) else before != draft.json


def _status(draft: Draft, params: Params) -> bool:
    before, draft.status = draft.status, params["status"]
    return bool(before != draft.status)


def _header(draft: Draft, params: Params) -> bool:
    """Set a header, or remove it; with `told` only if the answer has it."""
    name, value = params["name"], params["value"]
    if value is None:
        return draft.headers.pop(name, None) is not None
    before = draft.headers.get(name)
    if before is None and params.get("told"):
        return False
    draft.headers[name] = value
    return bool(before != value)


def _lift(draft: Draft, params: Params) -> bool:
    """Replace a member by the members of its value."""
    inner = draft.json.get(params["path"]) if isinstance(draft.json, dict) else None
    if not isinstance(inner, dict):
        return False
    del draft.json[params["path"]]
    draft.json.update(inner)
    return True


def _headers(draft: Draft, params: Params) -> bool:
    """Set several headers that are wrong only together."""
    changed = [_header(draft, {"name": name, "value": value}) for name, value in params["headers"].items()]
    return any(changed)


def _replace(draft: Draft, params: Params) -> bool:
    """Replace the whole answer, as a proxy in front of the platform would."""
    draft.status = params["status"]
    draft.headers["Content-Type"] = params["type"]
    draft.body = params["body"].encode()
    return True


def _message(draft: Draft) -> str:
    """The message of a refusal; empty without one."""
    error = draft.json.get("error") if isinstance(draft.json, dict) else None
    return str(error.get("message", "")) if isinstance(error, dict) else ""


def _refuse(draft: Draft, params: Params) -> bool:
    refusal = ApiError(ErrorCode[params["code"]])
    draft.status, draft.json = refusal.status, refusal_body(refusal)
    return True


def _accept(draft: Draft, params: Params) -> bool:
    """Answer a refused request as if it had been accepted."""
    if draft.code is None:
        return False
    draft.status = params["status"]
    draft.json = {"success": True, "data": params["value"]}
    return True


def _write(draft: Draft, params: Params) -> bool:
    before, how = draft.as_bytes(), draft.writing
    for name, value in params.items():
        setattr(how, name, value)
    return draft.json is not None and draft.as_bytes() != before


def _cut_text(draft: Draft, params: Params) -> bool:
    """Leave out the last bytes and announce the shorter length: truncated JSON in a well-formed answer."""
    body = draft.as_bytes()
    draft.body = body[: max(0, len(body) - int(params["bytes"]))]
    return len(draft.body) < len(body)


def _alter(draft: Draft, params: Params) -> bool:
    """Flip the last byte, or add one, of a file's content: of any file, or of those `under` a folder."""
    body = draft.as_bytes()
    if not body or not draft.file.startswith(params.get("under", "")):
        return False
    draft.body = body + b"\n" if params["how"] == "longer" else body[:-1] + bytes([body[-1] ^ 1])
    return True


def _deliver(draft: Draft, params: Params) -> bool:
    if draft.is_last and params.get("hang_up"):
        return False
    for name, value in params.items():
        setattr(draft.delivery, name, value)
    return True


ANSWER_EFFECTS: Mapping[str, AnswerEffect] = {
    "answer.set": _set,
    "answer.remove": _remove,
    "answer.rename": _rename,
    "answer.change": _change,
    "answer.lift": _lift,
    "answer.status": _status,
    "answer.header": _header,
    "answer.headers": _headers,
    "answer.replace": _replace,
    "answer.refuse": _refuse,
    "answer.accept": _accept,
    "answer.write": _write,
    "answer.cut-text": _cut_text,
    "answer.alter": _alter,
    "answer.deliver": _deliver,
}
