"""One HTTP request over real sockets: what cannot have arrived is told apart from what may have."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from messaging.errors import GatewayMisconfigured
from messaging.gateways import InDoubt, Rejected, web
from messaging.gateways.web import LONGEST_ANSWER, WebAnswer, ask, client, safe_address

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@contextmanager
def server(answer: bytes, stays: bool = False) -> Iterator[str]:
    """Reads a request, writes `answer` and cuts the line, or keeps it."""
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(answer)
                if stays:
                    done.wait(10)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{listening.getsockname()[1]}"
        done.set()
        thread.join()


def asked(url: str, timeout: float = 2) -> WebAnswer | Rejected | InDoubt:
    with closing(client(timeout)) as through:
        return ask("Somebody", through, through.build_request("POST", url, data={"a": "b"}))


def test_an_answer_is_its_status_and_its_text() -> None:
    with server(OK) as address:
        assert asked(f"http://{address}/") == WebAnswer(200, "ok")


@pytest.mark.parametrize("refuse", [False, True], ids=["nobody listens", "no TLS there"])
def test_what_cannot_have_arrived_may_be_tried_again(refuse: bool) -> None:
    if refuse:
        with server(b"HTTP/1.1 400 Bad Request\r\n\r\n") as address:
            outcome = asked(f"https://{address}/")
    else:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            outcome = asked(f"http://127.0.0.1:{unused.getsockname()[1]}/")
    assert outcome == Rejected("Somebody could not be reached", final=False, unwell=True, key="gateway_away")


@pytest.mark.parametrize(
    ("answer", "stays"),
    [
        (b"", False),
        (b"", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n402,", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n402,", True),
        (b"this is not HTTP\r\n\r\n", False),
    ],
    ids=["cut", "silent", "half", "half and silent", "noise"],
)
def test_what_may_have_arrived_is_in_doubt(answer: bytes, stays: bool) -> None:
    with server(answer, stays) as address:
        assert isinstance(asked(f"http://{address}/", timeout=0.3), InDoubt)


def test_a_body_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "_LONGEST_SECONDS", -1.0)
    with server(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n402,", stays=True) as address:
        assert isinstance(asked(f"http://{address}/"), InDoubt)


def test_only_the_beginning_of_a_flood_is_kept() -> None:
    flood = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + b"x" * (LONGEST_ANSWER + 10_000)
    with server(flood, stays=True) as address:
        outcome = asked(f"http://{address}/")
    assert isinstance(outcome, WebAnswer)
    assert len(outcome.text) == LONGEST_ANSWER


def test_a_redirection_is_not_followed() -> None:
    with server(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n") as address:
        assert asked(f"http://{address}/") == WebAnswer(302, "")


@pytest.mark.parametrize("text", ["", "no", "[" * 100_000, '{"a": 1'])
def test_a_body_that_is_no_json_is_none(text: str) -> None:
    assert WebAnswer(200, text).json is None


@pytest.mark.parametrize("address", ["http://127.0.0.1:8/x", "http://[::1]/x", "http://localhost/", "https://sms.in/"])
def test_secrets_may_go_there(address: str) -> None:
    assert safe_address(address, "HELPLINE_X") == address


@pytest.mark.parametrize(
    "address", ["http://sms.in/", "http://127.0.0.1.evil.in/", "//sms.in", "https://", "file:///x"]
)
def test_secrets_may_not_go_there(address: str) -> None:
    with pytest.raises(GatewayMisconfigured, match="HELPLINE_X"):
        safe_address(address, "HELPLINE_X")
