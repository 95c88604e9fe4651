"""The hook of MkDocs: pages from a data file are generated when the site is built, and are not committed.

A document links to files of the repository, which a code host shows. On the site, a link to a data file
leads to its page; if it has several, to the index, or to the page that has the anchor of the link. Another
link that leaves `docs/` leads to the code host, if `repo_url` names one. Otherwise, a file is copied to the
site as text, and a link to a folder is plain text. A link to a file that does not exist is left alone, so
that the build fails.
"""

import functools
import json
import posixpath
import re
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from sigmic_mock.control.page import page as control_page
from sigmic_mock.faults.page import pages as fault_pages
from sigmic_spec.document import Document
from sigmic_spec.document_page import render as document_page
from sigmic_spec.ledger import Ledger
from sigmic_spec.ledger_page import facts_pages, requirements_pages
from sigmic_spec.situations import Situations
from sigmic_spec.situations_page import page as situations_page
from tools.load_measures import page as measures_page
from tools.schema_page import page as schema_page

_ROOT = Path(__file__).parent.parent
_RESULT = "conformance/sigmic_conformance/results/result.schema.json"
_RESULT_LINKS = (
    "`target` has the keys of a [profile](profile.md). Outcomes and reasons are explained in "
    "[Reason codes](reason-codes.md). `[]` stands for each element of a list, `*` for each key of an object."
)
_PROFILE = "conformance/sigmic_conformance/target/target.schema.json"
_PROFILE_LINKS = (
    "The [guide](../guides/profile.md) shows how to use it. `sigmic-conformance schema` prints the JSON "
    "Schema, for completion in your editor."
)
_LEAVING = re.compile(r"\[([^\]\n]*)\]\(((?:\.\./)+[^)#\s]+)(?:#([^)\s]+))?\)")
_CARD = "images/chat.png"
_ANCHOR = re.compile(r'<a id="([^"]+)">')

Pages = Mapping[str, str]


def _one(name: str, page: Callable[[], str]) -> Callable[[], Pages]:
    return lambda: {name: page()}


def _schema(name: str, path: str, title: str, links: str) -> Callable[[], Pages]:
    return _one(name, lambda: schema_page(json.loads((_ROOT / path).read_text("utf-8")), title, links))


def _folder(folder: str, pages: Callable[[], Pages]) -> Callable[[], Pages]:
    return lambda: {f"{folder}/{name}": page for name, page in pages().items()}


SOURCES: Mapping[str, Callable[[], Pages]] = {
    "spec/openapi.yaml": _one("api.md", lambda: document_page(Document.load())),
    "spec/requirements": _folder("requirements", lambda: requirements_pages(Ledger.load())),
    "spec/facts.yaml": _folder("facts", lambda: facts_pages(Ledger.load())),
    "spec/situations.yaml": _one("situations.md", lambda: situations_page(Situations.load())),
    "mock_server/sigmic_mock/control/control.yaml": _one("control-plane.md", control_page),
    "mock_server/sigmic_mock/faults/rows": _folder("faults", fault_pages),
    _RESULT: _schema("result.md", _RESULT, "Result file", _RESULT_LINKS),
    _PROFILE: _schema("profile.md", _PROFILE, "Keys of a profile", _PROFILE_LINKS),
    "load/sigmic_load/measures/measures.yaml": _one("load-measures.md", measures_page),
}
"""Path of a data file from the root of the repository, to its pages in `reference/`, the index first."""


@functools.cache
def generated() -> Mapping[str, Pages]:
    """Return the pages of each data file, by their paths on the site."""
    return {
        path: {f"reference/{name}": page for name, page in pages().items()} for path, pages in SOURCES.items()
    }


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Add edit links if there is a code host."""
    if config.repo_url:
        config.edit_uri = "edit/main/docs/"
    return config


def on_files(files: Files, /, *, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    for pages in generated().values():
        for path, content in pages.items():
            files.append(File.generated(config, path, content=content))
    return files


def on_page_markdown(markdown: str, /, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Replace the links that leave `docs/`, and give tables of a data file the whole width."""
    folder = posixpath.dirname(page.file.src_uri)
    if page.file.generated_by:
        page.meta.setdefault("hide", ["toc"] if "\n## " not in markdown else [])

    def elsewhere(link: re.Match[str]) -> str:
        words, target, name = link[1], link[2], link[3] or ""
        anchor = f"#{name}" if name else ""
        path = posixpath.relpath(posixpath.join("docs", folder, target))
        if path.startswith(("docs/", "..")) or not (_ROOT / path).exists():
            return link[0]
        if path in generated():
            return f"[{words}]({posixpath.relpath(_page_of(path, name), folder or '.')}{anchor})"
        if config.repo_url:
            return f"[{words}]({config.repo_url.rstrip('/')}/blob/HEAD/{path}{anchor})"
        if (_ROOT / path).is_file():
            return f"[{words}]({posixpath.relpath(_copied(path, config, files), folder or '.')})"
        return words

    return _LEAVING.sub(elsewhere, markdown)


def on_post_page(output: str, /, *, page: Page, config: MkDocsConfig) -> str:
    """Add what other sites show for a link to the page, if the site has an address."""
    if not config.site_url:
        return output
    fields = {
        "og:title": page.title or config.site_name,
        "og:description": config.site_description or "",
        "og:type": "website",
        "og:url": page.canonical_url or "",
        "og:image": f"{config.site_url.rstrip('/')}/{_CARD}",
    }
    tags = "".join(f'<meta property="{name}" content="{escape(text)}">' for name, text in fields.items())
    card = f'{tags}<meta name="twitter:card" content="summary_large_image">'
    return output.replace("</head>", f"{card}</head>", 1)


def _copied(path: str, config: MkDocsConfig, files: Files) -> str:
    """Return the place on the site of a file of the repository, which is copied there once."""
    place = f"files/{path}.txt"
    if files.get_file_from_path(place) is None:
        files.append(File.generated(config, place, content=(_ROOT / path).read_text("utf-8")))
    return place


def _page_of(path: str, anchor: str) -> str:
    pages = generated()[path]
    if anchor in _anchors(path):
        return _anchors(path)[anchor]
    return next(iter(pages))


@functools.cache
def _anchors(path: str) -> Mapping[str, str]:
    """Return the page of each anchor of a row."""
    return {anchor: name for name, page in generated()[path].items() for anchor in _ANCHOR.findall(page)}
