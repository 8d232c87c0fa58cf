"""Error codes, explained."""

import tomllib
from collections import Counter

from ari_conf.dashboard.codes import _FOLDER, read_explanations
from ari_conf.rest.errors import RestCode
from ari_conf.twilio_codes import Code
from tests.test_docs import codes_in_the_code

from .door import ANN, office


def test_every_code_is_explained_once_and_none_that_is_not_used() -> None:
    numbers = Counter(number for file in _FOLDER.glob("*.toml") for number in tomllib.loads(file.read_text("utf-8")))
    assert set(numbers.values()) == {1}
    used = {int(code) for code in (*Code, *RestCode)} | {code for code, _ in codes_in_the_code()}
    assert {int(number) for number in numbers} == used


def test_explanations_are_sentences() -> None:
    for number, explained in read_explanations().items():
        assert explained.title, number
        assert not explained.title.endswith("."), number
        for sentence in (explained.cause, explained.remedy):
            assert sentence.endswith((".", ".)")), (number, sentence)


async def test_pages_get_all_of_them() -> None:
    async with office(ANN).open() as desk:
        assert (await desk.browser().ask("GET", "/dashboard/api/codes")).status == 401
        browser = await desk.browser().entered("ann")
        codes = (await browser.ask("GET", "/dashboard/api/codes")).json["codes"]
        assert set(codes["11200"]) == {"title", "cause", "remedy"}
        assert len(codes) == len(read_explanations())
