"""The server: functions over HTTP, its manifest and task pane, and whatever may come in."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from xlkpi.udfs.actions.buttons import buttons
from xlkpi.udfs.registry import functions

from tests import chromium, office, served
from tests.engines import require
from xlkpi.addin.server.run import ServerError, environment, is_loopback, serve

CHECKS = Path(__file__).parent / "checks"


def error(kind: str) -> dict[str, str]:
    return {"type": "Error", "errorType": kind}


def alive() -> None:
    assert served.call("KPI_ROI", [[1000]], [[400]]) == [[1.5]]


def test_functions_have_plain_names_and_their_help() -> None:
    meta = json.loads(served.get("/xlwings/custom-functions-meta.json")[1])
    assert {f["name"] for f in meta["functions"]} == set(functions())
    roi = next(f for f in meta["functions"] if f["name"] == "KPI_ROI")
    assert [p["name"] for p in roi["parameters"]] == ["gain", "cost"]
    assert "earns more than it cost" in roi["description"]
    explain = next(f for f in meta["functions"] if f["name"] == "KPI_EXPLAIN")
    assert explain["parameters"][-1].get("repeating") is True


def test_errors_are_real_ones_and_text_where_the_runtime_knows_none() -> None:
    assert served.call("KPI_ROI", [[1]], [[0]]) == [[error("Div0")]]
    assert served.call("KPI_ROI", [[""]], [[1]]) == [[error("NotAvailable")]]
    assert served.call("KPI_ROI", [["x"]], [[1]]) == [[error("Value")]]
    assert served.call("KPI_CTR", [[-1]], [[1]]) == [[error("Num")]]
    assert served.call("KPI_ROI", [[1]], [[0]], runtime="1.1") == [["#DIV/0!"]]


def test_texts_are_in_the_language_that_excel_is_set_to_only_where_no_setting_says() -> None:
    told = served.call("KPI_EXPLAIN", [["roi"]], [[[45000]], [[18000]]], culture_info_name="fr-FR")
    assert told == [["(45,000 − 18,000) / 18,000 = 150%"]]  # the server was started with a language


def test_errors_inside_ranges_and_ranges_of_different_sizes_have_a_result_per_cell() -> None:
    inside = [[1], [{"type": "Error", "basicValue": "#REF!", "basicType": "Error"}], [""], ["x"]]
    assert served.call("KPI_CTR", inside, [[4]]) == [[0.25], [error("Ref")], [error("NotAvailable")], [error("Value")]]
    assert served.call("KPI_CTR", [[1], [2], [3]], [[4], [4]]) == [[0.25], [0.5], [error("NotAvailable")]]


@pytest.mark.parametrize("name", ["=1+1", '=HYPERLINK("http://x")', "__import__('os')", "roi); --", "x" * 100_000])
def test_a_formula_or_code_in_the_place_of_a_name_is_a_name_that_nobody_knows(name: str) -> None:
    assert served.call("KPI_VALUE", [[name]], [["Clicks"], [1]]) == [[error("Value")]]
    assert "there is no KPI" in served.call("KPI_EXPLAIN", [[name]], [[[1]]])[0][0]
    alive()


@pytest.mark.parametrize(
    "body",
    [
        b"", b"nonsense", b"[]", b"{}", b"null", b'"text"', b'{"func_name": 1, "args": []}',
        b'{"func_name": "KPI_ROI"}',
        b'{"func_name": "KPI_ROI", "args": 5}', b'{"func_name": "KPI_ROI", "args": [[[1]],[[2]],[[3]]]}',
        b'{"func_name": "registered", "args": []}', b'{"func_name": "__dir__", "args": []}', b"\xff\xfe\x00",
        b"[" * 100_000,
    ],
)  # fmt: skip
def test_a_malformed_payload_is_refused_in_words(body: bytes) -> None:
    status, said = served.post(body)
    assert (status, b"Traceback" in said, len(said) < 500) == (400, False, True)
    alive()


@pytest.mark.parametrize(
    "args", [[None, None], [{}, {}], [[], []], [[[]], [[]]], [[[[1]]], [[[2]]]], [1, [2]], [True, "x"]]
)
def test_strange_arguments_have_a_result(args: list[Any]) -> None:
    status, body = served.post(served.payload("KPI_ROI", *args))
    assert status == 200, body
    alive()


def test_a_whole_column_is_worked_out_up_to_its_last_filled_row() -> None:
    rows = 1_048_576
    clicks = b"[" + b"[5]," * 3 + b"[null]," * (rows - 4) + b"[null]]"
    base = b"[" + b"[10]," * 3 + b"[null]," * (rows - 4) + b"[null]]"
    status, body = served.post(b'{"func_name":"KPI_CTR","args":[' + clicks + b"," + base + b"]}")
    assert (status, json.loads(body)) == (200, {"result": [[0.5]] * 3})
    status, body = served.post(b'{"func_name":"KPI_AVG_POSITION","args":[' + clicks + b"," + base + b"]}")
    assert (status, json.loads(body)) == (200, {"result": [[5.0]]})


def test_a_thousand_calls_at_once_are_all_answered() -> None:
    host, port = served.address().removeprefix("http://").split(":")

    async def one(i: int) -> float:
        reader, writer = await asyncio.open_connection(host, int(port))
        body = served.payload("KPI_ROI", [[2.0 * i + 2]], [[i + 1.0]])
        head = (
            f"POST {served.PATH} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        writer.write(head.encode() + body)
        answer = await reader.read()
        writer.close()
        return float(json.loads(answer.partition(b"\r\n\r\n")[2])["result"][0][0])

    async def everyone() -> list[float]:
        return await asyncio.gather(*(one(i) for i in range(1000)))

    assert asyncio.run(everyone()) == [1.0] * 1000


def test_small_calls_do_not_wait_for_large_ones() -> None:
    rows = [[i % 7 + 0.001 * i] for i in range(8_000)]
    body = served.payload("KPI_TREND", rows)
    with ThreadPoolExecutor() as pool:
        large = [pool.submit(served.post, body) for _ in range(3)]
        alive()
        assert not all(call.done() for call in large)
        assert {call.result() for call in large} == {(200, b'{"result":[["growth"]]}')}


def test_a_client_that_leaves_is_not_waited_for() -> None:
    host, port = served.address().removeprefix("http://").split(":")

    async def leave() -> None:
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"POST {served.PATH} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 999999\r\n\r\n{{".encode())
        await writer.drain()
        writer.transport.abort()

    asyncio.run(leave())
    alive()

    async def leave_the_answer() -> None:
        body = served.payload("KPI_CTR", [[i] for i in range(200_000)], [[5]])
        _, writer = await asyncio.open_connection(host, int(port))
        head = f"POST {served.PATH} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.transport.abort()

    asyncio.run(leave_the_answer())
    alive()


def test_a_page_of_the_web_does_not_reach_the_server_by_another_name() -> None:
    assert served.get("/", Host="evil.example")[0] == 421
    assert served.get("/", Host="localhost:1")[0] == 200
    assert served.get(served.PATH)[0] in (404, 405)


@pytest.mark.parametrize("path", ["/", "/manifest.xml", "/xlkpi/functions.json"])
def test_this_machine_is_not_bound_to_https(path: str) -> None:
    with urllib.request.urlopen(served.address() + path, timeout=60) as answer:
        assert answer.headers["Strict-Transport-Security"] is None
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_manifest_passes_microsofts_converter_and_schema(tmp_path: Path) -> None:
    if shutil.which("node") is None or not (CHECKS / "node_modules" / "office-addin-manifest-converter").is_dir():
        require("the manifest's checks are not installed: npm install --prefix tests/checks")
    status, manifest = served.get("/manifest.xml", **{"X-Forwarded-Proto": "https"})
    assert status == 200
    (tmp_path / "manifest.xml").write_bytes(manifest)
    done = subprocess.run(
        ["node", CHECKS / "manifest.mjs", tmp_path / "manifest.xml", tmp_path / "made"],
        capture_output=True, text=True, encoding="utf-8", check=True, timeout=120,
    )  # fmt: skip
    checked = json.loads(done.stdout)
    assert checked["faults"] == []
    tab = checked["converted"]["extensions"][0]["ribbons"][0]["tabs"][0]
    assert (tab["label"], [group["label"] for group in tab["groups"]]) == ("xlkpi", ["Scorecard", "Functions"])
    pressed = [control["label"] for group in tab["groups"] for control in group["controls"]]
    assert pressed == [button.label["en"] for button in buttons().values()]
    french = json.loads((tmp_path / "made" / "fr-fr.json").read_text(encoding="utf-8"))
    assert {button.label["fr"] for button in buttons().values()} <= set(french.values())
    for address in set(re.findall(r'"https://[^/"]+(/[^"]*)"', manifest.decode())):
        assert served.get(address)[0] == 200, address


def test_the_task_pane_searches_explains_inserts_calls_and_has_the_buttons(tmp_path: Path) -> None:
    if shutil.which("node") is None or not (CHECKS / "node_modules" / "playwright-core").is_dir():
        require("playwright-core is not installed: npm install --prefix tests/checks")
    book = office.blank()
    book["sheets"][0]["values"] = [["", 45000, 18000, 1.5]]
    (tmp_path / "book.json").write_text(json.dumps(book), encoding="utf-8")
    done = subprocess.run(
        ["node", CHECKS / "pane.mjs", served.address(), chromium.program(), tmp_path],
        capture_output=True, text=True, encoding="utf-8", timeout=150, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["errors"] == []
    assert seen["hosts"] == [served.address().removeprefix("http://")]  # nothing from elsewhere
    assert (seen["faults"], seen["detailFaults"], seen["darkFaults"]) == ([], [], [])  # accessibility, by axe
    assert (seen["title"], seen["language"], seen["all"]) == ("xlkpi – Functions", "en", len(functions()))
    assert seen["found"][:2] == ["KPI_CPA", "KPI_CAC"]
    assert seen["foundInEnglish"][0] == "KPI_OPEN_RATE"
    assert "Nothing found" in seen["none"]
    assert seen["family"][0] == "SMART_STATUS"
    assert seen["english"] == "Functions"
    for words in ("Gain net rapporté au coût", "(Chiffre d’affaires − Coût) / Coût", "= 150", "=KPI_ROI(B2;C2)"):
        assert words in seen["detail"]
    assert (seen["focused"], seen["back"]) == ("H2", "KPI_ROI")  # the keyboard's way in and out
    assert seen["notice"] == "Écrit dans D5"
    assert seen["written"] == [[["=KPI_ROI(B5,C5)"]], [["=KPI_ROI(B5,0.5)"]]]
    assert "arguments" in seen["missing"]
    assert "protected" in seen["refused"]
    calls = seen["calls"]
    assert (calls["ids"], calls["roi"], calls["zero"]) == (len(functions()), [[1.5]], [[error("Div0")]])
    assert calls["spilled"] == [[0.25], [error("NotAvailable")], [error("Value")]]
    assert "150" in calls["told"][0][0]
    pressed = seen["buttons"]
    assert set(buttons()) <= set(pressed["ids"])  # what the manifest names
    assert (pressed["listed"], pressed["icons"]) == (list(buttons()), True)
    assert pressed["excluded"] == [
        "Data,xlkpi_anchors,Calc",
        "",
    ]  # the sheets whose cells are not sent; none for Refresh
    assert pressed["goals"] == ["visibility", "awareness", "sales", "community", "opinion_leader", "leads",
                                "influencers", "customer_service"]  # fmt: skip
    assert (pressed["faults"], pressed["toldFaults"]) == ([], [])
    assert "(45 000 − 18 000) / 18 000 = 150 %".replace(" ", " ") in re.sub(r"\s", " ", pressed["told"]["explain_cell"])
    assert "ne contient pas d’objectifs" in pressed["told"]["check"]
    assert "Objectifs à fixer" in pressed["told"]["new_scorecard"]
    assert any("Gagner des prospects" in words for words in pressed["written"])
    assert {"addSheet", "setValues", "setFormula", "addTable"} <= set(pressed["done"]["new_scorecard"])
    assert "alert" not in pressed["done"]["check"]  # told in the pane, not by a dialog
    assert (pressed["language"], pressed["functions"]) == ("en", True)
    assert pressed["refused"].startswith("No answer from the server")


def test_the_server_listens_to_others_only_where_users_say_who_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XLWINGS_AUTH_PROVIDERS", raising=False)
    for host in ("0.0.0.0", "::", "192.168.1.5", "example.org", ""):
        with pytest.raises(ServerError, match=r"say|dire"):
            serve(host, 8000)
    monkeypatch.setenv("XLWINGS_HOSTNAME", "kpi.example.org")
    with pytest.raises(ServerError, match=r"kpi\.example\.org"):
        serve("127.0.0.1", 8000)
    monkeypatch.delenv("XLWINGS_HOSTNAME")
    assert all(map(is_loopback, ("127.0.0.1", "127.9.9.9", "::1", "localhost")))
    with pytest.raises(ServerError):
        serve("127.0.0.1", 8000, certificate="no-such-file.pem", key="no-such-file.pem")


def test_behind_a_proxy_only_users_who_say_who_they_are_call_functions(tmp_path: Path) -> None:
    (tmp_path / "auth").mkdir()
    (tmp_path / "auth" / "__init__.py").touch()
    (tmp_path / "auth" / "custom.py").write_text(
        "from fastapi import HTTPException\nfrom xlwings_server.models import User\n\n\n"
        "async def validate_token(token):\n    if token != 'of Ann':\n        raise HTTPException(401, 'who is it?')\n"
        "    return User(id='ann', name='Ann')\n"
    )
    name = "kpi.example.org"
    home = served.started(XLWINGS_AUTH_PROVIDERS='["custom"]', XLWINGS_HOSTNAME=name, PYTHONPATH=str(tmp_path))
    call = served.payload("KPI_ROI", [[1000]], [[400]])

    def answer(**headers: str) -> tuple[int, bytes]:
        return served._answer(urllib.request.Request(home + served.PATH, data=call, headers=headers))

    assert answer() == (401, b"who is it?")
    assert answer(Authorization="test-token")[0] == 401
    assert answer(Authorization="of Ann") == (200, b'{"result":[[1.5]]}')
    proxied = urllib.request.Request(f"{home}/manifest.xml", headers={"Host": name, "X-Forwarded-Proto": "https"})
    with urllib.request.urlopen(proxied, timeout=60) as manifest:
        assert "max-age" in manifest.headers["Strict-Transport-Security"]


def test_an_example_of_authentication_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XLWINGS_AUTH_PROVIDERS", '["custom"]')
    with pytest.raises(ServerError, match=r"custom"):
        serve("0.0.0.0", 8000)


def test_a_port_that_is_taken_and_a_wrong_certificate_are_told(tmp_path: Path) -> None:
    port = served.address().rsplit(":", 1)[1]
    command = [sys.executable, "-m", "xlkpi.cli", "addin", "serve", "--language", "en", "--port"]
    taken = subprocess.run([*command, port], capture_output=True, text=True, encoding="utf-8", check=False, timeout=60)
    assert (taken.returncode, f"port {port} of 127.0.0.1 can't be had" in taken.stderr) == (1, True), taken.stderr
    (tmp_path / "no.pem").write_text("no certificate")
    pem = ["--certificate", str(tmp_path / "no.pem"), "--key", str(tmp_path / "no.pem")]
    wrong = subprocess.run(
        [*command, str(served.free_port()), *pem],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    assert (wrong.returncode, "can't be used" in wrong.stderr) == (1, True), wrong.stderr


def test_settings_of_the_user_hold_and_the_licence_is_told() -> None:
    made = environment({"XLWINGS_LICENSE_KEY": "paid", "XLWINGS_PROJECT_DIR": "elsewhere"})
    assert made["XLWINGS_LICENSE_KEY"] == "paid"
    assert made["XLWINGS_PROJECT_DIR"] != "elsewhere"
    assert environment({})["XLWINGS_LICENSE_KEY"] == "noncommercial"
