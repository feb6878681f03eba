"""The AMQP 1.0 side: connections, sessions, links, $cbs and $management, fault injection."""
from __future__ import annotations

import asyncio
import gc
import base64
import hashlib
import hmac
import itertools
import logging
import urllib.parse
import uuid
from collections import deque
from dataclasses import dataclass
from typing import Any, Callable

from tests.doubles.servicebus import codec as c
from tests.doubles.servicebus.entities import LOCK_LOST, BrokerError, Entry, Namespace, Queue

log = logging.getLogger("sbemu")
MAX_FRAME = 65536
LINK_CREDIT = 1000
NET_EPOCH_TICKS = 621355968000000000                    # .NET ticks at 1970-01-01
EVER = 253402300800000                                  # DateTime.MaxValue in ms: "no filter" in get-message-sessions
COORDINATOR = 0x30                                      # the target of a link that declares transactions
OUTCOMES = {c.ACCEPTED: "accepted", c.REJECTED: "rejected", c.RELEASED: "released", c.MODIFIED: "modified"}


@dataclass
class Fault:
    """What to do at one point, `times` times (-1: for ever) after letting `skip` through.

    point:  connect | cbs | attach | send | deliver | settle | manage
    action: reject (answer with `condition`) | drop (abort the TCP connection before acting) |
            drop_after (act, then abort before answering) | ignore (do nothing, never answer) |
            ignore_after (act, never answer) | delay (answer `delay` seconds late) | detach (detach the link)
    """
    point: str
    action: str
    entity: str | None = None
    times: int = 1
    skip: int = 0
    condition: str = "com.microsoft:server-busy"
    description: str = "injected fault"
    status: int = 500
    delay: float = 0.0
    operation: str | None = None
    hits: int = 0


class Broker:
    """One namespace served on one TCP port."""

    def __init__(self, namespace: Namespace | None = None, keys: dict[str, str] | None = None) -> None:
        self.namespace = namespace or Namespace()
        self.keys = keys                                # None: any SAS token is accepted
        self.faults: list[Fault] = []
        self.connections: set[Connection] = set()
        self.log: list[tuple] = []                      # (event, detail...) for assertions in tests
        self.server: asyncio.Server | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        loop = asyncio.get_running_loop()
        self.namespace.timers.wake = self._wake
        self.server = await loop.create_server(lambda: Connection(self), host, port, reuse_address=True)
        return self.server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self.server:
            self.server.close()
        self.drop_connections()
        if self.server:
            await asyncio.sleep(0)  # what was aborted says so to its reader
            ended = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            await asyncio.wait(ended, timeout=1) if ended else None
            while self.drop_connections():  # who was let in at the last moment
                await asyncio.sleep(0)
            gc.collect()  # what a failure kept alive goes while its loop is still there
        if self._timer:
            self._timer.cancel()

    def _wake(self, when: float) -> None:
        loop = asyncio.get_running_loop()
        if self._timer:
            self._timer.cancel()
        self._timer = loop.call_later(max(0.0, when - self.namespace.timers.now()), self._tick)

    def _tick(self) -> None:
        self._timer = None
        self.namespace.timers.run_due()

    def advance(self, seconds: float) -> None:
        """Move the broker's clock: locks expire, scheduled messages arrive, without anyone sleeping."""
        self.namespace.timers.offset += seconds
        self.namespace.timers.run_due()

    def inject(self, point: str, action: str, **options: Any) -> Fault:
        fault = Fault(point, action, **options)
        self.faults.append(fault)
        return fault

    def fault(self, point: str, entity: str = "", operation: str | None = None) -> Fault | None:
        for fault in self.faults:
            if (fault.point == point and fault.times != 0
                    and (fault.entity is None or fault.entity.lower() == entity.lower())
                    and (fault.operation is None or fault.operation == operation)):
                if fault.skip > 0:
                    fault.skip -= 1
                    return None
                fault.times -= 1 if fault.times > 0 else 0
                fault.hits += 1
                self.log.append(("fault", point, fault.action, entity))
                return fault
        return None

    def drop_connections(self) -> int:
        victims = list(self.connections)
        for connection in victims:
            connection.abort()
        return len(victims)

    def detach_links(self, entity: str, condition: str = "amqp:link:detach-forced", description: str = "forced") -> int:
        links = [link for connection in self.connections for session in connection.sessions.values()
                 for link in list(session.links.values()) if link.entity_name.lower() == entity.lower()]
        for link in links:
            link.detach(c.error(condition, description))
        return len(links)

    def token_ok(self, audience: str, token: str) -> bool:
        if self.keys is None:
            return True
        fields = dict(part.split("=", 1) for part in token.removeprefix("SharedAccessSignature ").split("&"))
        key = self.keys.get(urllib.parse.unquote(fields.get("skn", "")))
        if key is None:
            return False
        signed = f"{fields['sr']}\n{fields['se']}".encode()
        wanted = base64.b64encode(hmac.new(key.encode(), signed, hashlib.sha256).digest()).decode()
        return hmac.compare_digest(wanted, urllib.parse.unquote(fields["sig"]))


