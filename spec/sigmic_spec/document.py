"""The OpenAPI document as values: operations, error codes, event types, and a validator for any schema in it.

`spec/openapi.yaml` is read once per process and never changed. `Document.validator` enforces exactly what the
document says. A rule of the contract belongs into the document, not into code.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, Self
from urllib.parse import quote

from sigmic_spec import data, strict_yaml

if TYPE_CHECKING:
    import jsonschema_rs

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
SUCCESS = range(200, 300)
_URN = "urn:sigmic:openapi"
_MASK = "the value"
_ERROR_CODE = "#/components/schemas/ErrorCode"
_STREAM_EVENT = "#/components/schemas/StreamEvent"


class Validator(Protocol):
    """A compiled schema."""

    def is_valid(self, instance: Any) -> bool:
        """Return whether a JSON value matches the schema."""

    def iter_errors(self, instance: Any) -> Iterator["jsonschema_rs.ValidationError"]:
        """Yield every error; its `instance_path` is the place."""

    def validate(self, instance: Any) -> None:
        """Raise `jsonschema_rs.ValidationError` for the first error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One path, query or header parameter. `schema` is a pointer for `Document.validator`."""

    name: str
    location: str
    """`path`, `query` or `header`."""
    required: bool
    schema: str
    default: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A request body in one media type."""

    media_type: str
    schema: str
    refusals: Mapping[str, str]
    """Field name to error code, if a bad value of that field is not VALIDATION_ERROR (`x-error-code`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One documented answer of an operation."""

    status: int
    schemas: Mapping[str, str | None]
    """Media type to schema pointer; for `text/event-stream` the schema of one event; None for raw bytes."""
    headers: Mapping[str, bool]
    """Header name to whether it is required."""
    error_codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation: its route, its input, its answers."""

    operation_id: str
    method: str
    """Upper case."""
    path: str
    """With `{name}` for each path parameter."""
    tag: str
    parameters: tuple[Parameter, ...]
    security: tuple[frozenset[str], ...]
    """Alternatives, each a set of security schemes used together; empty if the operation is open."""
    bodies: Mapping[str, Body]
    """By media type; empty if the operation has no body."""
    body_required: bool
    responses: Mapping[int, Response] = field(repr=False)

    def parameters_in(self, location: str) -> tuple[Parameter, ...]:
        """Return the parameters in `path`, `query` or `header`, in the document's order."""
        return tuple(p for p in self.parameters if p.location == location)

    @property
    def query_parameters(self) -> tuple[Parameter, ...]:
        """The query parameters."""
        return self.parameters_in("query")

    @property
    def success(self) -> Response:
        """The answer on success: the lowest documented 2xx."""
        return self.responses[min(status for status in self.responses if status in SUCCESS)]


