"""The unmodified sync SDK against sbemu."""
import datetime as dt
import time
import uuid

import pytest
from azure.servicebus import (AutoLockRenewer, NEXT_AVAILABLE_SESSION, ServiceBusClient, ServiceBusMessage,
                              ServiceBusReceiveMode, ServiceBusSubQueue)
from azure.servicebus import exceptions as x
from azure.servicebus.amqp import AmqpAnnotatedMessage

from tests.doubles import servicebus as sbemu

CONFIG = {
    "queues": {
        "q": {}, "short": {"lock_duration": 1.0, "max_delivery_count": 3}, "dup": {"duplicate_window": 600},
        "renew": {"lock_duration": 3.0}, "sess": {"requires_session": True, "lock_duration": 30}, "ttl": {"dead_letter_on_expiration": True},
        "big": {"max_message_size": 5 * 1024 * 1024},
    },
    "topics": {"t": {"subscriptions": {
        "all": {}, "red": {"rules": {"r": {"sql": "colour = 'red' AND size > 3"}}},
        "urgent": {"rules": {"r": {"correlation": {"subject": "urgent", "properties": {"region": "eu"}}}}},
        "none": {"rules": {}},
    }}},
}
FAST = dict(retry_backoff_factor=0.05, retry_total=3)


@pytest.fixture()
def bus():
    with sbemu.serve(CONFIG) as running:
        yield running
        assert not [e for e in running.broker.log if e[0] == "protocol-failure"]


@pytest.fixture()
def client(bus):
    with ServiceBusClient.from_connection_string(bus.connection_string, **FAST) as made:
        yield made


def send(client, name, *messages, topic=False):
    with (client.get_topic_sender(name) if topic else client.get_queue_sender(name)) as sender:
        for message in messages:
            sender.send_messages(message)


def drain(receiver, wait=1, count=100):
    found = []
    while batch := receiver.receive_messages(max_message_count=count, max_wait_time=wait):
        found += batch
        for message in batch:
            receiver.complete_message(message)
    return found


def bodies(messages):
    return [b"".join(m.body).decode() for m in messages]


def test_single_message_round_trip(client, bus):
    token = uuid.uuid4()
    send(client, "q", ServiceBusMessage(
        b"\x00\xffbytes", message_id="m1", correlation_id="c1", session_id="s1", content_type="application/json", subject="sub",
        to="t", reply_to="rt", reply_to_session_id="rts", partition_key="s1", time_to_live=dt.timedelta(minutes=5),
        application_properties={"i": 2**31 - 1, "f": 1.5, "s": "täxt", "b": True, "u": token}))
    with client.get_queue_receiver("q") as receiver:
        message, = receiver.receive_messages(max_wait_time=5)
        assert b"".join(message.body) == b"\x00\xffbytes"
        assert (message.message_id, message.correlation_id, message.session_id, message.content_type, message.subject, message.to,
                message.reply_to, message.reply_to_session_id, message.partition_key) == (
                    "m1", "c1", "s1", "application/json", "sub", "t", "rt", "rts", "s1")
        assert message.time_to_live == dt.timedelta(minutes=5)
        assert message.application_properties == {b"i": 2**31 - 1, b"f": 1.5, b"s": "täxt".encode(), b"b": True, b"u": token}
        assert message.delivery_count == 0 and message.sequence_number == 1
        assert isinstance(message.lock_token, uuid.UUID)
        now = dt.datetime.now(dt.timezone.utc)
        assert abs((message.enqueued_time_utc - now).total_seconds()) < 5
        assert 50 < (message.locked_until_utc - now).total_seconds() <= 60
        assert bus.counts("q")["locked"] == 1
        receiver.complete_message(message)
        assert sum(bus.counts("q").values()) == 0
        with pytest.raises(x.MessageAlreadySettled):
            receiver.complete_message(message)


def test_batch(client, bus):
    with client.get_queue_sender("q") as sender:
        batch = sender.create_message_batch()
        assert batch.max_size_in_bytes == 256 * 1024
        for index in range(50):
            batch.add_message(ServiceBusMessage(f"b{index}", message_id=f"id{index}", application_properties={"n": index}))
        sender.send_messages(batch)
        sender.send_messages([ServiceBusMessage(f"l{index}") for index in range(5)])
        with pytest.raises(x.MessageSizeExceededError):
            sender.create_message_batch().add_message(ServiceBusMessage("x" * 300_000))
    with client.get_queue_receiver("q") as receiver:
        found = drain(receiver)
    assert bodies(found) == [f"b{i}" for i in range(50)] + [f"l{i}" for i in range(5)]
    assert [m.message_id for m in found[:50]] == [f"id{i}" for i in range(50)]


