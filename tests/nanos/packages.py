"""SCORM packages for tests: honest ones of both editions, and some that try to get out."""

from __future__ import annotations

from tests.nanos import rig

FIND = """
function find(win, name) {
  var hops = 0;
  while (win[name] == null && win.parent != null && win.parent != win && hops < 10) { win = win.parent; hops += 1; }
  return win[name];
}
"""
LESSON_12 = (
    "<!doctype html><html><head><title>x</title><script>"
    + FIND
    + """
var api = find(window, "API");
function say(text) { document.getElementById("said").textContent = text; }
window.addEventListener("load", function () {
  if (!api) { say("no runtime"); return; }
  api.LMSInitialize("");
  say("at " + (api.LMSGetValue("cmi.core.lesson_location") || "start") + " " + api.LMSGetValue("cmi.core.entry"));
  document.getElementById("half").onclick = function () {
    api.LMSSetValue("cmi.core.lesson_status", "incomplete");
    api.LMSSetValue("cmi.core.lesson_location", "page 2");
    api.LMSSetValue("cmi.suspend_data", "kept");
    api.LMSCommit("");
  };
  document.getElementById("all").onclick = function () {
    api.LMSSetValue("cmi.core.score.raw", "85");
    api.LMSSetValue("cmi.core.lesson_status", "passed");
    api.LMSFinish("");
  };
});
</script><link rel="stylesheet" href="css/a.css"></head>
<body><p id="said">-</p><button id="half">half</button><button id="all">all</button></body></html>"""
)
LESSON_2004 = (
    LESSON_12.replace('"API"', '"API_1484_11"').replace("LMSGetValue", "GetValue").replace("LMSSetValue", "SetValue")
    .replace("LMSInitialize", "Initialize").replace("LMSCommit", "Commit").replace("LMSFinish", "Terminate")
    .replace("cmi.core.lesson_location", "cmi.location").replace("cmi.core.entry", "cmi.entry")
    .replace('"cmi.core.score.raw", "85"', '"cmi.score.scaled", "0.85"')
    .replace('"cmi.core.lesson_status", "passed"', '"cmi.completion_status", "completed"')
    .replace("cmi.core.lesson_status", "cmi.completion_status")
)  # fmt: skip
_IMS, _ADL = "http://www.imsproject.org/xsd/", "http://www.adlnet.org/xsd/"
HEADS = {
    "1.2": (f'xmlns="{_IMS}imscp_rootv1p1p2" xmlns:adlcp="{_ADL}adlcp_rootv1p2"', "1.2", "scormtype"),
    "2004": (
        f'xmlns="http://www.imsglobal.org/xsd/imscp_v1p1" xmlns:adlcp="{_ADL}adlcp_v1p3"',
        "2004 4th Edition",
        "scormType",
    ),
}


def manifest(parts: dict[str, str], edition: str = "1.2", more: str = "") -> bytes:
    """`parts`: file by title."""
    spaces, version, kind = HEADS[edition]
    items = "".join(
        f'<item identifier="i{n}" identifierref="r{n}"><title>{title}</title>{more}</item>'
        for n, title in enumerate(parts)
    )
    resources = "".join(
        f'<resource identifier="r{n}" type="webcontent" adlcp:{kind}="sco" href="{path}"><file href="{path}"/></resource>'
        for n, path in enumerate(parts.values())
    )
    return (
        f'<?xml version="1.0"?><manifest identifier="m" version="1" {spaces}><metadata><schema>ADL SCORM</schema>'
        f'<schemaversion>{version}</schemaversion></metadata><organizations default="o"><organization identifier="o">'
        f"<title>Ein Kurs</title>{items}</organization></organizations><resources>{resources}</resources></manifest>"
    ).encode()


def lesson(edition: str = "1.2") -> bytes:
    """One part with two buttons."""
    page = LESSON_12 if edition == "1.2" else LESSON_2004
    return rig.archive({
        "imsmanifest.xml": manifest({"Lektion": "start/seite eins.html"}, edition), "start/seite eins.html": page.encode(),
        "start/css/a.css": b"button { color: rgb(1, 2, 3); }", "unlisted.js": b"1",
    })  # fmt: skip


def page(script: str) -> bytes:
    """A package whose first page runs this."""
    html = f"<!doctype html><html><head><title>x</title></head><body><pre id=out></pre><script>{script}</script></body></html>"
    return rig.archive(
        {"imsmanifest.xml": manifest({"x": "x.html"}), "x.html": html.encode(), "y.html": html.encode()}
    )
