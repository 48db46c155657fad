"""Every benchmark runs and prints one line of JSON; what the figures are is not for a test to say."""

import json

import pytest
from benchmarks import asynchronous, bustime, channels, growth, importing, ingest, orm, replies, routing, rules, timers

FEW = ["--n", "60", "--repeat", "1", "--agents", "8", "--rules", "10"]


@pytest.mark.parametrize(
    ("run", "arguments", "shown"),
    [
        (growth.main, [*FEW, "--tickets", "50"], ("empty_us", "full_us", "growth")),
        (asynchronous.main, FEW, ("hop_us", "hops_added", "throughput_ratio")),
        (replies.main, [*FEW, "--phrases", "10"], ("auto_us", "matcher_us", "ratio_without_matcher")),
        (bustime.main, ["--n", "20", "--seconds", "0.02"], ("libraries", "flat", "skipped")),
        (rules.main, ["--n", "10", "--seconds", "0.01", "--scale", "4,8"], ("csdesk_us", "peers", "growth")),
        (timers.main, ["--n", "50", "--pending", "20", "--repeat", "1"], ("poll", "drain_us", "ratio")),
        (channels.main, [*FEW, "--tickets", "20", "--reply-mb", "0.1"], ("tickets_20", "split_reply_ms_per_mb")),
        (
            routing.main,
            ["--agents", "5,50", "--seconds", "0.02", "--repeat", "1"],
            ("csdesk_us", "buckets_us", "growth"),
        ),
        (importing.main, ["--repeat", "1"], ("csdesk_ms", "first_receive_ms", "ratio")),
    ],
    ids=lambda value: getattr(value, "__module__", None),
)
def test_each_reports_its_figures(run, arguments, shown, capsys):
    run(arguments)
    printed = json.loads(capsys.readouterr().out)
    assert set(shown) <= set(printed)


def test_a_redelivery_costs_one_load_and_no_commit(capsys):
    ingest.main(FEW)
    printed = json.loads(capsys.readouterr().out)
    assert {"normal", "full", "full_batch100", "threads"} <= set(printed)
    again = printed["redelivery"]
    assert (again["loads"], again["commits"]) == (1, 0)


def test_the_peer_is_named_when_it_is_missing_and_measured_when_not(capsys):
    orm.main([*FEW, "--phrases", "10"])
    printed = json.loads(capsys.readouterr().out)
    assert "times_faster" in printed or "csdesk[peers]" in printed["skipped"]
