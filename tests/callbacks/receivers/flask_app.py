"""A receiver on Flask: prints its port, then a line of JSON for what it parsed of each callback."""

from __future__ import annotations

import json

from flask import Flask, request
from werkzeug.serving import make_server

app = Flask("receiver")


@app.route("/hook", methods=["GET", "POST", "PUT", "DELETE"])
def hook() -> str:
    parsed = {
        "method": request.method,
        "query": [*request.args.items(multi=True)],
        "json": request.get_json() if request.method in ("POST", "PUT") else None,
    }
    print(json.dumps(parsed), flush=True)
    return "received"


server = make_server("127.0.0.1", 0, app)
print(server.port, flush=True)
server.serve_forever()
