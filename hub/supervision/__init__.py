"""Owns processes and other lives: starts them, notices their end, and leaves nothing of them behind."""
