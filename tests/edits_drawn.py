"""What people put on sheets in Excel and no library writes: pivot tables, slicers, threaded comments, notes, pictures,
charts, validations, conditional formats, printer settings, names, macros.

Every edit leaves a workbook in which the Open XML SDK finds no fault that was not there before.
"""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

from tests.checks.reading import position
from tests.edits import DRAWING, HEAD, MAIN, MICROSOFT, RELATIONS, SPREADSHEET, TYPES, Edited

PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d4944415478da63fccf"
    "c0f01f0005fe02fea7d605e20000000049454e44ae426082"
)


def _vml(address: str) -> str:
    row, column = position(address)
    return (
        '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
        'xmlns:x="urn:schemas-microsoft-com:office:excel"><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/>'
        '</o:shapelayout><v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" '
        'path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/></v:shapetype><v:shape id="_x0000_s1025" '
        'type="#_x0000_t202" style="position:absolute;visibility:hidden" fillcolor="#ffffe1"><v:textbox/>'
        f'<x:ClientData ObjectType="Note"><x:Anchor>1, 1, 1, 1, 3, 1, 4, 1</x:Anchor><x:Row>{row - 1}</x:Row>'
        f"<x:Column>{column - 1}</x:Column></x:ClientData></v:shape></xml>"
    )


def has_notes(book: Edited, sheet: str) -> bool:
    return "<legacyDrawing" in book.text(book.sheets[sheet])


def add_note(book: Edited, sheet: str, address: str, text: str, author: str = "Ana", uid: str = "") -> None:
    """A note (what Excel called comment before threads) on a sheet that has none."""
    part = book.sheets[sheet]
    comments = book.add(
        book.free("xl/comments{}.xml"),
        f'{HEAD}<comments xmlns="{MAIN}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
        f'mc:Ignorable="xr" xmlns:xr="{MICROSOFT}/spreadsheetml/2014/revision"><authors><author>{escape(author)}'
        f'</author></authors><commentList><comment ref="{address}" authorId="0" shapeId="0"{uid}>'
        f"<text><r><t>{escape(text)}</t></r></text></comment></commentList></comments>",
        f"{SPREADSHEET}.comments+xml",
    )
    book.extension("vml", "application/vnd.openxmlformats-officedocument.vmlDrawing")
    shapes = book.add(book.free("xl/drawings/vmlDrawing{}.vml"), _vml(address))
    book.relate(part, comments, f"{RELATIONS}/comments")
    id = book.relate(part, shapes, f"{RELATIONS}/vmlDrawing")
    book.after_cells(part, f'<legacyDrawing r:id="{id}"/>')


def add_threaded_comment(book: Edited, sheet: str, address: str, text: str) -> None:
    """A thread with an answer; older programs see a note that says so."""
    thread, answer, who = (f"{{{n}0000000-0000-4000-8000-000000000000}}" for n in (1, 2, 3))
    note = f"[Threaded comment]\n\n{text}"
    revision = f' xr:uid="{thread}"'
    add_note(book, sheet, address, note, author=f"tc={thread}", uid=revision)
    space = f"{MICROSOFT}/spreadsheetml/2018/threadedcomments"
    content = (
        f'{HEAD}<ThreadedComments xmlns="{space}"><threadedComment ref="{address}" dT="2026-03-02T09:00:00.00" '
        f'personId="{who}" id="{thread}"><text>{escape(text)}</text></threadedComment><threadedComment ref="{address}" '
        f'dT="2026-03-02T09:05:00.00" personId="{who}" id="{answer}" parentId="{thread}"><text>ok</text>'
        "</threadedComment></ThreadedComments>"
    )
    kind = "application/vnd.ms-excel.threadedcomments+xml"
    threads = book.add(book.free("xl/threadedComments/threadedComment{}.xml"), content, kind)
    book.relate(book.sheets[sheet], threads, f"{MICROSOFT}/2017/10/relationships/threadedComment")
    if "xl/persons/person.xml" not in book.parts:
        people = (
            f'{HEAD}<personList xmlns="{space}"><person displayName="Ana" id="{who}" userId="ana" providerId="None"/>'
            "</personList>"
        )
        part = book.add("xl/persons/person.xml", people, "application/vnd.ms-excel.person+xml")
        book.relate(book.workbook, part, f"{MICROSOFT}/2017/10/relationships/person")