def entity_path(address: Any) -> str:
    """'amqps://host:port/q1/$management', '/q1/$management' (.NET) or 'q1/$management' -> the path."""
    text = address.decode() if isinstance(address, bytes) else str(address or "")
    return text.split("://", 1)[1].partition("/")[2] if "://" in text else text.removeprefix("/")


class Connection(asyncio.Protocol):
    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.transport: asyncio.Transport | None = None
        self.buffer = bytearray()
        self.sessions: dict[int, Session] = {}          # by the peer's channel
        self.remote_max_frame = 512
        self.authorized: set[str] = set()
        self.container = ""
        self._out: list[bytes] = []
        self._expect_header = True
        self._ended = False
        self._keep_alive: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    # ---- transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport                      # type: ignore[assignment]
        self.broker.connections.add(self)
        if self.broker.fault("connect"):
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.broker.connections.discard(self)
        if self._keep_alive:
            self._keep_alive.cancel()
        for session in list(self.sessions.values()):
            session.closed()
        self.sessions.clear()

    def abort(self) -> None:
        if self.transport:
            self.transport.abort()

    def write(self, data: bytes) -> None:
        if not self._out:
            self._loop.call_soon(self._flush)           # one syscall per loop turn, not one per frame
        self._out.append(data)

    def _flush(self) -> None:
        data, self._out = b"".join(self._out), []
        if self.transport and not self.transport.is_closing():
            self.transport.write(data)

    def data_received(self, data: bytes) -> None:
        if self._ended:
            return
        self.buffer += data
        try:
            self._consume()
        except Exception as exc:                        # a client sent nonsense, or this broker has a bug
            log.exception("protocol failure")
            self.broker.log.append(("protocol-failure", repr(exc)))
            self.write(c.frame(0, c.performative(c.CLOSE, c.error("amqp:internal-error", repr(exc)))))
            self._loop.call_soon(self.transport.close)  # type: ignore[union-attr]

    def _consume(self) -> None:
        buffer, pos = bytes(self.buffer), 0
        while len(buffer) - pos >= 8:
            if self._expect_header:
                self._protocol_header(buffer[pos:pos + 8])
                pos += 8
                if self._ended:
                    return
                continue
            size = int.from_bytes(buffer[pos:pos + 4], "big")
            if size < 8 or size > MAX_FRAME * 2:
                raise c.DecodeError(f"bad frame size {size}")
            if len(buffer) - pos < size:
                break
            body, end = pos + 4 * buffer[pos + 4], pos + size
            if body < end:
                channel = int.from_bytes(buffer[pos + 6:pos + 8], "big")
                code, fields, body = c.decode_performative(buffer, body)
                self._dispatch(channel, code, fields, buffer[body:end])
            pos = end
        del self.buffer[:pos]

    def _protocol_header(self, header: bytes) -> None:
        is_http = header[:4] in (b"GET ", b"PUT ", b"POST", b"DELE")    # an administration client
        if not is_http:
            self.write(header if header in (c.AMQP_HEADER, c.SASL_HEADER) else c.SASL_HEADER)
        self._expect_header = False
        if header == c.SASL_HEADER:
            mechanisms = c.Array([c.Symbol(m) for m in ("MSSBCBS", "PLAIN", "ANONYMOUS", "EXTERNAL")])
            self.write(c.frame(0, c.performative(c.SASL_MECHANISMS, mechanisms), frame_type=1))
        elif is_http:
            self._ended = True
            self.write(b"HTTP/1.1 501 Not Implemented\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            self._loop.call_soon(self.transport.close)  # type: ignore[union-attr]
        elif header != c.AMQP_HEADER:
            self._loop.call_soon(self.transport.close)  # type: ignore[union-attr]

    def _dispatch(self, channel: int, code: int, fields: list, payload: bytes) -> None:
        fields += [None] * (14 - len(fields))
        if code == c.SASL_INIT:
            self.write(c.frame(0, c.performative(c.SASL_OUTCOME, c.UByte(0)), frame_type=1))
            self._expect_header = True
        elif code == c.OPEN:
            self._open(fields)
        elif code == c.BEGIN:
            session = self.sessions[channel] = Session(self, channel, fields)
            self.send(channel, c.performative(c.BEGIN, c.UShort(channel), c.UInt(session.next_outgoing), c.UInt(2**31 - 1),
                                              c.UInt(2**31 - 1), c.UInt(4095)))
        elif code == c.CLOSE:
            self.send(0, c.performative(c.CLOSE))
            self._loop.call_soon(self.transport.close)  # type: ignore[union-attr]
        elif channel in self.sessions:
            session = self.sessions[channel]
            if code == c.TRANSFER:
                session.on_transfer(fields, payload)
            elif code == c.FLOW:
                session.on_flow(fields)
            elif code == c.DISPOSITION:
                session.on_disposition(fields)
            elif code == c.ATTACH:
                session.on_attach(fields)
            elif code == c.DETACH:
                session.on_detach(fields)
            elif code == c.END:
                self.sessions.pop(channel).closed()
                self.send(channel, c.performative(c.END))

    def _open(self, fields: list) -> None:
        self.container = fields[0]
        self.remote_max_frame = min(fields[2] or 2**32 - 1, 1024 * 1024)
        self.send(0, c.performative(c.OPEN, "sbemu-" + uuid.uuid4().hex[:8], fields[1], c.UInt(MAX_FRAME),
                                    c.UShort(4999), c.UInt(240000)))
        if fields[4]:
            self._heartbeat(fields[4] / 2000)

    def _heartbeat(self, every: float) -> None:
        self.write(b"\x00\x00\x00\x08\x02\x00\x00\x00")
        self._keep_alive = self._loop.call_later(every, self._heartbeat, every)

    def send(self, channel: int, body: bytes, payload: bytes = b"") -> None:
        self.write(c.frame(channel, body, payload))


class Session:
    def __init__(self, connection: Connection, channel: int, begin: list) -> None:
        self.connection, self.channel, self.broker = connection, channel, connection.broker
        self.next_outgoing = 1
        self.window = begin[2]
        self.delivery_ids = itertools.count(2**20)      # far from the client's own ids: the SDK mixes the two up
        self.handles = itertools.count(0)
        self.links: dict[int, Link] = {}                # by the peer's handle
        self.unsettled: dict[int, tuple[SendingLink, uuid.UUID | None, Queue]] = {}
        self.parked: deque[tuple[bytes, bytes]] = deque()   # transfers waiting for session window

    def send(self, body: bytes, payload: bytes = b"") -> None:
        self.connection.send(self.channel, body, payload)

    def send_transfer(self, body: bytes, payload: bytes) -> None:
        self.parked.append((body, payload))
        self._unpark()

    def _unpark(self) -> None:
        while self.parked and self.window > 0:
            self.window -= 1
            self.next_outgoing += 1
            self.send(*self.parked.popleft())

    def closed(self) -> None:
        for link in list(self.links.values()):
            link.closed()
        self.links.clear()
        self.unsettled.clear()

    # ---- frames

    def on_attach(self, fields: list) -> None:
        name, handle, client_receives = fields[0], int(fields[1]), fields[2]
        terminus = fields[5] if client_receives else fields[6]
        address = entity_path(terminus.value[0] if terminus else "")
        kind = SendingLink if client_receives else ReceivingLink
        link = kind(self, name, handle, int(next(self.handles)), address, fields)
        if terminus is not None and int(terminus.descriptor) == COORDINATOR:
            self.links[handle] = link
            return link.refuse(BrokerError("amqp:not-implemented", "There are no transactions here."))
        fault = self.broker.fault("attach", link.entity_name)
        if fault and fault.action == "drop":
            return self.connection.abort()
        if fault and fault.action == "ignore":
            return None
        self.links[handle] = link
        if fault and fault.action == "delay":
            self.connection._loop.call_later(fault.delay, link.open)
        elif fault:
            link.refuse(BrokerError(fault.condition, fault.description))
        else:
            link.open()
        return None

    def on_detach(self, fields: list) -> None:
        link = self.links.pop(int(fields[0]), None)
        if link and not link.detached:
            if not link.attached:                       # a DETACH before its ATTACH confuses other clients
                link.attach_without_terminus()
            link.closed(clean=True)
            self.send(c.performative(c.DETACH, c.UInt(link.local_handle), fields[1]))

    def on_flow(self, fields: list) -> None:
        self.window = fields[1] if fields[0] is None else fields[0] + fields[1] - self.next_outgoing
        self._unpark()
        link = self.links.get(int(fields[4])) if fields[4] is not None else None
        if isinstance(link, SendingLink):
            link.on_credit(fields)

    def on_transfer(self, fields: list, payload: bytes) -> None:
        link = self.links.get(int(fields[0]))
        if isinstance(link, ReceivingLink) and not link.detached:
            link.on_transfer(fields, payload)

    def on_disposition(self, fields: list) -> None:
        if not fields[0]:                               # from a sender: nothing here waits for those
            return
        first = int(fields[1])
        last = int(fields[2]) if fields[2] is not None else first
        for delivery_id in range(first, last + 1):
            found = self.unsettled.pop(delivery_id, None)
            if found is not None and fields[4] is not None:
                self._settle(delivery_id, *found, outcome=fields[4], settled=bool(fields[3]))

    def _settle(self, delivery_id: int, link: "SendingLink", token: uuid.UUID | None, queue: Queue, outcome: c.Described,
                settled: bool) -> None:
        fault = self.broker.fault("settle", queue.name, OUTCOMES.get(int(outcome.descriptor)))
        if fault and fault.action == "drop":
            return self.connection.abort()
        if fault and fault.action == "ignore":
            return None
        if fault and fault.action == "reject":
            return self._settled(delivery_id, c.state(c.REJECTED, c.error(fault.condition, fault.description)), settled)
        try:
            echo = link.settle(token, queue, outcome)
        except BrokerError as exc:
            echo = c.state(c.REJECTED, c.error(exc.condition, exc.description))
        if fault and fault.action == "drop_after":
            return self.connection.abort()
        if fault and fault.action == "ignore_after":
            return None
        if fault and fault.action == "delay":
            self.connection._loop.call_later(fault.delay, self._settled, delivery_id, echo, settled)
            return None
        return self._settled(delivery_id, echo, settled)

    def _settled(self, delivery_id: int, outcome: c.Described, already: bool) -> None:
        if not already:                                 # role=False: we are the sender of that delivery
            self.send(c.performative(c.DISPOSITION, False, c.UInt(delivery_id), c.UInt(delivery_id), True, outcome))


class Link:
    def __init__(self, session: Session, name: str, handle: int, local_handle: int, address: str, attach: list) -> None:
        self.session, self.name, self.handle, self.local_handle = session, name, handle, local_handle
        self.address, self.attach, self.broker = address, attach, session.broker
        self.connection = session.connection
        self.detached = self.attached = False
        lowered = address.lower()
        self.kind = "cbs" if lowered == "$cbs" else "manage" if lowered.endswith("/$management") else "entity"
        self.entity_name = address[:-len("/$management")] if self.kind == "manage" else address

    def reply_attach(self, max_message_size: int | None, properties: dict | None = None, source: Any = ...) -> None:
        fields = self.attach
        client_receives = fields[2]
        self.attached = True
        self.session.send(c.performative(
            c.ATTACH, self.name, c.UInt(self.local_handle), not client_receives, fields[3], fields[4],
            fields[5] if source is ... else source, fields[6], None, None, c.UInt(0) if client_receives else None,
            c.ULong(max_message_size) if max_message_size else None, None, None, properties))

    def refuse(self, problem: BrokerError) -> None:
        """Refusing a link: attach without our terminus, then detach with the reason."""
        self.attach_without_terminus()
        self.detach(c.error(problem.condition, problem.description))

    def attach_without_terminus(self) -> None:
        fields = self.attach
        self.attached = True
        self.session.send(c.performative(
            c.ATTACH, self.name, c.UInt(self.local_handle), not fields[2], fields[3], fields[4], None, None, None, None,
            c.UInt(0) if fields[2] else None))

    def detach(self, reason: c.Described | None = None) -> None:
        if not self.detached:
            self.closed()
            self.session.send(c.performative(c.DETACH, c.UInt(self.local_handle), True, reason))

    def open(self) -> None:
        raise NotImplementedError

    def closed(self, clean: bool = False) -> None:
        self.detached = True

    def authorize(self) -> None:
        wanted = self.entity_name.lower()
        if not any(wanted == a or wanted.startswith(a + "/") for a in self.connection.authorized):
            raise BrokerError("amqp:unauthorized-access", f"no $cbs token was put for '{self.entity_name}'")


class ReceivingLink(Link):
    """The client sends; we receive: into an entity, or a $cbs / $management request."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.received = 0
        self.partial: list[bytes] = []
        self.partial_fields: list = []
        self.entity: Any = None

    def open(self) -> None:
        try:
            if self.kind != "cbs":
                self.authorize()
                self.entity = self.broker.namespace.find(self.entity_name)
        except BrokerError as exc:
            return self.refuse(exc)
        size = self.entity.options.max_message_size if self.kind == "entity" else 64 * 1024 * 1024
        properties = {c.Symbol("com.microsoft:max-message-batch-size"): size} if self.kind == "entity" else None
        self.reply_attach(size, properties)
        return self._grant()

    def _grant(self) -> None:
        self.session.send(c.performative(
            c.FLOW, c.UInt(0), c.UInt(2**31 - 1), c.UInt(self.session.next_outgoing), c.UInt(2**31 - 1),
            c.UInt(self.local_handle), c.UInt(self.received), c.UInt(LINK_CREDIT)))

    def on_transfer(self, fields: list, payload: bytes) -> None:
        if not self.partial:
            self.partial_fields = fields
        self.partial.append(payload)
        if fields[5]:                                   # more
            return
        payload, self.partial = self.partial[0] if len(self.partial) == 1 else b"".join(self.partial), []
        first = self.partial_fields
        self.received += 1
        if self.received % (LINK_CREDIT // 2) == 0:
            self._grant()
        delivery_id, message_format, settled = int(first[1]), int(first[3] or 0), bool(first[4])
        if self.kind == "entity":
            self._store(delivery_id, message_format, settled, payload)
        else:
            self._answer(delivery_id, c.state(c.ACCEPTED), settled)
            Request(self, c.Message.parse(payload)).run()

    def _store(self, delivery_id: int, message_format: int, settled: bool, payload: bytes) -> None:
        fault = self.broker.fault("send", self.entity_name)
        action = fault.action if fault else ""
        if action == "drop":
            return self.connection.abort()
        if action == "ignore":
            return None
        if action == "detach":
            return self.detach(c.error(fault.condition, fault.description))      # type: ignore[union-attr]
        outcome = c.state(c.ACCEPTED)
        try:
            if action == "reject":
                raise BrokerError(fault.condition, fault.description)            # type: ignore[union-attr]
            message = c.Message.parse(payload)
            is_batch = message_format == 0x80013700
            items = [c.Message.parse(item) for item in message.batch_items()] if is_batch else [message]
            for item in items:                          # a batch is taken in whole or not at all
                self.entity.check(item)
            for item in items:
                self.entity.accept(item)
        except BrokerError as exc:
            outcome = c.state(c.REJECTED, c.error(exc.condition, exc.description))
        if action == "drop_after":
            return self.connection.abort()
        if action == "ignore_after":
            return None
        if action == "delay":
            self.connection._loop.call_later(fault.delay, self._answer, delivery_id, outcome, settled)  # type: ignore[union-attr]
            return None
        return self._answer(delivery_id, outcome, settled)

    def _answer(self, delivery_id: int, outcome: c.Described, settled: bool) -> None:
        if not settled:                                 # role=True: we are the receiver of that delivery
            self.session.send(c.performative(c.DISPOSITION, True, c.UInt(delivery_id), c.UInt(delivery_id), True, outcome))


class SendingLink(Link):
    """The client receives; we send: from a queue, or $cbs / $management replies."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.credit = 0
        self.sent = 0
        self.session_id: str | None = None
        self.settled = self.attach[3] == 1              # snd-settle-mode settled: receive-and-delete
        self.queue: Queue | None = None
        self.replies: deque[bytes] = deque()
        self.tags = itertools.count()

    def open(self) -> None:
        if self.kind != "entity":
            return self.reply_attach(None)
        try:
            self.authorize()
            queue = self.broker.namespace.find(self.entity_name)
            if not isinstance(queue, Queue):
                raise BrokerError("amqp:not-allowed", "cannot receive from a topic; use a subscription")
            self.queue = queue
            wanted = (self.attach[5].value[7:8] or [None])[0] or {}
            if "com.microsoft:session-filter" not in wanted:
                if queue.options.requires_session:
                    raise BrokerError("amqp:not-allowed", "It is not possible for an entity that requires sessions to "
                                                          "create a non-sessionful message receiver.")
                self.reply_attach(queue.options.max_message_size)
                return queue.add_consumer(self)
            if not queue.options.requires_session:
                raise BrokerError("amqp:not-allowed", "A sessionful message receiver cannot be created on an entity "
                                                      "that does not require sessions.")
            session_id = wanted["com.microsoft:session-filter"]
            if session_id is not None and not isinstance(session_id, str):
                raise BrokerError("amqp:invalid-field", "the session filter must be a string")
            if queue.lock_session(self, session_id) is not None:
                return self.session_granted()
            queue.waiting_sessions.append(self)
            timeout = (self.attach[13] or {}).get("com.microsoft:timeout", 65000) / 1000
            self.connection._loop.call_later(timeout, self._session_timeout)
            return None
        except BrokerError as exc:
            return self.refuse(exc)

    # ---- sessions

    def session_granted(self) -> None:
        assert self.queue is not None and self.session_id is not None
        until = self.queue.session_locks[self.session_id][1]
        source = c.Described(self.attach[5].descriptor, list(self.attach[5].value))
        source.value[7] = {c.Symbol("com.microsoft:session-filter"): self.session_id}
        self.reply_attach(self.queue.options.max_message_size, {
            c.Symbol("com.microsoft:locked-until-utc"): NET_EPOCH_TICKS + int(until * 10_000_000)}, source)
        self.queue.add_consumer(self)

    def session_lost(self) -> None:
        self.detach(c.error("com.microsoft:session-lock-lost", "The session lock has expired on the session."))

    def _session_timeout(self) -> None:
        if self.queue and self in self.queue.waiting_sessions and not self.detached:
            self.refuse(BrokerError("com.microsoft:timeout", "The operation did not complete within the allotted time."))

    # ---- deliveries

    def closed(self, clean: bool = False) -> None:
        if not self.detached:
            self.detached = True
            self.credit = 0
            for delivery_id, (link, _, _) in list(self.session.unsettled.items()):
                if link is self:                        # settled by lock token from now on, if at all
                    del self.session.unsettled[delivery_id]
            if self.queue is not None:
                self.queue.remove_consumer(self, clean=clean)

    def on_credit(self, fields: list) -> None:
        if self.detached or fields[6] is None:
            return
        self.credit = (int(fields[5]) if fields[5] is not None else 0) + int(fields[6]) - self.sent
        while self.replies and self.credit > 0:
            self._transfer(str(next(self.tags)).encode(), self.replies.popleft(), settled=True)
        if self.queue:
            self.queue.pump()
        if fields[8]:                                   # drain: give the credit back
            self.sent += max(self.credit, 0)
            self.credit = 0
        if fields[8] or fields[9]:                      # drain or echo
            self.session.send(c.performative(
                c.FLOW, c.UInt(0), c.UInt(2**31 - 1), c.UInt(self.session.next_outgoing), c.UInt(2**31 - 1),
                c.UInt(self.local_handle), c.UInt(self.sent), c.UInt(self.credit), None, bool(fields[8])))

    def reply(self, payload: bytes) -> None:
        if self.credit > 0:
            self._transfer(str(next(self.tags)).encode(), payload, settled=True)
        else:
            self.replies.append(payload)

    def hand_over(self, entry: Entry, queue: Queue) -> None:
        fault = self.broker.fault("deliver", self.entity_name)
        tag = entry.token.bytes_le if entry.token else b"\0" * 16      # the delivery tag IS the lock token
        delivery_id = self._transfer(tag, entry.wire(), self.settled)
        if not self.settled:
            self.session.unsettled[delivery_id] = (self, entry.token, queue)
        if fault:
            self.connection.abort()

    def _transfer(self, tag: bytes, payload: bytes, settled: bool) -> int:
        self.credit -= 1
        self.sent += 1
        delivery_id = next(self.session.delivery_ids)
        room = self.connection.remote_max_frame - 128
        pieces = [payload[i:i + room] for i in range(0, len(payload), room)] or [b""]
        for index, piece in enumerate(pieces):
            more = index < len(pieces) - 1
            head = (c.UInt(delivery_id), tag, c.UInt(0), settled) if index == 0 else (None, None, None, None)
            self.session.send_transfer(c.performative(c.TRANSFER, c.UInt(self.local_handle), *head, more), piece)
        return delivery_id

    def settle(self, token: uuid.UUID | None, queue: Queue, outcome: c.Described) -> c.Described:
        """Apply what the client asked for and say what was applied: the SDK compares the echo."""
        code, fields = int(outcome.descriptor), outcome.value
        if token is None or token not in queue.locked:
            raise BrokerError(LOCK_LOST, "The lock supplied is invalid.")
        if code == c.ACCEPTED:
            queue.complete(token)
        elif code == c.REJECTED:
            info = (fields[0].value[2:3] or [None])[0] if fields and fields[0] else None
            queue.dead_letter(token, **_reasons(info or {}))
            return c.state(c.REJECTED)                  # no error in the echo, or the SDK takes it for a failure
        elif code == c.RELEASED:
            queue.release(token, failed=False)
        elif code == c.MODIFIED:
            properties = (fields[2:3] or [None])[0]
            settle = queue.defer if len(fields) > 1 and fields[1] else queue.abandon
            settle(token, dict(properties or {}))
        return outcome


def _reasons(info: dict) -> dict[str, Any]:
    """What a dead letter is told: the reason, its description, and properties to modify."""
    rest = {name: value for name, value in info.items() if name not in ("DeadLetterReason", "DeadLetterErrorDescription")}
    return {"reason": info.get("DeadLetterReason"), "description": info.get("DeadLetterErrorDescription"), "properties": rest}


class Request:
    """One $cbs or $management request."""

    def __init__(self, link: ReceivingLink, message: c.Message) -> None:
        self.link, self.message, self.broker = link, message, link.broker
        self.operation = str(message.app_properties.get("operation", ""))
        self.body: dict = message.value() if isinstance(message.value(), dict) else {}

    def run(self) -> None:
        point = "cbs" if self.link.kind == "cbs" else "manage"
        fault = self.broker.fault(point, self.link.entity_name, self.operation)
        action = fault.action if fault else ""
        if action == "drop":
            return self.link.connection.abort()
        if action == "ignore":
            return None
        if action == "reject":
            return self.reply(fault.status, fault.description, condition=fault.condition)   # type: ignore[union-attr]
        try:
            if self.link.kind == "cbs":
                answer = self._put_token()
            else:
                handler = self.HANDLERS.get(self.operation)
                if handler is None:
                    raise BrokerError("amqp:not-implemented", f"operation {self.operation}", 501)
                answer = (200, "OK", handler(self, self.link.entity))
        except BrokerError as exc:
            answer = (exc.status, exc.description, None, exc.condition)
        if action == "drop_after":
            return self.link.connection.abort()
        if action == "ignore_after":
            return None
        if action == "delay":
            self.link.connection._loop.call_later(fault.delay, lambda: self.reply(*answer))  # type: ignore[union-attr]
            return None
        if answer[2] is NO_CONTENT:
            answer = (204, "No Content", None)
        return self.reply(*answer)

    def reply(self, status: int, description: str, value: Any = None, condition: str | None = None) -> None:
        names = ("status-code", "status-description", "error-condition") if self.link.kind == "cbs" else (
            "statusCode", "statusDescription", "errorCondition")
        app = {names[0]: c.Int(status), names[1]: description}
        if condition:
            app[names[2]] = c.Symbol(condition)
        properties = [None] * 5 + [self.message.properties[c.P_MESSAGE_ID]]      # correlation-id, type preserved
        payload = c.encode_message(value if value is not None else {}, properties, app)
        for link in self.link.session.links.values():
            if isinstance(link, SendingLink) and link.address.lower() == self.link.address.lower():
                return link.reply(payload)
        log.warning("no response link for %s", self.link.address)
        return None

    def _put_token(self) -> tuple:
        audience = str(self.message.app_properties.get("name", ""))
        token = self.message.value()
        if not self.broker.token_ok(audience, token if isinstance(token, str) else str(token, "utf-8")):
            raise BrokerError("com.microsoft:auth-failed", "InvalidSignature: The token has an invalid signature.", 401)
        self.link.connection.authorized.add(entity_path(audience).lower())
        return 202, "Accepted", None

    # ---- $management operations; each returns the response map

    def _renew_lock(self, queue: Queue) -> dict:
        return {"expirations": c.Array([c.Timestamp(int(queue.renew(t) * 1000)) for t in self.body["lock-tokens"]])}

    def _schedule(self, entity: Any) -> dict:
        seqs = [entity.accept(c.Message.parse(bytes(item["message"]))) for item in self.body["messages"]]
        return {"sequence-numbers": c.Array([seq if seq is not None else 0 for seq in seqs])}

    def _cancel(self, entity: Any) -> None:
        entity.cancel_scheduled(self.body["sequence-numbers"])

    def _peek(self, queue: Queue) -> Any:
        found = queue.peek(int(self.body["from-sequence-number"]), int(self.body["message-count"]),
                           self.body.get("session-id"))
        return {"messages": [{"message": entry.wire()} for entry in found]} if found else NO_CONTENT

    def _deferred(self, queue: Queue) -> dict:
        taken = queue.take_deferred(self.body["sequence-numbers"], delete=int(self.body["receiver-settle-mode"]) == 0)
        return {"messages": [{"message": e.wire(), **({"lock-token": e.token} if e.token else {})} for e in taken]}

    def _update_disposition(self, queue: Queue) -> None:
        properties = dict(self.body.get("properties-to-modify") or {})
        actions: dict[str, Callable[[uuid.UUID], None]] = {
            "completed": queue.complete, "abandoned": lambda t: queue.abandon(t, properties),
            "defered": lambda t: queue.defer(t, properties),
            "suspended": lambda t: queue.dead_letter(t, self.body.get("deadletter-reason"),
                                                     self.body.get("deadletter-description"), properties)}
        for token in self.body["lock-tokens"]:
            actions[self.body["disposition-status"]](token)

    def _renew_session(self, queue: Queue) -> dict:
        return {"expiration": c.Timestamp(int(queue.renew_session(self.body["session-id"]) * 1000))}

    def _get_state(self, queue: Queue) -> dict:
        return {"session-state": queue.session_state.get(self.body["session-id"], (None, 0.0))[0]}

    def _set_state(self, queue: Queue) -> None:
        value = self.body.get("session-state")
        queue.session_state[self.body["session-id"]] = (None if value is None else bytes(value), queue.timers.now())

    def _sessions(self, queue: Queue) -> Any:
        since = self.body.get("last-updated-time", EVER)
        if since < EVER:                                # only sessions whose state was set after that
            names = sorted(s for s, (_, when) in queue.session_state.items() if when * 1000 > since)
        else:
            names = sorted({s for s, heap in queue.active.items() if s is not None and any(e.state == "active" for e in heap)}
                           | {s for s, (value, _) in queue.session_state.items() if value is not None})
        skip, top = int(self.body.get("skip", 0)), int(self.body.get("top", 100))
        page = names[skip:skip + top]
        return {"skip": c.Int(skip + len(page)), "sessions-ids": c.Array(page)} if page else NO_CONTENT

    HANDLERS: dict[str, Callable] = {
        "com.microsoft:renew-lock": _renew_lock, "com.microsoft:schedule-message": _schedule,
        "com.microsoft:cancel-scheduled-message": _cancel, "com.microsoft:peek-message": _peek,
        "com.microsoft:receive-by-sequence-number": _deferred, "com.microsoft:update-disposition": _update_disposition,
        "com.microsoft:renew-session-lock": _renew_session, "com.microsoft:get-session-state": _get_state,
        "com.microsoft:set-session-state": _set_state, "com.microsoft:get-message-sessions": _sessions,
    }


NO_CONTENT: Any = object()
