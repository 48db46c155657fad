"""``csdesk backup``."""

import json


def test_backup_copies_the_file_with_its_media(cli, messages):
    cli.run("init")
    cli.run("ingest", messages)
    told = cli.document("backup", "copy.db")
    copy = cli.folder / "copy.db"
    assert told == {
        "db": str(cli.db),
        "target": "copy.db",
        "bytes": copy.stat().st_size,
        "pages": copy.stat().st_size // 4096,
        "media_folder": "copy.db.media",
        "media": 0,
    }
    assert cli.lines("tickets", db=copy) == cli.lines("tickets")
    assert (cli.folder / "copy.db.media").is_dir()


def test_backup_speaks_to_people(cli):
    cli.run("init")
    done = cli.run("backup", "copy.db", lang="zh-CN")
    assert done.exit_code == 0
    assert "copy.db" in done.stdout
    assert "备份" in done.stdout


def test_backup_replaces_only_when_told(cli):
    cli.run("init")
    copy = cli.folder / "copy.db"
    copy.write_bytes(b"old")
    refused = cli.run("backup", copy)
    assert refused.exit_code == 4
    assert "--overwrite" in refused.stderr
    assert copy.read_bytes() == b"old"
    assert cli.run("backup", copy, "--overwrite").exit_code == 0
    assert json.loads(cli.run("config", "--json", db=copy).stdout)


def test_backup_refuses_what_it_cannot_do(cli):
    missing = cli.run("backup", "copy.db")
    assert (missing.exit_code, cli.db.exists()) == (3, False)
    cli.run("init")
    assert cli.run("backup", cli.folder / "missing" / "copy.db").exit_code == 3
    itself = cli.run("backup", cli.db, "--overwrite")
    assert itself.exit_code == 2
    assert "the store itself" in itself.stderr
    assert cli.run("tickets").exit_code == 0
