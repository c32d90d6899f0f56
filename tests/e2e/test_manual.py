"""The manual pages name what the programs can do."""

import re


def words(text):
    """A manual page's text as a reader sees it: escapes and fonts taken away."""
    text = re.sub(r"\\f[BIRP]", "", text.replace("\\-", "-"))
    return re.sub(r"^\.[A-Z]+ ?", "", text, flags=re.M)


def subcommands(env, *command):
    """The names that --help lists under "Subcommands:"."""
    listed = env.run([*command, "--help"]).out.partition("Subcommands:")[2]
    return re.findall(r"^  ([a-z][a-z-]*)", listed, re.M)


def options(env, *command):
    return set(re.findall(r"(--[a-z][a-z-]*)", env.run([*command, "--help"]).out)) - {"--help"}


def manual(env, name):
    return words((env.root / "docs/man" / name).read_text(encoding="utf-8"))


def test_the_manual_page_of_the_server_names_every_command_and_option(env):
    page = manual(env, "curfewd.8")
    commands = subcommands(env, env.bin / "curfewd")
    assert len(commands) >= 11, commands
    for command in commands:
        assert re.search(rf"^{command}\b", page, re.M), f"{command} is not in curfewd.8"
        for option in options(env, env.bin / "curfewd", command):
            assert option in page, f"{option} of {command} is not in curfewd.8"


def test_the_manual_page_of_the_command_line_names_every_command(env):
    page = manual(env, "curfew.1")
    commands = subcommands(env, env.bin / "curfew")
    assert len(commands) >= 14, commands
    for command in commands:
        assert re.search(rf"^{command}\b|^user, .*\b{command}\b", page, re.M), \
            f"{command} is not in curfew.1"
    for command in ("revoke", "verify"):
        for option in options(env, env.bin / "curfew", command):
            assert option in page, f"{option} of {command} is not in curfew.1"


def test_the_manual_page_of_the_gate_names_every_command_and_option(env):
    page = manual(env, "curfew-gate.1")
    commands = subcommands(env, env.bin / "curfew-gate")
    assert sorted(commands) == ["check", "enrol", "explain", "run", "serve", "site", "status"], commands
    for command in commands:
        assert re.search(rf"^{command}\b", page, re.M), f"{command} is not in curfew-gate.1"
        for option in options(env, env.bin / "curfew-gate", command):
            assert option in page, f"{option} of {command} is not in curfew-gate.1"
