"""What keeps the repository in order: generated files and change notes. For developers; not installed."""
