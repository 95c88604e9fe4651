"""The console: what each role sees and can reach."""

import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from sigmic_mock.domain.access import Right, may
from sigmic_mock.domain.model import Role
from tests.browser.accessibility import Axe
from tests.browser.conftest import Heard, Mock
from tests.fakes.mcp_http_server import mcp_over_http

HOSTILE = "<img src=x onerror=window.pwned=1>" + "long" * 30
TRIAL_MS = 60_000
"""The first connection test of a server loads the SDK, which takes long on a busy machine."""
PLACES = {
    "api-keys": "API keys",
    "widget-apps": "Widget apps",
    "mcp": "MCP servers",
    "settings": "Settings",
    "policies": "Tool policies",
    "members": "Members",
    "tasks": "Tasks",
}
ACTIONS = {
    ("api-keys", "Create key"): Right.KEYS,
    ("widget-apps", "Create app"): Right.CONFIGURE,
    ("mcp", "Add server"): Right.CONFIGURE,
    ("settings", "Rename"): Right.CONFIGURE,
    ("settings", "Save"): Right.CONFIGURE,
    ("settings", "Delete project"): Right.DELETE,
    ("policies", "Add policy"): Right.CONFIGURE,
}
"""Control that starts a change, and the right that the API requires."""


def signed_in(page: Page, mock: Mock, role: Role = Role.OWNER) -> None:
    page.goto(f"{mock.url}/console")
    page.get_by_role("button", name=f"Continue as {role.value.capitalize()}").click()
    expect(page.get_by_role("heading", name="Projects")).to_be_focused()


def at(page: Page, mock: Mock, project: str, place: str, *, heading: str = "") -> None:
    """Go to a place of a project; return when the page has loaded its content."""
    page.goto(f"{mock.url}/console/p/{project}/{place}")
    expect(page.get_by_role("heading", level=1, name=heading)).to_be_focused()
    expect(page.get_by_text("Loading")).to_have_count(0)


@pytest.fixture
def project(mock: Mock) -> str:
    """A project of this test."""
    made: dict[str, str] = mock.control("POST", "/projects", {"name": "Tents"})
    return made["project"]


def lists_tasks(mock: Mock, key: str) -> int:
    answer = httpx.get(f"{mock.url}/api/v1/tasks", headers={"Authorization": f"Bearer {key}"}, timeout=15)
    return answer.status_code


@pytest.mark.parametrize("role", list(Role))
def test_the_console_shows_a_role_only_its_permitted_actions(
    page: Page, mock: Mock, project: str, role: Role
):
    signed_in(page, mock, role)
    new_project = page.get_by_role("button", name="New project")
    expect(new_project).to_have_count(int(may(role, Right.CONFIGURE)))
    at(page, mock, project, "tasks")
    for place, title in PLACES.items():
        link = page.get_by_role("navigation").get_by_role("link", name=title)
        if place == "api-keys" and not may(role, Right.KEYS):
            expect(link).to_have_count(0)
            at(page, mock, project, place, heading="You don't have access")
            continue
        link.click()
        expect(page.get_by_role("heading", level=1, name=title)).to_be_focused()
        expect(page.get_by_text("Loading")).to_have_count(0)
        for (where, action), right in ACTIONS.items():
            if where == place:
                button = page.get_by_role("button", name=action, exact=True)
                expect(button).to_have_count(int(may(role, right)))
    page.get_by_role("link", name="Members").click()
    expect(page.get_by_role("table", name="Members")).to_be_visible()
    changeable = page.get_by_role("combobox", name="Role of")
    # An admin can't change an owner, and the page doesn't offer to change the last one.
    expect(changeable).to_have_count({Role.OWNER: 3, Role.ADMIN: 3}.get(role, 0))


