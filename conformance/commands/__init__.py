"""The verbs of `sigmic-conformance`, a module each."""
