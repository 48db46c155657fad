"""``csdesk match`` and ``csdesk phrases``."""

import json

import pytest
from typer.testing import CliRunner

from csdesk.cli.app import app
from csdesk.matching import Phrase, read_phrases, write_phrases

SHOP = [
    Phrase("refund", "申请退款", ("怎么退款", "我要退款", "退款多久到账"), answer="在订单页申请。"),
    Phrase("ship", "发货时间", ("什么时候发货", "几天发货", "今天能发货吗")),
    Phrase("invoice", "开发票", ("可以开发票吗", "发票抬头怎么改", "要发票")),
]
QUESTIONS = [("请问怎么退款啊", "refund"), ("啥时候发货", "ship"), ("今天天气如何", None), ("我要退款发货", "invoice")]


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *words, lang="en": CliRunner().invoke(app, [*map(str, words), "--lang", lang])


@pytest.fixture
def library(tmp_path):
    path = tmp_path / "library.jsonl"
    write_phrases(path, SHOP)
    return path


@pytest.fixture
def questions(tmp_path):
    path = tmp_path / "questions.jsonl"
    rows = [json.dumps({"text": text, "gold": gold}, ensure_ascii=False) for text, gold in QUESTIONS]
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def test_match_prints_predictions_and_measures(run, library, questions):
    done = run("match", "--library", library, "--queries", questions, "--threshold", "0.5", "--json")
    told = json.loads(done.stdout)
    assert [one["matches"][0]["phrase"] for one in told["predictions"][:2]] == ["refund", "ship"]
    assert told["evaluation"]["questions"] == 4
    assert told["evaluation"]["answerable"] == 3
    assert told["evaluation"]["hit1"] == pytest.approx(2 / 3)
    assert told["evaluation"]["confusions"][0][0] == "invoice"


def test_phrases_of_a_desk_are_trained_and_go_back(run, tmp_path):
    sheet = tmp_path / "shop.csv"
    rows = [f"{one.id},{one.title},{'|'.join(one.questions)},so" for one in SHOP]
    sheet.write_text("\n".join(["id,title,questions,answer", *rows]), encoding="utf-8")
    run("init", "--db", "shop.db")
    assert run("phrases", "optimize", "--db", "shop.db").exit_code != 0
    run("phrases", "import", sheet, "--db", "shop.db")
    done = run("phrases", "optimize", "--db", "shop.db")
    assert "uses training 1: 12 questions tell 3 phrases apart" in done.stdout
    assert "uses no training" in run("phrases", "optimize", "--use", "0", "--db", "shop.db").stdout
    told = run("phrases", "optimize", "--use", "1", "--db", "shop.db", "--json").stdout
    assert json.loads(told) == {"desk": "main", "number": 1, "phrases": 3, "questions": 12}
    assert "no training 9" in run("phrases", "optimize", "--use", "9", "--db", "shop.db").output


def test_match_speaks_to_people_and_draws_a_curve(run, library, questions, tmp_path):
    done = run("match", "--library", library, "--queries", questions, "--html", "curve.html")
    assert "right phrase first" in done.stdout
    assert "0.667" in done.stdout
    page = (tmp_path / "curve.html").read_text(encoding="utf-8")
    assert (page.count("<polyline"), page.count("<svg")) == (1, 2)
    assert "http" not in page
    assert "<script" not in page


def test_the_page_tells_what_went_wrong_in_the_language_of_the_command(run, library, tmp_path):
    asked = [{"text": "<b>怎么</b>退款", "gold": "ship"}, {"text": "怎么退款", "gold": "refund"}]
    path = tmp_path / "asked.jsonl"
    path.write_text("\n".join(json.dumps(one, ensure_ascii=False) for one in asked), encoding="utf-8")
    run("match", "--library", library, "--queries", path, "--html", "page.html", lang="zh-CN")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert '<html lang="zh-CN">' in page
    assert "答错的问题" in page
    assert "&lt;b&gt;怎么&lt;/b&gt;退款</td><td>ship</td><td>refund</td>" in page
    assert "<b>" not in page
    told = json.loads(run("match", "--library", library, "--queries", path, "--json").stdout)["evaluation"]
    assert told["sent"] >= told["sent_right"]
    assert sum(one["questions"] for one in told["calibration"]) == 2


