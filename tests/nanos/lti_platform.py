"""A learning platform for tests: lti1p3platform signs and verifies (PyJWT, jwcrypto), this serves it by HTTP and is strict
where it is not: audience, issuer, age and single use of our assertions, media type and order of scores.
"""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from lti1p3platform.ltiplatform import LTI1P3PlatformConfAbstract
from lti1p3platform.message_launch import LTIAdvantageMessageLaunchAbstract
from lti1p3platform.registration import Registration

SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
CLIENT, DEPLOYMENT = "client-7", "1"


def pem(bits: int = 2048) -> tuple[str, str]:
    """A fresh pair: private and public."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()


class _Conf(LTI1P3PlatformConfAbstract):
    def init_platform_config(self, **given: Any) -> None:
        self._registration = given["registration"]

    def get_registration_by_params(self, **_given: Any) -> Registration:
        return self._registration


class _Launch(LTIAdvantageMessageLaunchAbstract):
    def render_launch_form(self, launch_data: dict[str, Any], **_given: Any) -> dict[str, Any]:
        return launch_data


@dataclass
class _Asked:
    get_data: dict[str, Any]
    form_data: dict[str, Any] = field(default_factory=dict)


@dataclass
class Moodle:
    """The platform; `subject` is who is signed in there, `target` what the activity points to."""

    url: str
    registration: Registration
    target: str = ""
    subject: str = "4711"
    login_url: str = ""
    graded: bool = True
    status: int = 0
    """What the services answer instead of doing anything; 0 is as they should."""
    scores: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    items: list[dict[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def turn_key(self, bits: int = 2048) -> None:
        """From now on another key signs, and only that one is published."""
        private, public = pem(bits)
        self.registration.set_platform_private_key(private).set_platform_public_key(public)

    def launch(self, asked: dict[str, str], *, chooses: bool = False, **more: Any) -> dict[str, str]:
        """The form the browser posts to the tool: state, id_token, launch_url."""
        made = _Launch(_Asked(asked), _Conf(registration=self.registration))  # type: ignore[arg-type]
        made.set_launch_url(self.target)
        made.set_user_data(self.subject, ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
                           full_name="Frieda Geheim", email_address="frieda@schule.example")  # fmt: skip
        made.set_extra_claims({"https://purl.imsglobal.org/spec/lti/claim/version": "1.3.0"})
        if chooses:
            self.registration.set_deeplink_launch_url(self.target)
            made.set_dl(f"{self.url}/return", "Wählen", accept_types={"ltiResourceLink"})
        else:
            made.set_resource_link_claim("activity-1", title="Aktivität")
            if self.graded:
                made.set_ags(f"{self.url}/items", f"{self.url}/items/5/lineitem?type_id=2")
        made.set_extra_claims(more)
        form = made.lti_launch()
        return {key: form[key] for key in ("state", "id_token", "launch_url")}

    def sign(self, claims: dict[str, Any]) -> str:
        """Any claims, with the platform's own key."""
        return self.registration.platform_encode_and_sign(dict(claims))

    def login(self) -> dict[str, str]:
        """What a login begins with."""
        return {
            "iss": self.url, "target_link_uri": self.target, "login_hint": self.subject, "client_id": CLIENT,
            "lti_message_hint": "activity-1", "lti_deployment_id": DEPLOYMENT,
        }  # fmt: skip

    # --- what the tool asks --------------------------------------------------------------------------------------

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        said = jwt.decode(form["client_assertion"], options={"verify_signature": False})
        try:
            assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
            assert said["iss"] == said["sub"] == CLIENT, "issuer"
            assert said["aud"] == f"{self.url}/token", "audience"
            assert said["exp"] - said["iat"] <= 600, "lasts"
            assert said["jti"] not in self.used, "replay"
            self.used.add(said["jti"])
            given = _Conf(registration=self.registration).get_access_token(form)  # the signature, the scopes
            assert given["scope"] == SCORE, "scope"
        except Exception as error:
            self.faults.append(repr(error))
            return 400, {"error": "invalid_client"}
        return 200, dict(given)

    def score(self, path: str, headers: Any, body: bytes) -> int:
        try:
            assert path == "/items/5/lineitem/scores?type_id=2", path
            assert headers["Content-Type"] == "application/vnd.ims.lis.v1.score+json"
            token = headers["Authorization"].removeprefix("Bearer ")
            assert _Conf(registration=self.registration).validate_token(token, [SCORE])
            said = json.loads(body)
            assert set(said) == {
                "userId", "scoreGiven", "scoreMaximum", "activityProgress", "gradingProgress", "timestamp",
            } and said["gradingProgress"] == "FullyGraded"  # fmt: skip
            assert not self.scores or said["timestamp"] > self.scores[-1]["timestamp"]
            self.scores.append(said)
        except Exception as error:
            self.faults.append(repr(error))
            return 400
        return 200

    def returned(self, form: dict[str, str]) -> int:
        try:
            said = jwt.decode(form["JWT"], options={"verify_signature": False})
            assert (
                (said["iss"], said["aud"]) == (CLIENT, self.url)
                and said["nonce"]
                and said["exp"] > time.time()
            )
            assert said["https://purl.imsglobal.org/spec/lti/claim/deployment_id"] == DEPLOYMENT
            assert said["https://purl.imsglobal.org/spec/lti/claim/version"] == "1.3.0"
            self.items += _Conf(registration=self.registration).validate_deeplinking_resp(form)
        except Exception as error:
            self.faults.append(repr(error))
            return 400
        return 200


