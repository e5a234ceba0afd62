"""Scorecard workbooks: a skeleton that XlsxWriter writes, and a fill inside its zip package.

    data_sheet   what a data sheet holds; its placeholder in a skeleton
    sheet_rows   the rows of a data sheet as XML, column by column
    fill         rows in place of placeholders, in a new file that replaces the target as a whole
    package      the zip package, read;  package_writer: the same, written;  target: the file on disk
    references   references that follow a table's last row

Nothing here is imported with ``import xlkpi``: XlsxWriter and pyarrow are loaded when a workbook is made.
"""
