"""`engaged check`: what is wrong with the configuration and the database, and what is fine."""

import os
from argparse import Namespace
from collections.abc import Iterator, Sized
from dataclasses import asdict, dataclass
from pathlib import Path

from aggregator.address import Guard
from aggregator.errors import AddressRefused, PublishError, SettingsError, StoreError
from aggregator.settings import Settings
from engaged.configure import database_file, schema, settings_for
from engaged.terminal import WrongUse, answer, document, tell


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. Not fine: somebody must do something before it runs."""

    about: str
    is_fine: bool
    words: str


def check(arguments: Namespace) -> int:
    """Say everything at once; 1 when something must be done before it runs."""
    if arguments.schema:
        document(schema())
        return 0
    try:
        settings = settings_for(arguments.config)
    except SettingsError as error:
        if arguments.json:
            document({"mistakes": [asdict(mistake) for mistake in error.mistakes], "findings": []})
        raise
    findings = list(look(settings, arguments.config))
    if arguments.json:
        document({"mistakes": [], "findings": [asdict(finding) for finding in findings]})
    else:
        _print(findings)
    return 0 if all(finding.is_fine for finding in findings) else 1


def look(settings: Settings, config: Path) -> Iterator[Finding]:
    """Give what there is to say about settings that hold no mistake."""
    sources = [(campaign, source) for campaign in settings.campaigns for source in campaign.sources]
    counts = f"{_count(settings.campaigns, 'campaign')}, {_count(sources, 'source')}, no mistakes"
    yield Finding(str(config), is_fine=True, words=counts)
    for campaign, source in sources:
        if source.waiting_for:
            names = ", ".join(source.waiting_for)
            words = f"is waiting for a key: set {names} in the environment"
            yield Finding(f"{campaign.slug}/{source.name}", is_fine=True, words=words)
    yield from _look_at_mail(settings)
    yield from _look_at_database(settings)
    yield _look_at_folder(Path(settings.media), "media")
    yield from _look_at_publishing(settings, config)


def _look_at_mail(settings: Settings) -> Iterator[Finding]:
    mail = settings.mail
    if mail.waiting_for:
        names = ", ".join(mail.waiting_for)
        yield Finding("mail", is_fine=True, words=f"is waiting: set {names} in the environment")
    elif mail.smtp and not mail.sender:
        words = "has a server and no sender: write mail.from, the address that mail comes from"
        yield Finding("mail", is_fine=False, words=words)
    elif mail.smtp:
        words = "is sent when editors approve it; `engaged highlights check` looks at server and domain"
        yield Finding("mail", is_fine=True, words=words)


def _look_at_database(settings: Settings) -> Iterator[Finding]:
    file = database_file(settings)
    if file is None:
        yield _look_inside(settings, "the database")
        return
    yield _look_at_folder(file.parent, "database")
    if file.exists() and not os.access(file, os.W_OK):
        words = "cannot be written: give it to the user who runs this, or change `database`"
        yield Finding(str(file), is_fine=False, words=words)
    elif file.exists():
        yield _look_inside(settings, str(file))
    else:
        words = "is not there yet; `engaged run` or `engaged collect` makes it"
        yield Finding(str(file), is_fine=True, words=words)


def _look_at_folder(folder: Path, setting: str) -> Finding:
    there = next(place for place in (folder, *folder.parents) if place.exists())
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return Finding(str(folder), is_fine=True, words="can be written")
    words = f"cannot be written: let this user write {there}, or change `{setting}`"
    return Finding(str(folder), is_fine=False, words=words)


def _look_inside(settings: Settings, name: str) -> Finding:
    from engaged import doors  # SQLAlchemy takes longer to load than everything else here together

    try:
        with doors.reader(settings):
            return Finding(name, is_fine=True, words="answers and has this program's schema")
    except StoreError as error:
        return Finding(name, is_fine=False, words=str(error))


def _look_at_publishing(settings: Settings, config: Path) -> Iterator[Finding]:
    to, purge = settings.publish.to, settings.publish.purge
    if to:
        yield _look_at_place(settings, to, config)
    if purge:
        yield _look_at_purge(settings, purge)
    if purge and not to:
        words = "is told nothing: `publish.to` names no place to publish to"
        yield Finding("publish.purge", is_fine=True, words=words)


def _look_at_place(settings: Settings, to: str, config: Path) -> Finding:
    from engaged import publishing  # it brings all that draws pages
    from feeds.publish import manifest
    from feeds.publish.bucket import Bucket

    try:
        place = publishing.place_of(publishing.where(to, config), settings)
        if isinstance(place, Bucket):
            place.read(manifest.NAME)
            return Finding(to, is_fine=True, words="answers, and lets us read")
    except (PublishError, WrongUse) as error:
        return Finding("publish.to", is_fine=False, words=str(error))
    return _look_at_folder(Path(str(place)), "publish.to")


def _look_at_purge(settings: Settings, purge: str) -> Finding:
    try:
        address = Guard(settings.network).judge(purge)
    except AddressRefused as error:
        words = f"cannot be told ({error.detail}): it is a whole web address, such as https://cdn.example/purge"
        return Finding("publish.purge", is_fine=False, words=words)
    return Finding(
        "publish.purge", is_fine=True, words=f"is an address that can be told: {address.shown}"
    )


def _count(things: Sized, word: str) -> str:
    return f"{len(things)} {word}" if len(things) == 1 else f"{len(things)} {word}s"


def _print(findings: list[Finding]) -> None:
    for finding in findings:
        say = answer if finding.is_fine else tell
        say(f"{finding.about}: {finding.words}")
