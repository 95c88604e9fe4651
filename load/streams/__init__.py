"""Streams as readers see them: a connection, many idle ones, heartbeats, what was lost."""
