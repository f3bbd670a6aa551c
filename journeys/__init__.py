"""What is asked of running journeys: start, send, load, ask, adopt, find those that are missing or stuck."""
