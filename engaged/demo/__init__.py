"""`engaged demo`: an invented campaign, and a local stand-in for the networks it would come from."""
