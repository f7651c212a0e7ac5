"""Named selections: what a campaign shows under which name, and what a forgotten name gives."""

from aggregator.settings import DEFAULT_VIEWS, Campaign, View


def featured_name(campaign: Campaign) -> str:
    """Say which view stands in for a name that is not there (any more).

    A view is retired, never deleted: its frame is still on somebody's site.
    """
    views = campaign.shown_views
    if "featured" in views:
        return "featured"
    return next((name for name, view in views.items() if view.layout == "featured"), "featured")


def wall_name(campaign: Campaign) -> str:
    """Say which view holds the newest posts: the one whose feeds the hub offers."""
    views = campaign.shown_views
    return next((name for name, view in views.items() if not view.slot), featured_name(campaign))


def known_name(campaign: Campaign, name: str) -> str:
    """Give the name itself, or the featured view's when there is no such view.

    A name that never existed is treated like a retired one: we cannot tell the two apart once a view
    has left config.yaml, and an empty box on a library's page helps neither.
    """
    return name if name in campaign.shown_views else featured_name(campaign)


def view_of(campaign: Campaign, name: str) -> View:
    """Give the view of a known name."""
    return campaign.shown_views.get(name) or DEFAULT_VIEWS["featured"]
