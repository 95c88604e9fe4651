"""The equivalent forms of a request: each means the same as the plain one (RFC 3986, 8259, 9110, 9112)."""

from enum import StrEnum


class Spelling(StrEnum):
    """How a request is written. Each differs from the plain form in one thing, so that a refusal shows it."""

    PLAIN = "the usual form"
    TYPE_CASE = "the media type in capitals"
    TYPE_CHARSET = "the media type with a charset"
    QUOTED_PARAMETER = "the parameter of the media type in quotes"
    CHUNKED = "the body in chunks"
    JSON_ESCAPES = "JSON with escapes for all letters that are not ASCII, and for slashes"
    JSON_SPACES = "JSON on many lines"
    JSON_ORDER = "JSON with its members in the opposite order"
    FORM_ORDER = "the fields of the form in the opposite order"
    FORM_BOUNDARY = "another boundary of the form"
    PATH_ESCAPES = "a percent-encoded letter in the path"
    QUERY_ESCAPES = "percent-encoded letters in the query"
    HEADER_CASE = "the names of the headers in capitals"
    HEADER_ORDER = "the headers in the opposite order"
    ACCEPT_ANY = "Accept: */*"
    ACCEPT_LIST = "Accept with a list of media types"
    ACCEPT_ABSENT = "no Accept"
