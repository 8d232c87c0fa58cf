"""Which voice speaks: from the ``voice`` and ``language`` of ``<Say>`` to a language and a sex."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

DEFAULT_LANGUAGE: Final = "en-US"


class Sex(StrEnum):
    """Whether a voice sounds like a man's or a woman's."""

    MALE = "male"
    FEMALE = "female"


@dataclass(frozen=True, slots=True)
class VoiceWanted:
    """A language as an IETF tag (``de-DE``) and a sex."""

    language: str
    sex: Sex


_SIMPLE: Final = {"man": Sex.MALE, "woman": Sex.FEMALE, "alice": Sex.FEMALE}

# The voices of Amazon Polly by language: women, then men.
_POLLY: Final = {
    "ar-AE": ("Hala", "Zayd"),
    "arb": ("Zeina", ""),
    "ca-ES": ("Arlet", ""),
    "cmn-CN": ("Zhiyu", ""),
    "cs-CZ": ("Jitka", ""),
    "cy-GB": ("Gwyneth", ""),
    "da-DK": ("Naja Sofie", "Mads"),
    "de-AT": ("Hannah", ""),
    "de-CH": ("Sabrina", ""),
    "de-DE": ("Marlene Vicki", "Hans Daniel"),
    "en-AU": ("Nicole Olivia", "Russell"),
    "en-GB": ("Amy Emma", "Brian Arthur"),
    "en-GB-WLS": ("", "Geraint"),
    "en-IE": ("Niamh", ""),
    "en-IN": ("Aditi Raveena Kajal", ""),
    "en-NZ": ("Aria", ""),
    "en-SG": ("Jasmine", ""),
    "en-US": ("Ivy Joanna Kendra Kimberly Salli Ruth Danielle", "Joey Justin Kevin Matthew Stephen Gregory Patrick"),
    "en-ZA": ("Ayanda", ""),
    "es-ES": ("Conchita Lucia Alba", "Enrique Sergio Raul"),
    "es-MX": ("Mia", "Andres"),
    "es-US": ("Lupe Penelope", "Miguel Pedro"),
    "fi-FI": ("Suvi", ""),
    "fr-BE": ("Isabelle", ""),
    "fr-CA": ("Chantal Gabrielle", "Liam"),
    "fr-FR": ("Celine Lea", "Mathieu Remi"),
    "is-IS": ("Dora", "Karl"),
    "it-IT": ("Carla Bianca Beatrice", "Giorgio Adriano"),
    "ja-JP": ("Mizuki Kazuha Tomoko", "Takumi"),
    "ko-KR": ("Seoyeon Jihye", ""),
    "nb-NO": ("Liv Ida", ""),
    "nl-BE": ("Lisa", ""),
    "nl-NL": ("Lotte Laura", "Ruben"),
    "pl-PL": ("Ewa Maja Ola", "Jacek Jan"),
    "pt-BR": ("Camila Vitoria", "Ricardo Thiago"),
    "pt-PT": ("Ines", "Cristiano"),
    "ro-RO": ("Carmen", ""),
    "ru-RU": ("Tatyana", "Maxim"),
    "sv-SE": ("Astrid Elin", ""),
    "tr-TR": ("Filiz Burcu", ""),
    "yue-CN": ("Hiujin", ""),
}
_POLLY_BY_NAME: Final = {
    name.lower(): VoiceWanted(language, sex)
    for language, names in _POLLY.items()
    for sex, names_of_sex in zip((Sex.FEMALE, Sex.MALE), names, strict=True)
    for name in names_of_sex.split()
}

# "Google.de-DE-Wavenet-B"; Google's letters do not tell a sex.
_GOOGLE = re.compile(r"google\.([a-z]{2,3}-[a-z]{2,4})-.*", re.IGNORECASE)


def default_voice(language: str | None) -> VoiceWanted:
    """Return the voice that speaks where none was asked for."""
    return VoiceWanted(language or DEFAULT_LANGUAGE, Sex.MALE)


def voice_wanted(voice: str | None, language: str | None) -> VoiceWanted | None:
    """Return what ``voice`` and ``language`` ask for, None if there is no such voice.

    ``man`` (the default), ``woman`` and ``alice`` speak any ``language``; voices of Amazon Polly and Google have their own.
    """
    name = (voice or "man").strip().lower()
    simple = _SIMPLE.get(name)
    if simple is not None:
        return VoiceWanted(language or DEFAULT_LANGUAGE, simple)
    if name.startswith("polly."):
        # "Polly.Joanna-Neural": the same person with better manners.
        return _POLLY_BY_NAME.get(name.removeprefix("polly.").partition("-")[0])
    google = _GOOGLE.fullmatch(name)
    return VoiceWanted(google[1], Sex.FEMALE) if google else None
