"""A local stand-in for GOV.UK Notify that follows its documented API: keys, references, states and error answers.

https://docs.notifications.service.gov.uk/rest-api.html: POST /v2/notifications/email and GET /v2/notifications.
"""

import json
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt

from service.ports import HOST

SERVICE, SECRET = str(uuid.uuid4()), str(uuid.uuid4())
KEY = f"test_key-{SERVICE}-{SECRET}"
TEMPLATE = str(uuid.uuid4())

ANSWERS: dict[str, tuple[int, str, str]] = {
    "bad address": (400, "ValidationError", "email_address Not a valid email address"),
    "team key": (400, "BadRequestError", "Can't send to this recipient using a team-only API key"),
    "no template": (400, "BadRequestError", "Template not found"),
    "clock": (403, "AuthError", "Error: Your system clock must be accurate to within 30 seconds"),
    "rate": (429, "RateLimitError", "Exceeded rate limit for key type TEST of 3000 requests per 60 seconds"),
    "fault": (500, "Exception", "Internal server error"),
}


@dataclass
class NotifyStandIn:
    """`next_answers` to posts, one after the other: a name of ANSWERS, `slow` (takes it, answers too late) or
    `lost` (takes nothing, answers too late); then it takes everything."""

    next_answers: list[str] = field(default_factory=list)
    taken: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    slowness: float = 1.3

    def __enter__(self) -> "NotifyStandIn":
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                stand_in.post(self)

            def do_GET(self) -> None:
                stand_in.get(self)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer((HOST, 0), Handler)
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._server.server_port}"

    def post(self, request: BaseHTTPRequestHandler) -> None:
        body = json.loads(request.rfile.read(int(request.headers["content-length"])))
        answer = self.next_answers.pop(0) if self.next_answers else ""
        if not self._knows(request):
            _error(request, 403, "AuthError", "Invalid token: API key not found")
        elif answer in ANSWERS:
            _error(request, *ANSWERS[answer])
        elif body["template_id"] != TEMPLATE:
            _error(request, *ANSWERS["no template"])
        else:
            notification = {**body, "id": str(uuid.uuid4()), "type": "email", "status": "created"}
            if answer != "lost":
                self.taken.append(notification)
            if answer in ("slow", "lost"):
                time.sleep(self.slowness)
            _answer(request, 201, {"id": notification["id"], "reference": body.get("reference")})

    def get(self, request: BaseHTTPRequestHandler) -> None:
        if not self._knows(request):
            return _error(request, 403, "AuthError", "Invalid token: API key not found")
        asked = {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}
        taken = self.taken
        if "reference" in asked:
            self.asked.append(asked["reference"])
            taken = [one for one in taken if one["reference"] == asked["reference"]]
        if asked.get("status") == "failed":
            taken = [one for one in taken if one["status"].endswith("failure")]
        return _answer(request, 200, {"notifications": taken[-250:], "links": {}})

    def _knows(self, request: BaseHTTPRequestHandler) -> bool:
        try:
            claims = jwt.decode(request.headers["authorization"].removeprefix("Bearer "), SECRET, ["HS256"])
        except jwt.InvalidTokenError:
            return False
        return bool(claims["iss"] == SERVICE)

    def count(self) -> Counter[str]:
        """How many mails each address has."""
        return Counter(one["email_address"] for one in self.taken)


def _error(request: BaseHTTPRequestHandler, code: int, error: str, message: str) -> None:
    _answer(request, code, {"status_code": code, "errors": [{"error": error, "message": message}]})


def _answer(request: BaseHTTPRequestHandler, code: int, body: dict[str, Any]) -> None:
    content = json.dumps(body).encode()
    try:
        request.send_response(code)
        request.send_header("content-type", "application/json")
        request.send_header("content-length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)
    except OSError:
        pass  # the client did not wait