def test_a_key_is_made_by_keyboard_shown_once_and_revoked(page: Page, mock: Mock, project: str):
    signed_in(page, mock)
    at(page, mock, project, "api-keys", heading="API keys")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Create key")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Name")).to_be_focused()
    page.keyboard.type("CI of the shop")
    page.keyboard.press("Enter")
    shown = page.get_by_role("textbox", name="API key")
    expect(shown).to_be_focused()
    key = shown.input_value()
    assert lists_tasks(mock, key) == 200

    page.reload()
    expect(page.get_by_role("row", name="CI of the shop member ada never")).to_be_visible()
    expect(page.get_by_text(key)).to_have_count(0)
    page.get_by_role("button", name="Revoke CI of the shop").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    # The next key press opens it again, even if it follows immediately.
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Key CI of the shop revoked")
    assert lists_tasks(mock, key) == 401


def test_an_app_has_exact_origins_and_a_secret_that_is_rotated(page: Page, mock: Mock, project: str):
    def exchange(app: str, secret: str) -> int:
        body = {"appId": app, "appSecret": secret, "endUserId": "u"}
        return httpx.post(f"{mock.url}/api/v1/auth/token", json=body, timeout=15).status_code

    signed_in(page, mock)
    at(page, mock, project, "widget-apps", heading="Widget apps")
    page.get_by_role("button", name="Create app").click()
    page.get_by_role("textbox", name="Name").fill("Shop")
    origins = page.get_by_role("textbox", name="Allowed origins")
    origins.fill("https://shop.example/cart")
    page.get_by_role("button", name="Create app").click()
    expect(origins).to_be_focused()
    expect(origins).to_have_attribute("aria-invalid", "true")
    expect(origins).to_have_accessible_description(
        re.compile("Enter https://shop.example, which is what a browser sends.")
    )
    origins.fill("https://shop.example")
    page.get_by_role("button", name="Create app").click()
    secret = page.get_by_role("textbox", name="App secret")
    first = secret.input_value()
    card = page.get_by_role("region", name="Shop", exact=True)
    app = card.locator("dd code").first.inner_text()
    assert exchange(app, first) == 200

    page.get_by_role("button", name="Rotate secret of Shop").click()
    page.get_by_role("button", name="Rotate secret", exact=True).click()
    expect(secret).not_to_have_value(first)
    assert (exchange(app, first), exchange(app, secret.input_value())) == (401, 200)
    card.get_by_text("Embed code").click()
    expect(card.locator("pre")).to_contain_text(f'<script src="{mock.url}/widget/sigmic-chat.js" async>')


def test_an_mcp_server_is_added_tested_filtered_and_changed(page: Page, mock: Mock, project: str):
    with mcp_over_http() as server:
        signed_in(page, mock)
        at(page, mock, project, "mcp", heading="MCP servers")
        page.get_by_role("button", name="Add server").click()
        page.get_by_role("textbox", name="Name").fill("crm")
        page.get_by_role("combobox", name="Transport").select_option("http")
        page.get_by_role("textbox", name="URL").fill(server.url.replace("127.0.0.1", "{{mcp.HOST}}"))
        page.get_by_role("button", name="Add header").click()
        page.get_by_role("textbox", name="Name").last.fill("X-Team")
        page.get_by_role("textbox", name="Value").fill("a secret of ours")
        page.get_by_role("button", name="Save server").click()
        test = page.get_by_role("form", name="Test crm")
        test.get_by_role("button", name="Test connection").click()
        expect(test).to_contain_text("Connection failed", timeout=TRIAL_MS)
        expect(page.get_by_role("region", name="crm").locator(".title .state")).to_have_text(
            "Connection failed"
        )
        expect(test.get_by_role("group", name="Output of crm")).to_contain_text("{{mcp.HOST}} is not set")
        test.get_by_label("HOST").fill("localhost")
        test.get_by_role("button", name="Test connection").click()
        expect(test).to_contain_text("Connected · 1 tool", timeout=TRIAL_MS)
        test.get_by_role("checkbox", name="echo").uncheck()
        expect(page.get_by_role("status").last).to_have_text("Tool echo disabled")
        test.get_by_role("button", name="Test connection").click()
        expect(test).to_contain_text("Connected · 0 tools", timeout=TRIAL_MS)
        expect(test.get_by_role("checkbox", name="echo")).not_to_be_checked()

    expect(page.get_by_role("region", name="crm").locator(".title .state")).to_have_text("Connected")
    page.get_by_role("button", name="Edit crm").click()
    expect(page.get_by_role("textbox", name="Value")).to_have_value("")
    page.get_by_role("textbox", name="Connection timeout (ms)").fill("300")
    page.get_by_role("button", name="Save server").click()
    expect(page.get_by_role("status").last).to_have_text("Server crm saved")
    assert page.content().count("a secret of ours") == 0
    kept = mock.control("GET", f"/settings?project={project}")["mcp_servers"]["crm"]
    assert (kept["excludeTools"], kept["timeout"], kept["headers"]) == (
        ["echo"],
        300,
        {"X-Team": {"set": True}},
    )


