"""The hook of MkDocs: pages from a data file are generated when the site is built, and are not committed.

A document links to files of the repository, which a code host shows. On the site, a link to a data file
leads to its page. Another link that leaves `docs/` leads to the code host, if `repo_url` names one, and is
plain text otherwise. A link to a file that does not exist is left alone, so that the build fails.
"""

import posixpath
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from sigmic_mock.control.page import page as control_page
from sigmic_mock.faults.page import page as faults_page
from sigmic_spec.document import Document
from sigmic_spec.document_page import render as document_page
from sigmic_spec.ledger import Ledger
from sigmic_spec.ledger_page import facts_page, requirements_page
from sigmic_spec.situations import Situations
from sigmic_spec.situations_page import page as situations_page
from tools.load_measures import page as measures_page

PAGES: Mapping[str, tuple[str, Callable[[], str]]] = {
    "spec/openapi.yaml": ("reference/api.md", lambda: document_page(Document.load())),
    "spec/requirements": ("reference/requirements.md", lambda: requirements_page(Ledger.load())),
    "spec/facts.yaml": ("reference/facts.md", lambda: facts_page(Ledger.load())),
    "spec/situations.yaml": ("reference/situations.md", lambda: situations_page(Situations.load())),
    "mock_server/sigmic_mock/control/control.yaml": ("reference/control-plane.md", control_page),
    "mock_server/sigmic_mock/faults/rows": ("reference/faults.md", faults_page),
    "load/sigmic_load/measures/measures.yaml": ("reference/load-measures.md", measures_page),
}
"""Path of a data file from the root of the repository, to its page on the site."""

_ROOT = Path(__file__).parent.parent
_LEAVING = re.compile(r"\[([^\]\n]*)\]\(((?:\.\./)+[^)#\s]+)(#[^)\s]*)?\)")


def on_files(files: Files, /, *, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    for path, page in PAGES.values():
        files.append(File.generated(config, path, content=page()))
    return files


def on_page_markdown(markdown: str, /, *, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001 - the signature is MkDocs'
    """Replace the links that leave `docs/`."""
    folder = posixpath.dirname(page.file.src_uri)

    def elsewhere(link: re.Match[str]) -> str:
        words, target, anchor = link[1], link[2], link[3] or ""
        path = posixpath.relpath(posixpath.join("docs", folder, target))
        if path.startswith("docs/") or not (_ROOT / path).exists():
            return link[0]
        if path in PAGES:
            return f"[{words}]({posixpath.relpath(PAGES[path][0], folder or '.')}{anchor})"
        return (
            f"[{words}]({config.repo_url.rstrip('/')}/blob/HEAD/{path}{anchor})" if config.repo_url else words
        )

    return _LEAVING.sub(elsewhere, markdown)
