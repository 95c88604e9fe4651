"""The mock inside a test: `with mock_server() as m:`, from synchronous and asynchronous tests alike.

Only the standard library is loaded here; the server is when one is started.
"""

from sigmic_mock.testing.control_client import MockRefused
from sigmic_mock.testing.mock import Mock, mock_server
from sigmic_mock.testing.project import ArmedFault, NotFired, Project

__all__ = ["ArmedFault", "Mock", "MockRefused", "NotFired", "Project", "mock_server"]
