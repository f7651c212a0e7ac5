"""What was configured: config.yaml as frozen, typed settings.

Which kinds of source and which layouts exist is handed in by the caller, so that nothing here
imports a collector or a layout. `reading.py` makes these out of text; the file and the environment
are read in `engaged/`.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic.json_schema import SkipJsonSchema

# Collectors write their Options with these: they find them here, beside Frozen.
from aggregator.fields import Contact as Contact
from aggregator.fields import Database as Database
from aggregator.fields import Duration as Duration
from aggregator.fields import Hashtag as Hashtag
from aggregator.fields import HostName as HostName
from aggregator.fields import Language as Language
from aggregator.fields import Name as Name
from aggregator.fields import Network as Network
from aggregator.fields import OwnLine as OwnLine
from aggregator.fields import PublicAddress as PublicAddress
from aggregator.fields import Server as Server
from aggregator.fields import Slug as Slug
from aggregator.fields import Token as Token
from aggregator.fields import WebAddress as WebAddress
from aggregator.fields import Weekly as Weekly
from aggregator.fields import Zone as Zone
from aggregator.item import Kind

RESERVED = frozenset(
    {
        *("w", "i", "api", "oembed", "moderate", "healthz", "readyz", "metrics", "static", "robots.txt"),
        # Pages of moderation that stand where a campaign's name does: /moderate/people.
        *("account", "people", "sign-in", "sign-out", "welcome"),
    }
)
SHORTEST_INTERVAL, LONGEST_INTERVAL = timedelta(seconds=1), timedelta(days=1)


class Frozen(BaseModel):
    """Settings do not change after they are read, and an unknown key is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class HostPace(Frozen):
    """How hard a server of your own may be asked. The name may carry any port."""

    at_once: int = Field(1, ge=1, le=64, description="requests at the same time")
    pause: Duration = Field(timedelta(seconds=1), description="from one request's start to the next")


class NetworkSettings(Frozen):
    allow_addresses: tuple[Network, ...] = Field(
        (), description="private addresses that may be asked: for intranets and tests only"
    )
    allow_ports: tuple[Annotated[int, Field(ge=1, le=65535)], ...] = Field(
        (), description="ports besides 80 and 443", examples=[[8080]]
    )
    hosts: dict[HostName, HostPace] = Field(
        {}, description="the pace for servers you run, by NAME or NAME:PORT"
    )


class Source(Frozen):
    """One configured place to look. In the file the options stand flat beside the other keys.

    Attributes:
        options: the typed Options of its kind; None while it is waiting.
        waiting_for: environment variables that its options name and that are not set.
    """

    name: Name
    kind: str
    every: Duration = Field(timedelta(minutes=30), description="how often to look, 1s to 1d")
    needs_hashtag: bool = Field(True, description="hold what never says one of the campaign's hashtags")
    label: str = Field(
        "",
        max_length=100,
        description="what readers see as where a post stands; empty: the network's name or the host",
        examples=["Riverside Library's blog"],
    )
    options: SkipJsonSchema[Any] = None
    waiting_for: SkipJsonSchema[tuple[str, ...]] = ()

    @field_validator("every")
    @classmethod
    def _within_a_day(cls, value: timedelta) -> timedelta:
        if not SHORTEST_INTERVAL <= value <= LONGEST_INTERVAL:
            raise ValueError("must be from 1s to 1d")
        return value


Words = Annotated[str, Field(max_length=200)]


class View(Frozen):
    """A named selection with a layout, shown at /CAMPAIGN/e/NAME."""

    layout: str = Field(examples=["grid"])
    slot: Literal["", "post", "story"] = Field("", description="a featured place; empty: the newest")
    limit: int = Field(12, ge=1, le=20, description="how many posts at most")
    heading: Words = Field("", description="what stands above the posts; empty: the campaign's name")
    heading_level: int = Field(2, ge=1, le=5, description="of the heading; posts have the next one")
    date: bool = Field(True, description="show when a post was published")
    network: bool = Field(True, description="show where a post stands")
    picture: bool = Field(True, description="show pictures")
    more: bool = Field(True, description="end with a link to the campaign's page")
    empty: Words = Field("", description="what is said while there is nothing to show")
    tags: tuple[Hashtag, ...] = Field((), description="only posts with one of these hashtags")
    languages: tuple[Language, ...] = Field((), description="only posts in one of these languages")
    kinds: tuple[Kind, ...] = Field((), description="only these kinds, such as article or occasion")
    libraries: tuple[Words, ...] = Field((), description="only of these libraries")
    places: tuple[Words, ...] = Field((), description="only from these places")
    highlight: bool = Field(False, description="featured posts are twice as large among the others")
    rotate: bool = Field(
        True, description="in quiet weeks a featured place shows another approved post each day"
    )


