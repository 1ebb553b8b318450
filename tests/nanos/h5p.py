"""H5P packages for tests: a library of our own that runs in H5P's real runtime, and what is left of one without its parts."""

from __future__ import annotations

import json
from typing import Any

from tests.nanos import rig

PROBE, SUB = "H5P.KontorProbe", "6b0a4d6e-1b0c-4f0e-8a0e-1f5f0d1b7c11"
SCRIPT = """
var H5P = H5P || {};
H5P.KontorProbe = (function (Shade) {
  function Probe(params, id, extras) {
    H5P.EventDispatcher.call(this);
    this.contentId = id;
    this.params = params;
    this.at = extras && extras.previousState ? extras.previousState.at : 0;
  }
  Probe.prototype = Object.create(H5P.EventDispatcher.prototype);
  Probe.prototype.constructor = Probe;
  Probe.prototype.attach = function ($container) {
    var self = this;
    this.setActivityStarted();
    $container.html('<p id="said"></p><button id="half">half</button><button id="all">all</button><img id="pic">');
    document.getElementById("said").textContent = this.params.text + " " + Shade.word + " " + this.at;
    document.getElementById("pic").src = H5P.getPath("images/a.svg", this.contentId);
    document.getElementById("half").onclick = function () {
      self.at = 2;
      var event = self.createXAPIEventTemplate("answered");
      event.data.statement.object.definition.extensions["http://h5p.org/x-api/h5p-subContentId"] = "SUB";
      event.data.statement.result = { response: "a secret answer", score: { min: 0, max: 2, raw: 1, scaled: 0.5 } };
      self.trigger(event);
    };
    document.getElementById("all").onclick = function () { self.triggerXAPIScored(3, 4, "completed", true, true); };
  };
  Probe.prototype.getCurrentState = function () { return { at: this.at }; };
  Probe.prototype.getMaxScore = function () { return MOST; };
  return Probe;
})(H5P.KontorShade);
"""
SHADE = 'var H5P = H5P || {}; H5P.KontorShade = { word: "at" };'
CSS = "#half { color: rgb(1, 2, 3); } #all { background: url(x.svg); }"
PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>'


def wants(name: str, major: int = 1, minor: int = 0) -> dict[str, Any]:
    """A dependency."""
    return {"machineName": name, "majorVersion": major, "minorVersion": minor}


def library(
    name: str, *, needs: tuple[dict[str, Any], ...] = (), js: tuple[str, ...] = (), **more: Any
) -> bytes:
    """A library.json."""
    said = {
        "title": name, **wants(name), "patchVersion": 3, "runnable": 0, "preloadedDependencies": list(needs),
        "preloadedJs": [{"path": path} for path in js], **more,
    }  # fmt: skip
    return json.dumps(said).encode()


def members(script: str = "", *, most: int = 4, title: str = "Eine Probe") -> dict[str, bytes]:
    """All files: the main library and one it stands on, which lies in a folder without a version."""
    about = {
        "title": title,
        "language": "de",
        "mainLibrary": PROBE,
        "embedTypes": ["div"],
        "preloadedDependencies": [wants(PROBE)],
    }
    code = script or SCRIPT.replace("SUB", SUB).replace("MOST", str(most))
    return {
        "h5p.json": json.dumps(about).encode(), "content/content.json": json.dumps({"text": "</script><b>Ü"}).encode(),
        "content/images/a.svg": PICTURE,
        f"{PROBE}-1.0/library.json": library(
            PROBE, needs=(wants("H5P.KontorShade"),), js=("dist/probe one.js",), runnable=1,
            preloadedCss=[{"path": "./probe.css"}],
        ),
        f"{PROBE}-1.0/dist/probe one.js": code.encode(), f"{PROBE}-1.0/probe.css": CSS.encode(),
        f"{PROBE}-1.0/x.svg": PICTURE,
        "H5P.KontorShade/library.json": library("H5P.KontorShade", js=("shade.js",)),
        "H5P.KontorShade/shade.js": SHADE.encode(),
    }  # fmt: skip


def package(script: str = "", *, most: int = 4, title: str = "Eine Probe") -> bytes:
    """The whole of it, as a file."""
    return rig.archive(members(script, most=most, title=title))


def said(verb: str = "completed", *, number: int = 1, sub: str = "", **result: Any) -> dict[str, Any]:
    """A statement as our script shortens it."""
    return {
        "id": f"00000000-0000-4000-8000-{number:012d}", "verb": {"id": f"http://adlnet.gov/expapi/verbs/{verb}"},
        "object": {"definition": {"extensions": {"http://h5p.org/x-api/h5p-subContentId": sub} if sub else {}}},
        "result": result, "context": {"contextActivities": {}},
    }  # fmt: skip


def told(*statements: dict[str, Any], state: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """A message of our script."""
    return {
        "part": "h5p",
        "state": state or {},
        "statements": list(statements),
        "silent": False,
        "seconds": 5,
        **more,
    }