def test_body_types_and_large_multi_frame_messages(client, bus):
    send(client, "q", AmqpAnnotatedMessage(value_body={"k": [1, "two"]}), AmqpAnnotatedMessage(sequence_body=[[1, 2], [3]]),
         AmqpAnnotatedMessage(data_body=[b"a", b"b"], annotations={"x-mine": "kept"}), ServiceBusMessage(None))
    with client.get_queue_receiver("q") as receiver:
        value, sequence, data, empty = receiver.receive_messages(4, 5)
        assert value.raw_amqp_message.body == {b"k": [1, b"two"]}
        assert list(sequence.raw_amqp_message.body) == [[1, 2], [3]]
        assert list(data.body) == [b"a", b"b"] and data.raw_amqp_message.annotations[b"x-mine"] == b"kept"
        assert empty.raw_amqp_message.body is None
    huge = bytes(range(256)) * 12_000                   # 3 MB: 47 frames in, 3 frames out
    send(client, "big", ServiceBusMessage(huge))
    with client.get_queue_receiver("big") as receiver:
        message, = receiver.receive_messages(max_wait_time=5)
        assert b"".join(message.body) == huge
        receiver.complete_message(message)


def test_message_too_large_is_refused(client, bus):
    with client.get_queue_sender("q") as sender, pytest.raises(x.MessageSizeExceededError):
        sender.send_messages(ServiceBusMessage("x" * 300_000))


def test_abandon_counts_deliveries_then_dead_letters(client, bus):
    send(client, "short", ServiceBusMessage("m", application_properties={"keep": "me"}))
    with client.get_queue_receiver("short") as receiver:
        for attempt in range(3):
            message, = receiver.receive_messages(max_wait_time=5)
            assert message.delivery_count == attempt
            receiver.abandon_message(message)
        assert receiver.receive_messages(max_wait_time=0.3) == []
    with client.get_queue_receiver("short", sub_queue=ServiceBusSubQueue.DEAD_LETTER) as receiver:
        message, = receiver.receive_messages(max_wait_time=5)
        assert message.dead_letter_reason == "MaxDeliveryCountExceeded" and message.application_properties[b"keep"] == b"me"
        assert message.delivery_count == 3
        receiver.complete_message(message)
    assert sum(bus.counts("short").values()) == 0


def test_dead_letter_with_reason(client, bus):
    send(client, "q", ServiceBusMessage("poison"))
    with client.get_queue_receiver("q") as receiver:
        receiver.dead_letter_message(receiver.receive_messages(max_wait_time=5)[0], reason="Bad", error_description="very bad")
    assert bus.counts("q") == {"active": 0, "locked": 0, "deferred": 0, "scheduled": 0, "dead": 1}
    with client.get_queue_receiver("q", sub_queue="deadletter") as receiver:
        message, = receiver.receive_messages(max_wait_time=5)
        assert (message.dead_letter_reason, message.dead_letter_error_description) == ("Bad", "very bad")
        receiver.abandon_message(message)
        receiver.complete_message(receiver.receive_messages(max_wait_time=5)[0])


def test_lock_expiry_redelivers_and_stale_settlement_fails(client, bus):
    send(client, "q", ServiceBusMessage("m"))
    with client.get_queue_receiver("q") as receiver:
        first, = receiver.receive_messages(max_wait_time=5)
        bus.advance(61)                                 # the broker's clock only: the SDK still believes in its lock
        with pytest.raises(x.MessageLockLostError):
            receiver.complete_message(first)
        second, = receiver.receive_messages(max_wait_time=5)
        assert second.delivery_count == 1 and second.lock_token != first.lock_token
        receiver.complete_message(second)


def test_lock_expiry_in_real_time(client, bus):
    send(client, "short", ServiceBusMessage("m"))
    with client.get_queue_receiver("short") as receiver:
        first, = receiver.receive_messages(max_wait_time=5)
        second, = receiver.receive_messages(max_wait_time=5)
        assert second.delivery_count == 1
        with pytest.raises(x.MessageLockLostError):
            receiver.complete_message(first)
        receiver.complete_message(second)


