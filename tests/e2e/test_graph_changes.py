"""What is new in the directory: a client library follows a delta, and a receiver is told of changes,
of each at least once, also by a server that was killed."""

import datetime
import json
import urllib.parse

from graph_wire import ADMIN, GraphOffice
from https_receiver import Answer, HttpsReceiver, receivers_config
from world import ALICE, JOHN, run_client

SECRET = "what only the receiver knows"


class Receiver(HttpsReceiver):
    """Takes notifications, or is away."""

    PATH = "/in?for=curfew"

    def __init__(self, env, folder):
        self.notifications = []
        super().__init__(env, folder)

    def take(self, request, body):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(request.path).query)
        token = query.get("validationToken", [""])[0]
        if token:
            return Answer(200, token.encode())
        with self.lock:
            self.notifications += json.loads(body)["value"]
        return Answer(202)

    def told(self, subscription_id=None):
        """(changeType, id) of everything so far, or of one subscription's."""
        with self.lock:
            return [(one["changeType"], one["resourceData"]["id"]) for one in self.notifications
                    if subscription_id in (None, one["subscriptionId"])]


def office_with_notifications(env, *, private):
    return GraphOffice(env, config=receivers_config(env.temp / "data", str(private).lower()))


def subscription(url):
    until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
    return {"changeType": "created,updated,deleted", "notificationUrl": url, "resource": "users",
            "expirationDateTime": until.strftime("%Y-%m-%dT%H:%M:%SZ"), "clientState": SECRET}


def test_the_graph_client_follows_a_delta(env):
    office = GraphOffice(env)
    for name in (JOHN, ALICE):
        office.add_person(name)
    run_client(env, office.server, "graph.mjs", "delta",
               {"tool": office.app, "helper": ADMIN, "laptop": "none"})


def test_a_receiver_is_told_of_every_change_whoever_was_killed(env):
    office = office_with_notifications(env, private=True)
    person = office.add_person(JOHN)
    receiver = Receiver(env, office.server.data)
    made = office.plain().call("POST", "/subscriptions", subscription(receiver.url), status=201).json
    assert made["clientState"] == SECRET, made

    api = office.plain()
    api.call("PATCH", f"/users/{person}", {"jobTitle": "Chief"}, status=204)
    env.wait_until(lambda: ("updated", person) in receiver.told(), "the first notification")
    assert all(one["clientState"] == SECRET for one in receiver.notifications)

    # Nobody is there to be told, and then nobody to tell.
    receiver.go()
    fresh = office.add_person(ALICE)
    office.server.kill()
    receiver.come()
    office.server.serve()
    env.wait_until(lambda: ("created", fresh) in receiver.told(), "what was not told before")

    # Whoever made the subscription is disabled: it is told nothing more, and another one is.
    other = office.plain(office.app_token())
    others = other.call("POST", "/subscriptions", subscription(receiver.url), status=201).json["id"]
    admin = api.call("GET", f"/users/{ADMIN}").json["id"]
    office.server.curfew("user", "disable", ADMIN)
    env.wait_until(lambda: ("updated", admin) in receiver.told(others), "the other to be told")
    before = receiver.told(made["id"])
    other.call("PATCH", f"/users/{person}", {"jobTitle": "Nobody"}, status=204)
    env.wait_until(lambda: ("updated", person) in receiver.told(others), "the other to be told")
    assert receiver.told(made["id"]) == before
    assert ("updated", admin) not in before


def test_a_receiver_on_this_machine_is_refused_unless_it_is_allowed(env):
    office = office_with_notifications(env, private=False)
    receiver = Receiver(env, office.server.data)
    for host in ("localhost", "127.0.0.1", "[::1]"):
        url = f"https://{host}:{receiver.port}/in"
        answer = office.plain().call("POST", "/subscriptions", subscription(url), status=400)
        assert "could not be reached" in answer.json["error"]["message"], answer.text
    receiver.go()
