"""A small Excel workbook, written by hand: the product reads workbooks and needs no writer of them."""

import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><fonts><font/></fonts><fills><fill/></fills><borders><border/></borders>'
    '<cellStyleXfs><xf/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="22" applyNumberFormat="1"/></cellXfs>'
    "</styleSheet>"
)


def _cell(value, place: str) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):  # a day number shown as a date
        return f'<c r="{place}" s="1"><v>{value[0]}</v></c>'
    if isinstance(value, (int, float)):
        return f'<c r="{place}"><v>{value}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'


def write_workbook(path: Path, sheets: dict[str, list[list]]) -> Path:
    """Rows of text, numbers, ``(day number,)`` for dates and None; at most 26 columns."""
    relations, listed = [], []
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" '
            f'Type="{_RELATION}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        for number, (name, rows) in enumerate(sheets.items(), start=1):
            body = "".join(
                f'<row r="{row}">{"".join(_cell(cell, f"{chr(65 + column)}{row}") for column, cell in enumerate(cells))}</row>'
                for row, cells in enumerate(rows, start=1)
            )
            archive.writestr(
                f"xl/worksheets/sheet{number}.xml",
                f'<worksheet xmlns="{_MAIN}"><sheetData>{body}</sheetData></worksheet>',
            )
            relations.append(
                f'<Relationship Id="r{number}" Type="{_RELATION}/worksheet" Target="worksheets/sheet{number}.xml"/>'
            )
            listed.append(f'<sheet name="{name}" sheetId="{number}" r:id="r{number}"/>')
        relations.append(f'<Relationship Id="s" Type="{_RELATION}/styles" Target="styles.xml"/>')
        archive.writestr("xl/styles.xml", _STYLES)
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{"".join(relations)}</Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATION}"><sheets>{"".join(listed)}</sheets></workbook>',
        )
    return path
