-- The first schema. Rules: a desk's number stands first in every key; ids of the outside are text, rows of the inside
-- are integers; times are microseconds of Unix time in UTC; a document is the truth and its columns are its index.
-- Documents stand last in their row, so that a column is read without them. Every table and index is called csdesk_...,
-- because they may stand in a database beside an application's own. What an index or a join needs is a column; what only
-- narrows a list down is read out of the document (see tables.py).

CREATE TABLE csdesk_desk(
  pk INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  secret BLOB NOT NULL,
  config_epoch INTEGER NOT NULL DEFAULT 0,
  phrases_epoch INTEGER NOT NULL DEFAULT 0,
  agents_epoch INTEGER NOT NULL DEFAULT 0,
  calendars_epoch INTEGER NOT NULL DEFAULT 0,
  config TEXT NOT NULL DEFAULT ''
);

CREATE TABLE csdesk_config(
  desk INTEGER NOT NULL,
  digest TEXT NOT NULL,
  activated_at INTEGER NOT NULL,
  orders TEXT NOT NULL DEFAULT '',
  body TEXT NOT NULL,
  UNIQUE(desk, digest)
);

CREATE TABLE csdesk_ticket(
  pk INTEGER PRIMARY KEY,
  desk INTEGER NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  schema INTEGER NOT NULL,
  number INTEGER NOT NULL,
  category TEXT NOT NULL,
  queue TEXT NOT NULL,
  assignee TEXT,
  identity TEXT NOT NULL,
  merged_into TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  wake_at INTEGER,
  waits INTEGER,
  offered_to TEXT,
  doc TEXT NOT NULL
);
CREATE INDEX csdesk_ticket_number ON csdesk_ticket(desk, number);
-- Ids stand behind what is listed by, so that a page of a list in their order is read off and nothing sorted (see runs.py).
CREATE INDEX csdesk_ticket_category ON csdesk_ticket(desk, category, queue, id);
CREATE INDEX csdesk_ticket_assignee ON csdesk_ticket(desk, assignee, category, id) WHERE assignee IS NOT NULL;
CREATE INDEX csdesk_ticket_wake ON csdesk_ticket(desk, wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX csdesk_ticket_waiting ON csdesk_ticket(desk, queue, waits, created_at) WHERE waits IS NOT NULL;
CREATE INDEX csdesk_ticket_offered ON csdesk_ticket(desk, offered_to, id) WHERE offered_to IS NOT NULL;
CREATE INDEX csdesk_ticket_merged ON csdesk_ticket(desk, merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE csdesk_ticket_tag(
  desk INTEGER NOT NULL,
  tag TEXT NOT NULL,
  id TEXT NOT NULL,
  record INTEGER NOT NULL,
  PRIMARY KEY(desk, tag, id)
) WITHOUT ROWID;

CREATE TABLE csdesk_customer(
  pk INTEGER PRIMARY KEY,
  desk INTEGER NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  schema INTEGER NOT NULL,
  seen_at INTEGER,
  merged_into TEXT,
  created_at INTEGER NOT NULL,
  wake_at INTEGER,
  doc TEXT NOT NULL
);
CREATE INDEX csdesk_customer_merged ON csdesk_customer(desk, merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX csdesk_customer_wake ON csdesk_customer(desk, wake_at) WHERE wake_at IS NOT NULL;

-- Segments stand here too, with a colon before their names: no tag begins with one.
CREATE TABLE csdesk_customer_tag(
  desk INTEGER NOT NULL,
  tag TEXT NOT NULL,
  id TEXT NOT NULL,
  record INTEGER NOT NULL,
  PRIMARY KEY(desk, tag, id)
) WITHOUT ROWID;

CREATE TABLE csdesk_message(
  pk INTEGER PRIMARY KEY,
  desk INTEGER NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  schema INTEGER NOT NULL,
  occurred_at INTEGER NOT NULL,
  doc TEXT NOT NULL
);

CREATE TABLE csdesk_agent(
  pk INTEGER PRIMARY KEY,
  desk INTEGER NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  schema INTEGER NOT NULL,
  name TEXT NOT NULL,
  presence TEXT NOT NULL,
  retired INTEGER NOT NULL,
  doc TEXT NOT NULL,
  UNIQUE(desk, id)
);

-- One row per agent and queue, and one with the queue '' that every counter "load/<agent>" lives in. All rows of an
-- agent carry the same load, so one UPDATE moves them all. rank is what the queue goes by (line: 0 load, 1 idle, 2 turn,
-- 3 ring): the load itself, nothing (then the turn decides), or the agent's place on the ring. Agents who are alike have
-- one profile, so the index below gives the first of each kind of agent in their order.
CREATE TABLE csdesk_seat(
  desk INTEGER NOT NULL,
  agent TEXT NOT NULL,
  queue TEXT NOT NULL,
  load INTEGER NOT NULL,
  assigned INTEGER NOT NULL,
  capacity INTEGER NOT NULL,
  open INTEGER NOT NULL,
  rank INTEGER NOT NULL DEFAULT 0,
  line INTEGER NOT NULL DEFAULT 0,
  profile TEXT NOT NULL DEFAULT '',
  PRIMARY KEY(desk, agent, queue)
) WITHOUT ROWID;
CREATE INDEX csdesk_seat_pick ON csdesk_seat(desk, queue, profile, rank, assigned, agent, load, capacity, open) WHERE open = 1 AND load < capacity;

CREATE TABLE csdesk_phrase(
  pk INTEGER PRIMARY KEY,
  desk INTEGER NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  schema INTEGER NOT NULL,
  retired INTEGER NOT NULL,
  language TEXT,
  doc TEXT NOT NULL,
  UNIQUE(desk, id)
);

CREATE TABLE csdesk_article(
  pk INTEGER PRIMARY KEY,
  desk INTEGER NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  schema INTEGER NOT NULL,
  retired INTEGER NOT NULL,
  language TEXT,
  campaign TEXT,
  doc TEXT NOT NULL,
  UNIQUE(desk, id)
);

CREATE TABLE csdesk_asset(
  pk INTEGER PRIMARY KEY,
  desk INTEGER NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  schema INTEGER NOT NULL,
  retired INTEGER NOT NULL,
  doc TEXT NOT NULL,
  UNIQUE(desk, id)
);

CREATE TABLE csdesk_holidays(
  pk INTEGER PRIMARY KEY,
  desk INTEGER NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  schema INTEGER NOT NULL,
  place TEXT NOT NULL,
  doc TEXT NOT NULL,
  UNIQUE(desk, id)
);

CREATE TABLE csdesk_draft(
  pk INTEGER PRIMARY KEY,
  desk INTEGER NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  schema INTEGER NOT NULL,
  ticket TEXT NOT NULL,
  author TEXT NOT NULL,
  doc TEXT NOT NULL,
  UNIQUE(desk, id)
);
CREATE INDEX csdesk_draft_ticket ON csdesk_draft(desk, ticket);

-- What was given under somebody's authority: read by ticket, customer, what it was about, or what is still open.
CREATE TABLE csdesk_settlement(
  pk INTEGER PRIMARY KEY,
  desk INTEGER NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  schema INTEGER NOT NULL,
  state TEXT NOT NULL,
  ticket TEXT,
  customer TEXT NOT NULL,
  subject TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  doc TEXT NOT NULL,
  UNIQUE(desk, id)
);
CREATE INDEX csdesk_settlement_ticket ON csdesk_settlement(desk, ticket);
CREATE INDEX csdesk_settlement_customer ON csdesk_settlement(desk, customer);
CREATE INDEX csdesk_settlement_subject ON csdesk_settlement(desk, subject);
CREATE INDEX csdesk_settlement_open ON csdesk_settlement(desk, state) WHERE state = 'requested';

-- No index by expires_at: every message would pay a page for it. Upkeep walks the keys in parts instead.
CREATE TABLE csdesk_claim(
  desk INTEGER NOT NULL,
  key TEXT NOT NULL,
  owner TEXT NOT NULL,
  expires_at INTEGER,
  PRIMARY KEY(desk, key)
) WITHOUT ROWID;

CREATE TABLE csdesk_counter(
  desk INTEGER NOT NULL,
  name TEXT NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY(desk, name)
) WITHOUT ROWID;

CREATE TABLE csdesk_number(
  desk INTEGER NOT NULL,
  name TEXT NOT NULL,
  last INTEGER NOT NULL,
  PRIMARY KEY(desk, name)
) WITHOUT ROWID;

-- pk = desk << 40 | number of the entry in its desk: one desk's entries lie side by side, in order of commits.
CREATE TABLE csdesk_entry(
  pk INTEGER PRIMARY KEY,
  desk INTEGER NOT NULL,
  subject TEXT NOT NULL,
  cause TEXT NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  epochs TEXT NOT NULL,
  schema INTEGER NOT NULL,
  personal TEXT,
  trace TEXT,
  body TEXT NOT NULL
);

-- Where the ticket, customer or message of an id stands, and the customer of an identity (see places.py). The kind stands
-- behind the id: ids that were made together stand together, on one page for all kinds.
CREATE TABLE csdesk_place(
  desk INTEGER NOT NULL,
  id TEXT NOT NULL,
  row INTEGER NOT NULL,
  PRIMARY KEY(desk, id)
) WITHOUT ROWID;

-- What belongs to an id, of every kind in one place (see links.py for the roles). The id is its 16 bytes and its kind
-- behind them: ids that were made together stand together, so that a commit writes one page here where an index for
-- each kind would take one of its own. Ids of another form are text.
CREATE TABLE csdesk_link(
  desk INTEGER NOT NULL,
  id NOT NULL,
  role INTEGER NOT NULL,
  row INTEGER NOT NULL,
  PRIMARY KEY(desk, id, role, row)
) WITHOUT ROWID;

CREATE TABLE csdesk_consumer(
  desk INTEGER NOT NULL,
  name TEXT NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY(desk, name)
) WITHOUT ROWID;

-- head = 1: the first of its conversation that is still to be sent. Only heads are ever leased.
CREATE TABLE csdesk_outbox(
  pk INTEGER PRIMARY KEY,
  desk INTEGER NOT NULL,
  message TEXT NOT NULL,
  ticket TEXT NOT NULL,
  account TEXT NOT NULL,
  conversation TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  head INTEGER NOT NULL DEFAULT 0,
  reason TEXT NOT NULL,
  needs TEXT NOT NULL,
  UNIQUE(desk, message)
);
CREATE INDEX csdesk_outbox_line ON csdesk_outbox(desk, account, conversation, created_at, message) WHERE state IN ('pending', 'sending');
CREATE INDEX csdesk_outbox_head ON csdesk_outbox(desk, due_at, message) WHERE head = 1;
CREATE INDEX csdesk_outbox_heads ON csdesk_outbox(desk, account, conversation) WHERE head = 1;
CREATE INDEX csdesk_outbox_ticket ON csdesk_outbox(desk, ticket);

CREATE TABLE csdesk_due(
  desk INTEGER NOT NULL,
  key TEXT NOT NULL,
  kind TEXT NOT NULL,
  due_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  payload TEXT NOT NULL,
  PRIMARY KEY(desk, key)
) WITHOUT ROWID;
CREATE INDEX csdesk_due_time ON csdesk_due(desk, due_at, key);

CREATE TABLE csdesk_inbox(
  pk INTEGER PRIMARY KEY,
  desk INTEGER NOT NULL,
  id TEXT NOT NULL,
  account TEXT NOT NULL,
  conversation TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  error TEXT NOT NULL,
  detail TEXT NOT NULL,
  told TEXT NOT NULL,
  payload TEXT NOT NULL,
  UNIQUE(desk, id)
);
CREATE INDEX csdesk_inbox_line ON csdesk_inbox(desk, account, conversation);

-- Tokens are made by csdesk (each begins with its desk's number and an x); the table keeps no text of its own. The
-- tokenizer only has to find the spaces between them: "ascii" takes every other script as it is, while "unicode61" would
-- cut tokens at characters that are younger than its own tables. A row's number is the message's. What lies behind
-- csdesk_search_mark is not indexed yet.
CREATE VIRTUAL TABLE csdesk_search USING fts5(tokens, content='', columnsize=0, tokenize='ascii');
CREATE TABLE csdesk_search_mark(last INTEGER NOT NULL);
INSERT INTO csdesk_search_mark VALUES(0);

-- Which media the messages and inbox items refer to: holder is a message's id, or "inbox/" and an item's. Messages without
-- media have no row here.
CREATE TABLE csdesk_media(
  desk INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  holder TEXT NOT NULL,
  PRIMARY KEY(desk, sha256, holder)
) WITHOUT ROWID;
CREATE INDEX csdesk_media_holder ON csdesk_media(desk, holder);
