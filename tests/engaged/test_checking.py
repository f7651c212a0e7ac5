"""`engaged check` about publishing: can the place be reached and written, can the CDN be told."""

from pathlib import Path

import pytest

from engaged.cli import main
from feeds.publish import bucket as buckets
from tests.engaged.processes import write_config


def checked(folder: Path, publish: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Give the exit code and every line about publishing."""
    file = write_config(folder, 8000, f"publish: {{{publish}}}\n")
    code = main(["check", "--config", str(file)])
    said = capsys.readouterr()
    return code, "\n".join(line for line in (said.out + said.err).splitlines() if "media" not in line)


def test_a_folder_beside_the_settings_is_tried(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = checked(tmp_path, "to: site", capsys)

    assert code == 0
    assert f"{tmp_path}/site: can be written" in said
    assert not (tmp_path / "site").exists()


def test_a_folder_that_cannot_be_made_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "site").write_text("I am a file")

    code, said = checked(tmp_path, "to: site/public", capsys)

    assert code == 1
    assert f"{tmp_path}/site/public: cannot be written" in said
    assert "or change `publish.to`" in said


def test_another_kind_of_place_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = checked(tmp_path, "to: 'ftp://files.example/'", capsys)

    assert code == 1
    assert "publish.to: ftp://files.example/ is no place to publish to" in said


def test_a_bucket_is_asked_for_what_was_published(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = pytest.importorskip("obstore.store").MemoryStore()
    monkeypatch.setattr(buckets, "_opened", lambda bucket, environ: memory)

    code, said = checked(tmp_path, "to: 's3://wall/public'", capsys)

    assert code == 0
    assert "s3://wall/public: answers, and lets us read" in said


def test_a_bucket_that_does_not_answer_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Silent:
        def get(self, name: str) -> None:
            raise OSError("nobody answers")

    pytest.importorskip("obstore")
    monkeypatch.setattr(buckets, "_opened", lambda bucket, environ: Silent())

    code, said = checked(tmp_path, "to: 's3://wall'", capsys)

    assert code == 1
    assert "publish.to: s3://wall does not take or give manifest.json (nobody answers)" in said


@pytest.mark.parametrize(
    ("purge", "code", "words"),
    [
        ("https://cdn.example/purge?key=words", 0, "can be told: https://cdn.example/purge\n"),
        ("cdn.example/purge", 1, "cannot be told (only http and https are asked)"),
        ("https://10.0.0.7/purge", 1, "cannot be told"),
        ("https://me:words@cdn.example/", 1, "cannot be told"),
    ],
)
def test_the_address_of_a_cdn_is_judged_and_its_key_is_not_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], purge: str, code: int, words: str
) -> None:
    found, said = checked(tmp_path, f"to: site, purge: '{purge}'", capsys)

    assert found == code
    assert words in f"{said}\n"
    assert "words" not in said


def test_a_cdn_that_would_never_be_told_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = checked(tmp_path, "purge: 'https://cdn.example/purge'", capsys)

    assert code == 0
    assert "is told nothing: `publish.to` names no place" in said
