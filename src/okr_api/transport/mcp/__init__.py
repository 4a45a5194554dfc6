"""MCP server at `/mcp` (Model Context Protocol, extra `mcp`): curated tools, each a GraphQL document."""
