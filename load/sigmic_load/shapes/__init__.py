"""The number of users over time."""
