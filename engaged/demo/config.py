"""The demo's own config.yaml: an ordinary one, for the ordinary program."""

from datetime import timedelta

from engaged.demo.blogs import FEEDS
from engaged.demo.content import HASHTAG, content
from engaged.demo.plan import Plan
from engaged.demo.timeline import NAMES

NOTICE = "Demo: invented posts, nothing leaves this computer"
SLUG = "engagedlibraries"
REACHES_BACK = timedelta(days=60)

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
    sources:
{sources}
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
        sources="\n".join([*networks, *blogs]),
    )
