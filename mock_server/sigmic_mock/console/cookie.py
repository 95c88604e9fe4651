"""The cookie of a console session, read from among all cookies that a browser keeps for this host.

All ports of a host share their cookies, so another server can set any cookie, ours too, well-formed or not.
None of them may sign a user out, or choose the session that a user acts in.
"""

import re
from collections.abc import Iterator

from aiohttp import web

from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.people import User
from sigmic_mock.service.people import People

COOKIE_PATH = "/console"
MOST_BYTES = 64 * 1024
"""Of all `Cookie` headers of a request together; the rest is not read."""
MOST_VALUES = 16
"""Of our name; a browser sends one for each folder of the path for which it was set."""
_TOKEN = re.compile(r"[0-9a-f]{64}", re.ASCII)


def cookie_name(request: web.BaseRequest) -> str:
    """Return the cookie's name: with the port, since all ports of a host share their cookies."""
    address = request.transport.get_extra_info("sockname") if request.transport else None
    return f"sigmic_console_{address[1] if address else 0}"


def session_of(request: web.BaseRequest, people: People) -> tuple[User, str]:
    """Return who is signed in and the token of their session; raises AUTH_REQUIRED.

    Values of no session are passed over. Two sessions are refused: which of them the user began is not known.
    """
    sessions = {
        token: user
        for token in dict.fromkeys(_tokens(request))
        if (user := people.user_of(token)) is not None
    }
    if len(sessions) > 1:
        raise ApiError(
            ErrorCode.AUTH_REQUIRED,
            f"Two sessions were sent; delete the cookies {cookie_name(request)}, and sign in again",
        )
    for token, user in sessions.items():
        return user, token
    raise ApiError(ErrorCode.AUTH_REQUIRED, "Sign in first: POST /console/api/session")


def session_cookie(request: web.BaseRequest, token: str, seconds: int) -> str:
    """Return the header that sets the cookie; with 0 seconds it goes away."""
    secure = "; Secure" if request.secure else ""
    return (
        f"{cookie_name(request)}={token}; HttpOnly; SameSite=Strict; Path={COOKIE_PATH};"
        f" Max-Age={seconds}{secure}"
    )


def _tokens(request: web.BaseRequest) -> Iterator[str]:
    """Yield the well-formed values of our cookie, at most `MOST_VALUES`.

    Cookies are split at `;` and never unquoted: our values have no quotes, and unquoting those of others is
    slow in older Pythons.
    """
    name, left, values = cookie_name(request), MOST_BYTES, MOST_VALUES
    for line in request.headers.getall("Cookie", ()):
        for cookie in line[:left].split(";"):
            given, _, value = cookie.partition("=")
            if given.strip(" \t") == name and _TOKEN.fullmatch(value.strip(" \t")) and values:
                values -= 1
                yield value.strip(" \t")
        left -= min(left, len(line))
