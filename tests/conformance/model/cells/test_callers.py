"""The cells of tokens, end users, apps and projects that traffic reaches."""

from tests.conformance.traffic import NOBODY, SECOND_KEY, Traffic


def test_end_users_have_tokens_and_names():
    traffic = Traffic()
    ann = traffic.token("ann")
    traffic.token("ann")
    traffic.token("Ann")
    traffic.create(headers=ann, role="widget")
    traffic.get("completed", headers=ann, role="widget")

    assert traffic.cells("end user") >= {
        "count=one",
        "count=two",
        "name=same",
        "name=nearly_same",
        "moment=twice",
    }
    assert traffic.cells("token") >= {
        "count=one",
        "count=two",
        "moment=during",
        "moment=twice",
        "view=several",
    }
    assert traffic.cells("app") >= {"count=one", "moment=during", "moment=twice"}
    assert not traffic.cells("app") & {"count=zero", "size=nothing", "moment=at_once"}


def test_credentials_that_nobody_issued():
    traffic = Traffic().create(headers=NOBODY, role="nobody", status=401)
    for credential in ("", "x", "eyJ.a.b", "sigmic_" + "0" * 64, "y" * 5000):
        traffic.create(headers=(("Authorization", f"Bearer {credential}"),), role="nobody", status=401)

    assert traffic.cells("token") == {
        "count=zero",
        "size=small",
        "size=large",
        "name=nearly_same",
    }
    assert traffic.cells("project") == {"count=zero", "name=nearly_same"}


def test_another_project_meets_a_task_at_work():
    traffic = Traffic().create().get("running")
    for _ in range(2):
        traffic.get(headers=SECOND_KEY, role="second", status=404)
    traffic.listing(headers=SECOND_KEY, role="second")
    traffic.get("running")

    assert traffic.cells("project") >= {"count=two", "moment=during", "moment=twice", "view=several"}
