"""Settings: what is wrong is refused with file, line and the valid choices."""

import http.client
import re
import socket
import urllib.parse

from world import JOHN, PASSWORD, Server


def refusal(env, config):
    server = Server(env, config=config, serve=False)
    done = server.curfewd("serve", expect=1)
    assert done.out == "", done.out
    return server, done.err


def line_of(server, text):
    lines = (server.data / "curfewd.toml").read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_an_unknown_key_is_refused_with_its_place_and_the_known_ones(env):
    server, said = refusal(env, "thread = 2\n")
    assert f"{server.data}/curfewd.toml:{line_of(server, 'thread =')}:" in said, said
    assert 'no key "thread"' in said and "threads" in said, said


def test_a_bad_value_is_refused_with_the_choices(env):
    server, said = refusal(env, '[tokens]\naccess_token = "5 minutes"\n')
    assert f"curfewd.toml:{line_of(server, 'access_token')}:" in said, said
    assert 'tokens.access_token must be a time from "10m" to "24h"' in said, said


def test_an_unknown_table_is_refused(env):
    _, said = refusal(env, '[token]\naccess_token = "1h"\n')
    assert 'no table "token"' in said and "[tokens]" in said, said


def test_broken_syntax_is_refused_with_its_line(env):
    server, said = refusal(env, "threads = = 2\n")
    assert f"curfewd.toml:{line_of(server, 'threads')}:" in said, said


def test_plain_text_is_only_served_on_loopback(env):
    _, said = refusal(env, 'listen_plain = ["0.0.0.0:8080"]\n')
    assert "loopback" in said, said


def try_behind_proxy(server, port, forwarded, password):
    """What the sign-in form leads a browser of that address to, as a proxy hands it on."""
    said = {"X-Forwarded-For": forwarded} if forwarded else {}
    proxy = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    proxy.request("GET", f"/{server.tenant}/account", headers=said)
    page = proxy.getresponse()
    text = page.read().decode()
    if page.status != 200:
        return page.status, text
    form = urllib.parse.urlencode({
        "continuation": re.search('name="continuation" value="([^"]*)"', text).group(1),
        "username": JOHN, "password": password})
    cookie = page.headers["Set-Cookie"].split(";")[0]
    proxy.request("POST", f"/{server.tenant}/login", form, said | {
        "Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"})
    answer = proxy.getresponse()
    text = answer.read().decode()
    if answer.status != 303:
        return answer.status, text
    cookies = [one.split(";")[0] for one in answer.headers.get_all("Set-Cookie")]
    proxy.request("GET", answer.headers["Location"], headers=said | {"Cookie": "; ".join(cookies)})
    page = proxy.getresponse()
    return page.status, page.read().decode()


def test_behind_a_proxy_that_names_its_clients_one_of_them_locks_out_only_itself(env):
    port = env.free_port()
    server = Server(env, config=f'listen_plain = ["127.0.0.1:{port}"]\nforwarded_for = true\n')
    server.add_user(JOHN)
    attacker, owner = "10.0.0.1, 203.0.113.9", "203.0.113.9, 192.0.2.7"
    for _ in range(5):
        assert try_behind_proxy(server, port, attacker, "guess")[0] == 400
    status, text = try_behind_proxy(server, port, attacker, PASSWORD)
    assert status == 400 and "too many attempts" in text, text
    status, text = try_behind_proxy(server, port, owner, PASSWORD)
    assert status == 200 and "Your account" in text and "192.0.2.7" in text, text
    for forwarded in (None, "unknown", "192.0.2.7, proxy"):
        status, text = try_behind_proxy(server, port, forwarded, PASSWORD)
        assert status == 400 and "X-Forwarded-For" in text, text


def test_a_folder_that_init_did_not_make_names_init(env):
    nowhere = env.temp / "nowhere"
    for command in ("serve", "keys"):
        said = env.run([env.bin / "curfewd", command, "--data", nowhere], expect=1).err
        assert f"{nowhere} is no data folder" in said and "curfewd init" in said, (command, said)
    said = env.run([env.bin / "curfewd", "init", "--data", nowhere, "--domain", "contoso.com",
                    "--port", "99999"], expect=2).err
    assert "1 to 65535" in said and not nowhere.exists(), said


def test_a_port_in_use_is_named(env):
    server = Server(env, serve=False)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", server.port))
        other.listen()
        said = server.curfewd("serve", expect=1).err
    assert str(server.port) in said and "in use" in said, said


def test_a_second_server_on_the_same_folder_is_refused(env):
    server = Server(env)
    said = server.curfewd("serve", expect=1).err
    assert str(server.process.pid) in said, said


def test_init_leaves_a_folder_with_something_in_it_alone(env):
    (env.temp / "data").mkdir()
    (env.temp / "data" / "mine").write_text("mine")
    done = env.run([env.bin / "curfewd", "init", "--data", env.temp / "data", "--domain",
                    "contoso.com"], expect=1)
    assert "is not empty" in done.err, done.err
    assert [p.name for p in (env.temp / "data").iterdir()] == ["mine"]
