"""The elements that nearly every feed is made of, by namespace: read or passed by in plain_xml.py."""

ATOM = "http://www.w3.org/2005/Atom "
DC = "http://purl.org/dc/elements/1.1/ "
MEDIA = "http://search.yahoo.com/mrss/ "
THREAD = "http://purl.org/syndication/thread/1.0 "
LANGUAGE = "http://www.w3.org/XML/1998/namespace lang"
# What feedparser takes for a base or a language of its own, wherever it stands.
SCOPED = frozenset((LANGUAGE, "http://www.w3.org/XML/1998/namespace base", "base", "lang"))
SCOPES = frozenset((ATOM + "feed", ATOM + "entry"))  # they look at their attributes themselves

RSS_FEED = {name: name for name in ("title", "link", "language", "generator")}
RSS_FEED_IGNORED = frozenset(
    [
        "category",
        "cloud",
        "copyright",
        "description",
        "docs",
        "image",
        "lastBuildDate",
        "managingEditor",
        "pubDate",
        "rating",
        "skipDays",
        "skipHours",
        "textInput",
        "ttl",
        "webMaster",
    ]
)
RSS_FEED_IGNORED_SPACES = frozenset(
    (
        "http://purl.org/rss/1.0/modules/syndication/",
        "http://rssnamespace.org/feedburner/ext/1.0",
        "http://www.itunes.com/dtds/podcast-1.0.dtd",
    )
)
RSS_ENTRY = {
    **{name: name for name in ("title", "link", "guid", "pubDate", "description")},
    "http://purl.org/rss/1.0/modules/content/ encoded": "content",
    "http://purl.org/rss/1.0/modules/slash/ comments": "replies",
}
RSS_ENTRY_IGNORED = frozenset(
    (
        "comments",
        "http://wellformedweb.org/CommentAPI/ commentRss",
        "com-wordpress:feed-additions:1 post-id",
    )
)
ATOM_FEED = {ATOM + name: name for name in ("title", "generator")}
ATOM_FEED_IGNORED = frozenset(
    ATOM + name for name in ("category", "icon", "id", "logo", "rights", "subtitle", "updated")
)
ATOM_ENTRY = {
    **{ATOM + name: name for name in ("title", "id", "published", "updated", "summary", "content")},
    THREAD + "total": "replies",
}
ATOM_ENTRY_IGNORED = frozenset((ATOM + "contributor", ATOM + "rights"))
ATOM_TYPES = {"": False, "text": False, "text/plain": False, "html": True, "text/html": True}
PAGE_TYPES = frozenset(("", "html", "text/html", "xhtml", "application/xhtml+xml"))