def test_a_refusal_of_the_server_stands_at_its_field(page: Page, mock: Mock, project: str, heard: Heard):
    heard.expected = ("400",)
    signed_in(page, mock)
    at(page, mock, project, "api-keys", heading="API keys")
    page.get_by_role("button", name="Create key").click()
    name = page.get_by_role("textbox", name="Name")
    name.evaluate("field => field.removeAttribute('maxlength')")
    name.fill("x" * 201)
    page.get_by_role("button", name="Create key").click()
    expect(name).to_be_focused()
    expect(name).to_have_accessible_description(re.compile("^Must be a text of 1 to 200 characters"))
    page.get_by_role("link", name="MCP servers").click()
    page.get_by_role("button", name="Add server").click()
    page.get_by_role("textbox", name="Name").fill("My Server")
    page.get_by_role("textbox", name="Command").fill("uvx")
    page.get_by_role("button", name="Save server").click()

    expect(name).to_have_accessible_description(re.compile("'My Server' is not a server name"))
    name.fill("mine")
    page.get_by_text("More options").click()
    timeout = page.get_by_role("textbox", name="Connection timeout (ms)")
    timeout.fill("soon")
    page.get_by_text("More options").click()
    page.get_by_role("button", name="Save server").click()
    expect(timeout).to_be_focused()
    expect(timeout).to_have_accessible_description(re.compile("^Must be a number of milliseconds"))
    timeout.fill("5000")
    page.get_by_role("button", name="Add variable").click()
    page.get_by_role("textbox", name="Name").last.fill("A B")
    page.get_by_role("button", name="Save server").click()
    expect(page.get_by_role("textbox", name="Name").last).to_be_focused()
    expect(page.get_by_role("alert")).to_have_text("'A B' cannot be a name here.")
    page.get_by_role("link", name="Tool policies").click()
    for tool in ("write_file", "a b"):
        page.get_by_role("button", name="Add policy").click()
        page.get_by_role("textbox", name="Tool or pattern").last.fill(tool)
    page.get_by_role("button", name="Save", exact=True).click()

    tools = page.get_by_role("textbox", name="Tool or pattern")
    expect(tools.last).to_have_accessible_description(re.compile("^'a b' is neither a tool name"))
    expect(tools.first).not_to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("VALIDATION_ERROR")).to_have_count(0)


