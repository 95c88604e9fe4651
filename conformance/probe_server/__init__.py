"""The MCP server that the judge has configured in a target, to see there how MCP servers are treated."""