def test_renew_lock(client, bus):
    send(client, "q", ServiceBusMessage("m"))
    with client.get_queue_receiver("q") as receiver:
        message, = receiver.receive_messages(max_wait_time=5)
        before = message.locked_until_utc
        bus.advance(40)
        assert receiver.renew_message_lock(message) > before + dt.timedelta(seconds=35)
        bus.advance(40)
        receiver.complete_message(message)
        send(client, "q", ServiceBusMessage("n"))
        message, = receiver.receive_messages(max_wait_time=5)
        bus.advance(61)
        with pytest.raises(x.MessageLockLostError):
            receiver.renew_message_lock(message)


def test_auto_lock_renewer(client, bus):
    send(client, "renew", ServiceBusMessage("m"))
    renewer = AutoLockRenewer(max_lock_renewal_duration=10)
    with renewer, client.get_queue_receiver("renew", auto_lock_renewer=renewer) as receiver:
        message, = receiver.receive_messages(max_wait_time=5)
        time.sleep(5)
        receiver.complete_message(message)
    assert sum(bus.counts("renew").values()) == 0


def test_scheduled_by_annotation_and_by_management(client, bus):
    soon = dt.datetime.now(dt.timezone.utc) + dt.timedelta(hours=1)
    with client.get_queue_sender("q") as sender, client.get_queue_receiver("q") as receiver:
        sender.send_messages(ServiceBusMessage("annotated", scheduled_enqueue_time_utc=soon))
        seqs = sender.schedule_messages([ServiceBusMessage("managed"), ServiceBusMessage("cancelled")], soon)
        assert len(seqs) == 2 and bus.counts("q")["scheduled"] == 3
        peeked = receiver.peek_messages(10)
        assert [m.state.name for m in peeked] == ["SCHEDULED"] * 3
        assert peeked[0].scheduled_enqueue_time_utc is not None
        sender.cancel_scheduled_messages(seqs[1])
        with pytest.raises(x.MessageNotFoundError):
            sender.cancel_scheduled_messages(seqs[1])
        assert receiver.receive_messages(max_wait_time=0.3) == []
        bus.advance(3601)
        assert sorted(bodies(drain(receiver))) == ["annotated", "managed"]


def test_defer(client, bus):
    send(client, "q", ServiceBusMessage("later"))
    with client.get_queue_receiver("q") as receiver:
        message, = receiver.receive_messages(max_wait_time=5)
        receiver.defer_message(message)
        assert receiver.receive_messages(max_wait_time=0.3) == []
        again, = receiver.receive_deferred_messages(message.sequence_number)
        assert bodies([again]) == ["later"] and again.delivery_count == 1
        receiver.complete_message(again)
        with pytest.raises(x.MessageNotFoundError):
            receiver.receive_deferred_messages(message.sequence_number)
    assert sum(bus.counts("q").values()) == 0


def test_peek(client, bus):
    send(client, "q", *[ServiceBusMessage(str(i)) for i in range(5)])
    with client.get_queue_receiver("q") as receiver:
        assert bodies(receiver.peek_messages(3)) == ["0", "1", "2"]
        assert bodies(receiver.peek_messages(10)) == ["3", "4"]
        assert receiver.peek_messages(10) == []
    assert bus.counts("q")["active"] == 5


def test_receive_and_delete(client, bus):
    send(client, "q", *[ServiceBusMessage(str(i)) for i in range(3)])
    with client.get_queue_receiver("q", receive_mode=ServiceBusReceiveMode.RECEIVE_AND_DELETE) as receiver:
        assert bodies(receiver.receive_messages(3, 5)) == ["0", "1", "2"]
    assert sum(bus.counts("q").values()) == 0


def test_iterator_and_prefetch(client, bus):
    send(client, "q", [ServiceBusMessage(str(i)) for i in range(200)])
    with client.get_queue_receiver("q", prefetch_count=50, max_wait_time=1) as receiver:
        seen = []
        for message in receiver:
            seen.append(message)
            receiver.complete_message(message)
    assert bodies(seen) == [str(i) for i in range(200)]
    assert sum(bus.counts("q").values()) == 0


def test_closing_a_prefetching_receiver_releases_without_counting(client, bus):
    send(client, "q", [ServiceBusMessage(str(i)) for i in range(20)])
    with client.get_queue_receiver("q", prefetch_count=10) as receiver:
        receiver.receive_messages(1, 5)
    with client.get_queue_receiver("q") as receiver:
        found = drain(receiver)
    assert len(found) == 19 and {m.delivery_count for m in found} == {0}
    assert bus.counts("q")["locked"] == 1               # the one handed out stays locked until its lock expires


