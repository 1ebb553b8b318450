"""Live parts by plain requests: what a page asks for while its WebSocket is down. Same renderers, same checks."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, request

from app.kit.authz import acting, current_actor, signed_in
from app.kit.errors import KontorError
from app.kit.live import find
from app.kit.nav import nav

MOST = 60  # parts an answer; a page with more asks for what is in sight

bp = Blueprint("live", __name__)


@bp.get("/_live/parts")
@signed_in("Each part is authorised on its own, as on the WebSocket.")
def parts() -> Response:
    """The current state of `?topic=…&topic=…`, each as an hx-partial; what one may not see is left out."""
    actor = current_actor()
    found: list[str] = []
    for topic in list(dict.fromkeys(request.args.getlist("topic")))[:MOST]:
        known = find(topic)
        if known is None:
            continue
        fragment, row_id = known
        try:
            viewer = fragment.viewed_by(actor, row_id)
            if viewer is not None:
                with acting(viewer):
                    html = str(fragment.render(row_id))
                found.append(f'<hx-partial hx-target="#{topic}" hx-swap="outerMorph">{html}</hx-partial>')
        except KontorError:
            continue
    return Response("".join(found), mimetype="text/html")


def init_live(app: Flask) -> None:
    """Serve the parts and tell the shell where."""
    app.register_blueprint(bp)
    nav.shell(live_parts="live.parts")
