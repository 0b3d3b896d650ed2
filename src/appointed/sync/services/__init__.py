"""What people and programs may ask of the engine."""
