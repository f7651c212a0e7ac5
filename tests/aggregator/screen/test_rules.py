"""Every rule has a pass, a hold (or reject) and a near miss; together they lose no reason."""

from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest

from aggregator import screen as package
from aggregator.item import Flag, Item, Kind, Media
from aggregator.screen import RULES, Rule, name_of, screen
from aggregator.settings import Campaign, Source
from aggregator.stages import PASS, Known, RuleSettings, Verdict, hold, reject

POST = Item(
    kind=Kind.POST,
    url="https://blog.example/story",
    title="Story time under the trees",
    text="We read under the trees on Friday. #EngagedLibraries",
    tags=("engagedlibraries",),
)
NOBODY = Known()


def settings(*hashtags: str, needs_hashtag: bool = True) -> RuleSettings:
    return RuleSettings(
        Campaign(slug="c", name="C", hashtags=hashtags or ("EngagedLibraries",)),
        Source(name="blog", kind="feed", needs_hashtag=needs_hashtag),
    )


def picture(kind: str) -> tuple[Media, ...]:
    return (Media("https://blog.example/x", kind),)


CASES: dict[str, dict[str, list[tuple[str, Item, Known]]]] = {
    "objection": {
        "pass": [("nobody objected", POST, NOBODY)],
        "reject": [("its author objected", POST, Known(has_objected=True))],
        "near": [
            ("its author left readers a wish", replace(POST, flags=frozenset({Flag.OPTED_OUT})), NOBODY)
        ],
    },
    "protected": {
        "pass": [("open", POST, NOBODY)],
        "hold": [("behind a password", replace(POST, flags=frozenset({Flag.PROTECTED})), NOBODY)],
        "near": [("speaks of passwords", replace(POST, title="Protected: your password"), NOBODY)],
    },
    "opted-out": {
        "pass": [("open", POST, NOBODY)],
        "hold": [("asks not to be indexed", replace(POST, flags=frozenset({Flag.OPTED_OUT})), NOBODY)],
        "near": [("flagged for something else", replace(POST, flags=frozenset({Flag.CUT})), NOBODY)],
    },
    "sensitive": {
        "pass": [("open", POST, NOBODY)],
        "hold": [
            ("marked by the network", replace(POST, flags=frozenset({Flag.SENSITIVE})), NOBODY),
            ("behind a content warning", replace(POST, warning="flashing lights"), NOBODY),
        ],
        "near": [("warns in its own words", replace(POST, text="Warning: very good cake"), NOBODY)],
    },
    "off-hashtag": {
        "pass": [
            ("tagged", POST, NOBODY),
            ("said in the title", replace(POST, tags=(), title="Join #EngagedLibraries now"), NOBODY),
            ("said without the sign", replace(POST, tags=(), title="(ENGAGEDLIBRARIES) now"), NOBODY),
        ],
        "hold": [
            ("about something else", replace(POST, tags=("reading",)), NOBODY),
            ("no tags at all", replace(POST, tags=()), NOBODY),
        ],
        "near": [
            (
                "said in the title in full width",
                replace(POST, tags=(), title="＃ＥｎｇａｇｅｄＬｉｂｒａｒｉｅｓ！"),
                NOBODY,
            )
        ],
    },
    "link-only": {
        "pass": [("says something", POST, NOBODY)],
        "hold": [
            (
                "a link and tags",
                replace(POST, text="https://a.example/x #one #two @ana@b.example wow www.c.example"),
                NOBODY,
            ),
            ("nothing", replace(POST, text=""), NOBODY),
            ("numbers and signs", replace(POST, text="2026 — 100 % !!! 🎉 🎉 🎉"), NOBODY),
            ("a few characters of Han", replace(POST, text="図書館です https://a.example"), NOBODY),
            ("a sound alone", replace(POST, text="", media=picture("audio")), NOBODY),
            (
                "an article with half a title",
                replace(POST, kind=Kind.ARTICLE, text="", title="Two words"),
                NOBODY,
            ),
        ],
        "near": [
            ("three words and a link", replace(POST, text="We read here https://a.example/x"), NOBODY),
            ("a picture", replace(POST, text="#one", media=picture("image")), NOBODY),
            ("a film", replace(POST, text="", media=picture("video")), NOBODY),
            ("a sentence of Han", replace(POST, text="図書館で本を読みました。"), NOBODY),
            ("words with vowel signs", replace(POST, text="हम यहाँ पढ़ते"), NOBODY),
            (
                "an article with a title",
                replace(POST, kind=Kind.ARTICLE, text="", title="Reading in parks"),
                NOBODY,
            ),
            ("emptied by us", replace(POST, text="", flags=frozenset({Flag.PROTECTED})), NOBODY),
        ],
    },
}
FLAT = [
    pytest.param(rule, kind, item, known, id=f"{rule}: {kind}: {words}")
    for rule, kinds in CASES.items()
    for kind, cases in kinds.items()
    for words, item, known in cases
]


