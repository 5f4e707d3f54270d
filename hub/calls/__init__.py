"""Runs VoiceCalls: starts them, lets callers and workers in, steers them, and sees that each one ends."""
