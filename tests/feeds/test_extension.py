"""`_engaged`: what the script embed needs, in the page's language, and no heavier than promised."""

import json
from dataclasses import replace
from typing import Any

import brotli  # type: ignore[import-untyped] # publishes no types
import pytest

from aggregator.item import Author, Precision, SafeHtml
from aggregator.settings import View
from aggregator.store.published import Shown
from feeds.addresses import Address
from feeds.dates import written
from feeds.i18n import languages
from feeds.page import Page
from feeds.render import render
from feeds.select import Snapshot
from tests.feeds.invented import AWKWARD, NOW, PUBLIC_URL, SLUG, campaign, picture, pictured, shown

SIX = {
    "es": (
        "Este sábado abrimos el taller de bordado junto al puerto. Vinieron quince "
        "vecinas, dos abuelos y un perro muy paciente; nadie sabía bordar y ahora todos"
        " quieren volver. Quedan hilos, agujas y café. Si vives cerca, pásate: la "
        "puerta está abierta hasta las ocho y no hace falta carné. Contadnos qué os "
        "gustaría aprender después, porque el próximo taller lo elegís vosotras."
    ),
    "am": (
        "ቤተ መጻሕፍታችን ከጎረቤቶች ጋር አዲስ የንባብ ማዕዘን ከፈተ። በየቅዳሜው ጠዋት ልጆችና አያቶች አብረው ተረት ያነባሉ፤ "
        "ከዚያም ቡና እንጠጣለን። መጻሕፍቱ በሰባት ቋንቋዎች ናቸው። ሁሉም ሰው መምጣት ይችላል፤ መታወቂያ አያስፈልግም።"
    ),
    "fil": (
        "Binuksan namin ang munting silid-basahan sa tabi ng palengke. Tuwing Martes, "
        "may nagbabasa ng kuwento para sa mga bata habang namimili ang kanilang mga "
        "magulang. Apat na raang aklat na ang nahiram, at halos lahat ay naibalik na "
        "may kasamang sulat ng pasasalamat."
    ),
    "fr": (
        "Nous avons demandé à quarante voisins ce qu'ils attendaient de nous : des "
        "soirées plus longues, une table de couture et une porte qui s'ouvre toute "
        "seule. Nous avons déjà les deux premières. La porte arrive en juin, avec une "
        "rampe et un nouveau banc devant l'entrée. Merci à l'atelier du quartier !"
    ),
    "yo": (
        "A ṣí yàrá ìkàwé tuntun lẹ́gbẹ̀ẹ́ ọjà. Ní gbogbo ọjọ́ Ajé, àwọn ọmọdé máa ń "
        "gbọ́ ìtàn láti ẹnu àwọn àgbà. Ìwé irínwó ni wọ́n ti yá, ọ̀pọ̀ jùlọ sì ti padà "
        "pẹ̀lú lẹ́tà ìdúpẹ́. Ẹ wá bá wa kàwé."
    ),
    "ar": (
        "افتتحت مكتبتنا ركنا جديدا للقراءة مع الجيران. في كل يوم سبت يجتمع الأطفال "
        "والأجداد حول القصص، ثم نشرب الشاي معا ونتبادل الكتب. لا حاجة إلى بطاقة، والباب"
        " مفتوح للجميع حتى الساعة الثامنة مساء."
    ),
}


def feed(*posts: Shown, language: str = "en", **view: Any) -> Page:
    snapshot = Snapshot(PUBLIC_URL, campaign(), view=View(**{"layout": "grid"} | view), posts=posts)
    return render(snapshot, Address("feed-json", SLUG, "wall"), language, NOW)


def read(*posts: Shown, **how: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(feed(*posts, **how).body)
    return found


def test_a_view_says_how_it_wishes_to_be_drawn() -> None:
    wishes = read(heading="Our stories", heading_level=3, date=False, more=False, layout="list")[
        "_engaged"
    ]
    assert wishes == {
        "language": "en",
        "dir": "ltr",
        "layout": "list",
        "heading": "Our stories",
        "heading_level": 3,
        "date": False,
        "network": True,
        "picture": True,
        "more": "",
        "empty": "Write on your own network or blog, and add #EngagedLibraries."
        " The first posts will appear here.",
        "carousel": {"name": "carousel", "back": "Previous post", "on": "Next post"},
        "by": "Post by {author}",
    }


def test_without_wishes_the_campaign_gives_its_name_and_the_layout_is_one_that_exists() -> None:
    wishes = read(layout="a-layout-of-2036")["_engaged"]
    assert (wishes["heading"], wishes["layout"]) == ("#EngagedLibraries", "featured")
    assert wishes["more"] == "More at #EngagedLibraries"
    assert read(empty="Soon!")["_engaged"]["empty"] == "Soon!"


@pytest.mark.parametrize("language", languages())
def test_a_date_comes_in_words_for_browsers_that_lack_the_language(language: str) -> None:
    post = shown(1)
    when = written(post.sort_at, Precision.SECOND, "America/New_York", language, NOW)
    assert read(post, language=language)["items"][0]["_engaged"]["date"] == when


def test_a_feed_is_made_again_when_a_date_will_read_differently() -> None:
    assert feed(shown(1)).holds_until is not None
    assert feed(AWKWARD["no-date"]).holds_until is None


def test_words_of_cards_stand_beside_the_text_only_where_they_differ() -> None:
    same, shorter, warned = read(shown(1), replace(shown(2), excerpt="Shorter."), AWKWARD["warned"])[
        "items"
    ]
    assert "text" not in same["_engaged"]
    assert shorter["_engaged"]["text"] == "Shorter."
    assert "text" not in warned["_engaged"]


def test_a_picture_names_its_copies_and_says_whether_it_may_be_cut() -> None:
    post = pictured(shown(1), picture(1), picture(2, licence="CC BY-ND 4.0"))
    first, second = (each["_engaged"] for each in read(post)["items"][0]["attachments"])
    assert first["base"] == f"{PUBLIC_URL}/i/{picture(1).key}"
    assert (first["widths"], first["formats"]) == ([160, 320, 640, 960], ["avif", "webp", "jpg"])
    assert "whole" not in first
    assert second["whole"] is True


def test_a_long_post_comes_without_its_markup_and_a_short_one_with_it() -> None:
    long, short = read(AWKWARD["huge"], shown(1))["items"]
    assert "content_html" not in long
    assert long["content_text"]
    assert short["content_html"]


def test_six_posts_in_six_languages_stay_within_the_budget() -> None:
    posts = [
        pictured(
            shown(number, title="", text=text, html=SafeHtml(f"<p>{text}</p>"), language=language),
            picture(number, credit=f"Photo: neighbour {number}"),
        )
        for number, (language, text) in enumerate(SIX.items(), start=1)
    ]
    assert len(brotli.compress(feed(*posts).body, quality=11)) <= 4096


def test_twenty_of_the_longest_posts_stay_below_what_the_script_reads() -> None:
    author = Author("እ" * 500, "h" * 500, "https://blog.example/" + "a" * 2000)
    longest = [
        pictured(
            shown(number, title="እ" * 3000, text="እ" * 60_000, author=author),
            *(picture(n) for n in range(1, 9)),
        )
        for number in range(1, 21)
    ]
    assert len(feed(*longest, limit=20).body) < 524_288
