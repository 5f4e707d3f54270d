"""voice-hub: voice calls that can use your MCP tools, and MCP tools that can place a call."""

__version__ = "0.1.0"
