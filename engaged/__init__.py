"""The command line, and what puts aggregator, moderation and feeds together."""

__version__ = "0.1.0"
