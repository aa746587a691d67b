"""Flags win over the environment, that over the file, that over defaults; all problems come at once."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from collector.config.load import load_settings
from collector.config.settings import Flags, Settings
from collector.errors import ConfigError
from collector.http.settings import QUERY_TIMEOUT
from incident.model.policy import Policy
from incident.model.signals import Kind, Role, Worse

NOTHING = Flags()
CANARY = "c4nary-must-not-show"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test runs in a directory of its own, without a configuration."""
    monkeypatch.chdir(tmp_path)


def load(text: str, flags: Flags = NOTHING, env: dict[str, str] | None = None) -> Settings:
    """The settings with a configuration of this text."""
    path = Path("mine.yaml")
    path.write_text(text)
    return load_settings(flags, env or {}, path)


def refused(text: str, flags: Flags = NOTHING, env: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        load(text, flags, env)
    assert "\n" not in str(caught.value)
    assert CANARY not in str(caught.value)
    return str(caught.value)


def test_defaults_need_no_file() -> None:
    """Without anything there are defaults, and only the address is missing."""
    settings = load_settings(NOTHING, {}, None)

    assert (settings.url, settings.service, settings.match, settings.signals) == ("", "", (), ())
    assert (settings.timezone.key, settings.timezone_given) == ("UTC", False)
    assert (settings.output, settings.discovery, settings.policy) == (Path("reports"), True, Policy())
    assert settings.deadline == timedelta(minutes=5)
    assert settings.http.query_timeout == QUERY_TIMEOUT
    with pytest.raises(ConfigError, match="PROMETHEUS_URL"):
        _ = settings.server


def test_the_default_file_is_read_when_it_is_there() -> None:
    """./config.yaml needs no flag; a file that is named must exist."""
    Path("config.yaml").write_text("service: payments\n")

    assert load_settings(NOTHING, {}, None).service == "payments"
    with pytest.raises(ConfigError, match="no such file"):
        load_settings(NOTHING, {}, Path("other.yaml"))


def test_a_default_file_that_cannot_be_read_is_not_missing() -> None:
    """Only its absence is absence."""
    Path("config.yaml").symlink_to("nowhere")

    with pytest.raises(ConfigError, match="no such file"):
        load_settings(NOTHING, {}, None)


def test_flag_over_environment_over_file() -> None:
    """The address, from the strongest source that says one."""
    text = "prometheus: {url: http://file:9090}\n"
    env = {"PROMETHEUS_URL": "http://env:9090/"}

    assert load(text).server == "http://file:9090"
    assert load(text, env=env).server == "http://env:9090"
    assert load(text, Flags(prometheus="http://flag:9090"), env).server == "http://flag:9090"
    assert load(text, env={"PROMETHEUS_URL": ""}).server == "http://file:9090"


def test_flags_win_over_the_file() -> None:
    """Service, matchers, zone and directory of the flags replace those of the file."""
    text = "service: a\nmatch: ['x=\"1\"']\ntimezone: Europe/London\noutput: there\n"
    flags = Flags(service="b", match=('y="2"',), timezone="Asia/Kolkata", output=Path("here"))

    file, both = load(text), load(text, flags)

    assert (file.service, file.match, file.timezone.key, file.output) == (
        "a",
        ('x="1"',),
        "Europe/London",
        Path("there"),
    )
    assert (both.service, both.match, both.timezone.key, both.output) == (
        "b",
        ('y="2"',),
        "Asia/Kolkata",
        Path("here"),
    )
    assert file.timezone_given
    assert both.timezone_given


def test_signals_of_flags_replace_those_of_the_same_name() -> None:
    """A flag's signal stands in place of the file's of that name; others come behind."""
    text = (
        "signals:\n"
        "  - {name: queue, query: sum(depth), kind: gauge, worse: up, role: impact,"
        " unit: orders, limit: 5000}\n"
        "  - {name: lag, query: max(lag)}\n"
    )

    queue, lag = load(text).signals
    replaced = load(text, Flags(signals=('lag=max(lag{group="a=b"})', "new=sum(x)"))).signals

    assert (queue.kind, queue.worse, queue.role, queue.unit, queue.limit) == (
        Kind.GAUGE,
        Worse.UP,
        Role.IMPACT,
        "orders",
        5000.0,
    )
    assert (lag.kind, lag.unit, lag.limit) == (None, None, None)
    assert [(signal.name, signal.query) for signal in replaced] == [
        ("queue", "sum(depth)"),
        ("lag", 'max(lag{group="a=b"})'),
        ("new", "sum(x)"),
    ]


def test_the_policy_is_read() -> None:
    """Thresholds come as numbers and durations; those left out keep their defaults."""
    settings = load("policy: {partial_outage_ratio: 0.5, recovery_hold: 15m, down_ratio: 1}\n")

    assert settings.policy == replace(
        Policy(), partial_outage_ratio=0.5, recovery_hold=timedelta(minutes=15), down_ratio=1.0
    )


def test_headers_of_flags_are_secrets_and_win() -> None:
    """--header replaces a header of the file whatever its case, and may hold an Authorization."""
    text = "prometheus: {headers: {x-scope-orgid: file}}\n"
    flags = Flags(headers=("X-Scope-OrgID=flag", f"Authorization=Bearer {CANARY}"))

    http = load(text, flags).http

    assert [(name, value.reveal()) for name, value in http.headers] == [
        ("X-Scope-OrgID", "flag"),
        ("Authorization", f"Bearer {CANARY}"),
    ]
    assert http.credential == "header Authorization"
    assert CANARY not in repr(load(text, flags))
    assert CANARY not in repr(flags)


def test_http_config_in_a_file_or_inline() -> None:
    """The flag's file wins over the configuration's; relative names are looked up from the latter."""
    Path("conf").mkdir()
    Path("conf/http.yml").write_text("bearer_token: from-conf\n")
    Path("flag.yml").write_text("bearer_token: from-flag\n")
    Path("conf/c.yaml").write_text("prometheus: {http_config_file: http.yml}\n")

    def token(flags: Flags) -> str:
        return load_settings(flags, {}, Path("conf/c.yaml")).http.headers[0][1].reveal()

    inline = load("prometheus: {http_config: {bearer_token: inline}}").http
    assert token(NOTHING) == "Bearer from-conf"
    assert token(Flags(http_config_file=Path("flag.yml"))) == "Bearer from-flag"
    assert inline.headers[0][1].reveal() == "Bearer inline"
    assert inline.credential == "bearer_token of mine.yaml"


def test_the_tenant_is_a_mark() -> None:
    """Two tenants are told apart, without their names."""
    marks = {
        load(f"prometheus: {{headers: {{X-Scope-OrgID: {name}}}}}").tenant for name in ("team-a", "team-b")
    }

    assert len(marks) == 2
    assert not any("team" in mark for mark in marks)
    assert load("").tenant == ""


def test_links_go_to_the_external_address() -> None:
    """Readers do not reach the address that the command reaches."""
    text = "prometheus: {url: http://internal:9090}\n"

    assert load(text).link_base == "http://internal:9090"
    assert load(text + "links: {prometheus: 'https://p.example/'}").link_base == "https://p.example"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("servce: x", "mine.yaml:1:9: servce: unknown key; did you mean service?"),
        ("signals:\n  - {name: a, querry: up}", "signals[0].querry: unknown key; did you mean query?"),
        ("signals:\n  - {name: a}", "signals[0].query: missing"),
        ("signals:\n  - {name: a, query: up, kind: latncy}", "did you mean latency?"),
        ("signals:\n  - {name: a, query: up, limit: high}", "signals[0].limit: expected a number"),
        ("signals:\n  - {name: a, query: up}\n  - {name: a, query: up}", "'a' is given twice"),
        ("signals: up", "signals: expected a list"),
        ("signals:\n  - {name: '', query: up}", "signals[0]: a name of 1 to 60 printable characters"),
        ("discovery: off", "discovery: expected true or false"),
        ("policy: {down_ratio: 0.1}", "partial_outage_ratio <= down_ratio"),
        ("policy: {partial_outage_ratio: 25}", "0.25 is 25 %"),
        ("policy: {lost_traffic_ratio: 1}", "below 1"),
        ("policy: {recovery_hold: 2h}", "recovery_hold <= quiet_gap"),
        ("policy: {recovery_hold: 10}", "policy.recovery_hold: duration '10'"),
        ("policy: {recovery_hold: 1.5h}", "policy.recovery_hold: duration '1.5h'"),
        ("scan: {run_queries: 0}", "scan.run_queries: must not be below 1"),
        ("scan: {query_samples: 10}", "scan.query_samples: must not be below 1000"),
        ("prometheus: {deadline: 0}", "prometheus.deadline: must be at least 1s"),
        ("prometheus: {url: localhost:9090}", "mine.yaml:1:19: prometheus url: not an http(s) address"),
        (f"prometheus: {{url: 'http://u:{CANARY}@h'}}", "user name or password"),
        ("prometheus: {http_config: {}, http_config_file: x}", "at most one of http_config"),
        ("timezone: Europe/Lodnon", "did you mean Europe/London"),
        ("match: ['namespace=prod']", "match: "),
        ("match: namespace", "match: expected a list"),
        ("links: {prometheus: 'javascript:alert(1)'}", "links.prometheus: not an http(s) address"),
        ("- service", "expected keys and values"),
        ("service: [a]", "service: expected text"),
    ],
)
def test_slips_are_told_with_place_and_key(text: str, why: str) -> None:
    """File, line, column and key path, and what would be right."""
    assert why in refused(text)


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        (Flags(prometheus="nonsense"), "--prometheus: prometheus url: not an http(s) address"),
        (Flags(headers=("X",)), "--header: expected NAME=VALUE"),
        (Flags(headers=("Host=x",)), 'setting header "Host" is not allowed'),
        (Flags(headers=(f"X={CANARY}\r\nY: z",)), "cannot hold"),
        (Flags(signals=("queue",)), "--signal: expected NAME=PROMQL"),
        (Flags(signals=("=up",)), "--signal: a name of 1 to 60"),
        (Flags(signals=("a=",)), "--signal: the query is empty"),
        (Flags(match=("a=b",)), "--match: "),
        (Flags(timezone="Mars/Base"), "--timezone: "),
        (Flags(http_config_file=Path("nothing.yml")), "http config nothing.yml: no such file"),
    ],
)
def test_slips_of_flags_name_the_flag(flags: Flags, why: str) -> None:
    """The flag stands in the message, not a file that was not meant."""
    assert why in refused("", flags)


