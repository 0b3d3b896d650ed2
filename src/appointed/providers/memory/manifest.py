"""What a memory server can do: one manifest for each kind of identity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from appointed.providers.port import Identity


@dataclass(frozen=True, slots=True)
class Manifest:
    """The habits of one kind of server.

    `burns_ids`: the id of a deleted event is never free again. `keeps_id_on_move`: a moved
    event bears its id in the other calendar too. `keeps_id_on_restore`: so does one that comes
    back from the bin. `knows_requests`: a creation repeated with the same key gives the event
    of the first one. `restarts`: a dead token leads to a listing by itself instead of an error.
    """

    identity: Identity
    burns_ids: bool = False
    keeps_id_on_move: bool = False
    keeps_id_on_restore: bool = True
    knows_requests: bool = False
    restarts: bool = False


MANIFESTS: Mapping[Identity, Manifest] = {
    Identity.CLIENT_ID: Manifest(Identity.CLIENT_ID, burns_ids=True, keeps_id_on_move=True),
    Identity.NAME: Manifest(Identity.NAME, restarts=True),
    Identity.SERVER_ID: Manifest(
        Identity.SERVER_ID, keeps_id_on_restore=False, knows_requests=True
    ),
}
"""Alike to Google, to CalDAV and to Microsoft Graph."""
