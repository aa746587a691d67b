"""`init`: what it writes is read by our own loader, and nothing that is there is ever overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from collector.config.load import load_settings
from collector.config.settings import Flags, Settings
from collector.errors import NoData
from collector.source import Answer
from incident.model.signals import Samples
from report.pipeline.checkup.initial import Configuration, Wanted, configuration
from report.write import OutputError, write_once
from tests.lab_fakes import FakeSource, at, http_service, samples

NOW = at(60)
NOTHING = Wanted("", (), None, has_headers=False)


def _source(*services: str) -> FakeSource:
    held = [one for name in services for one in http_service(name, 0, 60)]
    listed = [samples("http_requests_total", [0], 1, service=name, namespace="prod") for name in services]
    return FakeSource(held, ranges={"count by (__name__": lambda _: Answer(tuple(listed))})


def _loaded(made: Configuration, path: Path) -> Settings:
    path.write_text(made.text, encoding="utf-8")
    return load_settings(Flags(), {}, path)


def test_the_only_service_is_set_with_its_scope(tmp_path: Path) -> None:
    """One service whose requests are counted: the file names it, its namespace and the server."""
    made = configuration(_source("payments"), NOTHING, NOW)

    settings = _loaded(made, tmp_path / "config.yaml")

    assert settings.url == "http://prometheus.example:9090"
    assert settings.service == "payments"
    assert settings.match == ('namespace="prod"',)
    assert settings.signals == ()
    assert "took http_requests_total (client library) by its label service" in made.text
    assert "draft --last 1h" in made.told


def test_of_several_services_none_is_chosen_and_all_are_listed(tmp_path: Path) -> None:
    """Which one is meant is for people to say; each is listed with what it was found by."""
    made = configuration(_source("payments", "search"), NOTHING, NOW)

    assert _loaded(made, tmp_path / "config.yaml").service == ""
    for name in ("payments", "search"):
        assert f"#   {name}: http_requests_total (client library) by service, in prod" in made.text
        assert f"# What a draft of {name} measures by itself" in made.text


def _beside_prometheus(*series: Samples) -> FakeSource:
    """A server that scrapes itself, and these beside it."""
    own = samples("prometheus_http_requests_total", [0], 1, job="prometheus")
    held = [*http_service("payments", 0, 60), *http_service("prometheus", 0, 60)]
    return FakeSource(held, ranges={"count by (__name__": lambda _: Answer((own, *series))})


def test_the_prometheus_itself_is_not_the_service_somebody_looks_for(tmp_path: Path) -> None:
    """Every server scrapes itself: the only other service that counts its requests is the one."""
    payments = samples("http_requests_total", [0], 1, service="payments", namespace="prod")

    made = configuration(_beside_prometheus(payments), NOTHING, NOW)

    assert _loaded(made, tmp_path / "config.yaml").service == "payments"


def test_where_nothing_counts_requests_the_next_step_is_told(tmp_path: Path) -> None:
    """A host with its exporter: no service is chosen, and what can be drafted all the same is said."""
    made = configuration(_beside_prometheus(samples("up", [0], 1, job="node")), NOTHING, NOW)

    assert _loaded(made, tmp_path / "config.yaml").service == ""
    assert "--alert NAME" in made.told


def test_a_service_that_is_named_is_taken(tmp_path: Path) -> None:
    """`--service` chooses among several."""
    made = configuration(_source("payments", "search"), Wanted("search", (), None, has_headers=False), NOW)

    assert _loaded(made, tmp_path / "config.yaml").service == "search"


def test_what_is_commented_out_is_valid_too(tmp_path: Path) -> None:
    """Every example in the file may be uncommented as it stands."""
    made = configuration(_source("payments"), NOTHING, NOW)
    start = made.text.index("#signals:")
    examples = [line for line in made.text[start:].splitlines() if not line.lstrip().startswith("# ")]
    text = made.text[:start] + "\n".join(line.replace("#", "", 1) for line in examples)

    settings = _loaded(Configuration(text, ""), tmp_path / "config.yaml")

    assert [signal.name for signal in settings.signals] == ["queue"]
    assert settings.policy.down_ratio == 0.95


def test_credentials_are_referred_to_and_never_written(tmp_path: Path) -> None:
    """The file of credentials is named; headers are only mentioned."""
    http = tmp_path / "http.yml"
    http.write_text("basic_auth: {username: reader, password: hunter22}\n")

    made = configuration(_source("payments"), Wanted("", (), http, has_headers=True), NOW)

    assert "hunter22" not in made.text
    assert _loaded(made, tmp_path / "config.yaml").http.credential
    assert "their values are not written here" in made.text


def test_a_server_without_services_makes_no_file() -> None:
    """Nothing to write is said as no data."""
    with pytest.raises(NoData, match="no service with samples in the last hour"):
        configuration(FakeSource(), NOTHING, NOW)


@given(
    st.text(min_size=1, max_size=20).filter(lambda text: ("\x00" not in text and text.isprintable()) or text)
)
def test_hostile_names_stay_text(name: str) -> None:
    """Whatever a service is called, the file has the same keys and the same name in it."""
    clean = "".join(char for char in name if not 0xD800 <= ord(char) < 0xE000) or "x"
    source = _source(clean)

    made = configuration(source, Wanted(clean, (), None, has_headers=False), NOW)

    read = yaml.safe_load(made.text)
    assert set(read) == {"prometheus", "service", "match"}
    assert read["service"] == clean


def test_a_file_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    """Also one that appeared while the server was asked, and a link to nowhere is no way around it."""
    path = tmp_path / "config.yaml"
    path.write_text("mine\n")

    with pytest.raises(OutputError, match="it was left as it is; choose another place with --output"):
        write_once(path, b"theirs\n")

    assert path.read_text() == "mine\n"


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    """A new file has all bytes."""
    write_once(tmp_path / "new.yaml", b"service: x\n")

    assert (tmp_path / "new.yaml").read_bytes() == b"service: x\n"
