"""Convert the result of an MCP server's tool to that of an agent's tool: a text, and files."""

import base64
import json
import mimetypes

from mcp_types import (
    AudioContent,
    BlobResourceContents,
    CallToolResult,
    EmbeddedResource,
    ImageContent,
    ResourceLink,
    TextContent,
    TextResourceContents,
)

from sigmic_mock.domain.mcp_servers import McpFile, McpResult

MOST_FILES = 20
"""For one result."""


def result_of(answer: CallToolResult) -> McpResult:
    """Return the texts joined; without any, the structured content as JSON. Images and the like are files."""
    texts, files = [], []
    for block in answer.content:
        match block:
            case TextContent(text=text):
                texts.append(text)
            case ImageContent(data=data, mime_type=kind) | AudioContent(data=data, mime_type=kind):
                files.append(_file(data, kind))
            case EmbeddedResource(resource=TextResourceContents(text=text)):
                texts.append(text)
            case EmbeddedResource(resource=BlobResourceContents(blob=data, mime_type=kind)):
                files.append(_file(data, kind or ""))
            case ResourceLink(uri=uri):
                texts.append(str(uri))
            case _:
                texts.append(f"[{block.type}]")
    if not texts and answer.structured_content is not None:
        texts.append(json.dumps(answer.structured_content, ensure_ascii=False))
    return McpResult(failed=bool(answer.is_error), text="\n".join(texts), files=tuple(files[:MOST_FILES]))


def _file(data: str, kind: str) -> McpFile:
    kind = kind.partition(";")[0]
    subtype = kind.partition("/")[2]
    extension = mimetypes.guess_extension(kind) or (f".{subtype}" if subtype.isalnum() else ".bin")
    return McpFile(extension, base64.b64decode(data))