def _drawing(book: Edited, sheet: str, frame: str, relate: tuple[str, str] | None) -> None:
    """Something drawn on a sheet of people's; ``relate``: the part that the frame needs as {}, and its kind."""
    part = book.sheets[sheet]
    drawing = book.related(part, "drawing")
    if drawing is None:
        drawing = book.add(
            book.free("xl/drawings/drawing{}.xml"),
            f'{HEAD}<xdr:wsDr xmlns:xdr="{DRAWING}/spreadsheetDrawing" xmlns:a="{DRAWING}/main"></xdr:wsDr>',
            "application/vnd.openxmlformats-officedocument.drawing+xml",
        )
        id = book.relate(part, drawing, f"{RELATIONS}/drawing")
        book.after_cells(part, f'<drawing r:id="{id}"/>')
    id = book.relate(drawing, *relate) if relate else ""
    number = book.text(drawing).count("<xdr:from>") + 2
    anchor = (
        "<xdr:twoCellAnchor><xdr:from><xdr:col>5</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>5</xdr:row>"
        "<xdr:rowOff>0</xdr:rowOff></xdr:from><xdr:to><xdr:col>9</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>15"
        f"</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:to>{frame.format(id=id, number=number)}<xdr:clientData/>"
        "</xdr:twoCellAnchor></xdr:wsDr>"
    )
    book.change(drawing, lambda xml: xml.replace("</xdr:wsDr>", anchor))


def add_picture(book: Edited, sheet: str) -> None:
    book.extension("png", "image/png")
    media = book.add(book.free("xl/media/image{}.png"), PICTURE)
    frame = (
        '<xdr:pic><xdr:nvPicPr><xdr:cNvPr id="{number}" name="Picture {number}" descr="Logo"/><xdr:cNvPicPr/>'
        f'</xdr:nvPicPr><xdr:blipFill><a:blip xmlns:r="{RELATIONS}" r:embed="{{id}}"/><a:stretch><a:fillRect/>'
        '</a:stretch></xdr:blipFill><xdr:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="90000" cy="90000"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></xdr:spPr></xdr:pic>'
    )
    _drawing(book, sheet, frame, (media, f"{RELATIONS}/image"))


def add_chart(book: Edited, sheet: str, values: str, numbers: list[float]) -> str:
    """A line chart over a range, with the copy of its numbers that Excel writes; gives its part."""
    points = "".join(f'<c:pt idx="{i}"><c:v>{n!r}</c:v></c:pt>' for i, n in enumerate(numbers))
    chart = book.add(
        book.free("xl/charts/chart{}.xml"),
        f'{HEAD}<c:chartSpace xmlns:c="{DRAWING}/chart" xmlns:a="{DRAWING}/main" xmlns:r="{RELATIONS}"><c:chart>'
        '<c:autoTitleDeleted val="1"/><c:plotArea><c:layout/><c:lineChart><c:grouping val="standard"/>'
        '<c:varyColors val="0"/><c:ser><c:idx val="0"/><c:order val="0"/><c:marker><c:symbol val="none"/></c:marker>'
        f"<c:val><c:numRef><c:f>{escape(values)}</c:f><c:numCache><c:formatCode>General</c:formatCode>"
        f'<c:ptCount val="{len(numbers)}"/>{points}</c:numCache></c:numRef></c:val><c:smooth val="0"/></c:ser>'
        '<c:axId val="1"/><c:axId val="2"/></c:lineChart><c:catAx><c:axId val="1"/><c:scaling><c:orientation '
        'val="minMax"/></c:scaling><c:delete val="0"/><c:axPos val="b"/><c:crossAx val="2"/></c:catAx><c:valAx>'
        '<c:axId val="2"/><c:scaling><c:orientation val="minMax"/></c:scaling><c:delete val="0"/><c:axPos val="l"/>'
        '<c:crossAx val="1"/></c:valAx></c:plotArea><c:plotVisOnly val="1"/></c:chart></c:chartSpace>',
        "application/vnd.openxmlformats-officedocument.drawingml.chart+xml",
    )
    frame = (
        '<xdr:graphicFrame macro=""><xdr:nvGraphicFramePr><xdr:cNvPr id="{number}" name="Chart {number}"/>'
        '<xdr:cNvGraphicFramePr/></xdr:nvGraphicFramePr><xdr:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/></xdr:xfrm>'
        f'<a:graphic><a:graphicData uri="{DRAWING}/chart"><c:chart xmlns:c="{DRAWING}/chart" xmlns:r="{RELATIONS}" '
        'r:id="{id}"/></a:graphicData></a:graphic></xdr:graphicFrame>'
    )
    _drawing(book, sheet, frame, (chart, f"{RELATIONS}/chart"))
    return chart


