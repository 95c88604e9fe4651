"""`python -m mock_server`."""

from sigmic_mock.cli import main

main()
