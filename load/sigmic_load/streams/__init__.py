"""Streams as readers see them: a connection, many idle streams, heartbeats, lost events."""