def test_two_ways_to_authenticate_contradict() -> None:
    """A header beside a configured credential is refused, not silently preferred."""
    text = f"prometheus: {{http_config: {{bearer_token: {CANARY}}}}}"

    assert "contradicts bearer_token of mine.yaml" in refused(text, Flags(headers=("Authorization=Basic x",)))


def test_the_environment_is_named_too() -> None:
    """A wrong address in the environment is not blamed on the file."""
    assert "PROMETHEUS_URL: " in refused("", env={"PROMETHEUS_URL": "ftp://x"})


def test_all_problems_come_at_once() -> None:
    """Syntax of values, unknown keys, contradictions and flags in one message, counted."""
    said = refused(
        "servce: x\ntimezone: X/Y\npolicy: {down_ratio: a, lost_traffic_ratio: 7}\n", Flags(signals=("q",))
    )

    assert said.startswith("5 problems: ")
    for key in ("servce", "timezone", "policy.down_ratio", "policy.lost_traffic_ratio", "--signal"):
        assert key in said


def uncommented(text: str) -> str:
    """A file with its commented keys switched on; prose has a blank behind its number sign."""
    return re.sub(r"(?m)^(\s*)#(\S)", r"\1\2", text)


def test_the_shipped_file_changes_nothing(project_root: Path) -> None:
    """config.yaml as it is shipped says the defaults."""
    assert load((project_root / "config.yaml").read_text()) == load("")


