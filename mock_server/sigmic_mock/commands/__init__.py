"""The verbs of `sigmic-mock`, a module each, listed in the table of `mock_server.cli`."""
