"""The services as data: which requests are understood, which reports are sent, and what stands in them."""

from typing import Any

import construct

from wire.dictionary.kinds import OCTETS
from wire.dictionary.rows import SEVERITIES
from wire.layout import layout
from wire.shapes import REQUEST_ID, TIME_REPORT, VERIFICATION_FAILURE, VERIFICATION_SUCCESS

Json = Any


def fields(shape: construct.Construct) -> list[Json]:
    """The layout of a fixed shape, one entry for each number."""
    rows = layout(shape)
    return [
        {"name": row.name, "offset": row.offset, "octets": OCTETS[row.kind], "kind": row.kind}
        | ({} if row.constant is None else {"value": row.constant})
        for row in rows
    ]


def _message(service: int, subtype: int, name: str, content: str, data: list[Json] | None = None) -> Json:
    return {"service": service, "subtype": subtype, "name": name, "content": content} | ({} if data is None else {"data": data})


def export_services() -> dict[str, Json]:
    """Offsets count from the start of the data behind the secondary header."""
    success, failure = fields(VERIFICATION_SUCCESS), fields(VERIFICATION_FAILURE)
    listed = "count N (u16), then N identifiers (u16)"
    pairs = "count N (u16), then N times parameter identifier (u16) and value in the parameter's own kind"
    named = {1: "acceptance", 3: "start of execution", 7: "completion of execution"}
    verification = [_message(1, subtype, f"successful {what}", "the request", success) for subtype, what in named.items()]
    verification += [_message(1, subtype + 1, f"failed {what}", "the request and the reason", failure) for subtype, what in named.items()]
    verification.append(_message(1, 10, "failed routing", "the request and the reason", failure))
    return {
        "request_identifier": {"text": "the first four octets of the telecommand packet", "fields": fields(REQUEST_ID)},
        "requests": [
            _message(3, 5, "enable periodic housekeeping reports", listed),
            _message(3, 6, "disable periodic housekeeping reports", listed),
            _message(3, 27, "send housekeeping reports once", listed),
            _message(8, 1, "perform a function", "function identifier (u16), then the function's arguments without count"),
            _message(17, 1, "are you alive", "nothing"),
            _message(20, 1, "report parameter values", listed),
            _message(20, 3, "set parameter values", pairs),
        ],
        "reports": [
            *verification,
            _message(3, 25, "housekeeping report", "report identifier (u16), then the parameters in the order of the structure"),
            *(_message(5, n, f"event, {name}", "event identifier (u16), then its arguments") for n, name in SEVERITIES.items()),
            _message(9, 2, "CUC time report", "a packet without secondary header", fields(TIME_REPORT)),
            _message(17, 2, "I am alive", "nothing"),
            _message(20, 2, "parameter values", pairs),
        ],
        "failure_code": "FAILURE_CODE",
    }
