"""The studio's sheet on paper. Devanagari must be shaped (matras before, conjuncts), which HarfBuzz does for fpdf2."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import FontFace

from prompts.catalogue import Catalogue
from prompts.studio.sheet import Line, words_for

_MARGIN = 12  # mm
_WIDTHS = (22, 43, 20, 7, 8)  # file, text, note, seconds, state: parts of the page's width
_GREY = (235, 235, 235)
_MAIN = "main"


@dataclass(frozen=True)
class Fonts:
    """The TrueType files of a sheet, the first one's letters before the others'."""

    files: Sequence[Path]


class _Sheet(FPDF):
    def __init__(self, page: str) -> None:
        super().__init__(orientation="landscape", format="A4")
        self._page_word = page

    def footer(self) -> None:
        self.set_y(-_MARGIN)
        self.set_font(size=8)
        self.cell(0, 6, self._page_word.format(page=self.page_no()), align="C")


def sheet_pdf(lines: Sequence[Line], catalogue: Catalogue, fonts: Fonts) -> bytes:
    """Return the sheet as PDF, A4 on its side, the headings repeated on every page."""
    words = words_for(catalogue.language)
    pdf = _Sheet(words["page"])
    pdf.set_margin(_MARGIN)
    pdf.set_auto_page_break(True, margin=_MARGIN + 6)
    names = [_MAIN, *(f"other{place}" for place in range(1, len(fonts.files)))]
    for name, file in zip(names, fonts.files, strict=True):
        pdf.add_font(name, fname=file)
    pdf.set_font(_MAIN, size=10)
    pdf.set_fallback_fonts(names[1:], exact_match=False)
    pdf.set_text_shaping(True)
    pdf.add_page()
    pdf.set_font(size=16)
    pdf.multi_cell(0, 9, words["title"].format(language=catalogue.name), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.set_font(size=10)
    pdf.multi_cell(0, 6, words["advice"], new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.ln(3)
    _table(pdf, lines, words)
    return bytes(pdf.output())


def _table(pdf: FPDF, lines: Sequence[Line], words: Mapping[str, str]) -> None:
    headings = FontFace(fill_color=_GREY)
    with pdf.table(col_widths=_WIDTHS, line_height=6, text_align="LEFT", headings_style=headings) as table:
        row = table.row()
        for column in ("file", "text", "note", "seconds", "recorded"):
            row.cell(words[column])
        for line in lines:
            row = table.row()
            row.cell(line.file)
            row.cell(line.text)
            row.cell(line.note)
            row.cell("" if line.seconds is None else f"{line.seconds:.1f}")
            row.cell(words[line.state])
