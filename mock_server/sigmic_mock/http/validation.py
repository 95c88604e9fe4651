"""Validate requests against the document; errors name the field, never the value (V-07).

The rules are the document's own schemas. The document also determines the code of a refusal
(`x-error-code`).
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.json_values import NOUNS
from sigmic_mock.domain.tokens import lifetime_seconds
from sigmic_mock.domain.variables import check_variables
from sigmic_spec.document import Body, Document, Operation, Parameter, Validator
from sigmic_spec.nearest import nearest

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError

_MOST_QUERY_FIELDS = 64
_SHOWN_CHARACTERS = 40
_INTEGER_CHARACTERS = frozenset("-0123456789")
_SAID = {
    "minLength": "must not be empty",
    "maxItems": "has too many entries",
    "maxProperties": "has too many entries",
    "additionalProperties": "has a field that is not documented",
}
_LIMITS = {
    "maxLength": "is too long; the limit is {}",
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
}
_OF_DOMAIN: Mapping[ErrorCode, Callable[[str, object], object]] = {
    ErrorCode.INVALID_ENV: check_variables,
    ErrorCode.INVALID_EXPIRES_IN: lambda _, value: lifetime_seconds(value),
}
"""Refuses a field with this code, with its own message."""


def read_query(document: Document, operation: Operation, raw_query: str) -> dict[str, Any]:
    """Return the operation's query parameters, typed, with defaults. Raises VALIDATION_ERROR.

    Parameters that the document does not have are ignored; a known parameter may be given once.
    """
    if not operation.query_parameters:
        return {}
    given = _fields(raw_query)
    values: dict[str, Any] = {}
    for parameter in operation.query_parameters:
        texts = given.get(parameter.name, [])
        if len(texts) > 1:
            raise ApiError(ErrorCode.VALIDATION_ERROR, f"{parameter.name} may be given only once")
        if texts:
            values[parameter.name] = _typed(document, parameter, texts[0])
        elif parameter.required:
            raise ApiError(ErrorCode.VALIDATION_ERROR, f"{parameter.name} is required in the query")
        else:
            values[parameter.name] = parameter.default
    return values


def _fields(raw_query: str) -> dict[str, list[str]]:
    try:
        pairs = parse_qsl(
            raw_query, keep_blank_values=True, errors="strict", max_num_fields=_MOST_QUERY_FIELDS
        )
    except UnicodeDecodeError:
        raise ApiError(ErrorCode.VALIDATION_ERROR, "The query is not valid UTF-8") from None
    except ValueError:
        raise ApiError(ErrorCode.VALIDATION_ERROR, "The query has too many fields") from None
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields


def _typed(document: Document, parameter: Parameter, text: str) -> object:
    schema = document.schema(parameter.schema)
    value: object = text
    if schema.get("type") == "integer":
        # int() alone would accept "+1", "1_0", " 1" and the digits of other scripts.
        if not text or len(text) > _SHOWN_CHARACTERS or not _INTEGER_CHARACTERS.issuperset(text):
            raise ApiError(ErrorCode.VALIDATION_ERROR, f"{parameter.name} must be a whole number")
        try:
            value = int(text)
        except ValueError:
            raise ApiError(ErrorCode.VALIDATION_ERROR, f"{parameter.name} must be a whole number") from None
    for error in document.validator(parameter.schema).iter_errors(value):
        raise ApiError(ErrorCode.VALIDATION_ERROR, f"{parameter.name} {complaint(error)}")
    return value


def refusals(document: Document, body: Body, value: object) -> Iterator[ApiError]:
    """Yield the first error in each field of a body, in the schema's order, unknown fields last.

    Not all errors, because the library gives each one a copy of the value around it.
    """
    try:
        yield from _refusals(document, body, value)
    except ValueError:
        # The limit of jsonschema-rs is lower than that of Python's JSON reader.
        yield ApiError(ErrorCode.VALIDATION_ERROR, "The body is nested too deeply")


def _refusals(document: Document, body: Body, value: object) -> Iterator[ApiError]:
    validator = document.validator(body.schema)
    # Unlike is_valid, the slower validate reports that a body is nested too deeply.
    if validator.is_valid(value) or _first(validator, value) is None:
        return
    if not isinstance(value, dict):
        yield ApiError(ErrorCode.VALIDATION_ERROR, "The body must be an object")
        return
    schema = document.schema(body.schema)
    for name in schema["properties"]:
        complaint = _complaint_about(document, body, name, value)
        if complaint is not None:
            code = ErrorCode[body.refusals.get(name, "VALIDATION_ERROR")]
            yield _by_domain(code, name, value.get(name)) or ApiError(code, complaint)
    unknown = [name for name in value if name not in schema["properties"]]
    if unknown:
        names = ", ".join(repr(name[:_SHOWN_CHARACTERS]) for name in unknown[:3])
        yield ApiError(
            ErrorCode.VALIDATION_ERROR, f"Unknown field {names}; known are {', '.join(schema['properties'])}"
        )


def _complaint_about(document: Document, body: Body, name: str, value: Mapping[str, Any]) -> str | None:
    """Return what is wrong with a field; None if it is valid."""
    schema = document.schema(body.schema)
    if name not in value:
        if name not in schema.get("required", ()):
            return None
        unknown = [given for given in value if given not in schema["properties"]]
        instead = nearest(name, unknown) or next(iter(unknown), "")
        told = f"; {instead[:_SHOWN_CHARACTERS]!r} is not a field" if instead else ""
        return f"{name} is required{told}"
    error = _first(document.validator(f"{body.schema}/properties/{name}"), value[name])
    return None if error is None else f"{_where(name, error)} {complaint(error)}"


def _by_domain(code: ErrorCode, name: str, value: object) -> ApiError | None:
    """Return the domain's refusal of a field, which is more precise than a schema; None if it has none."""
    check_of_field = _OF_DOMAIN.get(code)
    try:
        if check_of_field is not None:
            check_of_field(name, value)
    except ApiError as refusal:
        return refusal
    return None


