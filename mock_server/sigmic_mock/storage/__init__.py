"""Storage: the embedded database, workspaces and uploads on the local disk."""
