"""Every id that a document, a comment or a row cites is in spec/facts.yaml."""

import re
from pathlib import Path

from sigmic_spec.ledger import Ledger
from tools.tracked import tracked

ROOT = Path(__file__).parents[2]
CITED = re.compile(r"(?<![\w-])(?:[CSAUHVX]-\d\d|G-\d{2,3}[a-z]?)(?![\w-])")
FOLDERS = ("spec", "mock_server", "conformance", "load", "tools", "docs", "fixtures", "*.md")


def test_every_fact_that_is_cited_is_in_the_list_of_facts():
    texts = [ROOT / name for name in tracked(*FOLDERS) if name.endswith((".py", ".md", ".yaml"))]
    cited = {(match.group(), path) for path in texts for match in CITED.finditer(path.read_text("utf-8"))}

    assert len({name for name, _ in cited}) > len(Ledger.load().facts) / 4, "the pattern finds citations"
    assert {(name, path) for name, path in cited if name not in Ledger.load().facts} == set()
