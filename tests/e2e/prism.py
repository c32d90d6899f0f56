"""tests/e2e/prism.py: a validating proxy between a client and a Graph API.

Prism compares each request and each answer with Microsoft's OpenAPI description of Graph, and
answers a problem document (its `type` begins with https://stoplight.io/prism/errors) where one of
them is not as described: 422 for a request, 500 for an answer. It is told nothing of ours.
"""

import re

READY_SECONDS = 240  # it reads a megabyte of YAML and compiles it
DESCRIPTION = "graph-openapi-slice.yaml"


def described_operations(env):
    """(method, path) of everything in the description; names of keys are as they are there."""
    found, path, inside = set(), None, False
    for line in (env.test_data / DESCRIPTION).read_text().splitlines():
        if re.match(r"\S", line):
            inside = line == "paths:"
        elif inside and (named := re.match(r"  (?:\? )?(/.*?):?$", line)):
            path = named[1]
        elif inside and (method := re.match(r"  [ :] (?:  )?(get|post|put|patch|delete):$", line)):
            found.add((method[1].upper(), path))
    return found


def start_prism(env, upstream, name="prism"):
    """Starts one in front of `upstream`; its address. Paths begin with /v1.0, as on the wire."""
    text = (env.test_data / DESCRIPTION).read_text()
    head, paths, tail = re.split(r"^(?=paths:$|components:$)", text, flags=re.MULTILINE)
    paths = re.sub(r"^(  (?:\? )?'?)/", r"\1/v1.0/", paths, flags=re.MULTILINE)
    description = env.temp / f"{name}.yaml"
    description.write_text(head + paths + tail)
    port = env.free_port()
    program = env.js / "node_modules/@stoplight/prism-cli/dist/index.js"
    env.start([env.node, program, "proxy", description, upstream, "--port", port, "--errors"],
              name=name, ready="Prism is listening", timeout=READY_SECONDS)
    return f"http://127.0.0.1:{port}"
