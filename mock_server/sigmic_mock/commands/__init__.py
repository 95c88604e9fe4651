"""The verbs of `sigmic-mock`, a module each, listed in the table of `sigmic_mock.cli`."""
