"""What the iCloud provider is: CalDAV with Apple's address, fields and help."""

from __future__ import annotations

from appointed.providers.caldav.manifest import Field, Manifest, Pace

URL = "https://caldav.icloud.com/"
HOSTS = (".icloud.com", ".icloud.com.cn")
PACE = Pace(writers=1, look_every=90)

MANIFEST = Manifest(
    name="icloud",
    label="iCloud",
    needs="Your Apple Account e-mail and an app-specific password.",
    fields=(
        Field("username", "Apple Account e-mail", "name@icloud.com"),
        Field("password", "App-specific password", "xxxx-xxxx-xxxx-xxxx", secret=True),
    ),
    help=(
        "Open account.apple.com and sign in (two-factor sign-in must be on).",
        "Choose Sign-In and Security, then App-Specific Passwords, then the plus sign.",
        "Name it Appointed and copy the password with its hyphens into this page.",
    ),
    links={"account.apple.com": "https://account.apple.com/"},
)
