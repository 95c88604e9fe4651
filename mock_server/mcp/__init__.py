"""MCP servers: how they are started, talked to through the official SDK, and ended."""
