"""Many writes at once: on kept connections, and never more of them than the pool holds."""

import pytest

from appointed.providers.port import CreateEvent, Written
from contract.verbs import event, fresh_key
from contract.worlds import DavWorld

MANY = 200


def wishes():
    return [CreateEvent(str(n), fresh_key(), event(f"Ann {n}")) for n in range(MANY)]


@pytest.mark.parametrize("writers", [1, 4])
def test_writes_run_at_once_on_no_more_connections_than_allowed(quirky, writers):
    world = quirky()
    provider = world.connect(writers=writers)

    receipts = list(provider.write(world.calendar_id, wishes()))

    assert sum(isinstance(receipt, Written) for receipt in receipts) == MANY
    assert len(world.proxy.writes) == len(world.calendar.events) == MANY
    assert world.proxy.most_in_flight == writers
    assert world.proxy.most_open == world.proxy.connections == writers


def test_a_real_server_sees_several_writes_at_once_on_few_connections(caldav_server):
    world = DavWorld(caldav_server("cyrus"))

    receipts = list(world.provider.write(world.calendar_id, wishes()))

    world.close()
    assert sum(isinstance(receipt, Written) for receipt in receipts) == MANY
    assert 1 < world.proxy.most_in_flight <= 4
    assert world.proxy.most_open <= 4


def test_receipts_come_while_others_are_still_on_their_way(quirky):
    world = quirky()
    provider = world.connect(writers=1)

    next(provider.write(world.calendar_id, wishes()))

    assert len(world.proxy.writes) < MANY
