"""The verbs of `sigmic-conformance`, one module each."""
