"""A desk behind Django, in one file: its WSGI application, with the providers' web hooks under /hooks/.

    pip install django gunicorn
    gunicorn --chdir examples/web django_app:application

To try it without a server:
    python examples/web/django_app.py
"""

import json
import sys
from wsgiref.util import shift_path_info

try:
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from django.http import HttpRequest, JsonResponse
    from django.urls import path
except ImportError:
    sys.exit("this example needs Django: pip install django")

from csdesk import CsdeskError, InboundMessage, Sender, open_desk, render
from csdesk.web import wsgi_app

desk = open_desk("sqlite:///django.db")  # safe between threads: one for the whole process
hooks = wsgi_app(desk)


def receive(request: HttpRequest) -> JsonResponse:
    given = json.loads(request.body)
    visitor = Sender(external_id=given["visitor"])
    message = InboundMessage(
        account="web", dedupe_key=given["id"], conversation=given["visitor"], sender=visitor, text=given["text"]
    )
    try:
        received = desk.receive(message)
    except CsdeskError as error:
        return JsonResponse({"error": error.code, "text": render(error, "en")}, status=error.status_hint)
    return JsonResponse({"state": received.state, "ticket": received.ticket and received.ticket.number})


urlpatterns = [path("messages", receive)]
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="an example")  # noqa: S106  no secret
django = get_wsgi_application()


def application(environ, start_response):
    """What a WSGI server calls: the hooks go past Django, which would want a token with each POST."""
    if environ["PATH_INFO"].startswith("/hooks/"):
        shift_path_info(environ)
        return hooks(environ, start_response)
    return django(environ, start_response)


if __name__ == "__main__":
    from io import BytesIO
    from wsgiref.util import setup_testing_defaults

    def post(to: str, body: bytes) -> str:
        environ = {"REQUEST_METHOD": "POST", "PATH_INFO": to, "CONTENT_LENGTH": str(len(body))}
        setup_testing_defaults(environ)
        environ["wsgi.input"] = BytesIO(body)
        return b"".join(application(environ, lambda status, _: print(status))).decode()

    print(post("/messages", json.dumps({"id": "1", "visitor": "li", "text": "发票怎么开？"}).encode()))
    print(post("/hooks/nobody", b"{}"))
    desk.close()
