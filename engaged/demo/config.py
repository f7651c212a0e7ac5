"""The demo's own config.yaml: an ordinary one, for the ordinary program."""

from datetime import datetime, timedelta

from engaged.demo.blogs import FEEDS
from engaged.demo.content import HASHTAG, content
from engaged.demo.plan import Plan
from engaged.demo.timeline import NAMES

NOTICE = "Demo: invented posts, nothing leaves this computer"
SLUG = "engagedlibraries"
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
REACHES_BACK = timedelta(days=60)
DRAFTED_BEFORE, SENT_AFTER = timedelta(hours=1), timedelta(minutes=10)
"""Whoever begins a demo finds this week's mail drafted, and time to look at it before it goes."""

_HEAD = """\
# Written by `engaged demo` at each start: what you change here is lost.
public_url: {plan.engaged}
database: sqlite:///engaged.db
notice: "{notice}"
network:
  allow_addresses: [127.0.0.0/8, "::1/128"]
  hosts:
{hosts}
campaigns:
  - slug: {slug}
    name: "#{hashtag}"
    about: Libraries everywhere share how they work with their communities.
    hashtags: [{hashtag}]
    timezone: UTC
    starts: {starts}
    contact: demo@campaign.example
    languages: [en, es, am, fil, fr, yo, ar]
    views:
      featured: {{layout: featured, slot: post}}
      wall: {{layout: grid, limit: 12, highlight: true}}
      stories: {{layout: list, limit: 6}}
      row: {{layout: carousel, limit: 10}}
      spanish: {{layout: list, limit: 6, languages: [es], heading: "#EngagedLibraries en español"}}
    highlights: {{draft: {draft}, send: {send}, top: 6}}
    sources:
{sources}
mail:
  smtp: smtp://localhost:{plan.mail}
  from: campaign@campaign.example
  postal_address: "Alder Bend Public Library, 1 Ferry Lane, Alder Bend"
  per_minute: 600
  test_to: [editors@readers.example]
"""
_HOST = '    "localhost:{port}": {{at_once: 4, pause: 0s}}'
_NETWORK = (
    '      - {{name: {name}, label: "{label}", kind: mastodon, server: "{origin}", '
    "tag: {tag}, every: 5s}}"
)
_BLOG = '      - {{name: {name}, label: "{label}", kind: feed, url: "{url}", every: 10s}}'


def config_text(plan: Plan) -> str:
    """Give the file's text for a plan."""
    networks = [
        _NETWORK.format(name=name, label=label, origin=plan.origin(name), tag=HASHTAG)
        for name, label in NAMES.items()
    ]
    blogs = [
        _BLOG.format(name=blog.key, label=blog.title, url=plan.origin("blogs") + FEEDS[blog.key])
        for blog in content().blogs.values()
    ]
    return _HEAD.format(
        plan=plan,
        notice=NOTICE,
        hosts="\n".join(_HOST.format(port=port) for port in plan.sites.values()),
        slug=SLUG,
        hashtag=HASHTAG,
        starts=f"{plan.began - REACHES_BACK:%Y-%m-%d}",
        draft=_weekly(plan.began - DRAFTED_BEFORE),
        send=_weekly(plan.began + SENT_AFTER),
        sources="\n".join([*networks, *blogs]),
    )


def _weekly(moment: datetime) -> str:
    """Give a day of the week with an hour, as config.yaml says it: always in English."""
    return f"{DAYS[moment.weekday()]} {moment:%H:%M}"
