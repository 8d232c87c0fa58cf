"""The settings: ``ari-conf.toml``, each value also as ``ARI_CONF_…`` in the environment (``__`` between levels)."""

import os
import re
import tomllib
from fnmatch import fnmatchcase
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as NotJsonError
from yarl import URL

from ari_conf.sids import SidKind, is_sid

DEFAULT_FILE = Path("ari-conf.toml")

_PREFIX = "ARI_CONF_"
_NO_SETTINGS = {"ARI_CONF_DEBIAN_MIRROR"}
"""Variables of this prefix that are read elsewhere."""

ROOM_OF_THE_DIALLED_NAME = "<Response><Dial><Conference>{{To}}</Conference></Dial></Response>"
"""What happens to a call when no number is configured: whoever dials the same name talks."""


class SettingsError(Exception):
    """A setting is wrong; the text has one line for each, with the place and the cause."""


def _http_url(value: str) -> str:
    url = URL(value)
    if url.scheme not in {"http", "https"} or not url.host:
        # Without the value: there may be a password in it.
        raise ValueError("this is no address that begins with http:// or https:// and a host")
    return value


def _empty_or_http_url(value: str) -> str:
    return _http_url(value) if value else value


def _without_password(value: str) -> str:
    if URL(value).user is not None or URL(value).password is not None:
        raise ValueError("a user and a password do not belong into this address; they are settings of their own")
    return value


HttpUrl = Annotated[str, AfterValidator(_http_url)]
OptionalHttpUrl = Annotated[str, AfterValidator(_empty_or_http_url)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _network(value: object) -> IPv4Network | IPv6Network:
    try:
        network = ip_network(str(value))
    except ValueError as error:
        raise ValueError("this is no address and no network, such as 10.0.0.5, 10.0.0.0/8 or 2001:db8::/32") from error
    if network.prefixlen == 0:
        raise ValueError("these are all addresses there are, and a client could then name any as its own")
    return network


IpNetwork = Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)]


class ServerSettings(_Section):
    """Where REST and health are served, later the dashboard too; and how the controller stops.

    With ``public_recordings`` whoever knows the address of a recording may hear it; what is known of it stays for its account.
    ``stop`` says what a signal does with the calls that are up: it leaves them to the next start, or no more are taken and they
    may finish, for ``finish_within`` seconds at most; then they are left, too.
    ``trusted_proxies`` are believed what X-Forwarded-For says, so that a client is told from another by its own address.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: OptionalHttpUrl = ""
    public_recordings: bool = False
    stop: Literal["hand-over", "finish"] = "hand-over"
    finish_within: float = Field(default=3600.0, ge=0)
    trusted_proxies: tuple[IpNetwork, ...] = ()

    @property
    def near_host(self) -> str:
        """Where it is reached from its own machine; ``host`` may mean all addresses."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)


def _dial_string(name: str) -> AfterValidator:
    def check(value: str) -> str:
        if value.count(f"{{{name}}}") != 1 or value.count("{") != 1:
            raise ValueError(f"this has to contain {{{name}}} once, where that is to stand")
        return value

    return AfterValidator(check)


class AsteriskSettings(_Section):
    """Which Asterisk, who we are there, and how a number, a ``client:`` name and a ``sip:`` URI are dialled there."""

    url: Annotated[HttpUrl, AfterValidator(_without_password)] = "http://127.0.0.1:8088"
    app: str = Field(default="ari_conf", pattern=r"^[A-Za-z0-9_.-]{1,64}$")
    username: str = "ari_conf"
    password: SecretStr = SecretStr("")
    media_url: OptionalHttpUrl = ""
    outbound: Annotated[str, _dial_string("number")] = "PJSIP/{number}@trunk"
    client: Annotated[str, _dial_string("name")] = "PJSIP/{name}"
    sip: Annotated[str, _dial_string("uri")] = "PJSIP/outgoing/{uri}"


def _account_sid(value: str) -> str:
    if not is_sid(value, SidKind.ACCOUNT):
        raise ValueError("this is no account SID, which is AC and 32 characters of 0-9a-f")
    return value


AccountSid = Annotated[str, AfterValidator(_account_sid)]


def _key_sid(value: str) -> str:
    if not re.fullmatch(r"SK[0-9a-f]{32}", value):
        raise ValueError("this is no SID of an API key, which is SK and 32 characters of 0-9a-f")
    return value


