"""What the terminal says about reaching the page from elsewhere."""

import shlex
import socket

import pytest

from viewer.web.access import Access
from viewer.web.announce import page_url, warnings, ways_in
from viewer.web.reach import proxy_of, ssh_line

LOCAL = Access(host="127.0.0.1", address="127.0.0.1", port=7860, token="secret")
LAN = Access(host="0.0.0.0", address="0.0.0.0", port=7860, token="secret")
HERE = socket.gethostname()
DESKTOP = {"DISPLAY": ":0", "USER": "ann"}


def session(server, port=22, **more):
    """Variables of an SSH session that went to `server`."""
    return {"SSH_CONNECTION": f"10.9.8.7 50000 {server} {port}", "USER": "ann"} | more


def command(environment, access=LOCAL):
    line = ssh_line(environment, access)
    assert line.startswith("from your own computer: ") and line.endswith(", then open this URL there")
    return shlex.split(line.removeprefix("from your own computer: ").removesuffix(", then open this URL there"))


@pytest.fixture
def ours(monkeypatch):
    """Addresses that this machine has."""
    addresses = {"192.0.2.7", "2001:db8::7"}
    monkeypatch.setattr("viewer.web.reach._is_ours", addresses.__contains__)
    return addresses


def test_the_address_of_the_session(ours):
    assert command(session("192.0.2.7")) == ["ssh", "-L", "7860:127.0.0.1:7860", "ann@192.0.2.7"]
    assert command(session("192.0.2.7", 2222))[-3:] == ["-p", "2222", "ann@192.0.2.7"]
    assert command(session("2001:db8::7"))[-1] == "ann@2001:db8::7"


def test_a_node_of_a_cluster_is_reached_over_the_machine_of_the_session(ours):
    assert command(session("192.0.2.1"))[3:] == ["-J", "ann@192.0.2.1", f"ann@{HERE}"]
    assert command(session("192.0.2.1", 2222))[3:5] == ["-J", "ann@192.0.2.1:2222"]
    assert command(session("2001:db8::1", 2222))[3:5] == ["-J", "ann@[2001:db8::1]:2222"]


@pytest.mark.parametrize("server", ["127.0.0.1", "::1", "UNKNOWN", "$(reboot)"])
def test_an_address_that_leads_nowhere_gives_way_to_the_name(ours, server):
    assert command(session(server))[-1] == f"ann@{HERE}"


def test_hostile_variables_stay_one_word(ours):
    assert command(session("192.0.2.7", USER="$(reboot) x"))[-1] == "$(reboot) x@192.0.2.7"


def test_only_where_it_helps(ours):
    assert ssh_line(DESKTOP, LOCAL) is None, "the browser is here"
    assert ssh_line(session("192.0.2.7", DISPLAY=":10"), LOCAL), "forwarded windows do not make a desktop"
    assert command({"USER": "ann"})[-1] == f"ann@{HERE}", "a machine without a screen"
    only_one = Access(host="10.0.0.5", address="10.0.0.5", port=7860)
    assert ssh_line(session("192.0.2.7"), only_one) is None, "127.0.0.1 is not answered there"


def test_the_address_that_is_listened_on(ours):
    assert command(session("192.0.2.7"), LAN)[2] == "7860:127.0.0.1:7860"
    assert command(session("192.0.2.7"), Access(host="::1", address="::1", port=80))[2] == "80:[::1]:80"
    assert command(session("192.0.2.7"), Access(host="localhost", port=7860))[2] == "7860:127.0.0.1:7860"


def test_real_addresses_are_recognised():
    own = ssh_line(session("127.0.0.1"), LOCAL)
    assert "-J" not in own
    assert "-J" in ssh_line(session("203.0.113.99"), LOCAL), "an address for documentation is nobody's"


def test_a_user_without_an_account(monkeypatch, ours):
    def unknown():
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", unknown)
    assert command({"SSH_CONNECTION": "10.9.8.7 5 192.0.2.7 22"})[-1] == "192.0.2.7"


