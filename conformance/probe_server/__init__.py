"""The MCP server that the suite has configured in a target, to see there how MCP servers are treated."""
