"""Rules for web servers say what our own server says, and need no change when posts come and go."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from feeds.publish.rules import APACHE, HOSTED, NGINX_HTTP, NGINX_SERVER
from tests.feeds.invented import SLUG, item_id
from tests.feeds.publish.places import Site, a_site, post

ALL = (NGINX_HTTP, NGINX_SERVER, APACHE, HOSTED)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = a_site(tmp_path)
    made.publish()
    return made


def test_rules_stay_as_they_are_when_posts_come_and_go(site: Site) -> None:
    before = [site.read(name) for name in ALL]
    site.show(1, 2)
    site.publish()
    site.door.take_down(post(2))
    site.publish()
    assert [site.read(name) for name in ALL] == before


def test_every_page_has_exactly_one_value_of_each_header(site: Site) -> None:
    site.show(1)
    site.publish()
    maps = re.findall(r"map \$uri \$engaged_(\w+) \{(.*?)\n\}", site.read(NGINX_HTTP), re.DOTALL)
    manifest = site.manifest()
    for name, file in manifest["files"].items():
        if name.startswith(".engaged"):
            continue
        wanted = {
            header.lower().replace("-", "_"): value
            for header, value in manifest["headers"][file["headers"]]
        }
        for header, body in maps:
            if header != "campaign":
                rows = re.findall(r'"~(.*?)" "(.*)";', body)
                found = [
                    value for regex, value in rows if re.search(regex.replace("\\\\", "\\"), f"/{name}")
                ]
                assert found == ([wanted[header]] if header in wanted else []), (name, header)


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")
def test_nginx_takes_the_rules(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "nginx.conf"
    file.write_text(
        f"pid {tmp_path}/pid;\nerror_log {tmp_path}/log;\nevents {{}}\nhttp {{ access_log off;\n"
        f"include {site.out}/{NGINX_HTTP};\nserver {{ listen 127.0.0.1:18158; root {site.out};\n"
        f"include {site.out}/{NGINX_SERVER}; }} }}\n"
    )
    said = subprocess.run(["nginx", "-t", "-c", str(file)], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr


def test_an_unknown_view_has_the_featured_one_stand_in(site: Site) -> None:
    assert f"{SLUG}/e/featured.html" in site.read(NGINX_SERVER)
    assert f"{SLUG}/e/featured.html" in site.read(APACHE)


def test_a_gone_post_is_told_by_its_file(site: Site) -> None:
    site.show(1)
    site.publish()
    site.door.take_down(post(1))
    site.publish()
    assert (site.out / f"{SLUG}/p/{item_id(1)}.gone").exists()
    assert "return 410" in site.read(NGINX_SERVER)
    assert "[G,L]" in site.read(APACHE)