class Document:
    """The whole contract. Pointers are JSON pointers into it (`#/…`); their nodes never change."""

    def __init__(self, tree: Mapping[str, Any]) -> None:
        self._tree = tree
        self._validators: dict[str, Validator] = {}

    @classmethod
    def load(cls) -> "Document":
        """Return the package's own document, read on the first call."""
        return _load()

    @classmethod
    def parse(cls, text: str | bytes) -> Self:
        """Parse a document from YAML or JSON text; `yaml.YAMLError` if it is neither."""
        return cls(strict_yaml.read(text))

    @property
    def tree(self) -> Mapping[str, Any]:
        """The document, unprocessed."""
        return self._tree

    @cached_property
    def operations(self) -> Mapping[str, Operation]:
        """Every operation by its operationId, in the document's order."""
        found = (
            self._operation(path, method, item)
            for path, item in self._tree["paths"].items()
            for method in item
            if method in METHODS
        )
        return MappingProxyType({operation.operation_id: operation for operation in found})

    @cached_property
    def error_codes(self) -> frozenset[str]:
        """Every value that `error.code` can have."""
        return frozenset(self.schema(_ERROR_CODE)["enum"])

    @cached_property
    def event_schemas(self) -> Mapping[str, str]:
        """Event name to the pointer of its payload's schema (the JSON of the data line)."""
        payloads: dict[str, str] = {}
        for branch in self.schema(_STREAM_EVENT)["oneOf"]:
            properties = self.schema(branch["$ref"])["properties"]
            payloads[properties["event"]["const"]] = properties["data"]["contentSchema"]["$ref"]
        return MappingProxyType(payloads)

    def schema(self, pointer: str) -> Mapping[str, Any]:
        """Return the node at a pointer; `LookupError` if there is none."""
        node: Any = self._tree
        for part in pointer.removeprefix("#").split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            node = node[int(name)] if isinstance(node, list) else node[name]
        found: Mapping[str, Any] = node
        return found

    def follow(self, pointer: str) -> tuple[str, Mapping[str, Any]]:
        """Resolve nodes that are only a `$ref`: return the last pointer and its node."""
        node = self.schema(pointer)
        while set(node) == {"$ref"}:
            pointer = node["$ref"]
            node = self.schema(pointer)
        return pointer, node

    def pointer_of(self, operation: Operation) -> str:
        """Return the pointer to an operation."""
        return f"#/paths/{_escape(operation.path)}/{operation.method.lower()}"

    def validator(self, pointer: str) -> Validator:
        """Return the compiled schema at a pointer, compiled on first use; formats like date-time are checked.

        Its messages name fields and rules, never the wrong value, which may be a secret (V-07).
        """
        try:
            return self._validators[pointer]
        except KeyError:
            return self._validators.setdefault(pointer, self._compile(pointer))

    def _compile(self, pointer: str) -> Validator:
        import jsonschema_rs

        self.schema(pointer)
        reference = _URN + quote(pointer, safe="#/~")
        return jsonschema_rs.Draft202012Validator(
            {"$ref": reference}, registry=self._registry, validate_formats=True, mask=_MASK
        )

    @cached_property
    def _registry(self) -> "jsonschema_rs.Registry":
        import jsonschema_rs

        return jsonschema_rs.Registry([(_URN, dict(self._tree))])

    def _operation(self, path: str, method: str, item: Mapping[str, Any]) -> Operation:
        at = f"#/paths/{_escape(path)}"
        node = item[method]
        security = node.get("security", self._tree.get("security", []))
        body = node.get("requestBody", {})
        return Operation(
            operation_id=node["operationId"],
            method=method.upper(),
            path=path,
            tag=node["tags"][0],
            parameters=(
                *self._parameters(f"{at}/parameters", item.get("parameters", [])),
                *self._parameters(f"{at}/{method}/parameters", node.get("parameters", [])),
            ),
            security=tuple(frozenset(alternative) for alternative in security),
            bodies=MappingProxyType(
                {
                    media_type: self._body(
                        media_type, f"{at}/{method}/requestBody/content/{_escape(media_type)}"
                    )
                    for media_type in body.get("content", {})
                }
            ),
            body_required=body.get("required", False),
            responses=MappingProxyType(
                {
                    int(status): self._response(int(status), f"{at}/{method}/responses/{status}")
                    for status in node["responses"]
                }
            ),
        )

    def _parameters(self, at: str, nodes: list[Any]) -> Iterator[Parameter]:
        for index, _ in enumerate(nodes):
            pointer, node = self.follow(f"{at}/{index}")
            schema, definition = self.follow(f"{pointer}/schema")
            yield Parameter(
                name=node["name"],
                location=node["in"],
                required=node.get("required", False),
                schema=schema,
                default=definition.get("default"),
            )

    def _body(self, media_type: str, at: str) -> Body:
        pointer, schema = self.follow(f"{at}/schema")
        refusals: dict[str, str] = {}
        for name, own in schema.get("properties", {}).items():
            _, target = self.follow(own["$ref"]) if "$ref" in own else ("", own)
            code = own.get("x-error-code", target.get("x-error-code"))
            if code is not None:
                refusals[name] = code
        return Body(media_type=media_type, schema=pointer, refusals=MappingProxyType(refusals))

    def _response(self, status: int, at: str) -> Response:
        pointer, node = self.follow(at)
        schemas: dict[str, str | None] = {}
        for media_type, content in node.get("content", {}).items():
            key = "itemSchema" if "itemSchema" in content else "schema"
            there = f"{pointer}/content/{_escape(media_type)}/{key}"
            schemas[media_type] = self.follow(there)[0] if key in content else None
        headers = {
            name: self.follow(f"{pointer}/headers/{name}")[1].get("required", False)
            for name in node.get("headers", {})
        }
        return Response(
            status=status,
            schemas=MappingProxyType(schemas),
            headers=MappingProxyType(headers),
            error_codes=tuple(node.get("x-error-codes", ())),
        )


def _escape(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


@cache
def _load() -> Document:
    return Document.parse((data.FOLDER / "openapi.yaml").read_bytes())
