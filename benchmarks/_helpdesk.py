"""django-helpdesk takes mails in through its own e-mail import; run by ``benchmarks.channels`` in its own interpreter.

    python _helpdesk.py <database> <tickets before>

Each line that it reads is ``{"answers": true, "mails": [...]}``: raw mails, and whether answers to them are rendered
(to a backend that drops them); or ``{"answers": true, "folder": "..."}``: a folder of mails, taken in by what the
command ``get_email`` calls for a queue. Each line that it prints is one of JSON: microseconds and those of the
processor per mail.
The first line says ``{}``: it is ready.
"""

from __future__ import annotations

import gc
import json
import logging
import sys
import tempfile
import types
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

CHUNK = 5000
OURS = "help@shop.example"


def configure(database: str) -> None:
    """Django with nothing but what the import needs, on SQLite as csdesk has it."""
    import django
    from django.conf import settings

    apps = ["auth", "contenttypes", "sessions", "sites", "humanize", "messages", "admin", "staticfiles"]
    pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536;"
    settings.configure(
        SECRET_KEY="benchmark",  # noqa: S106  of nothing
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": database,
                "OPTIONS": {"transaction_mode": "IMMEDIATE", "init_command": pragmas},
            }
        },
        INSTALLED_APPS=[*(f"django.contrib.{one}" for one in apps), "rest_framework", "helpdesk"],
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        ROOT_URLCONF="benchmark_urls",
        SITE_ID=1,
        USE_TZ=True,
        HELPDESK_TEAMS_MODE_ENABLED=False,
        EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        MEDIA_ROOT=tempfile.mkdtemp(prefix="helpdesk-media-"),
    )
    routes: Any = types.ModuleType("benchmark_urls")
    sys.modules["benchmark_urls"] = routes
    django.setup()
    from django.core.management import call_command
    from django.urls import include, path

    routes.urlpatterns = [path("helpdesk/", include("helpdesk.urls", namespace="helpdesk"))]
    call_command("migrate", verbosity=0)


def fill(tickets: int, queue: Any) -> None:
    """Old tickets with one mail each; nine of ten are closed."""
    from django.utils import timezone
    from helpdesk.models import FollowUp, Ticket

    now = timezone.now()
    for start in range(0, tickets, CHUNK):
        made = Ticket.objects.bulk_create(
            Ticket(
                title="parcel",
                queue=queue,
                submitter_email=f"u{number}@example.com",
                created=now,
                modified=now,
                description="where is my parcel",
                status=1 if number % 10 == 0 else 4,
            )
            for number in range(start, min(start + CHUNK, tickets))
        )
        FollowUp.objects.bulk_create(
            FollowUp(ticket=one, title="mail", date=now, public=True, comment="old", message_id=f"<old{one.id}@x>")
            for one in made
        )


def taking(mails: list[str], take: Callable[[str], object]) -> tuple[float, float]:
    """Microseconds per mail, and those of the processor."""
    start, busy = perf_counter(), process_time()
    for one in mails:
        take(one)
    return (perf_counter() - start) / len(mails) * 1e6, (process_time() - busy) / len(mails) * 1e6


def importing(folder: str, queue: Any, log: logging.Logger) -> tuple[float, float]:
    """Microseconds per mail of a folder, and those of the processor."""
    from helpdesk.email import process_queue

    queue.email_box_local_dir = folder
    count = len(list(Path(folder).iterdir()))
    found = taking([folder], lambda _: process_queue(queue, log))
    assert not any(Path(folder).iterdir()), "every mail was taken and deleted"
    return found[0] / count, found[1] / count


def main() -> None:
    """Run it."""
    database, tickets = sys.argv[1:3]
    configure(database)
    from django.db import transaction
    from helpdesk.email import extract_email_metadata
    from helpdesk.models import EmailTemplate, Queue

    logging.disable(logging.CRITICAL)
    log = logging.getLogger("helpdesk")
    queue = Queue.objects.create(
        title="Help",
        slug="help",
        allow_email_submission=True,
        email_address="help@shop.example",
        email_box_type="local",
    )
    fill(int(tickets), queue)

    def take(raw: str) -> None:
        with transaction.atomic():
            extract_email_metadata(raw, queue, log)

    templates = list(EmailTemplate.objects.all())
    gc.freeze()
    print("{}", flush=True)
    for line in sys.stdin:
        given = json.loads(line)
        EmailTemplate.objects.all().delete()
        if given["answers"]:
            EmailTemplate.objects.bulk_create(templates)
        clock, busy = taking(given["mails"], take) if "mails" in given else importing(given["folder"], queue, log)
        print(json.dumps({"us": clock, "cpu_us": busy}), flush=True)


if __name__ == "__main__":
    main()
