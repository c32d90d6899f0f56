"""tests/e2e/openapi.py: holds what the server answers against docs/openapi.yaml.

    spec = Spec(root / "docs/openapi.yaml")
    spec.check_request("add_user", body)
    spec.check_answer("add_user", 201, "application/json", text)

Stricter than the document: a member that it does not name is a difference too, because then either
the document or the server is wrong. Every difference is an AssertionError that names its place.
"""

import json
import re

import jsonschema
import yaml

FORMATS = jsonschema.FormatChecker(formats=())
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
URI = re.compile(r"https?://\S+")


@FORMATS.checks("date-time")
def is_time(value):
    return not isinstance(value, str) or TIME.fullmatch(value) is not None


@FORMATS.checks("uuid")
def is_guid(value):
    return not isinstance(value, str) or GUID.fullmatch(value) is not None


@FORMATS.checks("uri")
def is_uri(value):
    return not isinstance(value, str) or URI.fullmatch(value) is not None


class Operation:
    """One method of one path."""

    def __init__(self, method, path, definition):
        self.method = method
        self.path = path
        self.definition = definition


class Spec:
    """The document, its references resolved on the way."""

    def __init__(self, path):
        self.document = yaml.safe_load(path.read_text(encoding="utf-8"))
        self.operations = {}
        for route, item in self.document["paths"].items():
            for method, definition in item.items():
                if method == "parameters":
                    continue
                name = definition["operationId"]
                assert name not in self.operations, f"{name} is there twice"
                self.operations[name] = Operation(method.upper(), route, definition)
        for name, schema in self.document["components"]["schemas"].items():
            jsonschema.Draft202012Validator.check_schema(schema)
            assert schema.get("type") or "oneOf" in schema or "allOf" in schema, name

    def resolved(self, node):
        while "$ref" in node:
            place = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                place = place[part]
            node = place
        return node

    def closed(self, schema, whole=True):
        """The schema with its references put in, which refuses members that it does not name.
        `whole`: it is not one part of several that describe the same object."""
        schema = dict(self.resolved(schema))
        for word in ("oneOf", "anyOf"):
            if word in schema:
                schema[word] = [self.closed(one) for one in schema[word]]
        if "allOf" in schema:
            schema["allOf"] = [self.closed(one, whole=False) for one in schema["allOf"]]
        if "properties" in schema:
            schema["properties"] = {name: self.closed(one)
                                    for name, one in schema["properties"].items()}
        if "items" in schema:
            schema["items"] = self.closed(schema["items"])
        if whole and ("properties" in schema or "allOf" in schema):
            schema["unevaluatedProperties"] = False
        return schema

    def check(self, what, schema, value):
        validator = jsonschema.Draft202012Validator(self.closed(schema), format_checker=FORMATS)
        found = [f"{'/'.join(map(str, error.absolute_path)) or '(root)'}: {error.message}"
                 for error in validator.iter_errors(value)]
        assert not found, f"{what}: " + "; ".join(found)

    def check_request(self, name, body):
        asked = self.operations[name].definition.get("requestBody")
        if asked is None:
            assert body is None, f"{name} takes no body"
            return
        self.check(f"{name}, request", asked["content"]["application/json"]["schema"], body or {})

    def check_answer(self, name, status, content_type, text):
        responses = self.operations[name].definition["responses"]
        assert str(status) in responses, f"{name} answered {status}, which is not described: {text}"
        contents = self.resolved(responses[str(status)])["content"]
        kind = content_type.split(";")[0]
        assert kind in contents, f"{name}, {status}: the type {kind} is not described"
        content, what = contents[kind], f"{name}, {status}"
        if kind == "application/json":
            self.check(what, content["schema"], json.loads(text))
        elif kind == "application/jsonl":
            lines = text.splitlines()
            assert len(lines) == len(content["x-lines"]), f"{what}: {len(lines)} lines"
            for schema, line in zip(content["x-lines"], lines):
                self.check(what, schema, json.loads(line))
        else:
            self.check_events(what, content["x-events"], text)

    def check_events(self, what, described, text):
        events = [block for block in text.split("\n\n") if block and not block.startswith(":")]
        assert events, f"{what}: no event"
        for event in events:
            fields = dict(line.split(": ", 1) for line in event.splitlines())
            assert fields["event"] in described, f"{what}: event {fields['event']}"
            self.check(f"{what}, event", described[fields["event"]], json.loads(fields["data"]))
