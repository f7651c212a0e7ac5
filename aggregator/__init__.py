"""Collect, clean, screen, store: everything between a foreign server and our own memory."""
