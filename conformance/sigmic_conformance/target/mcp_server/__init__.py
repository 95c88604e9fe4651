"""The MCP server that is configured in a target, to test how the target treats MCP servers."""
