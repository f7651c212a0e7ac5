"""The command line. Each command loads only what it needs: collecting knows nothing of the web.

Exit codes: 0 done, 1 something failed and was said, 2 wrong use, 130 ended by Ctrl-C.
"""

import argparse
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from aggregator.errors import EngagedError
from aggregator.item import Action, State
from engaged import __version__
from engaged.terminal import WrongUse, tell

BROKEN_PIPE = 141  # what a shell sees of a program that SIGPIPE ended
ENDED_BY_KEYBOARD = 130

Command = Callable[[str, str], argparse.ArgumentParser]
"""Adds a command with its name and what it does."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code."""
    try:
        arguments = parser().parse_args(argv)
        code: int = arguments.run(arguments)
        sys.stdout.flush()
    except SystemExit as ended:  # argparse: --help, or a wrong use it has explained
        return ended.code if isinstance(ended.code, int) else 1
    except EngagedError as error:
        tell(str(error))
        return 2 if isinstance(error, WrongUse) else 1
    except KeyboardInterrupt:
        return ENDED_BY_KEYBOARD
    except BrokenPipeError:
        # Python flushes standard output once more while it ends: let that go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    return code


class _Parser(argparse.ArgumentParser):
    """Says a wrong use as a sentence with what to do next, without a screenful of usage."""

    def error(self, message: str) -> NoReturn:
        if found := re.fullmatch(
            r"argument (\S+): invalid choice: '?(.*?)'? \(choose from (.*)\)", message
        ):
            known = found[3].replace("'", "")
            message = f"{found[1]}: there is no {found[2]}; there are: {known}"
        message = message.removeprefix("argument ").replace(
            "the following arguments are required:", "something is missing:"
        )
        tell(f"{message}.\n`{self.prog} --help` says how to call it.")
        raise SystemExit(2)


def parser() -> argparse.ArgumentParser:
    """Give the whole command line, which also is what documentation is tested against."""
    whole = _Parser(
        prog="engaged",
        description="Collects what people post under a hashtag; publishes what people approve.",
    )
    whole.add_argument("--version", action="version", version=f"engaged {__version__}")
    commands = whole.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, words: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=words, description=f"{words[0].upper()}{words[1:]}.")
        made.add_argument(
            "--config",
            type=Path,
            default=Path("config.yaml"),
            metavar="FILE",
            help="default: config.yaml",
        )
        return made

    for add in (
        _add_running,
        _add_collecting,
        _add_deciding,
        _add_inviting,
        _add_highlights,
        _add_looking_after,
    ):
        add(command)
    return whole


def _add_running(command: Command) -> None:
    run = command("run", "run everything: the web half, collecting, publishing")
    run.set_defaults(run=_run)
    web = command("web", "serve the public pages and moderation")
    web.add_argument(
        "--workers", type=_at_least_one, default=1, metavar="N", help="processes (default: 1)"
    )
    web.set_defaults(run=_web)
    prepare = command(
        "prepare", "do what `run` does first: check the port, bring the database up to date"
    )
    prepare.set_defaults(run=_prepare)
    for one in (run, web, prepare):
        one.add_argument("--host", default="127.0.0.1", help="default: 127.0.0.1, this machine only")
        one.add_argument(
            "--port", type=_port, metavar="N", help="default: the port of an http:// public_url, or 8000"
        )
    command("work", "collect on schedule").set_defaults(run=_work)
    publish = command("publish", "write the public pages as files, to a folder or a bucket")
    publish.add_argument(
        "--to", metavar="PLACE", help="a folder, or s3://BUCKET/PREFIX (default: publish.to)"
    )
    publish.add_argument(
        "--keep", action="store_true", help="go on until ended, and write each change as it comes"
    )
    _add_json(publish)
    publish.set_defaults(run=_publish)
    demo = command("demo", "try it out: an invented campaign on this computer, without any network")
    demo.add_argument(
        "--port", type=_port, metavar="N", help="default: 8000; the invented sites take the next ones"
    )
    demo.add_argument("--fresh", action="store_true", help="begin anew")
    demo.add_argument("--only", choices=["stand-in", "moderate"], help=argparse.SUPPRESS)
    demo.set_defaults(run=_demo)


def _add_collecting(command: Command) -> None:
    collect = command("collect", "look at the sources that are due, or at the named ones, once")
    collect.add_argument("names", nargs="*", metavar="NAME", help="a source, or CAMPAIGN/SOURCE")
    _add_json(collect)
    collect.set_defaults(run=_collect)


def _add_deciding(command: Command) -> None:
    items = command("items", "list items, newest first")
    items.add_argument("--campaign", metavar="SLUG", help="of one campaign only")
    items.add_argument("--state", choices=[state.value for state in State], help="in one state only")
    items.add_argument("--queue", action="store_true", help="only what waits for a person")
    items.add_argument("--limit", type=_limit, default=100, metavar="N", help="default: 100; 0: all")
    items.add_argument("--after", type=_item, metavar="ID", help="go on behind this item")
    _add_json(items)
    items.set_defaults(run=_items)
    decide = command("decide", "approve, reject, take down …")
    decide.add_argument(
        "action", choices=[action.value for action in Action], metavar="ACTION",
        help=", ".join(Action),
    )  # fmt: skip
    decide.add_argument(
        "targets", nargs="+", type=_target, metavar="ID[@VERSION]", help="as `engaged items` lists them"
    )
    decide.add_argument(
        "--as", dest="name", required=True, type=_name, metavar="NAME", help="who decides"
    )
    decide.add_argument("--reason", default="", metavar="CODE", help="why, as a code such as off-topic")
    decide.add_argument("--note", default="", metavar="TEXT", help="why, in words for colleagues")
    decide.add_argument(
        "--set", dest="changes", action="append", default=[], type=_change, metavar="FIELD=WORDS",
        help="what amend writes, such as alt='Two readers'",
    )  # fmt: skip
    _add_json(decide)
    decide.set_defaults(run=_decide)