def test_an_mcp_server_starts_from_a_template_or_from_pasted_json(page: Page, mock: Mock, project: str):
    signed_in(page, mock)
    at(page, mock, project, "mcp", heading="MCP servers")
    page.get_by_role("button", name="Add server").click()
    page.get_by_role("button", name="Time", exact=True).click()
    expect(page.get_by_text("sigmic-mock mcp add pypi:mcp-server-time")).to_be_visible()
    page.get_by_role("button", name="Save server").click()
    expect(page.get_by_role("region", name="time")).to_contain_text("Enabled, not tested")
    page.get_by_role("button", name="Add server").click()
    page.get_by_role("button", name="Paste JSON").click()
    pasted = page.get_by_role("textbox", name="Configuration of another program")
    pasted.fill('{"mcpServers": {"time": {}}}')
    expect(pasted).to_have_accessible_description("time has neither a command nor a url.")
    pasted.fill('{"mcpServers": {"time": {"command": "uvx"}, "CRM": {"url": "https://crm.example/mcp"}}}')
    page.get_by_role("button", name="Add 2 servers").click()
    expect(page.get_by_role("textbox", name="Name")).to_have_accessible_description(
        re.compile("A server named time already exists")
    )
    pasted.fill('{"mcpServers": {"CRM": {"url": "https://crm.example/mcp", "headers": {"K": "${env:K}"}}}}')
    page.get_by_role("button", name="Save server").click()
    expect(page.get_by_role("status").last).to_have_text("Server crm saved")

    kept = mock.control("GET", f"/settings?project={project}")["mcp_servers"]
    assert {name: (it.get("args"), it.get("url")) for name, it in kept.items()} == {
        "time": (["mcp-server-time"], None),
        "crm": (None, "https://crm.example/mcp"),
    }
    assert kept["crm"]["headers"] == {"K": "{{mcp.K}}"}


def test_a_table_is_filtered_and_sorted(page: Page, mock: Mock):
    made = mock.control("POST", "/projects", {"name": "Sorted"})
    headers = {"Authorization": f"Bearer {made['api_key']}"}
    for number in (2, 11, 1, 3, 5, 4):
        body = {"message": f"Say exactly: {number}"}
        httpx.post(f"{mock.url}/api/v1/tasks", headers=headers, json=body, timeout=15).raise_for_status()
    signed_in(page, mock)
    at(page, mock, made["project"], "tasks", heading="Tasks")
    tasks = page.get_by_role("table", name="Tasks").get_by_role("row").get_by_role("link")
    expect(tasks).to_have_count(6)
    expect(page.get_by_role("row", name="just now").first).to_be_visible()
    page.get_by_role("button", name="Task", exact=True).click()
    expect(page.get_by_role("columnheader", name="Task", exact=True)).to_have_attribute(
        "aria-sort", "ascending"
    )
    assert tasks.all_text_contents() == [f"Say exactly: {number}" for number in (1, 2, 3, 4, 5, 11)]
    page.get_by_role("searchbox", name="Filter tasks").fill("exactly 1")

    expect(tasks).to_have_text(["Say exactly: 1", "Say exactly: 11"])


def test_no_owner_loses_her_role_by_one_click(page: Page, mock: Mock, project: str):
    signed_in(page, mock)
    at(page, mock, project, "members", heading="Members")
    ada = page.get_by_role("row", name="ada")
    expect(ada).to_contain_text("The last owner. Make another member an owner first.")
    page.get_by_role("combobox", name="Role of grace").select_option("owner")
    own = page.get_by_role("combobox", name="Role of ada")
    own.select_option("viewer")
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(own).to_have_value("owner")
    own.select_option("viewer")
    page.get_by_role("button", name="Change my role").click()

    expect(ada).to_contain_text("Viewer")
    expect(page.get_by_role("combobox", name="Role of ada")).to_have_count(0)


def test_a_conflicting_change_is_shown_and_can_be_applied_on_top(
    page: Page, mock: Mock, project: str, heard: Heard
):
    heard.expected = ("412",)
    signed_in(page, mock)
    at(page, mock, project, "settings", heading="Settings")
    page.get_by_role("checkbox", name="Run tools without approval").uncheck()
    theirs = {"tool_policies": {"write_file": "deny"}, "prompts": ["Theirs."]}
    mock.control("PUT", f"/settings?project={project}", theirs)
    page.get_by_role("button", name="Save", exact=True).click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("They changed: tool policies, prompts. Your changes weren't saved.")
    alert.get_by_role("button", name="Save my changes anyway").click()
    expect(page.get_by_role("status")).to_have_text("Settings saved")

    kept = mock.control("GET", f"/settings?project={project}")
    assert {**kept, **theirs, "auto_execute": False} == kept


