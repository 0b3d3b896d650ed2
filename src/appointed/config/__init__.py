"""How the parts become one program: settings, addresses, the ASGI application."""
