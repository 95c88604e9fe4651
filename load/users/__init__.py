"""The users of a load test, a module each."""
