"""What people type, checked for its shape; rules stand in the services."""
