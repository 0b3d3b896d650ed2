"""A person's phone: a small calendar that talks CalDAV and nothing else, and the person's mails.

It plays another product: it knows its accounts and its server, never Appointed. A process of its
own (`python -m appointed_standins.phone`), told by the file that `PHONE_CONFIGURATION` names.
"""
