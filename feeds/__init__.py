"""PUBLISH: pages, frames and feeds of what was approved. Nothing here writes an item or a decision."""
