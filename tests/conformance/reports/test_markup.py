from sigmic_conformance.reports.markup import Html, element, join, prose


def test_whatever_is_not_markup_is_escaped():
    made = element(
        "a", "<b>&\x00", element("i", "x"), None, ["1", ["2"]], href='"<', data_area="A", hidden=True
    )

    assert made == '<a href="&quot;&lt;" data-area="A" hidden="">&lt;b&gt;&amp;⟨U+0000⟩<i>x</i>12</a>'


def test_false_and_none_leave_an_attribute_out():
    assert element("input", name=None, disabled=False, class_="c") == '<input class="c">'


def test_a_text_is_escaped_unless_it_is_marked_as_html():
    assert join("<") == "&lt;"
    assert join(Html("<")) == "<"


def test_backticks_are_code():
    assert prose("say `a<b` and") == "say <code>a&lt;b</code> and"
    assert prose("an odd ` one") == "an odd ` one"
