"""The hook of MkDocs: pages from a data file are generated when the site is built, and are not committed.

A document links to the data file, which a code host shows. On the site, that link leads to the page.
"""

import posixpath
import re
from collections.abc import Callable, Mapping

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from sigmic_conformance.load.report.measures_page import page as measures_page
from sigmic_conformance.mock_server.faults.page import page as faults_page
from sigmic_conformance.spec.document import Document
from sigmic_conformance.spec.document_page import render as document_page
from sigmic_conformance.spec.ledger import Ledger
from sigmic_conformance.spec.ledger_page import facts_page, requirements_page
from sigmic_conformance.spec.situations import Situations
from sigmic_conformance.spec.situations_page import page as situations_page

PAGES: Mapping[str, tuple[str, Callable[[], str]]] = {
    "spec/openapi.yaml": ("reference/api.md", lambda: document_page(Document.load())),
    "spec/requirements": ("reference/requirements.md", lambda: requirements_page(Ledger.load())),
    "spec/facts.yaml": ("reference/facts.md", lambda: facts_page(Ledger.load())),
    "spec/situations.yaml": ("reference/situations.md", lambda: situations_page(Situations.load())),
    "mock_server/faults/rows": ("reference/faults.md", faults_page),
    "load/measures/measures.yaml": ("reference/load-measures.md", measures_page),
}
"""Path of a data file from the root of the repository, to its page on the site."""

_LINK = re.compile(rf"\]\((?:\.\./)+({'|'.join(map(re.escape, PAGES))})/?(?=[#)])")


def on_files(files: Files, /, *, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    for path, page in PAGES.values():
        files.append(File.generated(config, path, content=page()))
    return files


def on_page_markdown(markdown: str, /, *, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001 - the signature is MkDocs'
    """Replace links to the data files by links to the pages."""
    folder = posixpath.dirname(page.file.src_uri)
    return _LINK.sub(lambda found: f"]({posixpath.relpath(PAGES[found[1]][0], folder or '.')}", markdown)