def test_two_receivers_compete(client, bus):
    with client.get_queue_receiver("q") as one, client.get_queue_receiver("q") as two:
        send(client, "q", [ServiceBusMessage(str(i)) for i in range(10)])
        first, second = one.receive_messages(5, 5), two.receive_messages(5, 5)
        assert len(first) == 5 and len(second) == 5
        assert not set(bodies(first)) & set(bodies(second))


def test_topic_fan_out_and_filters(client, bus):
    send(client, "t", ServiceBusMessage("1", application_properties={"colour": "red", "size": 5}),
         ServiceBusMessage("2", application_properties={"colour": "red", "size": 1}),
         ServiceBusMessage("3", subject="urgent", application_properties={"region": "eu"}), ServiceBusMessage("4"), topic=True)
    expected = {"all": ["1", "2", "3", "4"], "red": ["1"], "urgent": ["3"], "none": []}
    for subscription, wanted in expected.items():
        with client.get_subscription_receiver("t", subscription) as receiver:
            assert bodies(drain(receiver, wait=0.5)) == wanted
    send(client, "t", ServiceBusMessage("5"), topic=True)
    with client.get_subscription_receiver("t", "all") as receiver:
        receiver.dead_letter_message(receiver.receive_messages(max_wait_time=5)[0], reason="r")
    with client.get_subscription_receiver("t", "all", sub_queue="deadletter") as receiver:
        assert bodies(drain(receiver, wait=0.5)) == ["5"]


def test_scheduled_to_a_topic(client, bus):
    with client.get_topic_sender("t") as sender:
        sender.schedule_messages(ServiceBusMessage("x"), dt.datetime.now(dt.timezone.utc) + dt.timedelta(seconds=30))
    bus.advance(31)
    with client.get_subscription_receiver("t", "all") as receiver:
        assert bodies(drain(receiver, wait=0.5)) == ["x"]


def test_duplicate_detection(client, bus):
    send(client, "dup", ServiceBusMessage("a", message_id="1"), ServiceBusMessage("b", message_id="1"), ServiceBusMessage("c", message_id="2"))
    assert bus.counts("dup")["active"] == 2
    bus.advance(601)
    send(client, "dup", ServiceBusMessage("d", message_id="1"))
    with client.get_queue_receiver("dup") as receiver:
        assert bodies(drain(receiver)) == ["a", "c", "d"]


def test_time_to_live(client, bus):
    send(client, "ttl", ServiceBusMessage("m", time_to_live=dt.timedelta(seconds=30)))
    send(client, "q", ServiceBusMessage("m", time_to_live=dt.timedelta(seconds=30)))
    bus.advance(31)
    assert bus.counts("ttl")["dead"] == 1 and sum(bus.counts("q").values()) == 0
    with client.get_queue_receiver("ttl", sub_queue="deadletter") as receiver:
        message, = receiver.receive_messages(max_wait_time=5)
        assert message.dead_letter_reason == "TTLExpiredException"


def test_sessions(client, bus):
    send(client, "sess", *[ServiceBusMessage(f"{s}{i}", session_id=s) for i in range(2) for s in "ab"])
    with client.get_queue_receiver("sess", session_id="b") as receiver:
        assert receiver.session.session_id == "b" and receiver.session.locked_until_utc > dt.datetime.now(dt.timezone.utc)
        receiver.session.set_state("progress")
        assert receiver.session.get_state() == b"progress"
        assert receiver.session.renew_lock() > dt.datetime.now(dt.timezone.utc)
        with pytest.raises(x.SessionCannotBeLockedError):
            client.get_queue_receiver("sess", session_id="b").__enter__()
        with client.get_queue_receiver("sess", session_id=NEXT_AVAILABLE_SESSION, max_wait_time=2) as other:
            assert other.session.session_id == "a"
            assert bodies(drain(other)) == ["a0", "a1"]
        assert bodies(drain(receiver)) == ["b0", "b1"]
        with pytest.raises(x.OperationTimeoutError):
            client.get_queue_receiver("sess", session_id=NEXT_AVAILABLE_SESSION, max_wait_time=0.5).__enter__()


def test_unknown_entity_and_wrong_entity(client):
    with pytest.raises(x.MessagingEntityNotFoundError):
        send(client, "nowhere", ServiceBusMessage("m"))
    with pytest.raises(x.MessagingEntityNotFoundError):
        client.get_subscription_receiver("t", "nobody").__enter__()


