"""The system under test: its profile, settings, credentials, and the reference server."""
