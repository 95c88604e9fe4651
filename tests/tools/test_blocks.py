"""The generated parts of documents."""

from pathlib import Path

import pytest

from tools.blocks import ROOT, UnknownBlock, decisions, documents, filled

BLOCK = "before\n<!-- generated: {} -->\n{}<!-- end of generated -->\nafter\n"


def test_a_block_is_filled_and_the_text_around_it_stays():
    empty = BLOCK.format("life-of-a-task", "")

    text = filled(empty)

    assert text.startswith("before\n<!-- generated: life-of-a-task -->\n```mermaid\nstateDiagram-v2\n")
    assert text.endswith("```\n<!-- end of generated -->\nafter\n")


def test_an_old_content_is_replaced_and_a_second_time_changes_nothing():
    once = filled(BLOCK.format("life-of-a-task", "of yesterday\n"))

    assert "of yesterday" not in once
    assert filled(once) == once


def test_two_blocks_of_a_document_are_filled_apart():
    text = filled(BLOCK.format("life-of-a-task", "") + BLOCK.format("decisions", ""))

    assert text.count("<!-- end of generated -->\nafter\n") == 2


def test_an_unknown_block_is_refused_with_those_there_are():
    with pytest.raises(UnknownBlock, match="no such block: figures; there are life-of-a-task, "):
        filled(BLOCK.format("figures", ""))


def test_decisions_are_listed_in_order_under_their_titles(tmp_path: Path):
    (tmp_path / "0002-b.md").write_text("# 2. Second\n\nBecause.\n")
    (tmp_path / "0001-a.md").write_text("# 1. First\n")
    (tmp_path / "README.md").write_text("# Decisions\n")

    assert decisions(tmp_path) == "- [1. First](0001-a.md)\n- [2. Second](0002-b.md)"


def test_documents_with_blocks_are_found_at_the_top_and_below_docs():
    found = {path.relative_to(ROOT).as_posix() for path in documents()}

    assert {"docs/adr/README.md", "docs/reference/task-lifecycle.md"} <= found
