"""The silences of an Alertmanager: read as it answers, masked, within bounds."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from collector.config.load import load_settings
from collector.config.settings import Flags, Settings
from collector.errors import ConfigError, Unavailable
from collector.http.settings import HttpSettings
from collector.server.alertmanager import connect_alertmanager
from incident.model.silences import AlertSilence
from incident.text.secret import Secret
from tests.collect_transport.fault_server import Behaviour, FaultServer, answer

CANARY = "c4nary-t0ken-must-not-show"
SAMPLE = (
    '[{"id":"f874b8fd","status":{"state":"active"},"updatedAt":"2026-11-20T23:24:55.878Z",'
    '"comment":"known, INC-1","createdBy":"oncall","endsAt":"2026-11-21T00:24:55.876Z",'
    '"matchers":[{"isEqual":true,"isRegex":false,"name":"alertname","value":"DemoFor0"}],'
    '"startsAt":"2026-11-20T23:24:55.878Z"}]'
)
"""As Alertmanager 0.25 answered."""


def read(behave: Behaviour) -> tuple[AlertSilence, ...]:
    """What is read from a server that behaves so."""
    http = HttpSettings(headers=(("Authorization", Secret(f"Bearer {CANARY}")),), masked=(Secret(CANARY),))
    with FaultServer(behave) as server:
        asked = connect_alertmanager(http, url=f"{server.url}/am/", deadline=timedelta(seconds=5))
        try:
            return asked.silences()
        finally:
            asked.close()
            assert {one.path for one in server.asked} == {"/am/api/v2/silences"}


def one(**changes: object) -> Behaviour:
    """The sample's silence with other fields."""
    (silence,) = json.loads(SAMPLE)
    return answer(json.dumps([silence | changes]))


def test_a_silence_is_read_as_it_is_told() -> None:
    """Who, why, what, from when to when; times to the millisecond."""
    (found,) = read(answer(SAMPLE))

    assert (found.by, found.comment, found.subject) == ("oncall", "known, INC-1", 'alertname="DemoFor0"')
    assert found.start == datetime(2026, 11, 20, 23, 24, 55, 878_000, UTC)
    assert found.end == datetime(2026, 11, 21, 0, 24, 55, 876_000, UTC)


def test_no_silence_is_none() -> None:
    """An empty list is an answer."""
    assert read(answer("[]")) == ()


def test_an_old_matcher_without_its_sign_means_equal() -> None:
    """`isEqual` came with 0.22; before, every matcher was one of equality."""
    (found,) = read(one(matchers=[{"name": "job", "value": "a.*", "isRegex": True}]))

    assert found.subject == 'job=~"a.*"'


def test_comments_lose_secrets_and_control_characters() -> None:
    """What people paste into a comment is text on one line, without a credential."""
    (found,) = read(one(comment=f"see http://me:hunter2@wiki\n\x1b[31m {CANARY}", createdBy="x" * 900))

    assert "hunter2" not in found.comment
    assert CANARY not in found.comment
    assert found.comment.isprintable()
    assert len(found.by) <= 300


@pytest.mark.parametrize(
    "behave",
    [
        answer("{}"),
        answer('{"status":"success","data":[]}'),
        answer("[{}]"),
        answer("not json"),
        answer('[{"id":1}]'),
        answer("[" * 100_000),
        answer("nothing here", status=404, kind="text/plain"),
        answer('"boom"', status=500),
    ],
)
def test_whatever_is_no_list_of_silences_is_unavailable(behave: Behaviour, quick: None) -> None:
    """One line, without the credential; never an exception of another kind."""
    del quick
    with pytest.raises(Unavailable) as caught:
        read(behave)

    assert "\n" not in str(caught.value)
    assert CANARY not in str(caught.value)


def test_an_address_that_is_no_alertmanager_is_told_so(quick: None) -> None:
    """Usually that of Prometheus, given by mistake; an address that is none has the right port beside it."""
    del quick
    with pytest.raises(Unavailable, match=r"no Alertmanager there \(status 404\); give the address of the"):
        read(answer("404 page not found", status=404, kind="text/plain"))
    with pytest.raises(ConfigError, match="write it like http://localhost:9093"):
        connect_alertmanager(HttpSettings(), url="am:9093", deadline=timedelta(seconds=5))


def settings(**given: str) -> Settings:
    """Settings of flags and environment alone."""
    flags = Flags(prometheus="http://prom:9090", alertmanager=given.get("flag"))
    return load_settings(flags, {"ALERTMANAGER_URL": given.get("env", "")}, None)


def test_the_flag_beats_the_environment(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with the address of Prometheus; without any of them no Alertmanager is asked."""
    monkeypatch.chdir(str(tmp_path))

    assert settings(flag="http://a:9093/", env="http://b:9093").alertmanager == "http://a:9093"
    assert settings(env="http://b:9093").alertmanager == "http://b:9093"
    assert settings().alertmanager == ""
    with pytest.raises(ConfigError, match="alertmanager"):
        settings(flag="http://me:pw@a:9093")


def test_credentials_go_only_to_the_server_they_are_for(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of Prometheus reach an Alertmanager on the same address only; others get their own or none."""
    monkeypatch.chdir(str(tmp_path))

    def headers(alertmanager: str) -> list[str]:
        flags = Flags(prometheus="http://prom:9090", headers=(f"X-Key={CANARY}",), alertmanager=alertmanager)
        return [name for name, _ in load_settings(flags, {}, None).alertmanager_http.headers]

    assert headers("http://prom:9090/alertmanager") == ["X-Key"]
    assert headers("http://alerts:9093") == []
    assert headers("https://prom:9090") == []
