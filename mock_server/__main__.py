"""`python -m mock_server`."""

from sigmic_conformance.mock_server.cli import main

main()
