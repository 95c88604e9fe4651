"""The course of a run: bound to Locust's events, over workers, watched, published."""
