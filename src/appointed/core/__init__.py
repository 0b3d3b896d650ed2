"""Values and decisions: pure functions that import nothing, read no clock and cannot fail."""