PROXIES = {
    "hub with its public address": (
        {"JUPYTERHUB_SERVICE_PREFIX": "/user/ann/", "JUPYTERHUB_PUBLIC_URL": "https://hub.example/user/ann/"},
        "/user/ann/proxy/7860",
        ("hub.example",),
        "through JupyterHub: https://hub.example/user/ann/proxy/7860/?token=secret",
    ),
    "hub of which only the prefix is known": (
        {"JUPYTERHUB_SERVICE_PREFIX": "/user/ann/", "JUPYTERHUB_HOST": ""},
        "/user/ann/proxy/7860",
        (),
        "through JupyterHub: /user/ann/proxy/7860/?token=secret at the address of JupyterHub; start with",
    ),
    "Jupyter's terminal": (
        {"JUPYTER_SERVER_URL": "http://lab:8888/base/"},
        "/base/proxy/7860",
        ("lab",),
        "installed): http://lab:8888/base/proxy/7860/?token=secret",
    ),
    "code-server": (
        {"VSCODE_PROXY_URI": "https://code.example:8443/proxy/{{port}}/"},
        "/proxy/7860",
        ("code.example",),
        "through VS Code: https://code.example:8443/proxy/7860/?token=secret",
    ),
    "code-server with a name for each port": (
        {"VSCODE_PROXY_URI": "https://{{port}}.code.example"},
        "",
        ("7860.code.example",),
        "through VS Code: https://7860.code.example/?token=secret",
    ),
    "code-server that does not know its address": (
        {"VSCODE_PROXY_URI": "./proxy/{{port}}"},
        None,
        (),
        "through VS Code: start with --allowed-host NAME and --root-path PATH",
    ),
    "code-server with a host that only the browser knows": (
        {"VSCODE_PROXY_URI": "https://{{port}}-{{host}}/"},
        None,
        (),
        "through VS Code: start with --allowed-host NAME and --root-path PATH",
    ),
}


@pytest.mark.parametrize("name", PROXIES)
def test_proxies_that_the_environment_tells_of(name):
    environment, prefix, hosts, said = PROXIES[name]
    proxy = proxy_of(environment, 7860)
    assert (proxy.prefix, proxy.hosts) == (prefix, hosts)
    assert said in proxy.line("?token=secret", known=())


def test_a_name_that_was_given_is_not_asked_for():
    proxy = proxy_of({"JUPYTERHUB_SERVICE_PREFIX": "/user/ann/"}, 7860)
    named = Access(host="127.0.0.1", port=7860, extra_hosts=("hub.example",))
    (line,) = ways_in(named, proxy, DESKTOP)
    assert "--allowed-host" not in line


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"VSCODE_PROXY_URI": "https://code.example/"},
        {"JUPYTERHUB_SERVICE_PREFIX": "/"},
        {"JUPYTER_SERVER_URL": "http://["},
        {"JUPYTER_SERVER_URL": "file:///etc"},
    ],
)
def test_no_proxy(environment):
    assert proxy_of(environment, 7860) is None


def test_the_printed_url():
    assert page_url(LOCAL) == "http://127.0.0.1:7860/?token=secret"
    assert page_url(LAN) == f"http://{HERE}:7860/?token=secret"
    assert page_url(Access(host="::1", port=80)) == "http://[::1]:80/"


class Model:
    def __init__(self, version, licence):
        self.version = version
        self.licence = licence


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (Model("FLAME 2020", "FLAME licence (registration needed, no redistribution)"), "forbids to pass on"),
        (Model("FLAME 2023 Open", "CC-BY-4.0"), "authors must be named"),
        (Model("unknown FLAME-like model", "unknown"), "no licence is known"),
    ],
)
def test_whoever_serves_a_licensed_head_is_told_its_limit(model, words):
    assert list(warnings(LOCAL, [model])) == []
    data, head = warnings(LAN, [model])
    assert "everybody who can reach 0.0.0.0" in data
    assert (
        head.startswith(f"every browser that opens this page receives the basis of {model.version}") and words in head
    )


def test_the_demo_head_is_free():
    from viewer.flame import choose_head

    assert len(list(warnings(LAN, [choose_head(expression_space="arkit52").model]))) == 1


def test_without_a_token_nobody_is_said_to_need_it():
    (warning,) = warnings(Access(host="0.0.0.0", port=7860), [Model("demo head", "CC0-1.0")])
    assert "--no-token" in warning and "with its token" not in warning
