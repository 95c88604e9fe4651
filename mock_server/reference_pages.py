"""Pages of docs/reference that follow from code.

`python -m mock_server.reference_pages docs/reference` writes them; a test compares.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from sigmic_conformance.mock_server.agent.playbooks.page import playbooks_page
from sigmic_conformance.mock_server.config.flags import FLAGS
from sigmic_conformance.mock_server.domain.errors import CATALOGUE, ErrorCode
from sigmic_conformance.mock_server.faults.playbook_step import ALL_STEP_KINDS
from sigmic_conformance.spec.document import Document

_GENERATED = "<!-- Written by `python -m mock_server.reference_pages docs/reference`. -->\n"
_FLAGS = """\
# Flags of `sigmic-mock`

A flag wins over its environment variable, which wins over the `server` section of the
[configuration file](../guides/configure-the-mock.md), which wins over the default.
`sigmic-mock serve` is the same as `sigmic-mock`.

Exit codes: 0 after a signal, 1 when the server cannot run here, 2 when it was asked for wrongly.

| flag | environment variable | default | what it does |
| --- | --- | --- | --- |
"""
_ERRORS = """\
# Error codes

Every refusal is `{"success": false, "error": {"message": "…", "code": "…"}}`. Decide on `code`; messages
are for people and may change. The first group is the platform's documentation; the second this project's
decisions where the documentation is silent. Credentials are judged before anything else, then whether
the task exists, then the request. A 401 carries `WWW-Authenticate`, a 405 `Allow`, a 429 `Retry-After`.
A 500 tells no detail: its `X-Request-Id` is in the server's log.
"""


def flags_page() -> str:
    """Return flags.md."""
    rows = []
    for flag in FLAGS:
        name = f"--{flag.name}" if flag.switch else f"--{flag.name} {flag.value}"
        cells = (f"`{name}`", f"`{flag.variable}`", flag.default, flag.help)
        rows.append(_row(*cells))
    return _GENERATED + _FLAGS + "".join(rows)


def errors_page() -> str:
    """Return errors.md: every code with its status, usual message, and the operations that can answer it."""
    page = _GENERATED + _ERRORS
    for title, documented in (("Documented", True), ("Decided here", False)):
        page += f"\n## {title}\n\n| code | status | message, unless a better one is known | operations |\n"
        page += "| --- | --- | --- | --- |\n"
        for code, definition in CATALOGUE.items():
            if definition.documented is documented:
                operations = _operations(code)
                page += _row(f"`{code}`", str(definition.status), definition.message, operations)
    return page


def _operations(code: ErrorCode) -> str:
    """Name the operations that document the code, the short way."""
    can: list[str] = []
    cannot: list[str] = []
    for operation in Document.load().operations.values():
        documented = any(code.value in response.error_codes for response in operation.responses.values())
        (can if documented else cannot).append(f"`{operation.operation_id}`")
    if len(cannot) > len(can):
        return ", ".join(can)
    return f"all but {', '.join(cannot)}" if cannot else "all"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


PAGES: Mapping[str, Callable[[], str]] = {
    "flags.md": flags_page,
    "errors.md": errors_page,
    "playbooks.md": lambda: _GENERATED + playbooks_page(ALL_STEP_KINDS),
}
"""File name to what it holds."""


def _write(folder: Path) -> None:
    for name, page in PAGES.items():
        (folder / name).write_text(page())


if __name__ == "__main__":
    _write(Path(sys.argv[1]))
