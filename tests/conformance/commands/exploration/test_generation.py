import json

import pytest

from sigmic_conformance.commands.exploration.generation import described, drawn
from sigmic_conformance.commands.exploration.scope import TASK, Drawn
from sigmic_conformance.target.profile import Credentials, Profile

PROFILE = Profile(base_url="http://127.0.0.1:1")
CREDENTIALS = Credentials(api_key="sigmic_key", app_id="app_1", app_secret="secret")


def requests_for(*operations: str, number: int = 40, seed: int = 1) -> list[Drawn]:
    return drawn(PROFILE, CREDENTIALS, operations, seed=seed, number=number)


@pytest.fixture(scope="module")
def creations() -> list[Drawn]:
    """Drawing takes seconds, so these are shared."""
    return requests_for("create_task", number=100)


def fields(request: Drawn) -> dict:
    return json.loads(request.body.content) if request.body else {}


@pytest.mark.nightly
def test_a_seed_draws_the_same_requests_again_and_another_draws_others():
    def told(seed: int) -> list[tuple]:
        return [(each.method, each.target, each.is_signed) for each in requests_for("list_tasks", seed=seed)]

    assert told(1) == told(1)
    assert told(1) != told(2)


@pytest.mark.nightly
def test_valid_creations_have_a_message(creations):
    valid = [each for each in creations if each.is_valid]

    forms = [each for each in valid if each.body and each.body.description]
    as_json = [each for each in valid if each not in forms]
    assert forms
    assert as_json
    assert all(isinstance(fields(each).get("message"), str) for each in as_json)


@pytest.mark.nightly
def test_most_requests_about_a_task_name_an_existing_task():
    targets = [each.target for each in requests_for("get_task", "send_message", number=60)]

    about = sum(TASK in each for each in targets)
    assert len(targets) / 2 < about < len(targets)


@pytest.mark.nightly
def test_secrets_are_values_that_no_answer_has_by_chance(creations):
    made = [each for each in creations if each.secrets]

    assert made
    for each in made:
        assert all(secret.encode() in each.body.content for secret in each.secrets if each.body)
        assert all(secret.startswith("kept-") for secret in each.secrets)


@pytest.mark.nightly
def test_valid_token_exchanges_have_the_credentials_of_the_app():
    valid = [each for each in requests_for("create_token") if each.is_valid]

    assert {(fields(each)["appId"], fields(each)["appSecret"]) for each in valid} == {("app_1", "secret")}


def test_no_request_carries_a_drawn_credential():
    made = requests_for("create_token", "list_tasks", number=40)

    names = {name.lower() for each in made for name, _ in each.headers}
    assert not {"authorization", "x-api-key"} & names


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        (b'--b\r\nContent-Disposition: form-data; name="message"\r\n\r\nHi\r\n--b--\r\n', ("message=Hi",)),
        (
            b'--b\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\nxyz\r\n--b--\r\n',
            ("files: a (3 bytes)",),
        ),
    ],
)
def test_the_parts_of_a_form_are_described_for_the_checks(body, parts):
    assert described(body, "multipart/form-data; boundary=b") == parts
    assert described(body, "application/json") == ()
