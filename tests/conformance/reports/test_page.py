import base64
import hashlib
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from sigmic_conformance.reports.detail import LEVELS, MOST_BYTES
from sigmic_conformance.reports.page import page
from sigmic_conformance.results import saved
from sigmic_conformance.results.saved import Unusable
from sigmic_conformance.wire.transcript import Closed, Ending, Transcript
from tests.conformance.kit import exchange
from tests.conformance.reports.material import (
    HOSTILE_BYTES,
    hostile_run,
    live_stream,
    material,
    piece,
    plain_run,
)
from tests.conformance.saving import save, verdict

VOID = {"meta", "input", "br", "hr", "link"}
LOADING = {"src", "srcset", "data", "poster", "action", "background", "xlink:href"}
KNOWN_LINKS = ("https://docs.sigmic.ai/", "https://www.rfc-editor.org/", "https://html.spec.whatwg.org/", "#")


class Checker(HTMLParser):
    """Fails on a tag that is not closed in order; collects elements, ids and texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self.open[-1] if self.open else "", []).append(data)

    def attributes(self, name: str) -> list[str]:
        return [found for _, attributes in self.elements if (found := attributes.get(name)) is not None]

    def text(self, tag: str) -> str:
        return "".join(self.texts.get(tag, []))


@pytest.mark.parametrize("make", [plain_run, hostile_run])
def test_it_is_well_formed_and_every_anchor_leads_somewhere(tmp_path, make):
    checker = Checker(page(material(make(tmp_path))))

    ids = checker.attributes("id")
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in checker.attributes("href") if link.startswith("#")} <= set(ids)


@pytest.mark.parametrize("make", [plain_run, hostile_run])
def test_it_loads_nothing(tmp_path, make):
    text = page(material(make(tmp_path)))
    checker = Checker(text)

    assert not [name for _, attributes in checker.elements for name in attributes if name in LOADING]
    assert not [name for _, attributes in checker.elements for name in attributes if name.startswith("on")]
    assert "style" not in [name for _, attributes in checker.elements for name in attributes]
    assert {tag for tag, _ in checker.elements} & {
        "img",
        "iframe",
        "link",
        "object",
        "embed",
        "base",
    } == set()
    assert all(link.startswith(KNOWN_LINKS) for link in checker.attributes("href"))
    assert not re.search(r"url\(|@import", checker.text("style"))
    assert not re.search(r"fetch|XMLHttp|import\(|innerHTML|eval", checker.text("script"))


def test_its_policy_allows_its_own_script_and_style_and_nothing_else(tmp_path):
    checker = Checker(page(material(hostile_run(tmp_path))))
    policies = [each for tag, each in checker.elements if tag == "meta" and "http-equiv" in each]

    assert [each["http-equiv"] for each in policies] == ["Content-Security-Policy"]
    policy = policies[0]["content"] or ""
    for tag in ("script", "style"):
        digest = base64.b64encode(hashlib.sha256(checker.text(tag).encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert sum(tag == "script" for tag, _ in checker.elements) == 1


def test_hostile_bytes_become_harmless_text(tmp_path):
    text = page(material(hostile_run(tmp_path)))

    assert "<script>alert" not in text
    assert "<script src" not in text
    assert not set(text) & {"\x00", "\x1b", "\u202e", "\u202c"}
    assert "&lt;script&gt;alert(1)&lt;/script&gt;⟨U+0000⟩⟨U+202E⟩evil" in text
    assert "\\xff\\xfe" in text


def test_the_offending_bytes_are_marked_in_text_and_in_hex(tmp_path):
    checker = Checker(page(material(hostile_run(tmp_path))))

    marked = checker.texts["mark"]
    pairs = [text for text in marked if re.fullmatch("[0-9a-f]{2}", text)]
    assert marked[0].startswith("data: <script src=//evil.test></script>⟨U+0000⟩\\xff\\xfe")
    assert "".join(pairs) == HOSTILE_BYTES[15:].partition(b"\n")[0].hex()


def test_the_page_shows_the_verdict_the_reason_and_the_next_step(tmp_path):
    text = page(material(plain_run(tmp_path)))

    assert "Not conformant: 1 requirement broken" in text
    assert "Exit code 1: requirements are broken." in text
    assert "use a quiet machine near the target" in text
    assert "the default of the framework" in text, "the usual mistake of BEAT-002"
    assert "curl -i -N " in text
    assert 'href="https://docs.sigmic.ai/tasks/stream"' in text


def test_findings_come_first_with_expectation_and_observation(tmp_path):
    text = page(material(plain_run(tmp_path)))
    found = text.partition("3 findings")[2].partition("</section>")[0]

    assert text.index("3 findings") < text.index("Areas by outcome") < text.index("What was observed")
    assert re.findall(r'class="id">([A-Z]+-\d+)</a>', found) == ["BEAT-002", "STREAM-014", "BEAT-001"]
    assert re.findall(r'<h3 id="([a-z]+)">', found) == ["broken", "tolerated", "unproven"]
    assert '<a href="#broken">Broken 1</a>' in text
    assert "<dt>expected</dt><dd>this [documented: tasks/stream]</dd>" in found
    assert "<dt>observed</dt><dd>that</dd>" in found
    assert "<dt>where</dt><dd>exchange 1 of easy_task, first reader" in found


def test_a_finding_about_a_stream_has_its_timeline_and_the_command_beside_it(tmp_path):
    text = page(material(plain_run(tmp_path)))
    card = text.partition('<li class="failed"><p>')[2].partition("</li>")[0]

    assert card.count('class="timeline"') == 1
    assert '<pre class="curl" tabindex="0"><code>curl -i -N ' in card
    assert '<a href="#BEAT-002">All evidence: bytes, times and commands</a>' in card


def test_requirements_with_the_cause_of_a_finding_are_listed_in_it(tmp_path):
    answer = exchange(probe="easy_task")
    rows = [verdict(f"GET-00{n}", "failed", "x", slices=[piece(answer)]) for n in range(1, 8)]
    transcripts = [Transcript(probe="easy_task", ending=Ending.COMPLETE, exchanges=(answer,))]
    found = page(material(save(tmp_path, rows, transcripts, exit_code=1))).partition("</h2>")[2]
    card = found.partition('<li class="failed"><p>')[2].partition("</ul></details>")[0]

    assert "<summary>With the same cause: GET 6</summary>" in card
    assert card.count('<pre class="curl" tabindex="0">') == 1
    assert 'class="timeline"' not in card, "the response is no stream"
    assert [card.count(f'href="#GET-00{n}" class="id"') for n in range(1, 8)] == [1] * 7


def test_the_outcomes_are_one_bar_as_wide_as_their_numbers(tmp_path):
    seen = material(plain_run(tmp_path))
    checker = Checker(page(seen))

    parts = [each for tag, each in checker.elements if tag == "rect" and each.get("height") == "1"]
    assert parts[0]["class"] == "failed"
    assert sum(int(each["width"] or 0) for each in parts) == len(seen.rows)


def test_rows_that_one_thing_keeps_open_are_one_finding(tmp_path):
    rows = [
        verdict(f"TOKEN-00{n}", "inconclusive", "precondition", observed=f"probe_{n}: no widget", slices=[])
        for n in range(1, 4)
    ]
    broken = [verdict(f"GET-00{n}", "failed", "x", slices=[]) for n in (1, 2)]
    text = page(material(plain_run(tmp_path, [*rows, *broken])))
    found = text.partition("3 findings about 5 requirements")[2].partition("</section>")[0]

    assert found.count("no widget") == 1
    assert "<b>3 requirements</b>" in found
    assert "<summary>TOKEN 3</summary>" in found
    assert [found.count(f'<a href="#TOKEN-00{n}" class="id">') for n in range(1, 4)] == [1, 1, 1]
    assert found.count("GET-00") == 4, "two failures, each with its link and its words"
    assert found.index("GET-002") < found.index("no widget")


def test_an_excused_requirement_is_listed_last_and_separately(tmp_path):
    rows = [
        verdict(f"TOKEN-00{n}", "inconclusive", "precondition", observed="p: same", slices=[])
        for n in range(1, 4)
    ]
    text = page(material(plain_run(tmp_path, rows, baseline={"excused": ["TOKEN-001"]})))
    found = text.partition("2 findings about 3 requirements")[2].partition("</section>")[0]

    assert "<b>2 requirements</b>" in found
    assert found.index("TOKEN-001") > found.index("TOKEN-003")
    assert found.count("known to it, which is not conformance") == 1


def test_a_command_is_never_cut(tmp_path):
    long = exchange(asked=(("X-Long", "x" * 5000),), probe="easy_task")
    rows = [verdict("GET-001", "failed", "x", slices=[piece(long)])]

    text = page(
        material(
            save(
                tmp_path,
                rows,
                [Transcript(probe="easy_task", ending=Ending.COMPLETE, exchanges=(long,))],
                exit_code=1,
            )
        )
    )

    assert '<pre class="curl" tabindex="0"><code>sigmic-conformance reproduce GET-001 RUN</code>' in text


def test_a_crowd_of_readers_is_drawn_once_and_each_can_be_found(tmp_path):
    crowd = [live_stream("storm", number) for number in range(1, 41)]
    rows = [verdict("PHASE-001", slices=[piece(each) for each in crowd[-2:]])]
    transcripts = [Transcript(probe="storm", ending=Ending.COMPLETE, exchanges=tuple(crowd))]

    checker = Checker(page(material(save(tmp_path, rows, transcripts))))

    assert sum(tag == "svg" and each.get("class") == "timeline" for tag, each in checker.elements) == 3
    assert {f"stream-storm-{number}" for number in range(1, 41)} <= set(checker.attributes("id"))
    assert "37 more like exchange 1: the same events, heartbeats and end" in checker.text("summary")
    assert "#stream-storm-40" in checker.attributes("href")


def test_readers_that_saw_something_else_are_drawn_each(tmp_path):
    crowd = [live_stream("storm", number) for number in range(1, 5)]
    cut = live_stream("storm", 5, Closed.RESET)
    rows = [verdict("PHASE-001", slices=[piece(cut)])]
    transcripts = [Transcript(probe="storm", ending=Ending.COMPLETE, exchanges=(*crowd, cut))]

    checker = Checker(page(material(save(tmp_path, rows, transcripts))))

    figures = {each.get("id") for tag, each in checker.elements if tag == "figure" and each.get("id")}
    assert figures == {"stream-storm-1", "stream-storm-2", "stream-storm-3", "stream-storm-5"}


def test_rows_that_a_tier_leaves_out_are_named(tmp_path):
    text = page(material(plain_run(tmp_path, tier="smoke", unselected=["ZIP-001", "ZIP-002"])))

    assert "The tier smoke leaves out 2 requirements: they are not tested" in text


def test_a_run_without_transcripts_has_a_page_without_timelines(tmp_path):
    folder = plain_run(tmp_path, probes={})

    assert "Recorded streams" not in page(material(folder))


def test_a_page_that_would_be_too_large_says_less(tmp_path):
    rows = material(plain_run(tmp_path))
    full = page(rows)
    small = page(rows, most_bytes=len(full.encode()) - 1)

    assert len(small.encode()) < len(full.encode())
    assert "was shortened to keep this page small" in small
    assert "was shortened" not in full
    assert len(page(rows, most_bytes=1)) < len(small)


def test_a_full_run_of_long_answers_stays_below_the_bound(tmp_path):
    more = {"excerpt": "<" * 3000, "note": "n" * 3000, "curl": "c" * 3000}
    long = {"probe": "easy_task", "exchange": 1, "label": "x", **more}
    rows = [verdict(f"GET-{number:03d}", slices=[long] * 3, observed="o" * 5000) for number in range(1, 600)]
    folder = plain_run(tmp_path, rows)

    text = page(material(folder))

    assert len(text.encode()) <= MOST_BYTES


def test_each_level_of_detail_is_at_most_the_one_before():
    for more, less in pairwise(LEVELS):
        for name in ("citations", "excerpt", "curl", "ticks", "events", "timelines"):
            assert getattr(less, name) <= getattr(more, name)


@pytest.mark.parametrize("spoil", ["complete", "transcript"])
def test_a_truncated_run_has_no_page(tmp_path, spoil):
    folder = plain_run(tmp_path, complete=spoil != "complete")
    if spoil == "transcript":
        path = folder / "transcripts" / "easy_task.ndjson"
        path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))

    with pytest.raises(Unusable, match=r"cut short|truncated"):
        material(folder)


def test_a_target_that_was_not_judged_is_not_called_broken(tmp_path):
    folder = plain_run(tmp_path, problem="nobody answers", exit_code=12)

    assert "Not tested to the end: nobody answers" in page(material(folder))
    assert saved.read(folder).document["problem"]