def test_a_missing_value_is_reported_at_its_field_and_nothing_is_saved(page: Page, mock: Mock, project: str):
    signed_in(page, mock)
    at(page, mock, project, "policies", heading="Tool policies")
    page.get_by_role("button", name="Add policy").click()
    tool = page.get_by_role("textbox", name="Tool or pattern")
    for text in ("", "   "):
        tool.fill(text)
        page.get_by_role("button", name="Save", exact=True).click()
        expect(tool).to_be_focused()
        expect(tool).to_have_accessible_description("Tool or pattern is required.")
        tool.fill("write_file")
        expect(tool).not_to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="Add policy").click()
    tool.last.fill("write_file")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(tool.last).to_have_accessible_description("'write_file' has two policies. Remove one of them.")
    at(page, mock, project, "api-keys", heading="API keys")
    page.get_by_role("button", name="Create key").click()
    page.get_by_role("button", name="Create key").click()
    expect(page.get_by_role("textbox", name="Name")).to_have_accessible_description("Name is required.")

    assert mock.control("GET", f"/settings?project={project}")["tool_policies"] == {}


def test_settings_policies_and_roles_are_changed(page: Page, mock: Mock, project: str):
    signed_in(page, mock)
    at(page, mock, project, "settings", heading="Settings")
    page.get_by_role("button", name="Add prompt").click()
    page.get_by_role("textbox", name="Prompt 1").fill("Be brief.")
    page.get_by_role("textbox", name="Subagent name").fill("Code Writer")
    page.get_by_role("textbox", name="Subagent name").press("Enter")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("Settings saved")
    page.get_by_role("link", name="Tool policies").click()
    page.get_by_role("button", name="Add policy").click()
    page.get_by_role("textbox", name="Tool or pattern").fill("mcp_crm_*")
    page.get_by_role("combobox", name="Policy").select_option("deny")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("Policies saved")
    page.get_by_role("link", name="Members").click()
    page.get_by_role("combobox", name="Role of vera").select_option("member")
    expect(page.get_by_role("status")).to_have_text("Changed the role of vera")

    kept: dict[str, Any] = mock.control("GET", f"/settings?project={project}")
    assert kept["prompts"] == ["Be brief."]
    assert kept["subagents"] == {"*": True, "Code Writer": False}
    assert kept["tool_policies"] == {"mcp_crm_*": "deny"}
    page.get_by_role("combobox", name="Role of vera").select_option("")
    expect(page.get_by_role("combobox", name="Role of vera")).to_have_value("viewer")


def test_a_task_leads_to_its_timeline_and_on_to_chat_and_journal(page: Page, mock: Mock):
    task = mock.api("POST", "/tasks", json={"message": "playbook: stream-example"})["id"]
    signed_in(page, mock)
    page.get_by_role("link", name="Default project").click()
    page.get_by_role("link", name="Tasks", exact=True).click()
    page.locator(f"a[href$='{task}']").click()
    expect(page).to_have_title(re.compile("^playbook: stream-example"))
    expect(page.get_by_role("list", name="Timeline")).to_contain_text("Session started")

    expect(page.get_by_role("link", name="Open in chat")).to_have_attribute("href", f"/c/{task}")
    journal = page.get_by_role("link", name="View requests")
    expect(journal).to_have_attribute("href", f"/__mock/ui?q=task:{task}")
    page.go_back()
    expect(page.get_by_role("heading", name="Tasks")).to_be_focused()


def test_a_task_of_a_project_with_keys_of_its_own_is_opened_in_the_chat(page: Page, mock: Mock):
    made = mock.control("POST", "/projects", {"name": "Tents"})
    headers = {"Authorization": f"Bearer {made['api_key']}"}
    asked = {"message": "What is the capital of France?"}
    answer = httpx.post(f"{mock.url}/api/v1/tasks", headers=headers, json=asked, timeout=15)
    signed_in(page, mock)
    at(page, mock, made["project"], f"tasks/{answer.json()['data']['id']}")
    page.get_by_role("link", name="Open in chat").click()
    expect(page.get_by_text("This project has its own API keys")).to_be_visible()
    page.get_by_label("API key").fill(made["api_key"])
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("log").get_by_role("article", name="Assistant")).to_contain_text("Paris")
    assert made["api_key"] not in page.url


