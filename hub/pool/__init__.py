"""The MCP servers: their configuration, connections and lives."""