def test_signature_is_checked():
    with sbemu.serve(CONFIG, keys={"root": "secret"}) as bus:
        with ServiceBusClient.from_connection_string(bus.connection_string, **FAST) as good:
            send(good, "q", ServiceBusMessage("m"))
        wrong = bus.connection_string.replace("secret", "guess")
        with ServiceBusClient.from_connection_string(wrong, **FAST) as bad:
            with pytest.raises(x.ServiceBusAuthenticationError):
                send(bad, "q", ServiceBusMessage("m"))
        assert bus.counts("q")["active"] == 1


# ------------------------------------------------------------------------------- faults

def test_server_busy_is_retried(client, bus):
    bus.inject("send", "reject", entity="q", times=2)
    started = time.time()
    send(client, "q", ServiceBusMessage("m"))
    assert bus.counts("q")["active"] == 1 and time.time() - started < 10


def test_send_refused_for_good(client, bus):
    bus.inject("send", "reject", entity="q", times=-1, condition="amqp:resource-limit-exceeded", description="quota")
    with pytest.raises(x.ServiceBusQuotaExceededError):
        send(client, "q", ServiceBusMessage("m"))


def test_connection_dropped_before_the_ack_sends_twice(client, bus):
    """The ambiguous send: stored, but the sender never hears of it, so the SDK sends again."""
    bus.inject("send", "drop_after", entity="q")
    send(client, "q", ServiceBusMessage("m", message_id="same"))
    assert bus.counts("q")["active"] == 2
    bus.inject("send", "drop_after", entity="dup")
    send(client, "dup", ServiceBusMessage("m", message_id="same"))
    assert bus.counts("dup")["active"] == 1             # duplicate detection absorbs it


def test_sender_survives_dropped_connections(client, bus):
    with client.get_queue_sender("q") as sender:
        for index in range(4):
            sender.send_messages(ServiceBusMessage(str(index)))
            assert bus.drop_connections() >= 1
    assert bus.counts("q")["active"] == 4


def test_receiver_survives_dropped_connections(client, bus):
    send(client, "q", *[ServiceBusMessage(str(i)) for i in range(3)])
    with client.get_queue_receiver("q") as receiver:
        message, = receiver.receive_messages(max_wait_time=5)
        bus.drop_connections()
        receiver.complete_message(message)              # settled by lock token over the management link
        assert [m.message_id for m in drain(receiver)] is not None
    assert sum(bus.counts("q").values()) == 0


def test_detached_links_are_reopened(client, bus):
    with client.get_queue_sender("q") as sender, client.get_queue_receiver("q") as receiver:
        sender.send_messages(ServiceBusMessage("1"))
        assert bus.detach_links("q") >= 2
        sender.send_messages(ServiceBusMessage("2"))
        assert bodies(drain(receiver, wait=5)) == ["1", "2"]    # the wait must cover reopening the link


def test_settlement_lost_and_refused(client, bus):
    send(client, "q", ServiceBusMessage("m"))
    with client.get_queue_receiver("q") as receiver:
        message, = receiver.receive_messages(max_wait_time=5)
        bus.inject("settle", "reject", condition="com.microsoft:message-lock-lost")
        with pytest.raises(x.MessageLockLostError):
            receiver.complete_message(message)


def test_send_timeout(client, bus):
    bus.inject("send", "ignore", entity="q", times=-1)
    with client.get_queue_sender("q") as sender:
        started = time.time()
        with pytest.raises(x.OperationTimeoutError):
            sender.send_messages(ServiceBusMessage("m"), timeout=1)
        assert time.time() - started < 5


def test_slow_broker(client, bus):
    bus.inject("send", "delay", entity="q", delay=0.7)
    started = time.time()
    send(client, "q", ServiceBusMessage("m"))
    assert time.time() - started > 0.7


def test_unauthorized_at_cbs(client, bus):
    bus.inject("cbs", "reject", status=401, times=-1, condition="com.microsoft:auth-failed")
    with pytest.raises(x.ServiceBusAuthenticationError):
        send(client, "q", ServiceBusMessage("m"))


def test_attach_refused_then_allowed(client, bus):
    bus.inject("attach", "reject", entity="q", times=1, condition="amqp:link:detach-forced")
    send(client, "q", ServiceBusMessage("m"))
    assert bus.counts("q")["active"] == 1
    bus.inject("attach", "reject", entity="q", times=-1, condition="com.microsoft:entity-disabled")
    with pytest.raises(x.MessagingEntityDisabledError):
        send(client, "q", ServiceBusMessage("m"))


