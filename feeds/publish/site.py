"""One run of publishing: what changed is drawn again, by the same `render` as for a reader, and written.

**A takedown wins against a run that is under way**: the campaign's version is looked at before every
single file and once more after the last one, and what a change concerns goes before all other work.
A run that is broken off leaves whole files, old or new, and a mark; the next one mends what it left.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from aggregator.copies import file_name, public_file
from aggregator.settings import Campaign
from aggregator.store.published import Cursor, Shown
from feeds import copies
from feeds.addresses import Address, parse_picture, path_of, settle
from feeds.page import HTML, Page
from feeds.pictures import TYPES
from feeds.publish import manifest, plan
from feeds.publish.manifest import File, Manifest
from feeds.publish.place import HIDDEN, Made
from feeds.publish.plan import PICTURES, Posts
from feeds.publish.tools import BrokenOff, Outcome, Purge, Tools
from feeds.render import language_of, render
from feeds.select import MOST_EDITIONS, Door, snapshot

MARK = f"{HIDDEN}/unfinished"
AT_A_TIME = 500
GONE_AT_MOST = 5_000
"""How many removed posts a place that is written anew gets a page for, the last ones first."""
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class Publisher:
    """Keeps one place up to date, run by run."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._is_first = True

    def run(self) -> Outcome:
        """Bring the place up to date.

        Raises:
            PublishError: the place does not take it; what was published before stands.
            StoreError, SQLAlchemyError: the store cannot be asked.
            BrokenOff: `is_stopped` said so.
        """
        with self._tools.place.lock():
            run = _Run(self._tools)
            if self._is_first:
                run.look_around()
            outcome = run.through()
            self._is_first = False
            return outcome


@dataclass
class _Count:
    drawn: int = 0
    written: int = 0
    removed: int = 0


@dataclass
class _Work:
    """What is still to be drawn, by path. What a change concerns is urgent."""

    urgent: dict[str, Address] = field(default_factory=dict)
    later: dict[str, Address] = field(default_factory=dict)

    def add(self, addresses: Collection[Address], *, is_urgent: bool) -> None:
        where = self.urgent if is_urgent else self.later
        where.update((path_of(each), each) for each in addresses)

    def next(self) -> Address | None:
        """Give the next address, urgent ones first, and each once; None: there is none left."""
        path = next(iter(self.urgent or self.later), None)
        if path is None:
            return None
        later = self.later.pop(path, None)
        return self.urgent.pop(path, later)


