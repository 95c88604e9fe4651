"""The users of a load test, one module each."""
