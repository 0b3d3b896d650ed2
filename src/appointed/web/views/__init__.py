"""Views: find through a selector that knows who asks, validate, call one service, answer."""
