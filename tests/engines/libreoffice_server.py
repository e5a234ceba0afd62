"""Values workbooks with one LibreOffice process; run by a Python that has LibreOffice's `uno` module.

    python libreoffice_server.py SOFFICE PROFILE

Says `ready`, then reads one JSON request a line from standard input, `{"path": ..., "last": rows}`, and
answers each with one line: the content of column A of the first sheet, numbers as they are, texts as
`["text", ...]`, errors as `["error", LibreOffice's number]`. Other requests have `inputs` to type first, or a `script`
of the document to run with each of some `arguments`. Ends, together with its LibreOffice, when
standard input closes, and then removes the profile folder.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import uno  # type: ignore[import-not-found,unused-ignore]
from com.sun.star.beans import PropertyValue  # type: ignore[import-not-found,unused-ignore]

CSV_OPTIONS = "44,34,76,1,,0,false,true"  # comma, quote, UTF-8, from row 1, cells as shown
ERROR_RESULTS = 4  # com.sun.star.sheet.FormulaResult.ERROR
FORMULAS = 16  # com.sun.star.sheet.CellFlags.FORMULA
ALWAYS_EXECUTE = 4  # com.sun.star.document.MacroExecMode.ALWAYS_EXECUTE_NO_WARN
START_SECONDS = 90.0


def prop(name: str, value: object) -> Any:
    result = PropertyValue()
    result.Name, result.Value = name, value
    return result


def start(soffice: str, profile: str) -> tuple[subprocess.Popen[bytes], Any]:
    """A new LibreOffice without windows, and its desktop."""
    pipe = f"xlkpi{os.getpid()}"
    url = uno.systemPathToFileUrl(profile)
    options = ["--headless", "--norestore", "--nologo", "--nodefault", f"--accept=pipe,name={pipe};urp;"]
    office = subprocess.Popen(
        [soffice, f"-env:UserInstallation={url}", *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            context = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
            break
        except Exception:
            if time.monotonic() > deadline or office.poll() is not None:
                office.kill()
                raise
            time.sleep(0.05)
    desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
    return office, desktop


def shown_texts(document: Any, path: str) -> list[str]:
    """What column A of the first sheet shows, row by row."""
    options = prop("FilterName", "Text - txt - csv (StarCalc)"), prop("FilterOptions", CSV_OPTIONS)
    document.storeToURL(uno.systemPathToFileUrl(path), options)
    with Path(path).open(encoding="utf-8", newline="") as file:
        return [row[0] if row else "" for row in csv.reader(file)]


def column_a(desktop: Any, path: str, last: int) -> list[object]:
    """The recalculated content of the first `last` cells of column A."""
    document = desktop.loadComponentFromURL(uno.systemPathToFileUrl(path), "_blank", 0, (prop("Hidden", True),))
    try:
        document.calculateAll()
        sheet = document.Sheets.getByIndex(0)
        column = sheet.getCellRangeByPosition(0, 0, 0, last - 1)
        contents = [row[0] for row in column.getDataArray()]
        values: list[object] = [x if isinstance(x, float) else ["text", x] for x in contents]
        areas = column.queryFormulaCells(ERROR_RESULTS).getRangeAddresses()
        if areas:
            # A call across processes for every error cell is slow; the texts of all cells come in one file,
            # and one call per kind of text tells which error it stands for.
            shown, numbers = shown_texts(document, path + ".csv"), dict[str, int]()
            for area in areas:
                for row in range(area.StartRow, area.EndRow + 1):
                    if shown[row] not in numbers:
                        numbers[shown[row]] = sheet.getCellByPosition(0, row).getError()
                    values[row] = ["error", numbers[shown[row]]]
        return values
    finally:
        document.close(True)


def formula_results(desktop: Any, path: str, inputs: list[list[Any]]) -> list[list[object]]:
    """Sheet, row, column (from 0) and result of every formula cell, recalculated after `inputs` were typed.

    An input is a sheet, a row, a column and what a person would type there.
    """
    document = desktop.loadComponentFromURL(uno.systemPathToFileUrl(path), "_blank", 0, (prop("Hidden", True),))
    results: list[list[object]] = []
    try:
        for name, row, column, content in inputs:
            cell = document.Sheets.getByName(name).getCellByPosition(column, row)
            if isinstance(content, str):
                cell.setString(content)
            else:
                cell.setValue(content)
        document.calculateAll()
        for name in document.Sheets.ElementNames:
            sheet = document.Sheets.getByName(name)
            errors = set()
            for area in sheet.queryFormulaCells(ERROR_RESULTS).getRangeAddresses():
                for row in range(area.StartRow, area.EndRow + 1):
                    errors |= {(row, column) for column in range(area.StartColumn, area.EndColumn + 1)}
            for area in sheet.queryContentCells(FORMULAS).getRangeAddresses():
                block = sheet.getCellRangeByPosition(area.StartColumn, area.StartRow, area.EndColumn, area.EndRow)
                for row, values in enumerate(block.getDataArray(), area.StartRow):
                    for column, value in enumerate(values, area.StartColumn):
                        if (row, column) in errors:
                            value = ["error", sheet.getCellByPosition(column, row).getError()]
                        results.append(
                            [name, row, column, value if isinstance(value, float | list) else ["text", value]]
                        )
        return results
    finally:
        document.close(True)


def save_again(desktop: Any, path: str, target: str) -> list[object]:
    """Save a workbook as LibreOffice writes it."""
    document = desktop.loadComponentFromURL(uno.systemPathToFileUrl(path), "_blank", 0, (prop("Hidden", True),))
    try:
        document.storeToURL(uno.systemPathToFileUrl(target), (prop("FilterName", "Calc MS Excel 2007 XML"),))
        return []
    finally:
        document.close(True)


def macro_results(desktop: Any, path: str, script: str, arguments: list[str]) -> list[object]:
    """What a macro of the document gives for each of some texts."""
    options = prop("Hidden", True), prop("MacroExecutionMode", ALWAYS_EXECUTE)
    document = desktop.loadComponentFromURL(uno.systemPathToFileUrl(path), "_blank", 0, options)
    try:
        found = document.getScriptProvider().getScript(f"vnd.sun.star.script:{script}?language=Basic&location=document")
        return [found.invoke((argument,), (), ())[0] for argument in arguments]
    finally:
        document.close(True)


def main() -> None:
    soffice, profile = sys.argv[1:]
    office = None
    try:
        office, desktop = start(soffice, profile)
        print("ready", flush=True)
        for line in sys.stdin:
            request = json.loads(line)
            if "inputs" in request:
                answer: list[Any] = formula_results(desktop, request["path"], request["inputs"])
            elif "script" in request:
                answer = macro_results(desktop, request["path"], request["script"], request["arguments"])
            elif "target" in request:
                answer = save_again(desktop, request["path"], request["target"])
            else:
                answer = column_a(desktop, request["path"], request["last"])
            print(json.dumps(answer), flush=True)
        try:
            desktop.terminate()
            office.wait(10)
        except Exception:
            office.kill()
    finally:
        if office is not None and office.poll() is None:
            office.kill()
        shutil.rmtree(profile, ignore_errors=True)


if __name__ == "__main__":
    main()