class ApiKeySettings(_Section):
    """A key with which REST requests can be made in the account's name, besides its token."""

    sid: Annotated[str, AfterValidator(_key_sid)]
    secret: SecretStr = Field(min_length=1)


class AccountSettings(_Section):
    """An account: rooms belong to it, and its token signs what we send to the application."""

    sid: AccountSid
    auth_token: SecretStr = Field(min_length=1)
    api_keys: tuple[ApiKeySettings, ...] = ()


class NumberSettings(_Section):
    """What to do with calls to a number. ``match`` is a glob over what was dialled; the first match wins.

    Either ``voice_url`` (asked for TwiML) or ``twiml`` (the document itself, in which ``{{To}}`` and ``{{From}}`` stand for
    what was dialled and who calls). With ``sip_uris`` the application is told SIP URIs as From and To, as Twilio does for a SIP
    domain; without, numbers and names.
    """

    match: str = "*"
    account: AccountSid | None = None
    # Such a URL may contain a password, so it is in no repr.
    voice_url: OptionalHttpUrl = Field(default="", repr=False)
    voice_method: Literal["GET", "POST"] = "POST"
    voice_fallback_url: OptionalHttpUrl = Field(default="", repr=False)
    voice_fallback_method: Literal["GET", "POST"] = "POST"
    status_callback: OptionalHttpUrl = Field(default="", repr=False)
    status_callback_method: Literal["GET", "POST"] = "POST"
    status_callback_event: tuple[Literal["initiated", "ringing", "answered", "completed"], ...] = ("completed",)
    sip_uris: bool = False
    twiml: str = ""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.voice_url) == bool(self.twiml):
            raise ValueError("give either voice_url or twiml")
        return self


def state_folder() -> Path:
    """Return the folder for what is kept from one start to the next: ``$XDG_STATE_HOME/ari-conf`` or ``~/.local/state/…``."""
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path("~/.local/state")) / "ari-conf"


class StorageSettings(_Section):
    """Where sounds made ready for playing and recordings are kept."""

    folder: Path = Field(default_factory=state_folder)

    @property
    def sounds(self) -> Path:
        """Sounds for the engine, as WAV files named by their content."""
        return self.folder.expanduser() / "sounds"

    @property
    def recordings(self) -> Path:
        """Finished recordings."""
        return self.folder.expanduser() / "recordings"

    @property
    def raw_recordings(self) -> Path:
        """Recordings as the engine made them, until they are finished."""
        return self.folder.expanduser() / "recordings" / "raw"


class DatabaseSettings(_Section):
    """Where what happened is kept (SQLite in the storage folder if ``url`` is empty), and for how many days."""

    url: SecretStr = SecretStr("")
    keep_days: int = Field(default=90, ge=1)
    keep_callbacks_days: int = Field(default=14, ge=1)
    keep_notifications_days: int = Field(default=30, ge=1)


class WebhookSettings(_Section):
    """How the application is asked and told.

    ``private_addresses`` allows URLs whose host is on this machine or in a private network; link-local addresses, where clouds
    keep their secrets, are refused in any case. A callback that is not accepted is sent again for ``callback_max_age`` seconds.
    """

    private_addresses: bool = True
    callback_max_age: float = Field(default=4 * 3600.0, ge=0)


class RestSettings(_Section):
    """The REST API. One account, and one address, may send ``rate`` requests a second on the average, ``burst`` at once.

    ``unfiltered_conferences`` is what a list of conferences without a filter for their status holds: Twilio has announced that
    from 30 September 2026 it is those in progress.
    """

    rate: float = Field(default=500.0, gt=0)
    burst: float = Field(default=1000.0, ge=1)
    unfiltered_conferences: Literal["all", "in-progress"] = "all"


class SpeechSettings(_Section):
    """Who speaks: espeak-ng, or a Piper voice if the path of its model (``….onnx``) is given."""

    piper_model: Path | None = None


class LogSettings(_Section):
    """How the log looks: ``auto`` is for people on a terminal and JSON otherwise."""

    format: Literal["auto", "console", "json"] = "auto"
    level: Literal["debug", "info", "warning", "error"] = "info"


