"""Decide: let people say what is shown. In this house only decisions change an item's state."""