def test_match_of_plain_text_shows_what_it_would_do(run, library, tmp_path):
    path = tmp_path / "plain.txt"
    path.write_text("怎么退款\n", encoding="utf-8")
    shown = run("match", "--library", library, "--queries", path, "--no-optimize").stdout
    assert "refund" in shown
    assert "answer: sure enough" in shown  # no bare codes
    refused = run("match", "--library", library, "--queries", path, "--html", "x.html")
    assert refused.exit_code == 2
    assert "no question says" in refused.stderr
    path.write_text("{nothing", encoding="utf-8")
    assert run("match", "--library", library, "--queries", path).exit_code == 2


@pytest.mark.parametrize("columns", ["text,gold", "问题,编号"])
def test_match_reads_questions_from_a_sheet(run, library, tmp_path, columns):
    asked = tmp_path / "asked.csv"
    asked.write_text(f"{columns}\n怎么退款,refund\n今天天气怎么样,\n", encoding="gbk")
    document = json.loads(run("match", "--library", str(library), "--queries", str(asked), "--json").stdout)
    assert [(one["text"], one["gold"]) for one in document["predictions"]] == [
        ("怎么退款", "refund"),
        ("今天天气怎么样", None),
    ]
    assert document["evaluation"]["answerable"] == 1
    asked.write_text("query\n怎么退款\n", encoding="utf-8")
    told = run("match", "--library", str(library), "--queries", str(asked))
    assert told.exit_code == 2
    assert "line 2: is no question; call the columns text and gold" in told.stderr


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gbk", "utf-16"])
def test_match_reads_questions_as_editors_save_them(run, library, tmp_path, encoding):
    path = tmp_path / "asked.jsonl"
    path.write_bytes(
        '{"text": "怎么退款", "gold": "refund"}\n{"text": "今天天气\u2028怎么样", "gold": null}\n'.encode(
            encoding, "ignore"
        )
    )
    done = run("match", "--library", library, "--queries", path, "--no-optimize", "--json")
    measured = json.loads(done.stdout)["evaluation"]
    assert (measured["questions"], measured["answerable"], measured["hit1"]) == (2, 1, 1.0)


def test_match_refuses_labels_that_name_no_phrase_and_an_empty_library(run, library, tmp_path):
    path = tmp_path / "asked.jsonl"
    path.write_text('{"text": "怎么退款", "gold": "refnd"}\n{"text": "x", "gold": null}\n', encoding="utf-8")
    done = run("match", "--library", library, "--queries", path, "--no-optimize", "--json")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "refnd" in done.stderr
    (tmp_path / "empty.jsonl").write_text("", encoding="utf-8")
    done = run("match", "--library", "empty.jsonl", "--queries", path)
    assert done.exit_code == 2
    assert "holds no phrases" in done.stderr


