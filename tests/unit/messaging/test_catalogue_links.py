"""A link goes out only to a full domain that is listed, whatever it is disguised as; people's names are no links."""

from __future__ import annotations

import pytest

from messaging.errors import TemplateError
from messaging.wording.links import is_listed, not_listable, unlisted
from messaging.wording.template import Template
from messaging.wording.values import Variable

URLS = frozenset({"help.example.gov.in", "bit.ly"})
LINK = Template(
    "t", "en", "service_implicit", "Your paper is at {#link#} for a week.", {"link": Variable("link", tag="url")}
)


@pytest.mark.parametrize(
    "text",
    [
        "http://x.example",
        "https:// x.example",
        "HTTP://X",
        "hxxps fraud",
        "www.x",
        "www .x",
        "ww\uff57.x",
        "w w w x",
        "WWW",
        "fraud.com",
        "fraud .com",
        "fraud. com",
        "fraud[.]com",
        "fraud (dot) com",
        "fraud dot com",
        "fraud\uff0ecom",
        "fraud\u3002com",
        "frаud.cоm",  # Cyrillic letters
        "ｆｒａｕｄ．ｃｏｍ",
        "FRAUD.COM/x",
        "pay@fraud.com",
        "fraud.co.in",
        "fraud.in",
        "bit.ly/abc",
        "t.co/abc",
        "see wa.me/919876543210",
        "10.0.0.1",
        "xn--l1acc",
        "Dr.Anita.fraud.xyz",
        "डॉक्टर.com",
        "help.example.gov.in.fraud.com",
        "https://help.example.gov.in@fraud.com",
        "https://help.example.gov.in:8443/x",
        "https://sub.help.example.gov.in/x",
        "https://hеlp.example.gov.in/x",  # a Cyrillic letter
    ],
)
def test_a_link_that_is_not_listed_is_seen_through(text: str) -> None:
    assert unlisted(text, URLS)
    assert unlisted(f"Dr Anita {text}", URLS)


@pytest.mark.parametrize(
    "text",
    [
        *("Dr.Anita Verma", "Dr. In Sung", "Dr.Me", "Y.S.Rao", "M.B.B.S.", "K.Ly", "डॉ.भारत शर्मा", "Shri.To Lam"),
        *("MP/12345/2010", "TN.MC.99887/11", "18:30", "22-11-2026", "St.John", "Anita Verma, M.D.", "Comfort Net"),
        *("She is in. Come", "dot", "P-7K3M-22QX-5", "O'Neil & Co.", "Prof.In Su", "Ms.Is La"),
    ],
)
def test_names_and_numbers_are_no_links(text: str) -> None:
    assert not unlisted(text, URLS)


@pytest.mark.parametrize(
    "url",
    [
        "https://help.example.gov.in/p/7K3M",
        "http://help.example.gov.in",
        "help.example.gov.in",
        "HTTPS://Help.Example.gov.in/x?a=1",
    ],
)
def test_a_listed_domain_goes_out(url: str) -> None:
    assert is_listed(url, URLS)
    if len(url) <= 30:
        assert url in LINK.render({"link": url}, URLS)
    assert not unlisted(f"See {url}. Thank you", URLS)


@pytest.mark.parametrize("url", ["bit.ly/abc", "https://fraud.com", "a paper", "help.example.gov.in.evil", "x y"])
def test_a_link_variable_takes_nothing_else(url: str) -> None:
    with pytest.raises(TemplateError) as caught:
        LINK.render({"link": url}, URLS)
    assert caught.value.reason == "link_not_listed"


def test_a_name_is_no_place_for_a_listed_link_either() -> None:
    named = Template("t", "en", "service_implicit", "Your doctor is {#name#} today.", {"name": Variable("name")})
    with pytest.raises(TemplateError, match="holds a link"):
        named.render({"name": "help.example.gov.in"}, URLS)


def test_a_link_in_the_wording_itself_must_be_listed() -> None:
    fixed = Template("t", "en", "service_implicit", "All is at help.example.gov.in for you.")
    assert fixed.render({}, URLS) == fixed.text
    with pytest.raises(TemplateError, match="not listed"):
        fixed.render({}, ())


def test_two_values_cannot_make_a_link_together() -> None:
    split = Template(
        "t",
        "en",
        "service_implicit",
        "Your doctor {#a#}.{#b#} will call you today.",
        {"a": Variable("a"), "b": Variable("b")},
    )
    with pytest.raises(TemplateError, match="holds a link"):
        split.render({"a": "fraud", "b": "com"})


def test_the_fixed_text_may_hold_the_beginning_of_a_link() -> None:
    """A whole address has more than thirty characters; what changes in it has not."""
    paper = Template(
        "t", "en", "service_implicit", "See https://help.example.gov.in/p/{#code#} for it.", {"code": Variable("code")}
    )
    assert "/p/7K3M for" in paper.render({"code": "7K3M"}, URLS)
    for code in ("x@fraud.com", "../fraud.com"):
        with pytest.raises(TemplateError):
            paper.render({"code": code}, URLS)


def test_a_mail_address_is_one_of_a_listed_domain() -> None:
    mail = Template(
        "t", "en", "service_implicit", "Write to us at {#mail#} at any time.", {"mail": Variable("mail", tag="email")}
    )
    assert "office@help.example.gov.in at" in mail.render({"mail": "office@help.example.gov.in"}, URLS)
    with pytest.raises(TemplateError, match="no link to a domain that is listed"):
        mail.render({"mail": "office@fraud.com"}, URLS)


@pytest.mark.parametrize("host", ["help.example.gov.\u0131n", "help.exampl\u212a.gov.in", "help.e\u00d7ample.gov.in"])
def test_letters_that_fold_into_others_make_no_listed_domain(host: str) -> None:
    assert not is_listed(f"https://{host}", URLS | {"help.examplk.gov.in"})


def test_only_full_domains_can_be_listed() -> None:
    assert not_listable({"help.example.gov.in", "bit.ly", "10.0.0.1", "https://x.in", "localhost"}) == [
        "10.0.0.1",
        "bit.ly",
        "https://x.in",
        "localhost",
    ]
