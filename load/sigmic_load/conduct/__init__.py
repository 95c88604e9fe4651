"""The course of a run: bound to Locust's events, spread over workers, watched and published."""
