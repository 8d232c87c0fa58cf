"""Reading the settings, and saying what is wrong with them."""

import os
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as NotJsonError

from .sections import Settings

DEFAULT_FILE = Path("ari-conf.toml")

_PREFIX = "ARI_CONF_"
_NO_SETTINGS = {"ARI_CONF_DEBIAN_MIRROR"}
"""Variables of this prefix that are read elsewhere."""


class SettingsError(Exception):
    """A setting is wrong; the text has one line for each, with the place and the cause."""


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
