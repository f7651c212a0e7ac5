"""Rules for web servers: the headers that pages carry, where their files are, and 410 for what is gone.

They are made from what was written, and depend on the settings alone: no rule has to be read again
because a post came or went. That a post is gone, the server sees by the file `ID.gone` beside its page.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aggregator.settings import Campaign, Settings
from feeds.addresses import PATTERNS, VIEW_KINDS, Address, path_of
from feeds.copies import KEPT
from feeds.publish.manifest import File, Headers
from feeds.publish.place import HIDDEN
from feeds.publish.plan import address_in, file_of, is_of_post
from feeds.views import featured_name

NGINX_HTTP, NGINX_SERVER = f"{HIDDEN}/nginx-http.conf", f"{HIDDEN}/nginx-server.conf"
APACHE, HOSTED = ".htaccess", "_headers"

_PICTURES: Headers = (
    ("Cache-Control", KEPT),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Content-Security-Policy", "default-src 'none'; sandbox"),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
)
_SAID = "# Written by `engaged publish`: what is changed here is lost.\n"


@dataclass(frozen=True, slots=True)
class Rule:
    """Headers for one file, or for all files whose names begin so.

    Attributes:
        name: of the file, such as `tea/e/featured.html`; of a folder it ends in `/`.
        path: the address that readers ask for; a folder's ends in `/*`. "": nobody asks for it.
        is_gone: for the pages of removed posts in that folder, and no others.
    """

    name: str
    path: str
    headers: Headers
    is_gone: bool = False

    @property
    def regex(self) -> str:
        if not self.name.endswith("/"):
            return f"^/{re.escape(self.name)}$"
        which = r".*\.gone$" if self.is_gone else r"(?!.*\.gone$)"
        return f"^/{re.escape(self.name)}{which}"


def not_found_file(slug: str) -> str:
    """Give where the page lies that a server sends with 404."""
    return f"{HIDDEN}/404/{slug}.html"


def written(settings: Settings, files: Mapping[str, File], more: Iterable[Rule]) -> dict[str, bytes]:
    """Give the files with rules, by their names.

    Args:
        more: rules for what is not told by `files`: the pages of posts, and of servers.
    """
    rules = [*_rules(files), *more, Rule("i/", "/i/*", _PICTURES)]
    types = sorted({_ending(name): file.kind for name, file in files.items()}.items())
    made = {
        NGINX_HTTP: _nginx_http(rules, settings.campaigns[0]),
        NGINX_SERVER: _nginx_server(settings.campaigns, types),
        APACHE: _apache(settings.campaigns, rules, types),
        HOSTED: _hosted(rules),
    }
    return {name: text.encode() for name, text in made.items()}


def _rules(files: Mapping[str, File]) -> list[Rule]:
    """Give a rule for each page that is not one of many."""
    return [
        Rule(name, file.path, file.headers)
        for name, file in sorted(files.items())
        if not name.startswith(HIDDEN) and not _is_one_of_many(name)
    ]


def _is_one_of_many(name: str) -> bool:
    """Say whether a rule for its folder is there: for posts, and for editions of the weekly mail."""
    address = address_in(name)
    in_folder = ("highlights", "highlights-issue")
    return address is not None and (is_of_post(address) or address.kind in in_folder)


def _nginx_http(rules: Iterable[Rule], first: Campaign) -> str:
    """Give what stands in `http { }`: a map from the file to each header."""
    rules = list(rules)
    maps = [
        f"{_SAID}# In `http {{ }}`: include FOLDER/{NGINX_HTTP};",
        "map $uri $engaged_campaign {",
        f"    default {first.slug};",
        '    "~^/(?<engaged_slug>[a-z0-9-]+)/" $engaged_slug;',
        "}",
    ]
    for header in _names(rules):
        maps += [f"map $uri {_variable(header)} {{", '    default "";']
        maps += [
            f"    {_quoted('~' + rule.regex)} {_quoted(value)};"
            for rule in rules
            for name, value in rule.headers
            if name == header
        ]
        maps.append("}")
    return "\n".join(maps) + "\n"


def _nginx_server(campaigns: Iterable[Campaign], types: Iterable[tuple[str, str]]) -> str:
    """Give what stands in `server { }` beside `root FOLDER;`."""
    headers = ("Cache-Control", "Content-Security-Policy", "Cross-Origin-Resource-Policy")
    more = ("Access-Control-Allow-Origin", "Referrer-Policy", "X-Content-Type-Options")
    lines = [
        f"{_SAID}# In `server {{ }}`, beside `root FOLDER;`: include FOLDER/{NGINX_SERVER};",
        "# No files: /oembed, /api/, /CAMPAIGN/api/, /moderate/, every POST, and the forms of the",
        "# weekly mail: subscribe, confirm/, preferences/ and unsubscribe/ below /CAMPAIGN/ and below",
        "# /CAMPAIGN/LANGUAGE/. Proxy them to `engaged web`.",
        "types {",
        '    "text/html; charset=utf-8" gone;',
        *(f"    {_quoted(kind)} {ending};" for ending, kind in types),
        "    image/avif avif;",
        "    image/webp webp;",
        "    image/jpeg jpg;",
        "}",
        "default_type text/plain;",
        "gzip_static on;",
        "# brotli_static on;  # with the module ngx_brotli",
        *(f"add_header {name} {_variable(name)} always;" for name in (*headers, *more)),
        f"error_page 404 /{HIDDEN}/404/$engaged_campaign.html;",
        "error_page 410 $uri.gone;",
        f"location ^~ /{HIDDEN}/ {{ internal; }}",
        r"location ~ \.(br|gz|tmp)$ { return 404; }",
        r"location ~ \.gone$ { internal; }",
        "location / {",
        "    if (-f $document_root$uri.gone) { return 410; }",
        "    try_files $uri ${uri}index.html $uri.html =404;",
        "}",
    ]
    for folder, stand_in in _stand_ins(campaigns):
        ending = stand_in.rpartition(".")[2]
        is_page = ending == "html" and "/v/" not in stand_in
        pattern = f"^/{re.escape(folder)}[^/]+{'' if is_page else re.escape(f'.{ending}')}$"
        tried = "$uri.html" if is_page else "$uri"
        lines.append(f"location ~ {_quoted(pattern)} {{ try_files {tried} /{stand_in} =404; }}")
    return "\n".join(lines) + "\n"


def _apache(
    campaigns: Iterable[Campaign], rules: Iterable[Rule], types: Iterable[tuple[str, str]]
) -> str:
    """Give what Apache reads by itself where `AllowOverride All` lets it (mod_headers, mod_rewrite)."""
    campaigns = list(campaigns)
    lines = [
        f"{_SAID}Options -Indexes -MultiViews",
        "DirectoryIndex index.html",
        *(f"AddType {_quoted(kind)} .{ending}" for ending, kind in types),
        'AddType "text/html; charset=utf-8" .gone',
        "AddType image/avif .avif",
        "AddType image/webp .webp",
        f"ErrorDocument 404 /{not_found_file(campaigns[0].slug)}",
        'ErrorDocument 410 "/%{REQUEST_URI}.gone"',
        "RewriteEngine On",
        'RewriteCond "%{ENV:REDIRECT_STATUS}" "^$"',
        r'RewriteRule "^\.engaged/|\.(br|gz|gone|tmp)$" - [R=404,L]',
        'RewriteCond "%{REQUEST_FILENAME}.gone" -f',
        'RewriteRule "^" - [G,L]',
        'RewriteCond "%{REQUEST_FILENAME}.html" -f',
        'RewriteRule "^(.*[^/])$" "$1.html" [END]',
    ]
    for folder, stand_in in _stand_ins(campaigns):
        ending = stand_in.rpartition(".")[2]
        asked = "" if ending == "html" and "/v/" not in stand_in else re.escape(f".{ending}")
        lines += [
            'RewriteCond "%{REQUEST_FILENAME}" !-f',
            f'RewriteRule "^{re.escape(folder)}[^/]+{asked}$" "{stand_in}" [END]',
        ]
    for rule in rules:
        lines.append(f'<If "%{{REQUEST_URI}} =~ m#{rule.regex}#">')
        lines += [f"Header always set {name} {_quoted(value)}" for name, value in rule.headers]
        lines.append("</If>")
    return "\n".join(lines) + "\n"


def _hosted(rules: Iterable[Rule]) -> str:
    """Give the file that Netlify, Cloudflare Pages and others read."""
    parts = [
        "\n".join([rule.path, *(f"  {name}: {value}" for name, value in rule.headers)])
        for rule in rules
        if rule.path
    ]
    return "\n".join([_SAID.strip(), *parts]) + "\n"


def _stand_ins(campaigns: Iterable[Campaign]) -> list[tuple[str, str]]:
    """Give, for each folder of views, the file that an unknown name gets: the featured view's.

    Below a campaign's folder of views stand several sorts of file: each has one of its own.
    """
    found = []
    for campaign in campaigns:
        for kind in sorted(VIEW_KINDS, key=lambda kind: PATTERNS[kind]):
            for language in ("", *campaign.languages[1:]):
                address = Address(kind, campaign.slug, featured_name(campaign), language)
                name = file_of(path_of(address))
                found.append((f"{name.rpartition('/')[0]}/", name))
    return found


def _names(rules: Iterable[Rule]) -> list[str]:
    return sorted({name for rule in rules for name, _ in rule.headers})


def _variable(header: str) -> str:
    return f"$engaged_{header.lower().replace('-', '_')}"


def _ending(name: str) -> str:
    return name.rpartition(".")[2]


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
