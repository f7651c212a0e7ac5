"""An invented issue of ten posts in four languages, with events and the editors' own words."""

from dataclasses import replace
from datetime import UTC, date, datetime

from aggregator.item import Author, Kind, Occasion, SafeHtml
from aggregator.settings import Campaign, Highlights, Mail, Settings
from aggregator.store.published import Shown
from feeds.highlights.draft import Block, Draft, Pick
from tests.feeds.invented import PUBLIC_URL, campaign, item_id, picture, pictured, shown

DAY = date(2026, 5, 22)
WEEK = date(2026, 5, 18)
LANGUAGES = ("en", "es", "ar", "am")

_WORDS = {
    "en": (
        "The bus that brings the reading room",
        "Every Tuesday our old blue bus stops where the timetable ends. We open the back door, put out "
        "six chairs, and whoever comes by reads, borrows, or only sits down for a while. Last week "
        "somebody brought soup.",
        "Ana Rivera",
    ),
    "es": (
        "La huerta de la biblioteca ya da tomates",
        "Empezamos con cuatro macetas y una regadera prestada. Hoy treinta vecinas y vecinos cuidan la "
        "huerta, intercambian semillas y leen a la sombra. El sábado cocinamos juntos.",
        "Biblioteca del Río",
    ),
    "ar": (
        "ركن القراءة الجديد",
        "افتتحت مكتبتنا ركنا جديدا للقراءة مع الجيران. تعالوا وشاركونا القصص كل يوم سبت، من العاشرة "
        "صباحا حتى الظهر. القهوة علينا، والكتب لكم.",
        "ليلى حداد",
    ),
    "am": (
        "የንባብ ማዕከሉ በሩን ከፈተ",
        "ባለፈው ሳምንት አዲሱ የንባብ ማዕከላችን በሩን ከፈተ። ልጆች፣ ወላጆችና አያቶች አብረው መጥተው ታሪኮችን አነበቡ። "
        "ቅዳሜ ከጠዋቱ ሦስት ሰዓት ጀምሮ ሁላችሁም ተጋብዛችኋል።",
        "ሰላም ተስፋዬ",
    ),
}
_ORDER = ("en", "es", "ar", "am", "en", "es", "ar", "am", "en", "en")


def posts() -> tuple[Shown, ...]:
    """Give ten posts, six of them with pictures, one without a title, one behind a warning."""
    made = [_post(number, language) for number, language in enumerate(_ORDER, start=1)]
    for number in (1, 3, 4, 6, 7, 9):
        tall = {"width": 640, "height": 960, "widths": (160, 320, 640)} if number == 7 else {}
        made[number - 1] = pictured(made[number - 1], picture(number, **tall))
    made[4] = replace(made[4], item=replace(made[4].item, title=""), network="glammr.example")
    made[9] = replace(made[9], item=replace(made[9].item, warning="flashing lights"))
    return tuple(made)


def _post(number: int, language: str) -> Shown:
    title, text, name = _WORDS[language]
    post = shown(
        number,
        title=f"{title} {number // 4 or ''}".strip(),
        text=text,
        html=SafeHtml(f"<p>{text}</p>"),
        language=language,
        direction="rtl" if language == "ar" else "ltr",
        author=Author(name, f"author{number}", "", f"feed:blog.example/{number}"),
        network=f"blog{number % 5}.example",
    )
    return replace(post, library="Riverside Library", place="Riverside") if number % 2 else post


def events() -> tuple[Shown, ...]:
    """Give two events: one on the clock, one of a whole day."""
    evening = Occasion(
        datetime(2026, 5, 28, 22, 0, tzinfo=UTC), None, "America/New_York", location="Main Street 1"
    )
    whole_day = Occasion(
        datetime(2026, 6, 5, 4, 0, tzinfo=UTC), None, "America/New_York", is_all_day=True
    )
    return (
        shown(21, kind=Kind.OCCASION, title="An evening of neighbours' stories", occasion=evening),
        shown(
            22,
            kind=Kind.OCCASION,
            title="يوم المكتبات المفتوحة",
            occasion=whole_day,
            language="ar",
            direction="rtl",
        ),
    )


def everything() -> dict[str, Shown]:
    return {each.id: each for each in (*posts(), *events())}


def draft(**changes: object) -> Draft:
    values: dict[str, object] = {
        "subject": {"en": "A bus, a garden and ten more stories", "ar": "حافلة وحديقة وعشر قصص أخرى"},
        "preheader": {"en": "What libraries and their neighbours did this week"},
        "intro": {
            "en": "Dear neighbours,\nthis week people wrote from a bus, a garden and two reading rooms.",
            "ar": "جيراننا الأعزاء،\nكتب الناس هذا الأسبوع من حافلة وحديقة وقاعتي قراءة.",
        },
        "blocks": (
            Block(
                "announcement",
                {"en": "We move to Fridays"},
                {"en": "From now on this mail comes on Fridays at nine."},
            ),
            Block(
                "call",
                {"en": "What happened at yours?"},
                {"en": "Write a few lines, add a picture."},
                after=True,
            ),
        ),
        "picks": tuple(
            Pick(
                item_id(number), ("percentile:93",), {"en": "We liked the soup."} if number == 1 else {}
            )
            for number in range(1, 11)
        ),
        "occasions": (item_id(21), item_id(22)),
    }
    return Draft(**values | changes)  # type: ignore[arg-type] # the caller names fields of Draft


def a_campaign(**changes: object) -> Campaign:
    return campaign(languages=LANGUAGES, **changes)


def a_house(public_url: str = PUBLIC_URL, **of_campaign: object) -> Settings:
    """Give settings of a campaign that has the mail."""
    mail = Mail.model_validate(
        {
            "smtp": "smtp://127.0.0.1:8655",
            "from": "highlights@library.example",
            "postal_address": "Riverside Library\n1 Main Street, Riverside",
            "reply_to": "desk@library.example",
        }
    )
    footer = Highlights(footer="Edition {{number}} was made by volunteers of twelve libraries.")
    return Settings(
        public_url=public_url, campaigns=(a_campaign(highlights=footer, **of_campaign),), mail=mail
    )
