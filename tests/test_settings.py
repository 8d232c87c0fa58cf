"""The settings: the file, the environment over it, and what is said when something is wrong."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ari_conf.settings import NumberSettings, Settings, SettingsError, load_settings

SID = "AC" + "0123456789abcdef" * 2
OTHER_SID = "AC" + "f" * 32

Load = Callable[[str], Settings]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    monkeypatch.chdir(tmp_path)

    def load_text(toml: str) -> Settings:
        path = tmp_path / "settings.toml"
        path.write_text(toml)
        return load_settings(path)

    return load_text


def refused(load: Load, toml: str) -> str:
    with pytest.raises(SettingsError) as error:
        load(toml)
    return str(error.value)


def test_without_file_and_environment_there_are_defaults(load: Load) -> None:
    assert load_settings() == load("") == Settings()
    number = load("").number_for("any name")
    assert number is not None
    assert "{{To}}" in number.twiml


def test_the_default_file_is_read(load: Load) -> None:
    assert load_settings() == load("")
    Path("ari-conf.toml").write_text('engine = "local"')
    assert load_settings().engine == "local"


def test_every_section_is_read(load: Load) -> None:
    settings = load(f"""
        engine = "local"
        [server]
        host = "0.0.0.0"
        port = 81
        [asterisk]
        url = "https://pbx.example:8089"
        app = "rooms"
        username = "me"
        password = "sesame"
        [log]
        format = "json"
        level = "debug"
        [[accounts]]
        sid = "{SID}"
        auth_token = "first"
        [[accounts]]
        sid = "{OTHER_SID}"
        auth_token = "second"
        [[numbers]]
        match = "+1555*"
        account = "{SID}"
        voice_url = "https://app.example/voice"
        voice_method = "GET"
        [[numbers]]
        account = "{OTHER_SID}"
        twiml = "<Response/>"
    """)
    assert (settings.engine, settings.server.host, settings.server.port) == ("local", "0.0.0.0", 81)
    assert (settings.asterisk.url, settings.asterisk.app) == ("https://pbx.example:8089", "rooms")
    assert (settings.asterisk.username, settings.asterisk.password.get_secret_value()) == ("me", "sesame")
    assert (settings.log.format, settings.log.level) == ("json", "debug")
    assert [(one.sid, one.auth_token.get_secret_value()) for one in settings.accounts] == [
        (SID, "first"),
        (OTHER_SID, "second"),
    ]
    assert [number.account for number in settings.numbers] == [SID, OTHER_SID]
    assert settings.numbers[0].voice_method == "GET"


def test_the_environment_wins_over_the_file_value_by_value(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARI_CONF_SERVER__PORT", "82")
    monkeypatch.setenv("ARI_CONF_ASTERISK__PASSWORD", "from outside")
    settings = load("[server]\nport = 81\nhost = '0.0.0.0'\n[asterisk]\nusername = 'me'\npassword = 'sesame'")
    assert (settings.server.host, settings.server.port) == ("0.0.0.0", 82)
    assert (settings.asterisk.username, settings.asterisk.password.get_secret_value()) == ("me", "from outside")


def test_lists_come_from_the_environment_as_json(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARI_CONF_NUMBERS", '[{"match": "+1*", "twiml": "<Response/>"}]')
    assert load("[[numbers]]\ntwiml = 'x'").numbers == (NumberSettings(match="+1*", twiml="<Response/>"),)


def test_trusted_proxies_are_addresses_and_networks(load: Load) -> None:
    settings = load("[server]\ntrusted_proxies = ['10.0.0.5', '2001:db8::/32']")
    assert [str(network) for network in settings.server.trusted_proxies] == ["10.0.0.5/32", "2001:db8::/32"]


def test_settings_that_are_made_in_a_program_know_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARI_CONF_SERVER__PORT", "82")
    assert Settings().server.port == 8080


@pytest.mark.parametrize(
    ("toml", "place", "cause"),
    [
        ("[servr]\nport = 1", "servr", "no such setting"),
        ("[server]\nprot = 1", "server.prot", "no such setting"),
        ("[[numbers]]\ntwiml = 'x'\nvoiceurl = 'y'", "numbers.0.voiceurl", "no such setting"),
        ("engine = 'freeswitch'", "engine", "'asterisk' or 'local'"),
        ("[server]\nport = 65536", "server.port", "65535"),
        ("[server]\nport = 'http'", "server.port", "integer"),
        ("[server]\ntrusted_proxies = ['proxy.example']", "server.trusted_proxies.0", "no network"),
        ("[server]\ntrusted_proxies = ['10.0.0.1/8']", "server.trusted_proxies.0", "no network"),
        ("[server]\ntrusted_proxies = ['10.0.0.1', '::/0']", "server.trusted_proxies.1", "all addresses"),
        ("[asterisk]\napp = 'two words'", "asterisk.app", "pattern"),
        ("[asterisk]\nurl = 'localhost:8088'", "asterisk.url", "http://"),
        ("[asterisk]\nurl = 'ws://host'", "asterisk.url", "http://"),
        ("[asterisk]\nurl = 'http://'", "asterisk.url", "http://"),
        ("[asterisk]\nurl = 'http://host:99999'", "asterisk.url", "Port out of range"),
        ("[asterisk]\nurl = 'http://[::1'", "asterisk.url", "IPv6"),
        ("[[numbers]]\nvoice_url = '/voice'", "numbers.0.voice_url", "http://"),
        ("[[numbers]]\nmatch = '*'", "numbers.0", "either voice_url or twiml"),
        ("[[numbers]]\ntwiml = 'x'\nvoice_url = 'http://app/'", "numbers.0", "either voice_url or twiml"),
        ("[numbers]\ntwiml = 'x'", "numbers", "list"),
        ("[[accounts]]\nsid = 'AC123'\nauth_token = 'x'", "accounts.0.sid", "account SID"),
        (f"[[accounts]]\nsid = '{SID.lower()}'\nauth_token = 'x'", "accounts.0.sid", "account SID"),
        (f"[[accounts]]\nsid = '{SID}'", "accounts.0.auth_token", "required"),
        (f"[[accounts]]\nsid = '{SID}'\nauth_token = ''", "accounts.0.auth_token", "empty"),
        (f"[[numbers]]\naccount = '{SID}'\ntwiml = 'x'", "numbers.0", f"no account {SID}"),
        ("[log]\nlevel = 'loud'", "log.level", "'warning'"),
    ],
)
def test_what_is_wrong_is_named_with_its_place_and_cause(load: Load, toml: str, place: str, cause: str) -> None:
    text = refused(load, toml)
    assert text.startswith(f"{place}: ")
    assert cause in text
    assert "\n" not in text


def test_everything_that_is_wrong_is_told_at_once(load: Load) -> None:
    text = refused(load, "engine = 'x'\n[server]\nport = -1")
    assert [line.split(":")[0] for line in text.splitlines()] == ["engine", "server.port"]


ACCOUNT = "[[accounts]]\nsid = '{}'\nauth_token = 'x'\n"


def test_two_accounts_need_to_be_told_apart(load: Load) -> None:
    assert "same sid" in refused(load, ACCOUNT.format(SID) * 2)
    text = refused(load, ACCOUNT.format(SID) + ACCOUNT.format(OTHER_SID) + "[[numbers]]\ntwiml = 'x'")
    assert text == "numbers.0: say which account it belongs to, for there are 2"


@pytest.mark.parametrize(
    "name", ["ARI_CONF_SERVR__PORT", "ARI_CONF_SERVER_PORT", "ARI_CONF_ASTERISK_PASSWORD", "ari_conf_servr__port", "ARI_CONF_"]
)
def test_a_misspelt_variable_is_refused(load: Load, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "sesame")
    text = refused(load, "")
    assert text.startswith(f"{name}: there is no such setting")
    assert "sesame" not in text


def test_a_misspelt_variable_of_a_section_is_refused(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARI_CONF_ASTERISK__PASWORD", "sesame")
    assert refused(load, "") == "asterisk.pasword: there is no such setting"


def test_a_variable_that_is_to_be_json_and_is_not(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARI_CONF_ACCOUNTS", "sesame")
    text = refused(load, "")
    assert '"accounts"' in text
    assert "JSON" in text
    assert "sesame" not in text


def test_the_variable_of_the_private_asterisk_is_none_of_the_settings(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARI_CONF_DEBIAN_MIRROR", "http://mirror.example/debian")
    assert load("") == Settings()


def test_a_file_that_is_not_toml_is_named_with_the_line(load: Load, tmp_path: Path) -> None:
    text = refused(load, "[server]\nport = = 1")
    assert text.startswith(f"the settings file {tmp_path / 'settings.toml'} is not TOML: ")
    assert "line 2" in text


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="is not TOML"):
        load_settings(path)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml cannot be read: No such file"):
        load_settings(tmp_path / "none.toml")
    with pytest.raises(SettingsError, match=r"cannot be read: Is a directory"):
        load_settings(tmp_path)


@pytest.mark.parametrize(
    ("dialled", "found"),
    [("+15551234567", "a"), ("+15559", "a"), ("1001", "b"), ("1012", "b"), ("101", None), ("Room", "c"), ("room", None)],
)
def test_the_first_number_that_matches_wins(load: Load, dialled: str, found: str | None) -> None:
    settings = load("""
        numbers = [
          {match = "+1555*", twiml = "a"}, {match = "10??", twiml = "b"}, {match = "+15559", twiml = "never"},
          {match = "R*", twiml = "c"},
        ]
    """)
    number = settings.number_for(dialled)
    assert (number.twiml if number else None) == found


SECRETS = [
    "[asterisk]\npassword = 'sesame'",
    f"[[accounts]]\nsid = '{SID}'\nauth_token = 'sesame'",
    "[[numbers]]\nvoice_url = 'http://me:sesame@app.example/'",
    "[[numbers]]\ntwiml = 'x'\nvoice_fallback_url = 'http://me:sesame@app.example/'",
]


@pytest.mark.parametrize("toml", SECRETS)
def test_passwords_are_in_no_repr(load: Load, toml: str) -> None:
    settings = load(toml)
    assert "sesame" not in repr(settings)
    assert "sesame" not in str(settings)


@pytest.mark.parametrize(
    "toml",
    [
        "[asterisk]\npassword = ['sesame']",
        "[asterisk]\nurl = 'http://me:sesame@host:8088'",
        "[asterisk]\nurl = 'ftp://me:sesame@host'",
        "[[accounts]]\nsid = 'sesame'\nauth_token = 'x'",
        f"[[accounts]]\nsid = '{SID}'\nauth_token = ['sesame']",
        "[[numbers]]\nvoice_url = 'me:sesame@app.example'",
        "[[numbers]]\nvoice_url = 'http://me:sesame@app.example:99999'",
        *(f"{toml}\nunknown = 1" for toml in SECRETS),
    ],
)
def test_passwords_are_in_no_error(load: Load, toml: str) -> None:
    assert "sesame" not in refused(load, toml)
