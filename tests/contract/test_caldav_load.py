"""Many writes at once: on kept connections, and never more of them than the pool holds."""

import pytest

from appointed.providers.port import CreateEvent, Written
from contract.suite import event, fresh_key
from contract.worlds import DavWorld

MANY = 200


@pytest.mark.parametrize("writers", [1, 4])
def test_writes_run_at_once_on_no_more_connections_than_allowed(caldav_server, writers):
    world = DavWorld(caldav_server("radicale"), writers=writers)
    wishes = [CreateEvent(str(n), fresh_key(), event(f"Ann {n}")) for n in range(MANY)]

    receipts = list(world.provider.write(world.calendar_id, wishes))

    world.close()
    assert sum(isinstance(receipt, Written) for receipt in receipts) == MANY
    assert len(world.proxy.writes) == MANY
    assert world.proxy.most_in_flight == writers
    assert world.proxy.most_open == world.proxy.connections == writers


def test_receipts_come_while_others_are_still_on_their_way(caldav_server):
    world = DavWorld(caldav_server("radicale"), writers=1)
    wishes = [CreateEvent(str(n), fresh_key(), event(f"Ann {n}")) for n in range(20)]

    next(world.provider.write(world.calendar_id, wishes))

    assert len(world.proxy.writes) < len(wishes)
    world.close()