def test_the_shipped_file_shows_every_key(project_root: Path) -> None:
    """Every key is there, commented out, and those with a default show that default."""
    text = uncommented((project_root / "config.yaml").read_text())
    for name in ("http.yml", "alertmanager-http.yml"):
        Path(name).write_text("")
    either = {
        "inline": re.sub(r"(?m)^ *http_config_file:.*$", "", text),
        "file": re.sub(r"(?m)^ *http_config:\n(?: {4}.*\n| *\n)*", "", text),
    }
    for name in ("secrets", "certs"):
        Path(name).mkdir()
    Path("secrets/password").write_text("x\n")
    Path("certs/ca.pem").write_text("PEM\n")

    shown = load(either["inline"])

    assert load(either["file"]).http.tls.ca_pem == ""
    assert shown.http.tls.ca_pem == "PEM\n"
    defaults = load("")
    assert shown.policy == defaults.policy
    for name in ("deadline", "output", "discovery"):
        assert getattr(shown, name) == getattr(defaults, name)
    assert shown.http.query_timeout == defaults.http.query_timeout
    for key in _all_keys():
        assert re.search(rf"(?m)^\W*{key}:", text), key


def _all_keys() -> list[str]:
    from collector.config import schema

    kinds = (schema.ConfigKeys, schema.PrometheusKeys, schema.SignalKeys, schema.PolicyKeys, schema.LinkKeys)
    return [name for kind in kinds for name in kind.__struct_fields__]
