"""The unmodified asyncio SDK against sbemu."""
import asyncio
import datetime as dt

import pytest
from azure.servicebus import NEXT_AVAILABLE_SESSION, ServiceBusMessage, ServiceBusReceiveMode, ServiceBusSubQueue
from azure.servicebus import exceptions as x
from azure.servicebus.aio import AutoLockRenewer, ServiceBusClient

from tests.doubles import servicebus as sbemu
from tests.doubles.servicebus.test_sync import CONFIG, FAST, bodies

pytestmark = pytest.mark.asyncio


@pytest.fixture()
def bus():
    with sbemu.serve(CONFIG) as running:
        yield running
        assert not [e for e in running.broker.log if e[0] == "protocol-failure"]


def connect(bus):
    return ServiceBusClient.from_connection_string(bus.connection_string, **FAST)


async def send(client, name, *messages, topic=False):
    async with (client.get_topic_sender(name) if topic else client.get_queue_sender(name)) as sender:
        for message in messages:
            await sender.send_messages(message)


async def drain(receiver, wait=1, count=100):
    found = []
    while batch := await receiver.receive_messages(max_message_count=count, max_wait_time=wait):
        found += batch
        for message in batch:
            await receiver.complete_message(message)
    return found


async def test_round_trip_batch_and_settlement(bus):
    async with connect(bus) as client:
        async with client.get_queue_sender("q") as sender:
            batch = await sender.create_message_batch()
            for index in range(30):
                batch.add_message(ServiceBusMessage(str(index), application_properties={"n": index}))
            await sender.send_messages(batch)
            await sender.send_messages(ServiceBusMessage("single", message_id="m", correlation_id="c", subject="s",
                                                         session_id="x", content_type="text/plain"))
        async with client.get_queue_receiver("q") as receiver:
            found = await drain(receiver)
        assert bodies(found) == [str(i) for i in range(30)] + ["single"]
        last = found[-1]
        assert (last.message_id, last.correlation_id, last.subject, last.session_id, last.content_type) == ("m", "c", "s", "x", "text/plain")
    assert sum(bus.counts("q").values()) == 0


async def test_abandon_dead_letter_and_dlq(bus):
    async with connect(bus) as client:
        await send(client, "short", ServiceBusMessage("m"), ServiceBusMessage("n"))
        async with client.get_queue_receiver("short") as receiver:
            for _ in range(3):
                await receiver.abandon_message((await receiver.receive_messages(max_wait_time=5))[0])
            await receiver.dead_letter_message((await receiver.receive_messages(max_wait_time=5))[0], reason="R")
        async with client.get_queue_receiver("short", sub_queue=ServiceBusSubQueue.DEAD_LETTER) as receiver:
            found = await drain(receiver)
        assert [m.dead_letter_reason for m in found] == ["MaxDeliveryCountExceeded", "R"]


async def test_lock_expiry_and_renewal(bus):
    async with connect(bus) as client:
        await send(client, "q", ServiceBusMessage("m"))
        async with client.get_queue_receiver("q") as receiver:
            first, = await receiver.receive_messages(max_wait_time=5)
            bus.advance(50)
            await receiver.renew_message_lock(first)
            bus.advance(50)
            await receiver.abandon_message(first)
            second, = await receiver.receive_messages(max_wait_time=5)
            bus.advance(61)
            with pytest.raises(x.MessageLockLostError):
                await receiver.complete_message(second)
            third, = await receiver.receive_messages(max_wait_time=5)
            assert third.delivery_count == 2
            await receiver.complete_message(third)


async def test_auto_lock_renewer(bus):
    async with connect(bus) as client, AutoLockRenewer() as renewer:
        await send(client, "renew", ServiceBusMessage("m"))
        async with client.get_queue_receiver("renew") as receiver:
            message, = await receiver.receive_messages(max_wait_time=5)
            renewer.register(receiver, message, max_lock_renewal_duration=10)
            await asyncio.sleep(5)
            await receiver.complete_message(message)
    assert sum(bus.counts("renew").values()) == 0


