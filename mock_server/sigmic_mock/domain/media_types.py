"""The MIME type and the category of an artifact, by its name alone (G-83).

A built-in table: the system's mime.types must not change an answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class MediaType:
    """A MIME type, and one of the platform's categories (`CATEGORIES`)."""

    mime_type: str
    category: str


UNKNOWN = MediaType("application/octet-stream", "other")

_BY_CATEGORY: Mapping[str, str] = {
    "csv": "csv text/csv; tsv text/tab-separated-values",
    "pdf": "pdf application/pdf",
    "json": (
        "json application/json; jsonl application/x-ndjson; ndjson application/x-ndjson;"
        "geojson application/geo+json; ipynb application/x-ipynb+json; webmanifest application/manifest+json;"
        "map application/json; har application/json"
    ),
    "image": (
        "png image/png; jpg image/jpeg; jpeg image/jpeg; gif image/gif; webp image/webp; svg image/svg+xml;"
        "bmp image/bmp; ico image/vnd.microsoft.icon; tif image/tiff; tiff image/tiff; avif image/avif;"
        "heic image/heic; heif image/heif; apng image/apng"
    ),
    "text": (
        "txt text/plain; md text/markdown; markdown text/markdown; rst text/x-rst; log text/plain;"
        "ini text/plain; cfg text/plain; conf text/plain; env text/plain; toml application/toml;"
        "yaml application/yaml; yml application/yaml; xml application/xml; srt text/plain; vtt text/vtt;"
        "ics text/calendar; vcf text/vcard; tex text/x-tex; diff text/x-diff; patch text/x-diff;"
        "properties text/plain; lock text/plain; pem application/x-pem-file"
    ),
    "code": (
        "html text/html; htm text/html; css text/css; js text/javascript; mjs text/javascript;"
        "cjs text/javascript; jsx text/javascript; ts text/x-typescript; tsx text/x-typescript;"
        "vue text/x-vue; svelte text/x-svelte; scss text/x-scss; less text/x-less; py text/x-python;"
        "pyi text/x-python; rb text/x-ruby; php text/x-php; pl text/x-perl; lua text/x-lua; r text/x-r;"
        "java text/x-java; kt text/x-kotlin; scala text/x-scala; go text/x-go; rs text/x-rust; c text/x-c;"
        "h text/x-c; cc text/x-c++; cpp text/x-c++; hpp text/x-c++; cs text/x-csharp; swift text/x-swift;"
        "sh application/x-sh; bash application/x-sh; zsh application/x-sh; ps1 text/plain; bat text/plain;"
        "sql application/sql; graphql application/graphql; proto text/x-protobuf; ex text/x-elixir;"
        "exs text/x-elixir; erl text/x-erlang; hs text/x-haskell; clj text/x-clojure; dart text/x-dart;"
        "jl text/x-julia; tf text/x-terraform; wasm application/wasm"
    ),
    "archive": (
        "zip application/zip; tar application/x-tar; gz application/gzip; tgz application/gzip;"
        "bz2 application/x-bzip2; xz application/x-xz; zst application/zstd; 7z application/x-7z-compressed;"
        "rar application/vnd.rar; jar application/java-archive; whl application/zip"
    ),
    "audio": (
        "mp3 audio/mpeg; wav audio/wav; ogg audio/ogg; oga audio/ogg; opus audio/opus; flac audio/flac;"
        "m4a audio/mp4; aac audio/aac; mid audio/midi; midi audio/midi; weba audio/webm"
    ),
    "video": (
        "mp4 video/mp4; m4v video/mp4; webm video/webm; mov video/quicktime; avi video/x-msvideo;"
        "mkv video/x-matroska; mpg video/mpeg; mpeg video/mpeg; ogv video/ogg"
    ),
    "spreadsheet": (
        "xls application/vnd.ms-excel;"
        "xlsx application/vnd.openxmlformats-officedocument.spreadsheetml.sheet;"
        "xlsm application/vnd.ms-excel.sheet.macroEnabled.12;"
        "ods application/vnd.oasis.opendocument.spreadsheet"
    ),
    "document": (
        "doc application/msword; ppt application/vnd.ms-powerpoint; rtf application/rtf;"
        "epub application/epub+zip;"
        "docx application/vnd.openxmlformats-officedocument.wordprocessingml.document;"
        "pptx application/vnd.openxmlformats-officedocument.presentationml.presentation;"
        "odt application/vnd.oasis.opendocument.text; odp application/vnd.oasis.opendocument.presentation"
    ),
    "other": (
        "bin application/octet-stream; sqlite application/vnd.sqlite3; db application/octet-stream;"
        "parquet application/vnd.apache.parquet; woff font/woff; woff2 font/woff2; ttf font/ttf; otf font/otf"
    ),
}
"""`extension type;` pairs of each category."""

CATEGORIES = frozenset(_BY_CATEGORY)


def _table() -> dict[str, MediaType]:
    table = {}
    for category, pairs in _BY_CATEGORY.items():
        for pair in pairs.split(";"):
            extension, mime_type = pair.split()
            table[extension] = MediaType(mime_type, category)
    return table


BY_EXTENSION: Mapping[str, MediaType] = MappingProxyType(_table())

_BY_NAME: Mapping[str, MediaType] = MappingProxyType(
    {
        "dockerfile": MediaType("text/plain", "code"),
        "makefile": MediaType("text/plain", "code"),
        "license": MediaType("text/plain", "text"),
        "readme": MediaType("text/plain", "text"),
        ".env": MediaType("text/plain", "text"),
        ".gitignore": MediaType("text/plain", "text"),
    }
)


def media_type(name: str) -> MediaType:
    """Return the type of a file by its base name, ignoring case; `UNKNOWN` if the table does not have it."""
    lowered = name.lower()
    known = _BY_NAME.get(lowered)
    if known is not None:
        return known
    stem, dot, extension = lowered.rpartition(".")
    return BY_EXTENSION.get(extension, UNKNOWN) if dot and stem else UNKNOWN
