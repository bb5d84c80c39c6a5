"""Connections that dawdle, against real sockets: they end, they stay few, and nobody else waits for them."""

import contextlib
import re
import socket
import threading
import time
from pathlib import Path

import pytest
import uvicorn

from tests.dataset.factories import make_dataset
from tests.waiting import until
from tests.web.test_server import running
from viewer.web import connections
from viewer.web.connections import PIECE, PatientProtocol, Pieces

ANSWER = bytes(range(256)) * 80_000  # 20 MB: more than any socket takes unread
ASK = b"GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n"
PATIENCE = 60


async def application(scope, receive, send):
    """/long: many pieces; /stream: begins, and never ends; /echo: the length of the body."""
    body = b"hello"
    if scope["path"] == "/long":
        body = ANSWER
    elif scope["path"] == "/echo":
        size, more = 0, True
        while more:
            message = await receive()
            size, more = size + len(message.get("body", b"")), message.get("more_body", False)
        body = str(size).encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    if scope["path"] == "/stream":
        await send({"type": "http.response.body", "body": b"begun", "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass
        return
    await send({"type": "http.response.body", "body": body})


class Hasty(PatientProtocol):
    request_seconds = 0.5
    reading_seconds = 0.5
    most = 20


class Patient(PatientProtocol):
    """Longer than this machine may be busy with something else."""

    request_seconds = 4.0
    reading_seconds = 4.0


class Slow(PatientProtocol):
    """Patient enough that only too many connections end one."""

    most = 20


@contextlib.contextmanager
def serving(protocol):
    config = uvicorn.Config(Pieces(application), port=0, http=protocol, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until(lambda: server.started)
        yield server.servers[0].sockets[0].getsockname()[1], server.server_state.connections
    finally:
        server.should_exit = server.force_exit = True
        thread.join(PATIENCE)


@pytest.fixture
def hasty():
    with serving(Hasty) as (port, _):
        yield port


@pytest.fixture
def patient():
    with serving(Patient) as (port, _):
        yield port


def connect(port, first=b""):
    client = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    client.sendall(first)
    return client


def asking(path):
    return ASK.replace(b"{}", path.encode())


def ended(client):
    """Whether the server has closed it, which is waited for."""
    try:
        while client.recv(1 << 20):
            pass
    except ConnectionError:
        pass
    return True


def heard(client, text):
    """Whether this comes, which is waited for."""
    received = b""
    while text not in received and (data := client.recv(4096)):
        received += data
    return text in received


def answered(port):
    with connect(port, asking("short")) as client:
        return heard(client, b"hello")


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"G",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ",
        b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\nabc",
        b"POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    ],
)
@pytest.mark.parametrize("drips", [False, True])
def test_a_request_that_does_not_come_is_not_waited_for(hasty, sent, drips):
    client = connect(hasty, sent)
    if drips:  # a byte now and then is no request either
        with contextlib.suppress(ConnectionError):
            deadline = time.monotonic() + PATIENCE
            client.setblocking(False)
            while time.monotonic() < deadline:
                client.sendall(b"1")
                time.sleep(0.05)
                with contextlib.suppress(BlockingIOError):
                    if not client.recv(4096):
                        break
            else:
                pytest.fail("it was waited for")
        return
    assert ended(client)


def test_an_answer_that_nobody_reads_is_given_up():
    with serving(Hasty) as (port, open_):
        client = connect(port, asking("long"))
        received = len(client.recv(1))
        until(lambda: not open_)
        with contextlib.suppress(ConnectionError):
            while data := client.recv(1 << 20):
                received += len(data)
    assert received < len(ANSWER)


def test_who_reads_slowly_gets_it_all(patient):
    """However long the whole takes: here longer than any single wait may be."""
    client = connect(patient, asking("long").replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * PIECE)
    parts = []
    begun = time.monotonic()
    while data := client.recv(1 << 19):
        parts.append(data)
        time.sleep(max(0, 0.12 * len(parts) - (time.monotonic() - begun)))
    body = b"".join(parts).partition(b"\r\n\r\n")[2]
    assert ANSWER[:100] in body and len(body) >= len(ANSWER)


def test_a_stream_without_news_goes_on(patient):
    client = connect(patient, asking("stream"))
    assert heard(client, b"begun")
    client.settimeout(1.25 * Patient.request_seconds)
    with pytest.raises(TimeoutError):
        client.recv(4096)


def test_requests_one_after_another_on_one_connection(patient):
    with connect(patient) as client:
        for _ in range(5):
            client.sendall(asking("short"))
            assert heard(client, b"hello")
            time.sleep(0.9)  # in all longer than a single request may take


def test_many_connections_take_each_others_place_and_not_that_of_who_asks():
    with serving(Slow) as (port, open_):
        stream = connect(port, asking("stream"))
        assert heard(stream, b"begun")
        silent = [connect(port) for _ in range(60)]
        assert all(answered(port) for _ in range(5))
        assert all(ended(client) for client in silent[:30])
        assert len(open_) <= Slow.most + 1
        stream.settimeout(0.5)
        with pytest.raises(TimeoutError):
            stream.recv(4096)


def test_where_all_are_streams_a_new_one_takes_the_place_of_the_oldest():
    with serving(Slow) as (port, open_):
        streams = []
        for _ in range(40):
            streams.append(connect(port, asking("stream")))
            assert heard(streams[-1], b"begun")
        assert answered(port)
        assert all(ended(stream) for stream in streams[:15])
        assert len(open_) <= Slow.most + 1


@pytest.mark.parametrize(("soft", "most"), [(1024, 512), (256, 128), (10, 16), (-1, 512)])
def test_half_of_the_files_that_may_be_open_stay_free(monkeypatch, soft, most):
    monkeypatch.setattr(connections.resource, "getrlimit", lambda _: (soft, -1))
    assert connections.most_connections() == most


def test_the_page_answers_amid_a_flood(tmp_path):
    """Connections without end, readers that never read, requests that are none."""
    data = make_dataset(tmp_path / "data", stems=["a_0"], frames=3, description={"expression_space": "arkit52"})
    with running(data, "--port", 0, "--cache", tmp_path / "cache") as (process, line):
        port = int(re.search(r":(\d+)/", line)[1])
        token = re.search(r"token=([\w-]+)", line)[1]
        header = f"Host: localhost\r\nAuthorization: Bearer {token}\r\n"

        def ask(path, extra="", closes=True):
            text = f"GET /{path} HTTP/1.1\r\n{header}{extra}"
            return connect(port, (text + ("Connection: close\r\n" if closes else "") + "\r\n").encode())

        def read(path, extra=""):
            with ask(path, extra) as client, client.makefile("rb") as answer:
                return answer.read()

        def memory():
            status = Path(f"/proc/{process.pid}/status").read_text()
            return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

        setup = read("viewer/player/setup.json")
        head = "viewer/player/" + re.search(rb'"url":"(head/[^"]+)"', setup)[1].decode()
        size = len(read(head)) / 1e6
        before = memory()
        with contextlib.ExitStack() as stack:
            for _ in range(150):
                stack.enter_context(ask(head, closes=False))  # and is never read
            for i in range(600):
                stack.enter_context(connect(port, b"GET / HT" if i % 2 else b""))
            for junk in (b"\0" * 5000, b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\nX: " + b"a" * 200_000):
                with contextlib.suppress(ConnectionError):
                    stack.enter_context(connect(port, junk))
            for path in ("", "viewer/about", "viewer/clip?stem=a_0", "viewer/player/clip.bin?stem=a_0"):
                assert read(path).startswith(b"HTTP/1.1 200"), path
            assert memory() - before < 150 * size / 3, "unread answers are not held once a reader"
            assert len(list(Path(f"/proc/{process.pid}/fd").iterdir())) < 512 + 100
        many = "Range: bytes=" + ",".join(f"0-{10**9 - i}" for i in range(5000)) + "\r\n"
        assert not read(head, many).startswith(b"HTTP/1.1 5")
        assert read("viewer/about").startswith(b"HTTP/1.1 200")