def _handler(moodle: Moodle) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_given: Any) -> None:
            pass

        def _say(self, status: int, body: str | dict[str, Any], kind: str = "text/html") -> None:
            data = (json.dumps(body) if isinstance(body, dict) else body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json" if isinstance(body, dict) else kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_GET(self) -> None:
            place = urlsplit(self.path)
            moodle.asked.append(place.path)
            query = dict(parse_qsl(place.query))
            if moodle.status and place.path == "/jwks":
                self._say(moodle.status, {})
            elif place.path == "/jwks":
                self._say(200, {"keys": moodle.registration.get_jwks()})
            elif place.path in ("/course", "/teacher"):
                hint = {
                    **moodle.login(),
                    "lti_message_hint": "choose" if place.path == "/teacher" else "activity-1",
                }
                src = escape(f"{moodle.login_url}?{urlencode(hint)}")
                self._say(
                    200,
                    f'<!doctype html><title>Kurs</title><iframe id="tool" width=900 height=600 src="{src}"></iframe>',
                )
            elif place.path == "/auth":
                form = moodle.launch(query, chooses=query.get("lti_message_hint") == "choose")
                fields = "".join(
                    f'<input type=hidden name={k} value="{escape(form[k])}">' for k in ("state", "id_token")
                )
                self._say(200, f'<!doctype html><form method=post action="{form["launch_url"]}">{fields}</form>'
                               "<script>document.forms[0].submit()</script>")  # fmt: skip
            else:
                self._say(204 if place.path == "/favicon.ico" else 404, "")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            place = urlsplit(self.path).path
            moodle.asked.append(place)
            if moodle.status and place != "/return":
                self._say(moodle.status, {})
            elif place == "/token":
                self._say(*moodle.token({k: v[0] for k, v in parse_qs(body.decode()).items()}))
            elif place == "/return":
                status = moodle.returned({k: v[0] for k, v in parse_qs(body.decode()).items()})
                self._say(status, "<!doctype html><p id=back>zurück im Kurs</p>")
            else:
                self._say(moodle.score(self.path, self.headers, body), {})

    return Handler


@contextmanager
def running_platform(**given: Any) -> Iterator[Moodle]:
    """Serve on a port of its own until the block ends."""
    private, public = pem()
    registration = Registration()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    moodle = Moodle(f"http://127.0.0.1:{server.server_address[1]}", registration, **given)
    registration.set_iss(moodle.url).set_client_id(CLIENT).set_deployment_id(DEPLOYMENT)
    registration.set_platform_private_key(private).set_platform_public_key(public)
    server.RequestHandlerClass = _handler(moodle)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield moodle
    finally:
        server.shutdown()
        server.server_close()