def add_pivot(book: Edited, sheet: str, source: str, fields: list[str]) -> str:
    """A pivot table that counts the rows of a source by its first field; gives the part of its cache.

    ``source``: the attributes of where the data are, such as ``name="xlkpi_data"``.
    """
    items = ['<sharedItems count="1"><s v="web"/></sharedItems>', *["<sharedItems/>"] * (len(fields) - 1)]
    shared = "".join(
        f'<cacheField name={quoteattr(name)} numFmtId="0">{item}</cacheField>'
        for name, item in zip(fields, items, strict=True)
    )
    number = len(re.findall(r"<pivotCache\s", book.text(book.workbook))) + 1
    cache = book.add(
        book.free("xl/pivotCache/pivotCacheDefinition{}.xml"),
        f'{HEAD}<pivotCacheDefinition xmlns="{MAIN}" xmlns:r="{RELATIONS}" saveData="0" refreshedBy="Ana" '
        'refreshedDate="46000" createdVersion="6" refreshedVersion="6" minRefreshableVersion="3" recordCount="0">'
        f'<cacheSource type="worksheet"><worksheetSource {source}/></cacheSource><cacheFields count="{len(fields)}">'
        f"{shared}</cacheFields></pivotCacheDefinition>",
        f"{SPREADSHEET}.pivotCacheDefinition+xml",
    )
    id = book.relate(book.workbook, cache, f"{RELATIONS}/pivotCacheDefinition")
    entry = f'<pivotCache cacheId="{number}" r:id="{id}"/></pivotCaches>'
    if "</pivotCaches>" in book.text(book.workbook):
        book.change(book.workbook, lambda xml: xml.replace("</pivotCaches>", entry))
    else:
        xml = book.text(book.workbook)
        at = max(m.end() for m in re.finditer(r"<calcPr\b[^>]*/>|</definedNames>|</sheets>", xml))
        book.parts[book.workbook] = f"{xml[:at]}<pivotCaches>{entry}{xml[at:]}".encode()
    others = "".join(f'<pivotField showAll="0"{d}/>' for d in [' dataField="1"', *[""] * (len(fields) - 2)])
    table = book.add(
        book.free("xl/pivotTables/pivotTable{}.xml"),
        f'{HEAD}<pivotTableDefinition xmlns="{MAIN}" name="Pivot{number}" cacheId="{number}" dataCaption="Values" '
        'createdVersion="6" updatedVersion="6" minRefreshableVersion="3"><location ref="L3:M5" firstHeaderRow="1" '
        f'firstDataRow="1" firstDataCol="1"/><pivotFields count="{len(fields)}"><pivotField axis="axisRow" showAll="0">'
        f'<items count="2"><item x="0"/><item t="default"/></items></pivotField>{others}</pivotFields><rowFields '
        'count="1"><field x="0"/></rowFields><rowItems count="2"><i><x/></i><i t="grand"><x/></i></rowItems>'
        '<colItems count="1"><i/></colItems><dataFields count="1"><dataField name="Count" fld="1" subtotal="count" '
        'baseField="0" baseItem="0"/></dataFields></pivotTableDefinition>',
        f"{SPREADSHEET}.pivotTable+xml",
    )
    book.relate(table, cache, f"{RELATIONS}/pivotCacheDefinition")
    book.relate(book.sheets[sheet], table, f"{RELATIONS}/pivotTable")
    return cache