def test_connections_refused_then_allowed(client, bus):
    bus.inject("connect", "drop", times=2)
    send(client, "q", ServiceBusMessage("m"))
    assert bus.counts("q")["active"] == 1


def test_connection_dropped_while_delivering(client, bus):
    send(client, "q", ServiceBusMessage("m"))
    bus.inject("deliver", "drop", entity="q")
    with client.get_queue_receiver("q") as receiver:
        assert receiver.receive_messages(max_wait_time=3) == []      # lost on the way: locked until its lock expires
        assert bus.counts("q")["locked"] == 1
        bus.advance(61)
        message, = receiver.receive_messages(max_wait_time=5)
        assert message.delivery_count == 1
        receiver.complete_message(message)


def test_settlement_acknowledgement_lost(client, bus):
    """Completed at the broker, but the connection died before it said so: the SDK retries and finds the lock gone."""
    send(client, "q", ServiceBusMessage("m"))
    with client.get_queue_receiver("q") as receiver:
        message, = receiver.receive_messages(max_wait_time=5)
        bus.inject("settle", "drop_after", entity="q")
        with pytest.raises(x.MessageLockLostError):
            receiver.complete_message(message)
    assert sum(bus.counts("q").values()) == 0


def test_management_operation_refused(client, bus):
    send(client, "q", ServiceBusMessage("m"))
    with client.get_queue_receiver("q") as receiver:
        message, = receiver.receive_messages(max_wait_time=5)
        bus.inject("manage", "reject", operation="com.microsoft:renew-lock", status=410, condition="com.microsoft:message-lock-lost")
        with pytest.raises(x.MessageLockLostError):
            receiver.renew_message_lock(message)
        bus.inject("manage", "reject", operation="com.microsoft:renew-lock", status=503, condition="com.microsoft:server-busy")
        receiver.renew_message_lock(message)                         # retried
        receiver.complete_message(message)


def test_broker_restart_on_the_same_port(bus, client):
    with client.get_queue_sender("q") as sender:
        sender.send_messages(ServiceBusMessage("1"))
        bus.stop()
        again = sbemu.serve(bus.namespace, port=bus.port)
        with again:
            sender.send_messages(ServiceBusMessage("2"))
            with client.get_queue_receiver("q") as receiver:
                assert bodies(drain(receiver)) == ["1", "2"]
    bus.stop = lambda: None                             # the fixture's own stop has nothing left to do


def test_configuration_of_microsofts_emulator():
    config = {"UserConfig": {"Namespaces": [{"Name": "sbemulatorns", "Queues": [
        {"Name": "queue.1", "Properties": {"LockDuration": "PT1M30S", "MaxDeliveryCount": 3, "RequiresDuplicateDetection": True,
                                           "DuplicateDetectionHistoryTimeWindow": "PT20S", "DefaultMessageTimeToLive": "PT1H"}}],
        "Topics": [{"Name": "topic.1", "Properties": {}, "Subscriptions": [
            {"Name": "sub.1", "Properties": {"MaxDeliveryCount": 2}, "Rules": [{"Name": "r", "Properties": {
                "FilterType": "Correlation", "CorrelationFilter": {"ContentType": "application/text", "Properties": {"prop3": "value3"}}}}]},
            {"Name": "sub.2", "Rules": [{"Name": "r", "Properties": {"FilterType": "Sql", "SqlFilter": {"SqlExpression": "sys.Label = 'x'"}}}]},
            {"Name": "sub.3"}]}]}]}}
    with sbemu.serve(config) as bus:
        options = bus.namespace.find("queue.1").options
        assert (options.lock_duration, options.max_delivery_count, options.duplicate_window, options.default_ttl) == (90, 3, 20, 3600)
        with ServiceBusClient.from_connection_string(bus.connection_string, **FAST) as client:
            send(client, "topic.1", ServiceBusMessage("a", content_type="application/text", application_properties={"prop3": "value3"}),
                 ServiceBusMessage("b", subject="x"), topic=True)
        assert [bus.counts(f"topic.1/Subscriptions/sub.{i}")["active"] for i in (1, 2, 3)] == [1, 1, 2]


def test_two_buses_side_by_side():
    with sbemu.serve(CONFIG) as one, sbemu.serve(CONFIG) as two:
        assert one.port != two.port
        with ServiceBusClient.from_connection_string(one.connection_string, **FAST) as client:
            send(client, "q", ServiceBusMessage("m"))
        assert (one.counts("q")["active"], two.counts("q")["active"]) == (1, 0)
