"""What reads the book. Every selector knows who asks and stays within his practice."""
