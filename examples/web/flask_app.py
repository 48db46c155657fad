"""A desk behind Flask: a message box for your own pages, a list for your agents, the providers' web hooks.

    pip install flask
    flask --app examples/web/flask_app run

To try it without a server: python examples/web/flask_app.py
"""

import sys

try:
    from flask import Flask, jsonify, request
    from werkzeug.middleware.dispatcher import DispatcherMiddleware
except ImportError:
    sys.exit("this example needs Flask: pip install flask")

from csdesk import Actor, Category, CsdeskError, InboundMessage, Sender, open_desk, render
from csdesk.web import wsgi_app

desk = open_desk("sqlite:///flask.db")  # safe between threads: one for the whole process
app = Flask(__name__)
app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/hooks": wsgi_app(desk)})


@app.post("/messages")
def receive():
    given = request.get_json()
    received = desk.receive(
        InboundMessage(
            account="web",
            dedupe_key=given["id"],
            conversation=given["visitor"],
            sender=Sender(external_id=given["visitor"], name=given.get("name", "")),
            text=given["text"],
        )
    )
    return jsonify(state=received.state, ticket=received.ticket and received.ticket.number)


@app.get("/tickets")
def tickets():
    wanted = (Category.NEW, Category.OPEN)
    page = desk.tickets.list(category=wanted, cursor=request.args.get("cursor"))
    found = [{"id": one.id, "number": one.number, "priority": one.priority.name} for one in page.items]
    return jsonify(tickets=found, cursor=page.cursor)


@app.post("/tickets/<ticket>/notes")
def note(ticket: str):
    desk.note(ticket, request.get_json()["text"], actor=Actor.agent(request.headers["X-Agent"]))
    return "", 204


@app.errorhandler(CsdeskError)
def refused(error: CsdeskError):
    return jsonify(error=error.code, text=render(error, "en")), error.status_hint


@app.cli.command("work")
def work() -> None:
    """Do what is due: run `flask work` every minute from cron, or in a loop of your own."""
    while desk.run_due().more:
        pass


if __name__ == "__main__":
    client = app.test_client()
    print(client.post("/messages", json={"id": "1", "visitor": "li", "text": "发票怎么开？"}).json)
    print(len(client.get("/tickets").json["tickets"]), "ticket in the list")
    print(client.post("/hooks/nobody").json)
    desk.close()