def rule(name: str) -> Rule:
    return next(each for each in RULES if name_of(each) == name)


@pytest.mark.parametrize(("name", "kind", "item", "known"), FLAT)
def test_a_rule_judges_its_cases(name: str, kind: str, item: Item, known: Known) -> None:
    outcome = kind if kind in ("hold", "reject") else "pass"
    verdict = rule(name).check(item, known, settings())
    assert verdict == (Verdict(outcome, name) if outcome != "pass" else PASS)  # type: ignore[arg-type]  # one of three


def test_every_file_is_a_rule_with_a_place_and_cases() -> None:
    files = {path.stem for path in Path(package.__path__[0]).glob("*.py")} - {"__init__"}
    assert {import_module(f"aggregator.screen.{name}") for name in files} == set(RULES)
    assert {name.replace("_", "-") for name in files} == set(CASES)
    for kinds in CASES.values():
        assert kinds["pass"]
        assert kinds["near"]
        assert kinds.get("hold") or kinds.get("reject")


def test_objections_are_asked_first() -> None:
    assert name_of(RULES[0]) == "objection"


@pytest.mark.parametrize(
    ("title", "hashtag", "is_held"),
    [
        ("Engagedlibrariesfan", "EngagedLibraries", True),
        ("engagedlibraries_2", "EngagedLibraries", True),
        ("disengagedlibraries, engagedlibraries", "EngagedLibraries", False),
        ("En la BIBLIOTECA, café", "CAFE\u0301", False),
        ("Straßenfest", "strassenfest", False),
        ("हिन्दी", "हिन्द", True),
        ("今日は図書館へ", "図書館", False),
    ],
)
def test_a_hashtag_is_a_word_of_the_title_and_no_part_of_one(
    title: str, hashtag: str, is_held: bool
) -> None:
    verdict = rule("off-hashtag").check(replace(POST, title=title, tags=()), NOBODY, settings(hashtag))
    assert (verdict.outcome == "hold") is is_held


def test_any_of_several_hashtags_will_do() -> None:
    both = settings("Other", "EngagedLibraries")
    assert rule("off-hashtag").check(POST, NOBODY, both) is PASS


def test_a_source_or_a_campaign_without_hashtags_holds_nothing_for_it() -> None:
    bare = replace(POST, tags=(), title="")
    check = rule("off-hashtag").check
    assert check(bare, NOBODY, settings(needs_hashtag=False)) is PASS
    nothing = RuleSettings(Campaign(slug="c", name="C"), settings().source)
    assert check(bare, NOBODY, nothing) is PASS


def a_rule(name: str, verdict: Verdict | Exception) -> Rule:
    def check(item: Item, known: Known, settings: RuleSettings) -> Verdict:
        if isinstance(verdict, Exception):
            raise verdict
        return verdict

    return SimpleNamespace(__name__=f"aggregator.screen.{name}", check=check)


def test_all_rules_run_and_all_reasons_are_kept_in_order() -> None:
    rules = [
        a_rule("a", hold("one")),
        a_rule("b", PASS),
        a_rule("c", reject("two")),
        a_rule("d", hold("three")),
    ]
    screened = screen(POST, NOBODY, settings(), rules)
    assert (screened.outcome, screened.reasons) == ("reject", ("one", "two", "three"))


def test_a_rule_that_breaks_holds_the_post_and_says_which() -> None:
    screened = screen(POST, NOBODY, settings(), [a_rule("word_list", KeyError("x")), a_rule("b", PASS)])
    assert (screened.outcome, screened.reasons) == ("hold", ("rule-failed:word-list",))


def test_nothing_to_say_is_a_pass_without_reasons() -> None:
    screened = screen(POST, NOBODY, settings())
    assert (screened.outcome, screened.reasons) == ("pass", ())


def test_a_post_with_many_faults_shows_them_in_the_rules_order() -> None:
    worst = replace(POST, text="#x", tags=("x",), flags=frozenset({Flag.SENSITIVE, Flag.OPTED_OUT}))
    screened = screen(worst, Known(has_objected=True), settings())
    assert screened.outcome == "reject"
    assert screened.reasons == ("objection", "opted-out", "sensitive", "off-hashtag", "link-only")
