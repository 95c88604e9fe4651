"""The search by first bytes finds the same as a separate search for each form."""

from hypothesis import given
from hypothesis import strategies as st

from sigmic_mock.journal.known_forms import KnownForms


@given(st.lists(st.text("ab", min_size=4, max_size=9), unique_by=len), st.text("abc", max_size=40))
def test_each_form_is_marked_the_longest_first(forms: list[str], text: str):
    marks = {form.encode(): b"[%d]" % number for number, form in enumerate(forms)}
    known = KnownForms()
    known.learn(marks)
    one_by_one = text.encode()
    for form in sorted((form for form in marks if form in one_by_one), key=len, reverse=True):
        one_by_one = one_by_one.replace(form, marks[form])

    assert known.marked(text.encode()) == one_by_one
