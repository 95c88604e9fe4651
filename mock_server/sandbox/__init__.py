"""Where the agent's tools run: one real, confined process tree per session."""
