"""The content of a message's request, up to the point that was read."""

import pytest

from sigmic_mock.domain.upload_rules import UploadLimits
from sigmic_mock.faults.sent_message import SentFile, SentMessage

FORM = "multipart/form-data"
LIMITS = UploadLimits()


@pytest.mark.parametrize(
    ("parts", "body"),
    [
        ([], set()),
        (["message"], set()),
        (["files"], {"files_first"}),
        (["message", "files"], {"message_first"}),
        (["files", "message", "files"], {"files_first"}),
    ],
)
def test_the_order_of_a_form_is_known_once_it_is_decided(parts: list[str], body: set[str]):
    assert set(SentMessage(media=FORM, parts=parts).body) == body


def test_the_files_of_a_form_are_not_known_before_its_end():
    sent = SentMessage(media=FORM, files=[SentFile("a b.csv", 1)])
    before = set(sent.file_kinds(LIMITS))
    sent.is_read = True

    assert (before, set(sent.file_kinds(LIMITS))) == (set(), {"awkward_name"})


def test_a_file_of_exactly_the_limit_is_at_it_and_one_byte_less_is_not():
    def kinds(size: int) -> set[str]:
        return set(SentMessage(media=FORM, is_read=True, files=[SentFile("a", size)]).file_kinds(LIMITS))

    assert (kinds(LIMITS.file_bytes), kinds(LIMITS.file_bytes - 1)) == ({"at_limit"}, {"plain"})
