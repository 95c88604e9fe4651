"""`python -m sigmic_mock`."""

from sigmic_mock.cli import main

main()
