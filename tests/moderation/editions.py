"""A campaign with a weekly mail, invented posts in it, and editions of every state, for its screens."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any

from aggregator.item import Action, Author, Item, Media, SafeHtml
from aggregator.settings import Mail
from aggregator.store import deliveries, issues, subscribers
from aggregator.store.issues import Issue
from feeds.highlights.draft import Draft, Pick, as_json, from_json
from feeds.highlights.letter import Letter, freeze
from moderation.app import create_app
from moderation.issue_letters import letters_of
from tests.aggregator.store import making
from tests.moderation.filling import bring
from tests.moderation.house import SLUG, House

PATH = f"/moderate/{SLUG}/highlights"
DUE = timedelta(days=4)
_WRITERS = (
    ("Ana Lee", "We read to forty children on the bus this morning, and nobody wanted to get off."),
    ("Bram Okafor", "Our seed library reopened: take three packets, bring back what you grow."),
    ("Chidi Nwosu", "Repair café at the branch: eleven lamps, four toasters and one accordion saved."),
    ("Dalia Haddad", "مكتبتنا تفتح أبوابها للجميع: ورشة كتابة كل سبت، والقهوة علينا."),
    ("Esi Mensah", "Twelve grandmothers recorded their songs in our studio. Come and listen."),
    ("Farid Rahmani", "A sewing machine, a 3-D printer and a lot of patience: the maker room in May."),
    ("Greta Lindholm", "We asked what people miss most. The answer was benches, so we built six."),
    ("Hana Sato", "Homework help is now in five languages, thanks to our volunteers."),
    ("Ivo Marković", "The reading garden won a prize, and the tomatoes did too."),
)  # fmt: skip


def mailing(found: House, **campaign: Any) -> House:
    """Give the same house with a mail server, and three languages unless the caller says otherwise."""
    settings = found.desk.settings
    ours = settings.campaigns[0].model_copy(
        update={"languages": ("en", "fr", "ar"), "timezone": "America/New_York", **campaign}
    )
    mail = Mail.model_validate(
        {
            "smtp": "smtp://127.0.0.1:2525",
            "from": "campaign@library.example",
            "postal_address": "Riverside Library, 1 Main Street, Riverside",
            "test_to": ("desk@library.example", "proof@library.example"),
        }
    )
    desk = replace(found.desk, settings=settings.model_copy(update={"campaigns": (ours,), "mail": mail}))
    return House(desk, create_app(desk), found.clock, found.people)


def posts(house: House, many: int = 9, *, pictures: Sequence[Media] = ()) -> list[str]:
    """Let there be shown posts, each by somebody else, and give their ids."""
    items = [
        Item(
            url=f"https://glammr.example/@{name.split()[0].lower()}/1",
            text=words,
            html=SafeHtml(f"<p>{words}</p>"),
            author=Author(name, "", "", f"feed:{name}"),
            tags=("engagedlibraries",),
            language="ar" if words[0] > "\u0600" else "en",
            direction="rtl" if words[0] > "\u0600" else "ltr",
            media=tuple(pictures),
        )
        for name, words in _WRITERS[:many]
    ]
    ids = bring(house, *items)
    for each in ids:
        making.decide(house.desk.writer, Action.APPROVE, each, house.clock())
    return ids


def a_draft(ids: Sequence[str], many: int = 5, **more: Any) -> Draft:
    """Give a draft of the first posts; the others are runners-up."""
    values: dict[str, Any] = {
        "subject": {"en": "The bus that nobody left", "fr": "Le bus que personne n’a quitté"},
        "preheader": {"en": "Songs, seeds and an accordion"},
        "intro": {"en": "A good week: here is what you made of it."},
        "picks": tuple(
            Pick(
                each,
                ("pinned", "percentile:97") if not place else (f"percentile:{93 - place}", "new-place"),
            )
            for place, each in enumerate(ids[:many])
        ),
        "runners_up": tuple(Pick(each, ("percentile:71", "new-topic")) for each in ids[many:]),
    }
    return Draft(**{**values, **more})


def begun(house: House, draft: Draft, weeks_ago: int = 0, due: datetime | None = None) -> Issue:
    """Let there be an edition in its first state."""
    now = house.clock()
    due_at = due or now + DUE - timedelta(weeks=weeks_ago)
    with house.desk.writer.begin() as connection:
        made = issues.begin(
            connection,
            SLUG,
            date(2026, 10, 5) - timedelta(weeks=weeks_ago),
            due_at,
            due_at + timedelta(hours=6),
            as_json(draft),
            list(draft.items),
            "",
            now,
        )
    assert made
    return made


def now_of(house: House, number: int) -> Issue:
    with house.desk.reader.connect() as connection:
        found = issues.one(connection, SLUG, number)
    assert found
    return found


def approved(
    house: House, issue: Issue, *, by: str = "Edda Lindqvist", whole: dict[str, Letter] | None = None
) -> Issue:
    """Let somebody have approved an edition, with the letters that it has now, or with these."""
    campaign = house.desk.settings.campaigns[0]
    frozen, digest = freeze(letters_of(house.desk, campaign, issue) if whole is None else whole)
    needs_second = campaign.highlights.second_person
    with house.desk.writer.begin() as connection:
        return issues.approve(
            connection, issue.id, issue.version, frozen, digest, by, needs_second, house.clock()
        )


def people(house: House, many: int) -> None:
    """Let people subscribe, as a list brings them."""
    rows = [subscribers.Row(f"reader{number}@mail.example") for number in range(many)]
    with house.desk.writer.begin() as connection:
        subscribers.bring_in(connection, SLUG, rows, "sign-up sheet", "Amina", house.clock())


def sending(house: House, issue: Issue, fates: Sequence[str]) -> Issue:
    """Let an approved edition go out, with these fates for the first of its mails."""
    now = house.clock()
    with house.desk.writer.begin() as connection:
        issues.start(connection, issue.id, now)
        deliveries.fill(connection, issue.id, now, "library.example")
        for one, fate in zip(
            deliveries.claim(connection, issue.id, now, len(fates)), fates, strict=True
        ):
            if fate == "failed":
                deliveries.failed(connection, one.id, f"550 5.1.1 <{one.address}>: no such mailbox", now)
            elif fate == "uncertain":
                deliveries.doubted(connection, one.id, "the line broke", now)
            else:
                deliveries.sent(connection, one.id, now, "250 ok")
                if fate == "bounced":
                    deliveries.bounced(connection, one.message_id, True, "5.1.1 unknown", now)
    return now_of(house, issue.number)


def ended(house: House, issue: Issue) -> Issue:
    with house.desk.writer.begin() as connection:
        return issues.end(connection, issue.id, house.clock())


class Upload(BytesIO):
    """A list of subscribers that can be sent again and again."""

    name = "readers.csv"

    def __init__(self, text: str = "") -> None:
        super().__init__(
            (text or "address,consent date,proof\nnew@mail.example,2026-01-31,sign-up sheet\n").encode()
        )

    def close(self) -> None:
        self.seek(0)


def drafted(house: House) -> Issue:
    """Let there be another draft, of the week after the last one."""
    with house.desk.reader.connect() as connection:
        there = issues.newest(connection, SLUG, 1)
    weeks_on = 1 + (there[0].week - date(2026, 10, 5)).days // 7 if there else 0
    return begun(house, Draft(subject={"en": "Το λεωφορείο"}), -weeks_on)


def waiting_for_another(house: House) -> Issue:
    """Let the first of two people have approved an edition."""
    issue = drafted(house)
    frozen, digest = freeze({})
    with house.desk.writer.begin() as connection:
        return issues.approve(
            connection, issue.id, issue.version, frozen, digest, "Somebody Else", True, house.clock()
        )


def on_its_way(house: House) -> Issue:
    """Let an edition be sent to a few people: some got it, one did not, of one nobody knows."""
    people(house, 4)
    issue = drafted(house)
    frozen, digest = freeze({})
    with house.desk.writer.begin() as connection:
        issues.approve(
            connection, issue.id, issue.version, frozen, digest, "Somebody Else", False, house.clock()
        )
    return sending(house, issue, ["sent", "failed", "uncertain"])


def versioned(issue: Issue, **form: str) -> dict[str, str]:
    return {"version": str(issue.version), **form}


def edited(house: House, issue: Issue, **changes: Any) -> Issue:
    """Let somebody else keep other words."""
    draft = replace(from_json(issue.content), **(changes or {"subject": {"en": "Benches, six of them"}}))
    with house.desk.writer.begin() as connection:
        return issues.save(connection, issue.id, issue.version, as_json(draft), list(draft.items))


def reopened(house: House, issue: Issue) -> Issue:
    with house.desk.writer.begin() as connection:
        return issues.reopen(connection, issue.id)


def paused(house: House, issue: Issue) -> Issue:
    with house.desk.writer.begin() as connection:
        return issues.pause(connection, issue.id)


def resumed(house: House, issue: Issue) -> Issue:
    with house.desk.writer.begin() as connection:
        return issues.resume(connection, issue.id, house.clock())


def retried(house: House, issue: Issue) -> int:
    with house.desk.writer.begin() as connection:
        return deliveries.retry_failed(connection, issue.id, house.clock())


def in_doubt(house: House, issue: Issue) -> int:
    with house.desk.reader.connect() as connection:
        return deliveries.uncertain(connection, issue.id)[0].id


def settled(house: House, issue: Issue) -> bool:
    number = in_doubt(house, issue)
    with house.desk.writer.begin() as connection:
        return deliveries.settle(connection, number, "sent", "Somebody Else", house.clock())


def reader(house: House) -> str:
    people(house, 1)
    return "reader0@mail.example"