def _first(validator: Validator, value: object) -> "ValidationError | None":
    from jsonschema_rs import ValidationError

    try:
        validator.validate(value)
    except ValidationError as error:
        # Its frames refer to the caller, and so to the body and to the error itself: a cycle on Python 3.12.
        return error.with_traceback(None)
    return None


def check(document: Document, body: Body, value: object) -> None:
    """Raise the first of `refusals`."""
    for refusal in refusals(document, body, value):
        raise refusal


def _detail(error: "ValidationError", name: str) -> Any:
    """Return a detail that only errors of this kind have; the library's types do not declare it."""
    return getattr(error.kind, name)


def _where(name: str, error: "ValidationError") -> str:
    return ".".join([name, *(str(step)[:_SHOWN_CHARACTERS] for step in error.instance_path)])


def complaint(error: "ValidationError") -> str:
    """Return what is wrong with a value, without the value."""
    keyword = error.kind.name
    if keyword == "required":
        return f"{_detail(error, 'property')} is required"
    if keyword == "type":
        return f"must be {' or '.join(NOUNS[kind] for kind in _detail(error, 'types'))}"
    if keyword == "const":
        return f"must be {_detail(error, 'expected_value')}"
    if keyword == "enum":
        return f"must be one of {', '.join(str(option) for option in _detail(error, 'options'))}"
    if keyword in _LIMITS:
        return _LIMITS[keyword].format(_detail(error, "limit"))
    if keyword == "pattern" and _is_blank(error.instance):
        return "must not be blank"
    return _SAID.get(keyword, "is not valid")


def _is_blank(value: object) -> bool:
    return isinstance(value, str) and not any(
        character.isprintable() and character != " " for character in value
    )