class _Run:
    """One run, under the place's lock. It goes by what stands there, not by what it remembers."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._settings, self._door, self._place = tools.settings, tools.door, tools.place
        before = manifest.read(self._place.read(manifest.NAME) or b"")
        is_same = before is not None and before.made_of == tools.made_of
        self._before = before or Manifest(tools.now(), tools.made_of)
        self._files = dict(self._before.files)
        self._pictures = dict(self._before.pictures)
        self._there = {name for names in self._pictures.values() for name in names}
        self._versions = dict(self._before.versions) if is_same else {}
        self._changed = {slug: set(paths) for slug, paths in self._before.unpurged.items()}
        # After a run that was broken off nobody knows what it wrote: no hash of before counts.
        self._is_forced = self._place.read(MARK) is not None
        self._is_marked = False
        self._written: set[str] = set()
        self._touched: set[str] = set()
        self._left: set[str] = set()
        self._dropped: set[str] = set()
        self._work = _Work()
        self._count = _Count()

    def look_around(self) -> None:
        """Compare with what is really there: a crash, or somebody's hand, may have left it otherwise."""
        sizes = dict(self._place.files())
        there = {name for name, size in sizes.items() if self._is_whole(name, size)}
        pictures = {PICTURES + name for name in self._there}
        for name in there - self._files.keys() - pictures:
            if parse_picture(f"/{name}"):
                self._there.add(name.removeprefix(PICTURES))
            elif (address := plan.address_in(name)) and self._settings.campaign(address.campaign):
                self._work.add([address], is_urgent=False)
        for name in self._files.keys() - there:
            if address := plan.address_in(name):
                self._work.add([address], is_urgent=False)
            del self._files[name]
        self._look_for_pictures(there)

    def _is_whole(self, name: str, size: int) -> bool:
        known = self._files.get(name)
        return size == known.length if known else size > 0

    def _look_for_pictures(self, there: Collection[str]) -> None:
        lost = {name for name in self._there if PICTURES + name not in there}
        self._there -= lost
        for post, names in self._pictures.items():
            if lost.intersection(names):
                self._work.add(self._of_post(post), is_urgent=False)

    def _of_post(self, post: str) -> list[Address]:
        found = (plan.address_in(name) for name, file in self._files.items() if post in file.path)
        return [each for each in found if each and each.name == post]

    def through(self) -> Outcome:
        """Work until there is nothing left to do, and nothing changed meanwhile."""
        self._drop_campaigns()
        self._work.add(plan.due(self._files.values(), self._tools.now()), is_urgent=False)
        for path, page in self._tools.beside().items():
            self._put(path, page)
        while True:
            self._follow()
            address = self._work.next()
            if address is None:
                break
            if self._tools.is_stopped():
                raise BrokenOff
            self._draw(address)
            if not self._work.urgent:
                self._let_go(self._dropped)
        self._let_go(self._there)
        return self._finish()

    def _drop_campaigns(self) -> None:
        for name, file in list(self._files.items()):
            address = plan.address_in(name)
            if address and address.campaign and self._settings.campaign(address.campaign) is None:
                self._remove(name, file.path)

    def _follow(self) -> None:
        """Look whether anything was published or removed, and let that go before the rest."""
        for campaign in self._settings.campaigns:
            slug = campaign.slug
            since = self._versions.get(slug)
            if since is None:
                self._versions[slug] = self._door.version(slug)
                self._all_of(campaign)
            elif self._door.version(slug) != since:
                touched = self._door.touched(slug, since)
                self._versions[slug] = touched.version
                self._touched |= touched.items
                if touched.everything:
                    self._all_of(campaign)
                else:
                    concerned = plan.concerned(self._settings, campaign, touched)
                    self._work.add([*concerned, *plan.retired(self._files, campaign)], is_urgent=True)

    def _all_of(self, campaign: Campaign) -> None:
        posts = _posts_of(self._door, campaign.slug)
        here = (plan.address_in(name) for name in self._files)
        ours = [each for each in here if each and each.campaign == campaign.slug]
        self._work.add([*plan.whole(self._settings, campaign, posts), *ours], is_urgent=False)

    def _draw(self, address: Address) -> None:
        """Draw one page as it is at this moment, and write it if it is another one than before."""
        path, settled = path_of(address), settle(self._settings, address)
        if settled is None:
            self._remove(plan.file_of(path), path)
            return
        now = self._tools.now()
        seen = snapshot(self._door, self._settings, settled, now)
        page = render(seen, settled, language_of(seen, settled), now)
        self._count.drawn += 1
        if address.kind == "permalink" and not address.language:
            self._note(address, seen.one if isinstance(seen.one, Shown) else None)
        self._put(path, page)

    def _note(self, address: Address, shown: Shown | None) -> None:
        """Bring a post's pictures before its pages; note which posts are to be seen no more."""
        post, before = address.name, self._files.get(plan.file_of(path_of(address)))
        self._dropped |= set(self._pictures.pop(post, ()))
        if shown is not None:
            self._pictures[post] = tuple(self._copy(shown))
            return
        if post in self._touched or (before is not None and not before.is_gone):
            self._left.add(post)

    def _copy(self, shown: Shown) -> list[str]:
        """Put a post's pictures there. One whose file is not made yet comes when it is."""
        names = []
        for picture in shown.pictures:
            for width in picture.widths:
                for form in picture.formats:
                    name = file_name(picture.key, width, form)
                    file = public_file(Path(self._settings.media), picture.key, width, form)
                    if name in self._there or self._bring(name, file, TYPES[form]):
                        names.append(name)
        return names

    def _bring(self, name: str, file: Path, kind: str) -> bool:
        try:
            data = file.read_bytes()
        except OSError:
            return False
        self._write(PICTURES + name, Made(data, kind, copies.KEPT))
        self._there.add(name)
        return True

    def _put(self, path: str, page: Page) -> None:
        name = plan.file_of(path)
        is_gone = page.status == 410
        if page.status not in (200, 410) or (is_gone and page.content_type != HTML):
            self._remove(name, path)
            return
        file = File(
            path=path,
            hash=sha256(page.body).hexdigest(),
            length=len(page.body),
            kind=page.content_type,
            headers=page.headers,
            holds_until=page.holds_until,
            is_gone=is_gone,
        )
        before = self._files.get(name)
        is_known = before is not None and replace(before, holds_until=page.holds_until) == file
        if not is_known or (self._is_forced and name not in self._written):
            kept = dict(page.headers).get("Cache-Control", "")
            self._write(name, Made(page.body, page.content_type, kept, is_gone))
            self._has_changed(path)
        self._files[name] = file

    def _write(self, name: str, made: Made) -> None:
        self._begin()
        self._place.write(name, made)
        self._written.add(name)
        self._count.written += 1

    def _remove(self, name: str, path: str) -> None:
        if name not in self._files and not self._is_forced:
            return
        self._begin()
        self._place.remove(name)
        if self._files.pop(name, None):
            self._count.removed += 1
            self._has_changed(path)

    def _begin(self) -> None:
        """Leave a mark before the first change: it stays when this run is broken off."""
        if not self._is_marked:
            self._place.write(MARK, Made(b""))
            self._is_marked = True

    def _let_go(self, names: Collection[str]) -> None:
        """Take pictures away that no shown post has, and tell which posts are in no file any more."""
        if names:
            wanted = {name for names in self._pictures.values() for name in names}
            for name in sorted(self._there.intersection(names) - wanted):
                self._begin()
                self._place.remove(PICTURES + name)
                self._there.discard(name)
                self._count.removed += 1
                self._has_changed(f"/{PICTURES}{name}")
        self._dropped.clear()
        if self._left:
            self._tools.left(frozenset(self._left))
            self._left.clear()

    def _has_changed(self, path: str) -> None:
        if self._tools.purge is not None:
            slug = path.split("/")[1]
            known = slug if self._settings.campaign(slug) else self._settings.campaigns[0].slug
            self._changed.setdefault(known, set()).add(path)

    def _finish(self) -> Outcome:
        """Write the rules, the manifest last of all, and then tell who wants to know."""
        for name, data in self._tools.rules(self._files).items():
            if self._place.read(name) != data:
                self._write(name, Made(data, "text/plain; charset=utf-8"))
        written = self._manifest()
        if replace(written, made_at=self._before.made_at) != self._before:
            self._begin()
            self._keep(written)
        if self._is_marked or self._is_forced:
            self._place.remove(MARK)
        self._tell()
        return Outcome(
            self._count.drawn,
            self._count.written,
            self._count.removed,
            plan.next_due(self._files.values()),
            not any(self._changed.values()),
        )

    def _manifest(self) -> Manifest:
        return Manifest(
            made_at=self._tools.now(),
            made_of=self._tools.made_of,
            versions=dict(self._versions),
            files=dict(self._files),
            pictures=dict(self._pictures),
            unpurged={slug: tuple(sorted(paths)) for slug, paths in self._changed.items() if paths},
        )

    def _keep(self, written: Manifest) -> None:
        data = manifest.written(written)
        self._place.write(manifest.NAME, Made(data, "application/json", "no-store"))

    def _tell(self) -> None:
        """Tell a CDN what changed. What it does not take now, it is told after the next run."""
        told = 0
        for slug, paths in self._changed.items():
            some = tuple(sorted(paths))
            version = self._versions.get(slug, 0)
            purge = Purge(slug, version, some, tuple(plan.keys_of(some)))
            if self._tools.purge is not None and some and self._tools.purge(purge):
                paths.clear()
                told += 1
        if told:
            self._keep(self._manifest())


def _posts_of(door: Door, slug: str) -> Posts:
    """Give all posts that are shown, those whose address answers 410, and the editions of the mail."""
    shown: list[str] = []
    before: Cursor | None = None
    while some := door.latest(slug, AT_A_TIME, before=before):
        shown += [one.id for each in some for one in (each, *each.thread)]
        before = Cursor(some[-1].sort_at, some[-1].id)
    gone = door.gone(slug, _LONG_AGO, GONE_AT_MOST)
    issues = tuple(each.number for each in door.issues(slug, MOST_EDITIONS))
    return Posts(tuple(shown), tuple(each.id for each in gone), issues)
