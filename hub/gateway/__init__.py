"""The hub AS an MCP server: what desktop clients and voice calls connect to, over HTTP and over stdio."""
