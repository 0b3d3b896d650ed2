"""The command `appointed`: one module a group of commands, over selectors and services."""