def _add_inviting(command: Command) -> None:
    invite = command("invite", "make a link that works once: for a new moderator, or a new password")
    invite.add_argument(
        "email", nargs="?", metavar="EMAIL", help="of the new person; they can sign in with it as well"
    )
    invite.add_argument(
        "--role", choices=["viewer", "moderator", "editor", "admin"], metavar="ROLE",
        help="what the new person may do: viewer, moderator, editor, admin",
    )  # fmt: skip
    invite.add_argument(
        "--name", metavar="NAME", help="instead: a new password for somebody who is there already"
    )
    _add_json(invite)
    invite.set_defaults(run=_invite)
    people = command("people", "list who may moderate, or let one of them go")
    people.add_argument("--deactivate", metavar="NAME", help="NAME can no longer sign in")
    _add_json(people)
    people.set_defaults(run=_people)


def _add_highlights(command: Command) -> None:
    mail = command("highlights", "the weekly mail: draft, preview, approve, send, status, check")
    mail.add_argument(
        "step", metavar="STEP",
        choices=["draft", "preview", "approve", "send", "status", "check", "hand-over"],
        help="draft, preview, approve, send, status, check; hand-over: as a draft to listmonk",
    )  # fmt: skip
    mail.add_argument("--campaign", metavar="SLUG", help="which campaign, where there are several")
    mail.add_argument("--number", type=_edition, metavar="N", help="which edition (default: the newest)")
    mail.add_argument("--as", dest="name", type=_name, metavar="NAME", help="approve: who approves")
    mail.add_argument("--to", type=Path, metavar="FOLDER", help="preview: where its files are written")
    mail.add_argument(
        "--test", action="store_true", help="send: a test to the addresses of mail.test_to"
    )
    mail.add_argument("--now", action="store_true", help="send: before its hour")
    _add_json(mail)
    mail.set_defaults(run=_highlights)


def _add_looking_after(command: Command) -> None:
    check = command("check", "say what is wrong with the configuration and the database")
    check.add_argument(
        "--schema", action="store_true", help="print the JSON schema of config.yaml instead"
    )
    _add_json(check)
    check.set_defaults(run=_check)
    verify = command("verify", "prove that the store keeps its promises")
    _add_json(verify)
    verify.set_defaults(run=_verify)


def _add_json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="one JSON document, for scripts")


# The imports stand inside: `engaged check` would wait a second for what it never uses.


def _run(arguments: argparse.Namespace) -> int:
    from engaged import run

    return run.run(arguments)


def _web(arguments: argparse.Namespace) -> int:
    from engaged import serve

    return serve.web(arguments)


def _work(arguments: argparse.Namespace) -> int:
    from engaged import collecting

    return collecting.work(arguments)


def _publish(arguments: argparse.Namespace) -> int:
    from engaged import publishing

    return publishing.publish(arguments)


def _prepare(arguments: argparse.Namespace) -> int:
    from engaged import prepare

    return prepare.prepare(arguments)


def _demo(arguments: argparse.Namespace) -> int:
    from engaged.demo import start

    return start.demo(arguments)


def _collect(arguments: argparse.Namespace) -> int:
    from engaged import collecting

    return collecting.collect(arguments)


def _items(arguments: argparse.Namespace) -> int:
    from engaged import deciding

    return deciding.items(arguments)


def _decide(arguments: argparse.Namespace) -> int:
    from engaged import deciding

    return deciding.decide(arguments)


def _invite(arguments: argparse.Namespace) -> int:
    from engaged import inviting

    return inviting.invite(arguments)


def _people(arguments: argparse.Namespace) -> int:
    from engaged import inviting

    return inviting.show(arguments)


def _highlights(arguments: argparse.Namespace) -> int:
    from engaged import highlights

    return highlights.highlights(arguments)


def _verify(arguments: argparse.Namespace) -> int:
    from engaged import deciding

    return deciding.verify(arguments)


def _check(arguments: argparse.Namespace) -> int:
    from engaged import checking

    return checking.check(arguments)


def _port(text: str) -> int:
    return _number(text, 1, 65535, "a port is a number from 1 to 65535")


def _at_least_one(text: str) -> int:
    return _number(text, 1, 64, "a number from 1 to 64 is needed")


def _edition(text: str) -> int:
    return _number(text, 1, 99999, "editions are counted from 1")


def _limit(text: str) -> int:
    return _number(text, 0, 10**9, "a number is needed; 0 means all")


def _number(text: str, least: int, most: int, words: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text) or not least <= int(text) <= most:
        raise argparse.ArgumentTypeError(f"{words}, not {text}")
    return int(text)


def _item(text: str) -> str:
    return _target(text)[0]


def _target(text: str) -> tuple[str, int | None]:
    """Read `ID` or `ID@VERSION`."""
    found = re.fullmatch(r"([a-z2-7]{12})(?:@([0-9]{1,9}))?", text)
    if not found:
        raise argparse.ArgumentTypeError(
            f"{text} is no item: an item's ID has 12 letters and digits; `engaged items` lists them"
        )
    return found[1], int(found[2]) if found[2] else None


def _name(text: str) -> str:
    if not text.strip() or len(text) > 100 or not text.isprintable():
        raise argparse.ArgumentTypeError("say who decides, in at most 100 characters")
    return text.strip()


def _change(text: str) -> tuple[str, str]:
    field, sign, words = text.partition("=")
    if not sign or not field:
        raise argparse.ArgumentTypeError(f"{text} is not FIELD=WORDS")
    return field, words
