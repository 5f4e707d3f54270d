"""The MCP server that is measured against: it speaks both eras over stdio and does next to nothing."""

import anyio
from mcp.server.mcpserver import MCPServer
from mcp_types import ToolAnnotations


def build() -> MCPServer:
    """Its two tools only read, so that a voice call may use them."""
    server = MCPServer("bench")
    reads = ToolAnnotations(read_only_hint=True)

    @server.tool(annotations=reads)
    async def echo(text: str) -> str:
        """Say the text again."""
        return text

    @server.tool(annotations=reads)
    async def wait(ms: int) -> str:
        """Wait so many milliseconds."""
        await anyio.sleep(ms / 1000)
        return f"waited {ms}"

    return server


if __name__ == "__main__":
    build().run("stdio")
