"""The covered cells of `spec/cells.yaml` that a run reached, derived from what it saw."""
