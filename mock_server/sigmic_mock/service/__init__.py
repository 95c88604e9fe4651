"""The use cases of the platform: one method each, over ports."""
