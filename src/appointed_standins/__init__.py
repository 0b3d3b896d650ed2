"""What plays the other side in tests, demo and proof; imports nothing of `appointed`."""
