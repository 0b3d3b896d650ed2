"""Mails that `Notice` rows ask for: rendered, sent once, or kept where there is no mail server."""
