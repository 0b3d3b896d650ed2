"""iCloud: the CalDAV provider with Apple's address, sign-in, help and errors."""