def test_each_error_offers_one_next_step(page: Page, mock: Mock, project: str, heard: Heard):
    heard.expected = ("401", "403", "ERR_CONNECTION_REFUSED")
    signed_in(page, mock)
    members = f"**/console/api/projects/{project}/members"
    page.route(members, lambda route: route.abort("connectionrefused"))
    page.goto(f"{mock.url}/console/p/{project}/members")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Can't reach the server. NO_ANSWER")
    page.unroute(members)
    alert.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("table", name="Members")).to_be_visible()
    page.get_by_role("link", name="Tool policies").click()
    page.get_by_role("button", name="Add policy").click()
    page.get_by_role("textbox", name="Tool or pattern").fill("write_file")
    for name, role in (("grace", "owner"), ("ada", "viewer")):
        page.request.put(
            f"{mock.url}/console/api/projects/{project}/members/{name}",
            headers={"Origin": mock.url},
            data={"role": role},
        )
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("The role viewer may not do this; admin may")
    expect(page.get_by_role("button", name="Save", exact=True)).to_have_count(0)
    expect(page.get_by_role("link", name="API keys")).to_have_count(0)
    for path, words in (("/console/p/none/mcp", "Project not found"), ("/console/nothing", "Page not found")):
        page.goto(mock.url + path)
        expect(page.get_by_role("heading", name=words)).to_be_visible()
        page.get_by_role("main").get_by_role("link", name="All projects").click()
        expect(page.get_by_role("heading", name="Projects")).to_be_focused()
    page.context.clear_cookies()
    page.get_by_role("link", name="Tents").first.click()
    expect(page.get_by_text("Your session has expired.")).to_be_visible()
    page.get_by_role("button", name="Continue as Viewer").click()
    expect(page.get_by_text("vera")).to_be_visible()


def test_every_page_is_accessible_and_fits_any_window(page: Page, mock: Mock, axe: Axe):
    page.goto(f"{mock.url}/console")
    expect(page.get_by_role("button", name="Continue as Owner")).to_be_visible()
    axe.check(page)
    signed_in(page, mock)
    page.get_by_role("button", name="New project").click()
    page.get_by_role("textbox", name="Name").fill(HOSTILE)
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_role("heading", name="No API keys yet")).to_be_visible()
    project = page.url.split("/")[5]
    server = {"env": {"TOKEN": "t", "KEY": "{{mcp.KEY}}"}, "command": "none", "args": [HOSTILE]}
    settings = {
        "mcp_servers": {"crm": server},
        "prompts": [HOSTILE],
        "tool_policies": {"write_file": "ask", "mcp_*": "deny"},
        "subagents": {HOSTILE[:60]: False},
    }
    mock.control("PUT", f"/settings?project={project}", settings)
    for place in PLACES:
        at(page, mock, project, place)
        for begin in ("Create key", "Create app"):
            if page.get_by_role("button", name=begin).count():
                page.get_by_role("button", name=begin).click()
                page.get_by_role("textbox", name="Name").fill(HOSTILE)
                page.get_by_role("button", name=begin).click()
                expect(page.get_by_role("button", name="Done")).to_be_visible()
        if place == "api-keys":
            page.get_by_role("button", name="Revoke").click()
            axe.check(page)
            page.keyboard.press("Escape")
        axe.check(page)
        page.set_viewport_size({"width": 320, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, place
    page.set_viewport_size({"width": 320, "height": 700})
    page.get_by_role("button", name="Menu").click()
    expect(page.get_by_role("link", name="Console")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Menu")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="MCP servers").click()
    expect(page.get_by_role("button", name="Menu")).to_have_attribute("aria-expanded", "false")
    page.get_by_role("button", name="Edit crm").click()
    axe.check(page)
    assert page.evaluate("window.pwned") is None
