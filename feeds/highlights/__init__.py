"""The weekly mail: what is in it, how it looks, and how it reaches people exactly once."""
