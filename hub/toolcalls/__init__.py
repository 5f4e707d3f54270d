"""Runs ToolCalls. The only road to a server's tool, whoever asks: a desktop client or a VoiceCall."""