def add_slicer(book: Edited, sheet: str, table: int, column: int, field: str) -> None:
    """A slicer of a table: its cache in the workbook, itself on a sheet."""
    names = f'xmlns="{MICROSOFT}/spreadsheetml/2009/9/main" xmlns:x="{MAIN}"'
    fifteen = f"{MICROSOFT}/spreadsheetml/2010/11/main"
    cache = book.add(
        book.free("xl/slicerCaches/slicerCache{}.xml"),
        f'{HEAD}<slicerCacheDefinition {names} name="Slicer_{table}_{column}" sourceName={quoteattr(field)}><extLst>'
        f'<x:ext uri="{{2F2917AC-EB37-4324-AD4E-5DD8C200BD13}}" xmlns:x15="{fifteen}"><x15:tableSlicerCache '
        f'tableId="{table}" column="{column}"/></x:ext></extLst></slicerCacheDefinition>',
        "application/vnd.ms-excel.slicerCache+xml",
    )
    slicer = book.add(
        book.free("xl/slicers/slicer{}.xml"),
        f'{HEAD}<slicers {names}><slicer name={quoteattr(field)} cache="Slicer_{table}_{column}" '
        f'caption={quoteattr(field)} rowHeight="241300"/></slicers>',
        "application/vnd.ms-excel.slicer+xml",
    )
    kind = f"{MICROSOFT}/2007/relationships"
    of_cache = book.relate(book.workbook, cache, f"{kind}/slicerCache")
    of_slicer = book.relate(book.sheets[sheet], slicer, f"{kind}/slicer")
    known = (
        f'<ext uri="{{46BE6895-7355-4a93-B00E-2C351335B9C9}}" xmlns:x15="{fifteen}"><x15:slicerCaches '
        f'xmlns:x14="{MICROSOFT}/spreadsheetml/2009/9/main"><x14:slicerCache r:id="{of_cache}"/></x15:slicerCaches>'
        "</ext>"
    )
    xml = book.text(book.workbook)
    if "</extLst>" in xml:
        at = xml.rindex("</extLst>")
        book.parts[book.workbook] = (xml[:at] + known + xml[at:]).encode()
    else:
        book.change(book.workbook, lambda x: x.replace("</workbook>", f"<extLst>{known}</extLst></workbook>"))
    shown = (
        f'<extLst><ext uri="{{3A4CF648-6AED-40f4-86FF-DC5316D8AED3}}" xmlns:x15="{fifteen}"><x14:slicerList '
        f'xmlns:x14="{MICROSOFT}/spreadsheetml/2009/9/main"><x14:slicer r:id="{of_slicer}"/></x14:slicerList>'
        "</ext></extLst>"
    )
    book.after_cells(book.sheets[sheet], shown, into=True)
    frame = (
        '<xdr:graphicFrame macro=""><xdr:nvGraphicFramePr><xdr:cNvPr id="{number}" name="Slicer {number}"/>'
        '<xdr:cNvGraphicFramePr/></xdr:nvGraphicFramePr><xdr:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/></xdr:xfrm>'
        f'<a:graphic><a:graphicData uri="{MICROSOFT.replace("office", "office/drawing")}/2010/slicer"><sle:slicer '
        f'xmlns:sle="{MICROSOFT}/drawing/2010/slicer" name={quoteattr(field)}/></a:graphicData></a:graphic>'
        "</xdr:graphicFrame>"
    )
    _drawing(book, sheet, frame.replace("{id}", ""), None)


def add_printer_settings(book: Edited, sheet: str) -> None:
    book.extension("bin", f"{SPREADSHEET}.printerSettings")
    part = book.sheets[sheet]
    content = bytes(range(256)) * 4
    settings = book.add(
        book.free("xl/printerSettings/printerSettings{}.bin"), content, f"{SPREADSHEET}.printerSettings"
    )
    id = book.relate(part, settings, f"{RELATIONS}/printerSettings")
    if "<pageSetup" in book.text(part):
        book.change(part, lambda xml: re.sub(r"<pageSetup\b([^>]*?)/>", rf'<pageSetup\1 r:id="{id}"/>', xml, count=1))
    else:
        book.after_cells(part, f'<pageSetup orientation="landscape" r:id="{id}"/>')


def add_conditional_format(book: Edited, sheet: str, reference: str, formula: str | None = None) -> None:
    formula = formula or f"{reference.split(':')[0]}&lt;0"
    book.after_cells(
        book.sheets[sheet],
        f'<conditionalFormatting sqref="{reference}"><cfRule type="expression" priority="99"><formula>{formula}'
        "</formula></cfRule></conditionalFormatting>",
    )


def add_validation(book: Edited, sheet: str, reference: str) -> None:
    book.after_cells(
        book.sheets[sheet],
        f'<dataValidations count="1"><dataValidation type="decimal" operator="greaterThan" allowBlank="1" '
        f'sqref="{reference}"><formula1>-1000000</formula1></dataValidation></dataValidations>',
        into=True,
    )


def define_name(book: Edited, name: str, formula: str) -> None:
    entry = f'<definedName name="{name}">{escape(formula)}</definedName></definedNames>'
    book.change(book.workbook, lambda xml: xml.replace("</definedNames>", entry, 1))


def add_macros(book: Edited) -> bytes:
    """The workbook as saved with macros; gives the project's bytes, which nobody may change."""
    project = bytes(range(256)) * 40
    kind = f"{SPREADSHEET}.sheet.main+xml"
    book.change(TYPES, lambda xml: xml.replace(kind, "application/vnd.ms-excel.sheet.macroEnabled.main+xml"))
    part = book.add("xl/vbaProject.bin", project, "application/vnd.ms-office.vbaProject")
    book.relate(book.workbook, part, f"{MICROSOFT}/2006/relationships/vbaProject")
    return project
