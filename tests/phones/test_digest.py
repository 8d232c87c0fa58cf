from ari_conf.phones.digest import Challenge, authorization, digest_response, fields, parse_challenge


def test_the_example_of_rfc_2617() -> None:
    challenge = parse_challenge(
        'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", '
        'opaque="5ccc069c403ebaf9f0171e9517f40e41"'
    )
    assert challenge is not None
    response = digest_response(
        challenge, "Mufasa", "Circle Of Life", method="GET", uri="/dir/index.html", count="00000001", cnonce="0a4f113b"
    )
    assert response == "6629fae49393a05397450978507c4ef1"


def test_sha_256_as_in_rfc_7616() -> None:
    challenge = Challenge("http-auth@example.org", "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "SHA-256", "auth")
    cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    response = digest_response(
        challenge, "Mufasa", "Circle of Life", method="GET", uri="/dir/index.html", count="00000001", cnonce=cnonce
    )
    assert response == "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"


def test_without_qop_there_is_neither_count_nor_cnonce() -> None:
    value = authorization(Challenge("r", "n"), "u", "p", method="INVITE", uri="sip:a@b")
    assert {"username", "realm", "nonce", "uri", "response", "algorithm"} == set(fields(value.removeprefix("Digest ")))


def test_a_scheme_that_is_not_known_is_no_challenge() -> None:
    assert parse_challenge('Basic realm="x"') is None
    assert parse_challenge('Digest realm="x", nonce="y", algorithm=MD5-sess') is None
    assert parse_challenge('Digest realm="x", nonce="y", qop="auth-int"') is None
