"""What judges our workbooks, none of it part of the product.

sdk        Microsoft's Open XML SDK validator: what makes Excel offer a repair
lint       what that misses: names, tables, formulas, cached values, alternative texts, printing
recalc     LibreOffice, ironcalc and cellrune recalculate every formula: the cached values are right
snapshot   a workbook as readable text, to be compared with a stored one
render     the pages as pictures, to be looked at
"""
