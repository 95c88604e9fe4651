"""What the platform can do: one method per use case, over ports."""
