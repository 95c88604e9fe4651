"""Sandboxes for the agent's tools: one real, confined process tree per session."""
