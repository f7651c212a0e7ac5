"""What is remembered. One module per door; who may open which stands in pyproject.toml."""