class Settings(_Section):
    """All settings, checked. Times are in seconds."""

    engine: Literal["asterisk", "local"] = "asterisk"
    server: ServerSettings = ServerSettings()
    asterisk: AsteriskSettings = AsteriskSettings()
    storage: StorageSettings = Field(default_factory=StorageSettings)
    database: DatabaseSettings = DatabaseSettings()
    webhooks: WebhookSettings = WebhookSettings()
    rest: RestSettings = RestSettings()
    speech: SpeechSettings = SpeechSettings()
    log: LogSettings = LogSettings()
    accounts: tuple[AccountSettings, ...] = ()
    numbers: tuple[NumberSettings, ...] = (NumberSettings(twiml=ROOM_OF_THE_DIALLED_NAME),)

    @model_validator(mode="after")
    def _accounts_exist(self) -> Self:
        sids = [account.sid for account in self.accounts]
        if len(set(sids)) < len(sids):
            raise ValueError("two accounts have the same sid")
        keys = [key.sid for account in self.accounts for key in account.api_keys]
        if len(set(keys)) < len(keys):
            raise ValueError("two API keys have the same sid")
        for index, number in enumerate(self.numbers):
            if number.account is None and len(self.accounts) > 1:
                raise ValueError(f"numbers.{index}: say which account it belongs to, for there are {len(self.accounts)}")
            if number.account is not None and number.account not in sids:
                raise ValueError(f"numbers.{index}: there is no account {number.account}")
        return self

    def number_for(self, dialled: str) -> NumberSettings | None:
        """Return the first number that matches what was dialled."""
        return next((number for number in self.numbers if fnmatchcase(dialled, number.match)), None)


class _FileAndEnvironment(Settings, BaseSettings):
    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file, which is given as arguments."""
        return env_settings, init_settings


def load_settings(path: Path | None = None) -> Settings:
    """Read the settings from ``path`` (default: ``ari-conf.toml``, if there is one) and the environment, which wins.

    Raises ``SettingsError`` that names every wrong value.
    """
    values = _read(path or DEFAULT_FILE) if path is not None or DEFAULT_FILE.exists() else {}
    _refuse_unknown_environment()
    _refuse_names_of_options(values)
    try:
        return Settings(**dict(_FileAndEnvironment(**values)))
    except ValidationError as error:
        lines = (_describe(problem) for problem in error.errors(include_url=False, include_input=False))
        raise SettingsError("\n".join(lines)) from error
    except NotJsonError as error:
        raise SettingsError(f"the environment: {error}; a variable for a whole section or list is to be JSON") from error


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"the settings file {path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"the settings file {path} is not TOML: {_printable(str(error), 200)}") from error
    except ValueError as error:
        raise SettingsError(f"the settings file {path} is not TOML: a number in it has thousands of digits") from error
    except RecursionError as error:
        raise SettingsError(f"the settings file {path} is not TOML: it has too many brackets within each other") from error


def _refuse_names_of_options(values: dict[str, Any]) -> None:
    """Refuse what pydantic would take for its own options, such as reading the command line or another file."""
    wrong = [name for name in values if name.startswith("_")]
    if wrong:
        raise SettingsError("\n".join(f"{_printable(name)}: {_PLAINLY['extra_forbidden']}" for name in wrong))


def _refuse_unknown_environment() -> None:
    """Say so when a variable is misspelt, instead of going on with a default. Beyond a section's name, pydantic looks."""
    for name in os.environ:
        section = name.upper().removeprefix(_PREFIX).split("__")[0].lower()
        if name.upper().startswith(_PREFIX) and name not in _NO_SETTINGS and section not in Settings.model_fields:
            known = ", ".join(sorted(Settings.model_fields))
            raise SettingsError(
                f"{name}: there is no such setting; after {_PREFIX} comes one of {known}, and __ before the next"
            )


def _describe(problem: Any) -> str:
    place = ".".join(_printable(str(part)) for part in problem["loc"])
    message = _PLAINLY.get(problem["type"]) or str(problem["msg"]).removeprefix("Value error, ")
    return f"{place}: {message}" if place else message


def _printable(text: str, longest: int = 60) -> str:
    """Return a name from the file on one line, and not longer than helps to find it."""
    shown = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
    return shown if len(shown) <= longest else f"{shown[:longest]}…"


_PLAINLY = {
    "extra_forbidden": "there is no such setting",
    "tuple_type": "this is a list: write [[…]] in the file, or JSON in the environment",
    "too_short": "this may not be empty",
}
"""What some of pydantic's messages mean to somebody who does not know Python."""
