"""The mock's answers are compared with the document, and every kind of mismatch is detected."""

import pytest

from sigmic_mock.http.response_check import NotConforming, ResponseCheck
from sigmic_spec.document import Document

DOCUMENT = Document.load()
CHECK = ResponseCheck(DOCUMENT)
LIST = DOCUMENT.operations["list_tasks"]
DOWNLOAD = DOCUMENT.operations["download_artifact"]
PAGE = {"success": True, "data": [], "pagination": {"total": 0, "limit": 50, "offset": 0, "hasMore": False}}
HEADERS = {"x-request-id": "r", "Cache-Control": "no-store"}


def refused(code: str) -> dict[str, object]:
    return {"success": False, "error": {"message": "no", "code": code}}


def test_documented_answers_pass():
    CHECK.check_answer(LIST, 200, PAGE, HEADERS)
    CHECK.check_answer(LIST, 401, refused("AUTH_REQUIRED"), HEADERS)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (201, PAGE),
        (200, PAGE | {"success": False}),
        (200, {"success": True, "data": []}),
        (200, PAGE | {"data": [{"id": "x"}]}),
        (401, refused("CONFLICT")),
        (401, refused("NO_SUCH_CODE")),
        (401, {"success": False, "error": "no"}),
    ],
)
def test_an_undocumented_status_body_or_code_does_not(status, body):
    with pytest.raises(NotConforming):
        CHECK.check_answer(LIST, status, body, HEADERS)


def test_a_documented_header_must_be_there():
    with pytest.raises(NotConforming, match="Content-"):
        CHECK.check_head(DOWNLOAD, 200, HEADERS)


def test_documented_frames_pass():
    CHECK.check_frames(
        b'event: history_done\ndata: {"messageCount":1,"isStreaming":true}\n\n:heartbeat\n\n'
        b'event: done\ndata: {"finalResponse":"4"}\n\n'
    )


@pytest.mark.parametrize(
    "frames",
    [
        b'event: done\ndata: {"finalResponse":"4"}\n',
        b'data: {"finalResponse":"4"}\nevent: done\n\n',
        b'event: done\nid: 1\ndata: {"finalResponse":"4"}\n\n',
        b"event: unknown\ndata: {}\n\n",
        b"event: done\ndata: {}\n\n",
        b"event: done\ndata: {\n\n",
        b": heartbeat\n\n",
        b"\n\n",
    ],
)
def test_any_other_frame_does_not(frames):
    with pytest.raises((NotConforming, ValueError)):
        CHECK.check_frames(frames)
