"""The table of a target's choices, on the page and in the summary."""

from sigmic_conformance.reports.choices import TITLE
from sigmic_conformance.reports.markdown import summary
from sigmic_conformance.reports.page import page
from tests.conformance.reports.material import material, plain_run


def choice(question: str, *answers: str) -> dict[str, object]:
    told = [{"text": text, "probe": "p", "exchange": 7} for text in answers]
    return {"id": "x", "question": question, "answers": told}


def test_choices_are_one_table_of_page_and_summary(tmp_path):
    choices = [choice("How is it refused?", "refused (409 GONE)", "accepted"), choice("What else?")]
    seen = material(plain_run(tmp_path, choices=choices))

    text, html = summary(seen), page(seen)

    assert f"## {TITLE}\n\n| question | answer |" in text
    assert "| How is it refused? | `refused (409 GONE)`; `accepted` |" in text
    assert "What else?" not in text
    assert html.count(f">{TITLE}<") == 2  # a heading, and the link to it
    assert "p, exchange 7" in html
    assert "not seen" in html


def test_a_run_that_shows_no_choice_has_no_table(tmp_path):
    seen = material(plain_run(tmp_path, choices=[choice("What else?")]))

    assert TITLE not in summary(seen) + page(seen)


def test_an_answer_of_a_hostile_target_is_text(tmp_path):
    seen = material(plain_run(tmp_path, choices=[choice("How?", "<script>a</script> | `b` \x1b[2J")]))

    table = summary(seen).partition(f"## {TITLE}")[2].splitlines()[4]
    assert table.startswith("| How? | ``")
    assert "\\|" in table
    assert "\x1b" not in table + page(seen)
    assert "<script>a" not in page(seen)
