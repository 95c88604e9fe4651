"""MCP servers: starting them, talking to them through the official SDK, and ending them."""
