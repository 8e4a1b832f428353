import json
import socket
import threading

from ground.bench import Bench


def test_the_answer_to_a_call_that_was_interrupted_is_not_taken_for_that_to_the_next() -> None:
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = server.accept()
        with connection, connection.makefile("rb") as lines:
            for line in lines:
                number = json.loads(line)["id"]
                late = {"jsonrpc": "2.0", "id": number - 1, "result": {"tick": 1}}
                own = {"jsonrpc": "2.0", "id": number, "result": {"tick": 2}}
                connection.sendall(b"".join(json.dumps(each).encode() + b"\n" for each in (late, own)))

    thread = threading.Thread(target=serve)
    thread.start()
    with server, Bench(*server.getsockname()) as bench:
        assert [bench.pause(), bench.pause()] == [2, 2]
    thread.join()
