import pytest

from ground.endpoint import Endpoint, parse_endpoint
from ground.errors import BadArgumentError


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("127.0.0.1:10015", Endpoint("127.0.0.1", 10015)),
        ("10015", Endpoint("127.0.0.1", 10015)),
        (":10015", Endpoint("127.0.0.1", 10015)),
        ("station.example:1", Endpoint("station.example", 1)),
        ("udp://localhost:7", Endpoint("localhost", 7, udp=True)),
        ("tcp://localhost:7", Endpoint("localhost", 7)),
        ("[::1]:7", Endpoint("::1", 7)),
    ],
)
def test_an_address_is_read(text: str, endpoint: Endpoint) -> None:
    assert parse_endpoint(text) == endpoint


@pytest.mark.parametrize("text", ["", "host", "host:", "host:0", "host:65536", "host:-1", "http://host:80", "host:１"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(BadArgumentError, match="is not an address"):
        parse_endpoint(text)


def test_an_address_reads_as_it_is_written() -> None:
    for text in ("127.0.0.1:1", "udp://h:2", "[::1]:3"):
        assert str(parse_endpoint(text)) == text
