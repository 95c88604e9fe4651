"""The accounts that every server has unless its configuration says `default_accounts: false`.

They are the same on every machine, and visibly so: `10ca1` reads "local". Never expose a server with them to
others.
"""

from sigmic_mock.domain import credentials
from sigmic_mock.domain.accounts import ApiKey, Project, Seeds, WidgetApp
from sigmic_mock.domain.model import Role

API_KEY = "sigmic_" + ("10ca1" * 13)[:64]
APP_ID = "app_local"
APP_SECRET = "local-only-app-secret"  # noqa: S105 - public on purpose, see the module docstring
PROJECT_ID = "10ca1000-0000-4000-8000-000000000001"
ORIGINS = frozenset(
    f"http://{host}:{port}"
    for host in ("localhost", "127.0.0.1")
    for port in (3000, 4173, 5173, 8000, 8080, 8787)
)
"""Where development servers usually are; an origin is exact, there is no wildcard (G-90)."""


def default_seeds() -> Seeds:
    """Return the default project with its key and widget app."""
    digest = credentials.digest(API_KEY)
    return Seeds(
        projects=(Project(id=PROJECT_ID, name="Default project"),),
        api_keys=(
            ApiKey(
                id=credentials.uuid_of(digest.hex()),
                digest=digest,
                project_id=PROJECT_ID,
                name="Local development",
                username="local",
                role=Role.OWNER,
            ),
        ),
        widget_apps=(
            WidgetApp(
                id=APP_ID,
                secret_digest=credentials.digest(APP_SECRET),
                project_id=PROJECT_ID,
                name="Local widget",
                allowed_origins=ORIGINS,
            ),
        ),
    )


def merged(first: Seeds, second: Seeds) -> Seeds:
    """Return both; for the same id or key `second` wins."""
    projects = {it.id: it for it in (*first.projects, *second.projects)}
    keys = {it.digest: it for it in (*first.api_keys, *second.api_keys)}
    apps = {it.id: it for it in (*first.widget_apps, *second.widget_apps)}
    return Seeds(
        projects=tuple(projects.values()),
        api_keys=tuple(keys.values()),
        widget_apps=tuple(apps.values()),
        settings={**first.settings, **second.settings},
        members={**first.members, **second.members},
    )
