"""The tools that the agent calls: programs that run inside the sandbox of a session."""