def test_a_library_goes_into_a_desk_and_out_again(run, tmp_path):
    run("init", "--db", "shop.db")
    lines = [
        {"id": "refund", "title": "申请退款", "questions": ["怎么退款", "我要退款"], "rationale": "平台规则",
         "wordings": [{"text": "{{ order }} 在订单页申请。"}, {"text": "Ask on the order page.", "language": "en"}],
         "variables": [{"name": "order", "source": "ticket.x.order"}],
         "article": {"title": "退款", "sections": ["what"]}},
        {"id": "hours", "title": "Hours", "answer": "Nine to five.", "valid_until": "2099-01-01T00:00:00Z"},
    ]  # fmt: skip
    (tmp_path / "lib.jsonl").write_text("\n".join(json.dumps(one) for one in lines), encoding="utf-8")
    first = json.loads(run("phrases", "import", "lib.jsonl", "--db", "shop.db", "--json").stdout)
    assert first == {"desk": "main", "added": 2, "changed": 0, "unchanged": 0, "retired": 0}
    for name in ("out.jsonl", "out.csv", "out.toml"):
        assert run("phrases", "export", name, "--db", "shop.db").exit_code == 0
        again = json.loads(run("phrases", "import", name, "--db", "shop.db", "--json").stdout)
        assert (again["unchanged"], again["added"], again["changed"]) == (2, 0, 0), name
    (tmp_path / "one.jsonl").write_text(json.dumps({**lines[1], "answer": "Ten to five."}), encoding="utf-8")
    shown = run("phrases", "import", "one.jsonl", "--db", "shop.db", "--retire-others").stdout
    assert "0 added, 1 changed, 0 as they were, 1 retired" in shown
    rows = [json.loads(one) for one in run("phrases", "usage", "--db", "shop.db", "--json").stdout.splitlines()]
    assert [(one["phrase"], one["sent"]) for one in rows] == [("phr_hours", 0)]
    assert "Hours" in run("phrases", "usage", "never_used", "--db", "shop.db").stdout
    assert "No such phrases" in run("phrases", "usage", "wrong", "--db", "shop.db").stdout
    assert run("phrases", "lint", "out.jsonl").exit_code in (0, 7)
    assert run("phrases", "convert", "out.jsonl", "again.toml").exit_code == 0
    assert run("phrases", "export", "out.csv", "--db", "shop.db").exit_code == 4


def test_check_looks_through_a_library_too(run, library, tmp_path):
    (tmp_path / "desk.toml").write_text('name = "shop"\n', encoding="utf-8")
    assert run("check", "desk.toml", "--phrases", library).exit_code == 0
    write_phrases(tmp_path / "bad.csv", [*SHOP, Phrase("money", "退钱", ("怎么退款",))])
    done = run("check", "desk.toml", "--phrases", "bad.csv", "--json")
    assert done.exit_code == 7
    document = json.loads(done.stdout)
    assert (document["ok"], document["phrases"][0]["problem"]) == (False, "same_question")
    assert "to mend" in run("check", "desk.toml", "--phrases", "bad.csv").stdout


def test_match_names_a_file_that_is_not_there(run, library):
    assert run("match", "--library", "none.csv", "--queries", library).exit_code == 3
    assert run("match", "--library", library, "--queries", "none.txt").exit_code == 2


def test_lint_names_pairs_and_phrases_without_questions(run, library, tmp_path):
    assert run("phrases", "lint", library).exit_code == 0
    write_phrases(tmp_path / "bad.csv", [*SHOP, Phrase("money", "退钱", ("怎么退款",)), Phrase("bare", "会员")])
    sound = json.loads(run("phrases", "lint", library, "--json").stdout)
    assert sound == {"file": str(library), "ok": True, "phrases": 3, "flaws": []}
    done = run("phrases", "lint", "bad.csv", "--json")
    assert done.exit_code == 7
    document = json.loads(done.stdout)
    assert (document["ok"], document["phrases"]) == (False, 5)
    flaws = document["flaws"]
    assert {"problem": "no_samples", "phrase": "bare", "other": None, "question": ""} in flaws
    assert {"problem": "same_question", "phrase": "money", "other": "refund", "question": "怎么退款"} in flaws
    assert "same question" in run("phrases", "lint", "bad.csv").stdout


def test_convert_between_forms_and_a_folder_of_markdown(run, library, tmp_path):
    assert run("phrases", "convert", library, "library.csv").exit_code == 0
    assert read_phrases(tmp_path / "library.csv") == SHOP
    assert run("phrases", "convert", "library.csv", "library.toml").exit_code == 0
    assert read_phrases(tmp_path / "library.toml") == SHOP
    folder = tmp_path / "cards"
    folder.mkdir()
    assert "3 phrases written" in run("phrases", "convert", "library.toml", folder).stdout
    assert sorted(read_phrases(folder), key=lambda one: one.id) == sorted(SHOP, key=lambda one: one.id)
    assert run("phrases", "convert", library, "library.csv").exit_code == 4
    assert run("phrases", "convert", library, "library.csv", "--overwrite").exit_code == 0
    write_phrases(tmp_path / "slash.csv", [Phrase("../a", "x")])
    assert run("phrases", "convert", "slash.csv", folder).exit_code == 2
