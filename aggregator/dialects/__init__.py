"""One module for each way of writing a feed, and what they share. `aggregator.parse` chooses."""