DEFAULT_VIEWS: Mapping[str, View] = {
    "featured": View(layout="featured", slot="post"),
    "wall": View(layout="grid", limit=12),
    "stories": View(layout="list", limit=6),
}


class Webhook(Frozen):
    """An address of yours that is told what is published and what is no longer shown."""

    name: Name
    url: WebAddress
    secret: Token = Field(description="signs each message, best as ${WEBHOOK_SECRET}")
    waiting_for: SkipJsonSchema[tuple[str, ...]] = ()


class Policy(Frozen):
    on_edit: Literal["hide", "keep"] = Field(
        "hide",
        description="an edit at the origin: hide the post until somebody looks when links, media or "
        "numbers changed, or keep showing what was approved",
    )
    pictures_without_consent: Literal["show", "hide"] = Field(
        "show", description="pictures of people who were not asked"
    )


class Highlights(Frozen):
    draft: Weekly = Field("wednesday 12:00", description="when to draft")
    send: Weekly = Field("friday 09:00", description="when to send")
    top: int = Field(7, ge=1, le=20, description="how many posts")
    second_person: bool = Field(False, description="a second person approves it before it is sent")
    own_zone: bool = Field(False, description="send when clocks of the reader show that hour")
    late_hours: int = Field(
        6, ge=1, le=72, description="so many hours after its moment it is no longer sent by itself"
    )
    header: OwnLine = Field(
        "",
        description="a line at the top of every edition; may hold {{campaign}}, {{number}}, {{date}}",
        examples=["From the outreach desk of Riverside Library"],
    )
    footer: OwnLine = Field(
        "",
        description="a line at its end; may hold {{campaign}}, {{number}}, {{date}}",
        examples=["Made by volunteers of twelve libraries."],
    )
    listmonk_lists: dict[Language, tuple[int, ...]] = Field(
        {},
        description="lists in your listmonk that `engaged highlights hand-over` makes drafts for, by "
        "language",
        examples=[{"en": [3], "es": [4]}],
    )


class Campaign(Frozen):
    slug: Slug
    name: str = Field(min_length=1, max_length=100, examples=["#EngagedLibraries"])
    about: str = Field("", max_length=1000, description="one sentence for readers")
    hashtags: tuple[Hashtag, ...] = ()
    timezone: Zone = "UTC"
    starts: date | None = Field(
        None,
        ge=date(1990, 1, 1),
        le=date(2200, 1, 1),
        description="back-fill goes this far; empty: as far as it can",
    )
    contact: Contact = Field(
        "",
        max_length=200,
        description="a mail or web address, shown to readers and to the servers we ask",
    )
    languages: tuple[Language, ...] = Field(("en",), min_length=1)
    sources: tuple[Source, ...] = ()
    policy: Policy = Policy()
    views: dict[Name, View] = Field({}, description="empty: featured, wall and stories")
    webhooks: tuple[Webhook, ...] = Field((), description="told on publishing and withdrawal")
    highlights: Highlights = Highlights()

    @field_validator("slug")
    @classmethod
    def _not_reserved(cls, value: str) -> str:
        if value in RESERVED:
            raise ValueError("is reserved for the program's own addresses")
        return value

    @property
    def shown_views(self) -> Mapping[str, View]:
        """Give the views that the public sees: the configured ones, else featured, wall, stories."""
        return self.views or DEFAULT_VIEWS

    @property
    def shows_pictures(self) -> bool:
        """Say whether readers see pictures. Moderators always do."""
        return self.policy.pictures_without_consent == "show"

    @property
    def starts_at(self) -> datetime | None:
        """Give the first moment of the campaign's first day in its zone, aware UTC."""
        if self.starts is None:
            return None
        return datetime.combine(self.starts, time(), ZoneInfo(self.timezone)).astimezone(UTC)

    def source(self, name: str) -> Source | None:
        return next((source for source in self.sources if source.name == name), None)