async def test_schedule_cancel_peek_defer(bus):
    soon = dt.datetime.now(dt.timezone.utc) + dt.timedelta(hours=1)
    async with connect(bus) as client, client.get_queue_sender("q") as sender, client.get_queue_receiver("q") as receiver:
        await sender.send_messages(ServiceBusMessage("a", scheduled_enqueue_time_utc=soon))
        seqs = await sender.schedule_messages([ServiceBusMessage("b"), ServiceBusMessage("c")], soon)
        await sender.cancel_scheduled_messages(seqs[0])
        assert len(await receiver.peek_messages(10)) == 2
        bus.advance(3601)
        first, = await receiver.receive_messages(max_wait_time=5)
        await receiver.defer_message(first)
        again, = await receiver.receive_deferred_messages(first.sequence_number)
        await receiver.complete_message(again)
        assert len(await drain(receiver)) == 1


async def test_topic(bus):
    async with connect(bus) as client:
        await send(client, "t", ServiceBusMessage("1", application_properties={"colour": "red", "size": 5}), ServiceBusMessage("2"), topic=True)
        for name, wanted in (("all", ["1", "2"]), ("red", ["1"]), ("none", [])):
            async with client.get_subscription_receiver("t", name) as receiver:
                assert bodies(await drain(receiver, wait=0.5)) == wanted


async def test_sessions(bus):
    async with connect(bus) as client:
        await send(client, "sess", ServiceBusMessage("a", session_id="s"))
        async with client.get_queue_receiver("sess", session_id=NEXT_AVAILABLE_SESSION, max_wait_time=5) as receiver:
            await receiver.session.set_state("here")
            assert await receiver.session.get_state() == b"here"
            await receiver.session.renew_lock()
            assert bodies(await drain(receiver)) == ["a"]


async def test_iterator_prefetch_and_receive_and_delete(bus):
    async with connect(bus) as client:
        await send(client, "q", [ServiceBusMessage(str(i)) for i in range(100)])
        async with client.get_queue_receiver("q", prefetch_count=20, max_wait_time=1) as receiver:
            seen = []
            async for message in receiver:
                seen.append(message)
                await receiver.complete_message(message)
        assert len(seen) == 100
        await send(client, "q", [ServiceBusMessage(str(i)) for i in range(10)])
        async with client.get_queue_receiver("q", receive_mode=ServiceBusReceiveMode.RECEIVE_AND_DELETE) as receiver:
            assert len(await receiver.receive_messages(10, 5)) == 10
    assert sum(bus.counts("q").values()) == 0


async def test_faults(bus):
    async with connect(bus) as client, client.get_queue_sender("q") as sender:
        bus.inject("send", "reject", times=2)
        await sender.send_messages(ServiceBusMessage("1"))
        bus.inject("send", "drop")
        await sender.send_messages(ServiceBusMessage("2"))
        bus.inject("send", "drop_after")
        await sender.send_messages(ServiceBusMessage("3"))
        bus.detach_links("q")
        await sender.send_messages(ServiceBusMessage("4"))
        bus.drop_connections()
        await sender.send_messages(ServiceBusMessage("5"))
        bus.inject("send", "ignore", times=-1)
        with pytest.raises(x.OperationTimeoutError):
            await sender.send_messages(ServiceBusMessage("6"), timeout=1)
        bus.clear_faults()
        async with client.get_queue_receiver("q") as receiver:
            message, = await receiver.receive_messages(max_wait_time=5)
            bus.drop_connections()
            await receiver.complete_message(message)
            assert bodies(await drain(receiver)) == ["2", "3", "3", "4", "5"]


async def test_many_clients_at_once(bus):
    async def one(index):
        async with connect(bus) as client:
            await send(client, "q", *[ServiceBusMessage(f"{index}-{n}") for n in range(10)])

    await asyncio.gather(*[one(index) for index in range(20)])
    assert bus.counts("q")["active"] == 200
    seen = []

    async def take():
        async with connect(bus) as client, client.get_queue_receiver("q", prefetch_count=10) as receiver:
            seen.extend(bodies(await drain(receiver, count=10)))

    await asyncio.gather(*[take() for _ in range(5)])
    assert len(seen) == 200 == len(set(seen))
