"""What `sigmic-mock VERB` does: one module a verb, each listed in the table of `mock_server.cli`."""