class ListmonkAt(Frozen):
    """A listmonk of yours that editions can be handed to, as drafts."""

    url: WebAddress
    user: str = Field(max_length=100, description="an API user of it", examples=["engaged"])
    token: str = Field(
        max_length=500, repr=False, description="its token", examples=["${LISTMONK_TOKEN}"]
    )
    template: int = Field(
        0, ge=0, description="number of a template that adds nothing to what it is given; 0: the default"
    )


class Mail(Frozen):
    """How the weekly mail leaves. `waiting_for` names environment variables that are not set."""

    smtp: str = Field(
        "", description="smtp://NAME:PASSWORD@HOST:PORT, best as ${SMTP_URL}", examples=["${SMTP_URL}"]
    )
    sender: str = Field(
        "", alias="from", description="the address it comes from", examples=["campaign@library.example"]
    )
    postal_address: str = Field(
        "",
        description="stands at its end; many countries ask for it",
        examples=["Riverside Library, 1 Main Street, Riverside"],
    )
    reply_to: str = Field(
        "",
        max_length=254,
        description="where answers go; empty: to the sender",
        examples=["desk@library.example"],
    )
    name: str = Field(
        "",
        max_length=100,
        description="the sender's name; empty: the campaign's",
        examples=["Riverside Library"],
    )
    per_minute: int = Field(
        60, ge=1, le=6000, description="how many mails a minute go to one domain at most"
    )
    test_to: tuple[Annotated[str, Field(max_length=254)], ...] = Field(
        (),
        max_length=20,
        description="addresses that get the test mails",
        examples=[["desk@library.example"]],
    )
    imap: str = Field(
        "",
        max_length=500,
        repr=False,
        description="imaps://NAME:PASSWORD@HOST/FOLDER, where mail comes back, best as ${IMAP_URL}",
        examples=["${IMAP_URL}"],
    )
    bounce_key: str = Field(
        "",
        max_length=200,
        repr=False,
        description="the secret in the address at which a mail service tells what bounced",
        examples=["${BOUNCE_KEY}"],
    )
    dkim_selector: str = Field(
        "", max_length=63, description="the name of the signing key in DNS", examples=["engaged"]
    )
    dkim_key: str = Field(
        "",
        max_length=20_000,
        repr=False,
        description="the private signing key (PEM), best as ${DKIM_KEY}; empty: your mail server signs",
        examples=["${DKIM_KEY}"],
    )
    listmonk: ListmonkAt | None = Field(None, description="where editions can be handed to")
    waiting_for: SkipJsonSchema[tuple[str, ...]] = ()

    @property
    def is_ready(self) -> bool:
        """Say whether mail can leave at all: without that nobody is asked to subscribe."""
        return bool(self.smtp and self.sender and not self.waiting_for)


class Publish(Frozen):
    """Where the public pages are kept as files, for a web server or a CDN to serve."""

    to: str = Field(
        "",
        max_length=500,
        description="a folder or s3://BUCKET/PREFIX that `engaged run` keeps up to date; empty: none",
        examples=["/srv/www/engaged"],
    )
    purge: str = Field(
        "",
        max_length=500,
        description="an address that is sent the changed paths (POST, JSON); empty: none",
        examples=["https://cdn.example/purge"],
    )


class Retention(Frozen):
    rejected_days: int = Field(30, ge=1, description="how long a rejected post's words are kept")
    raw_days: int = Field(7, ge=0, description="how long raw answers are kept")


class Settings(Frozen):
    public_url: PublicAddress = "http://localhost:8000"
    database: Database = Field(
        "sqlite:///var/engaged.db", description="sqlite:///FILE or postgresql+psycopg://…"
    )
    media: str = Field(
        "var/media",
        min_length=1,
        max_length=500,
        description="the folder of our own copies of pictures",
        examples=["/srv/engaged/media"],
    )
    notice: str = Field(
        "", max_length=300, description="a line at the top of every page, such as Test installation"
    )
    network: NetworkSettings = NetworkSettings()
    campaigns: tuple[Campaign, ...] = Field(min_length=1)
    mail: Mail = Mail()
    publish: Publish = Publish()
    retention: Retention = Retention()

    def campaign(self, slug: str) -> Campaign | None:
        return next((campaign for campaign in self.campaigns if campaign.slug == slug), None)
