"""Which settings there are: a class for each section of the file, with the defaults."""

import os
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from .values import (
    AccountSid,
    ApiKeySid,
    HashedPassword,
    IpNetwork,
    OperatorName,
    OptionalHttpUrl,
    UrlWithoutLogin,
    dial_string,
)

ROOM_OF_THE_DIALLED_NAME = "<Response><Dial><Conference>{{To}}</Conference></Dial></Response>"
"""What happens to a call when no number is configured: whoever dials the same name talks."""

SHORTEST_TOKEN: Final = 20
"""How many characters keep a token from being guessed."""

LONGEST_SESSION_HOURS: Final = 7 * 24.0
"""A session of the dashboard ends after a week, however much it is used."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ServerSettings(_Section):
    """Where REST and health are served, later the dashboard too; and how the controller stops.

    With ``public_recordings`` whoever knows the address of a recording may hear it; what is known of it stays for its account.
    ``stop`` says what a signal does with the calls that are up: it leaves them to the next start, or no more are taken and they
    may finish, for ``finish_within`` seconds at most; then they are left, too.
    ``metrics`` says who may read ``/metrics``, which tells of all accounts: nobody, this machine, who shows ``metrics_token``.
    ``trusted_proxies`` are believed what X-Forwarded-For says, so that a client is told from another by its own address.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: OptionalHttpUrl = ""
    public_recordings: bool = False
    stop: Literal["hand-over", "finish"] = "hand-over"
    finish_within: float = Field(default=3600.0, ge=0)
    metrics: Literal["off", "local", "token"] = "local"
    metrics_token: SecretStr = SecretStr("")
    trusted_proxies: tuple[IpNetwork, ...] = ()

    @model_validator(mode="after")
    def _token_for_metrics(self) -> Self:
        length = len(self.metrics_token.get_secret_value())
        if self.metrics == "token" and length < SHORTEST_TOKEN:
            raise ValueError(f"metrics_token: give at least {SHORTEST_TOKEN} characters, such as `openssl rand -hex 32` prints")
        if self.metrics != "token" and length:
            raise ValueError('metrics_token: it is asked for only with metrics = "token"')
        return self

    @property
    def near_host(self) -> str:
        """Where it is reached from its own machine; ``host`` may mean all addresses."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)


class AsteriskSettings(_Section):
    """Which Asterisk, who we are there, and how a number, a ``client:`` name and a ``sip:`` URI are dialled there."""

    url: UrlWithoutLogin = "http://127.0.0.1:8088"
    app: str = Field(default="ari_conf", pattern=r"^[A-Za-z0-9_.-]{1,64}$")
    username: str = "ari_conf"
    password: SecretStr = SecretStr("")
    media_url: OptionalHttpUrl = ""
    outbound: Annotated[str, dial_string("number")] = "PJSIP/{number}@trunk"
    client: Annotated[str, dial_string("name")] = "PJSIP/{name}"
    sip: Annotated[str, dial_string("uri")] = "PJSIP/outgoing/{uri}"


class ApiKeySettings(_Section):
    """A key with which REST requests can be made in the account's name, besides its token."""

    sid: ApiKeySid
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


class ConferencesSettings(_Section):
    """What every conference has. ``detect_talking`` says where it is known who talks: always, or where a callback wants it."""

    detect_talking: Literal["always", "subscribed"] = "always"


class SpeechSettings(_Section):
    """Who speaks: espeak-ng, or a Piper voice if the path of its model (``….onnx``) is given."""

    piper_model: Path | None = None


class DashboardSettings(_Section):
    """The operators' room. A session that nobody uses for ``session_hours`` ends, an open page alone is no use."""

    enabled: bool = True
    session_hours: float = Field(default=12.0, gt=0, le=LONGEST_SESSION_HOURS)


class OperatorSettings(_Section):
    """Somebody with a password for the dashboard, for all accounts or for one.

    ``password`` is a hash as ``ari-conf dashboard password`` prints it. Who is ``read-only`` sees all, and changes nothing.
    """

    name: OperatorName
    password: HashedPassword
    role: Literal["operator", "read-only"] = "operator"
    account: AccountSid | Literal[""] = ""


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
    conferences: ConferencesSettings = ConferencesSettings()
    speech: SpeechSettings = SpeechSettings()
    dashboard: DashboardSettings = DashboardSettings()
    log: LogSettings = LogSettings()
    accounts: tuple[AccountSettings, ...] = ()
    operators: tuple[OperatorSettings, ...] = ()
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

    @model_validator(mode="after")
    def _operators_differ(self) -> Self:
        names = [operator.name for operator in self.operators]
        if len(set(names)) < len(names):
            raise ValueError("two operators have the same name")
        sids = {account.sid for account in self.accounts}
        for index, operator in enumerate(self.operators):
            if operator.account and operator.account not in sids:
                raise ValueError(f"operators.{index}: there is no account {operator.account} in [[accounts]]")
        return self

    def number_for(self, dialled: str) -> NumberSettings | None:
        """Return the first number that matches what was dialled."""
        return next((number for number in self.numbers if fnmatchcase(dialled, number.match)), None)
