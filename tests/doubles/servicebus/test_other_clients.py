"""What clients of other languages showed: the rules that the Python SDK does not touch."""
import asyncio
import http.client
import uuid

import pytest
from azure.servicebus import NEXT_AVAILABLE_SESSION, ServiceBusMessage
from azure.servicebus.exceptions import ServiceBusError

from tests.doubles import servicebus as sbemu
from tests.doubles.servicebus import codec as c
from tests.doubles.servicebus.entities import Namespace
from tests.doubles.servicebus.server import COORDINATOR, entity_path
from tests.doubles.servicebus.test_sync import bus, client, send  # noqa: F401  # fixtures


def a_message(text="x", session=None):
    properties = [str(uuid.uuid4())] + [None] * 12
    properties[c.P_GROUP_ID] = session
    return c.Message.parse(c.encode_message(text, properties, {"kind": "a"}))


def locked(queue):
    """Lock the only message of the queue, as a consumer does."""
    entry = queue._next(None)
    queue._lock(entry)
    return entry


@pytest.mark.parametrize("address", ["/q", "q", "amqps://localhost:5671/q", b"/q"])
def test_an_address_may_begin_with_a_slash(address):
    assert entity_path(address) == "q"


def test_a_batch_is_taken_in_whole_or_not_at_all(bus, client):  # noqa: F811
    with client.get_queue_sender("sess") as sender, pytest.raises(ServiceBusError):
        sender.send_messages([ServiceBusMessage("one", session_id="a"), ServiceBusMessage("two")])
    assert bus.counts("sess")["active"] == 0


@pytest.mark.parametrize("settle", ["abandon", "defer"])
def test_properties_to_modify_are_merged(settle):
    queue = Namespace().queue("q")
    queue.accept(a_message())
    entry = locked(queue)
    getattr(queue, settle)(entry.token, {"tried": 1})
    assert entry.message.app_properties == {"kind": "a", "tried": 1}


def test_a_dead_letter_keeps_the_properties_that_it_is_told():
    queue = Namespace().queue("q")
    queue.accept(a_message())
    queue.dead_letter(locked(queue).token, "why", None, {"tried": 1})
    [dead] = queue.dlq.peek()
    assert dead.message.app_properties == {"kind": "a", "tried": 1, "DeadLetterReason": "why"}


def test_a_session_that_is_given_back_has_not_failed_to_deliver(bus, client):  # noqa: F811
    send(client, "sess", ServiceBusMessage("m", session_id="a"))
    for _ in range(3):
        with client.get_queue_receiver("sess", session_id=NEXT_AVAILABLE_SESSION) as receiver:
            [message] = receiver.receive_messages(max_wait_time=5)
            assert message.delivery_count == 0
    receiver = client.get_queue_receiver("sess", session_id=NEXT_AVAILABLE_SESSION)
    receiver.receive_messages(max_wait_time=5)
    bus.drop_connections()                              # as a process that dies
    with client.get_queue_receiver("sess", session_id=NEXT_AVAILABLE_SESSION) as again:
        [message] = again.receive_messages(max_wait_time=5)
        assert message.delivery_count == 1
    receiver.close()


class Wire:
    """What a session would send, kept."""

    def __init__(self):
        self.sent = []

    def __call__(self, performative, *_):
        self.sent.append(int(c.decode_performative(performative, 0)[0]))


def test_a_link_that_waits_for_a_session_is_attached_before_it_is_detached(bus):  # noqa: F811
    from tests.doubles.servicebus import server

    async def scene():
        broker = bus.broker
        connection = server.Connection(broker)
        connection.authorized.add("sess")
        session = server.Session(connection, 0, [None, 0, 2048, 2048])
        session.send = wire = Wire()
        source = c.Described(c.ULong(0x28), ["sess"] + [None] * 6 + [{c.Symbol("com.microsoft:session-filter"): None}])
        target = c.Described(c.ULong(0x29), ["x"])
        session.on_attach(["l", 0, True, 0, 1, source, target] + [None] * 7)
        session.on_detach([0, True])
        return wire.sent

    assert asyncio.run(scene()) == [c.ATTACH, c.DETACH]


def test_transactions_are_refused_with_a_condition(bus):  # noqa: F811
    from tests.doubles.servicebus import server

    async def scene():
        session = server.Session(server.Connection(bus.broker), 0, [None, 0, 2048, 2048])
        session.send = wire = Wire()
        coordinator = c.Described(c.ULong(COORDINATOR), [[]])
        session.on_attach(["l", 0, False, 0, 1, None, coordinator] + [None] * 7)
        return wire.sent

    assert asyncio.run(scene()) == [c.ATTACH, c.DETACH]


def test_an_administration_client_is_told_that_there_is_no_administration(bus):  # noqa: F811
    asked = http.client.HTTPConnection("127.0.0.1", bus.port, timeout=5)
    asked.request("GET", "/q?api-version=2021-05")
    assert asked.getresponse().status == 501
