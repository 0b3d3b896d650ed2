"""`/audit`: who did what."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router

from appointed.api.inputs import PageIn, actor_of
from appointed.api.outputs import READ, AuditOut, ListOut, audit_out, list_out
from appointed.book.selectors.people import list_audit

router = Router(tags=["Audit"])


@router.get("", response={200: ListOut[AuditOut], **READ})
def get_audit(request: HttpRequest, page: Query[PageIn]) -> Any:
    """Newest first."""
    return list_out(list_audit(actor_of(request), page.paging()).of(audit_out))
