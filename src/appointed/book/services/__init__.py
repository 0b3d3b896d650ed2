"""What writes to the book. Every service knows who asks, and refuses what he may not."""
