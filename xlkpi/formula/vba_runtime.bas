' --- what the formulas are made of ---
' A value is a Double, or an Error that says why there is none: #N/A missing, #VALUE! not a number, #NUM! impossible,
' #DIV/0! a zero denominator. Errors pass through every operation, so nothing here raises, and nothing depends on
' And, Or or IIf leaving a part unread, which they never do. Numbers are Doubles, so that nothing overflows at 32,767.

Private Function Spread(ByVal kpi As String, ByRef rules As Variant, ByVal given As Variant) As Variant
    ' The formula of a KPI for single cells, or element by element over ranges and arrays as Excel does it: one cell,
    ' row or column is repeated, and what lies beyond a shorter one is #N/A.
    Dim grids() As Variant, found() As Variant, values() As Variant
    Dim i As Long, last As Long, r As Long, c As Long, height As Long, width As Long
    On Error GoTo Failed
    last = UBound(given)
    ReDim grids(0 To last)
    ReDim values(0 To last)
    height = 1
    width = 1
    For i = 0 To last
        grids(i) = CellsIn(given(i))
        If UBound(grids(i), 1) > height Then height = UBound(grids(i), 1)
        If UBound(grids(i), 2) > width Then width = UBound(grids(i), 2)
    Next i
    ReDim found(1 To height, 1 To width)
    For r = 1 To height
        For c = 1 To width
            For i = 0 To last
                values(i) = CellOf(grids(i), r, c)
            Next i
            found(r, c) = OneCell(kpi, rules, values)
        Next c
    Next r
    If height = 1 And width = 1 Then
        Spread = found(1, 1)
    Else
        Spread = found
    End If
    Exit Function
Failed:
    Spread = CVErr(xlErrValue)
End Function

Private Function OneCell(ByVal kpi As String, ByRef rules As Variant, ByRef values() As Variant) As Variant
    ' Rules are three to an argument: whether it is required, its least and its greatest possible value.
    Dim i As Long, last As Long, missing As Boolean, wrong As Boolean, impossible As Boolean, required As Boolean
    Dim known As Boolean
    last = UBound(values)
    For i = 0 To last
        If IsError(values(i)) Then
            OneCell = values(i)
            Exit Function
        End If
    Next i
    For i = 0 To last
        If IsBlank(values(i)) Then
            values(i) = CVErr(xlErrNA)
            If rules(3 * i) Then missing = True
        ElseIf Not IsReal(values(i)) Then
            wrong = True
        Else
            values(i) = CDbl(values(i))
            known = True
            If IsOutside(values(i), rules(3 * i + 1), rules(3 * i + 2)) Then impossible = True
        End If
        If rules(3 * i) Then required = True
    Next i
    If missing Then
        OneCell = CVErr(xlErrNA)
    ElseIf wrong Then
        OneCell = CVErr(xlErrValue)
    ElseIf impossible Then
        OneCell = CVErr(xlErrNum)
    ElseIf Not (required Or known) Then
        OneCell = CVErr(xlErrNA)
    Else
        OneCell = Result(kpi, values)
    End If
End Function

Private Function AddUp(ByVal kpi As String, ByRef rules As Variant, ByVal given As Variant) As Variant
    ' The formula of a KPI that adds up rows. Only rows with a number in every range count.
    Dim grids() As Variant, numbers() As Double, i As Long, last As Long, r As Long, c As Long
    Dim high As Long, wide As Long, found As Long, problem As Variant, wrong As Boolean, impossible As Boolean
    On Error GoTo Failed
    last = UBound(given)
    ReDim grids(0 To last)
    For i = 0 To last
        If HeightOf(given(i)) <> HeightOf(given(0)) Or WidthOf(given(i)) <> WidthOf(given(0)) Then GoTo Failed
        grids(i) = CellsIn(given(i))
        problem = Problems(grids(i), rules, i)
        If IsError(problem) Then
            AddUp = problem
            Exit Function
        End If
        If problem = 2 Or problem = 3 Then wrong = True
        If problem = 1 Or problem = 3 Then impossible = True
        If i = 0 Or UBound(grids(i), 1) < high Then high = UBound(grids(i), 1)
        If i = 0 Or UBound(grids(i), 2) < wide Then wide = UBound(grids(i), 2)
    Next i
    If wrong Then GoTo Failed
    ReDim numbers(0 To last, 1 To high * wide)
    For r = 1 To high
        For c = 1 To wide
            If IsComplete(grids, r, c) Then
                found = found + 1
                For i = 0 To last
                    numbers(i, found) = CDbl(grids(i)(r, c))
                Next i
            End If
        Next c
    Next r
    If found = 0 Then
        AddUp = CVErr(xlErrNA)
    ElseIf impossible Then
        AddUp = CVErr(xlErrNum)
    Else
        ReDim Preserve numbers(0 To last, 1 To found)
        AddUp = Result(kpi, numbers)
    End If
    Exit Function
Failed:
    AddUp = CVErr(xlErrValue)
End Function

Private Function Problems(ByRef block As Variant, ByRef rules As Variant, ByVal i As Long) As Variant
    ' The first error; else 1 where some number is impossible, plus 2 where something is no number.
    Dim r As Long, c As Long, wrong As Long, impossible As Long
    For r = 1 To UBound(block, 1)
        For c = 1 To UBound(block, 2)
            If IsError(block(r, c)) Then
                Problems = block(r, c)
                Exit Function
            ElseIf IsReal(block(r, c)) Then
                If IsOutside(CDbl(block(r, c)), rules(3 * i + 1), rules(3 * i + 2)) Then impossible = 1
            ElseIf Not IsBlank(block(r, c)) Then
                wrong = 2
            End If
        Next c
    Next r
    Problems = wrong + impossible
End Function

Private Function IsComplete(ByRef grids() As Variant, ByVal r As Long, ByVal c As Long) As Boolean
    Dim i As Long
    For i = 0 To UBound(grids)
        If Not IsReal(grids(i)(r, c)) Then Exit Function
    Next i
    IsComplete = True
End Function

Private Function CellsIn(ByVal given As Variant) As Variant
    ' Rows and columns of values, from 1, of a cell, a range or an array; of whole columns only the part that is used.
    Dim values As Variant, block() As Variant, c As Long
    If TypeName(given) = "Range" Then
        values = InRange(given)
    ElseIf IsObject(given) Then
        values = CVErr(xlErrValue)
    Else
        values = given
    End If
    If Not IsArray(values) Then
        ReDim block(1 To 1, 1 To 1)
        block(1, 1) = values
        CellsIn = block
    ElseIf Dimensions(values) = 1 Then
        ReDim block(1 To 1, 1 To UBound(values) - LBound(values) + 1)
        For c = 1 To UBound(block, 2)
            block(1, c) = values(LBound(values) + c - 1)
        Next c
        CellsIn = block
    ElseIf LBound(values, 1) = 1 And LBound(values, 2) = 1 Then
        CellsIn = values
    Else
        CellsIn = Rebased(values)
    End If
End Function

Private Function Rebased(ByRef values As Variant) As Variant
    Dim based() As Variant, r As Long, c As Long, up As Long, past As Long
    up = LBound(values, 1) - 1
    past = LBound(values, 2) - 1
    ReDim based(1 To UBound(values, 1) - up, 1 To UBound(values, 2) - past)
    For r = 1 To UBound(based, 1)
        For c = 1 To UBound(based, 2)
            based(r, c) = values(r + up, c + past)
        Next c
    Next r
    Rebased = based
End Function

Private Function LeftOut(Optional ByVal given As Variant) As Variant
    ' Empty, for an argument that was left out; but the error itself, which some programs' IsMissing takes for that.
    On Error Resume Next
    If Left(CStr(given), 8) = "Error 20" Then LeftOut = given
End Function

Private Function InRange(ByVal area As Object) As Variant
    ' Value2 gives dates and amounts of money as the numbers that cells hold.
    Dim used As Object
    If area.Areas.Count > 1 Then
        InRange = CVErr(xlErrValue)
    ElseIf area.Rows.Count = area.Worksheet.Rows.Count Then
        Set used = area.Worksheet.UsedRange
        InRange = area.Resize(used.Row + used.Rows.Count - 1).Value2
    Else
        InRange = area.Value2
    End If
End Function

Private Function HeightOf(ByRef given As Variant) As Long
    If TypeName(given) = "Range" Then
        HeightOf = given.Rows.Count
    ElseIf Not IsArray(given) Then
        HeightOf = 1
    ElseIf Dimensions(given) = 1 Then
        HeightOf = 1
    Else
        HeightOf = UBound(given, 1) - LBound(given, 1) + 1
    End If
End Function

Private Function WidthOf(ByRef given As Variant) As Long
    If TypeName(given) = "Range" Then
        WidthOf = given.Columns.Count
    ElseIf Not IsArray(given) Then
        WidthOf = 1
    Else
        WidthOf = UBound(given, Dimensions(given)) - LBound(given, Dimensions(given)) + 1
    End If
End Function

Private Function Dimensions(ByRef values As Variant) As Long
    Dimensions = 1
    On Error GoTo NoMore
    If UBound(values, 2) >= LBound(values, 2) Then Dimensions = 2
NoMore:
End Function

Private Function CellOf(ByRef values As Variant, ByVal r As Long, ByVal c As Long) As Variant
    If UBound(values, 1) = 1 Then r = 1
    If UBound(values, 2) = 1 Then c = 1
    If r > UBound(values, 1) Or c > UBound(values, 2) Then
        CellOf = CVErr(xlErrNA)
    Else
        CellOf = values(r, c)
    End If
End Function

Private Function IsBlank(ByRef given As Variant) As Boolean
    Select Case VarType(given)
    Case vbEmpty, vbNull
        IsBlank = True
    Case vbString
        IsBlank = (Len(given) = 0)
    End Select
End Function

Private Function IsReal(ByRef given As Variant) As Boolean
    ' A number or a date, which is one; never a text that looks like one, nor a boolean.
    Select Case VarType(given)
    Case vbDouble, vbInteger, vbLong, vbSingle, vbCurrency, vbDate, vbDecimal, vbByte, 20
        IsReal = True
    End Select
End Function

Private Function IsOutside(ByVal number As Double, ByVal least As Variant, ByVal most As Variant) As Boolean
    If Not IsEmpty(least) Then
        If number < least Then IsOutside = True
    End If
    If Not IsEmpty(most) Then
        If number > most Then IsOutside = True
    End If
End Function

Private Function Calc(ByVal a As Variant, ByVal sign As String, ByVal b As Variant) As Variant
    ' a sign b; true is 1 and false is 0.
    If IsError(a) Then
        Calc = a
        Exit Function
    ElseIf IsError(b) Then
        Calc = b
        Exit Function
    End If
    On Error GoTo Overflow
    Select Case sign
    Case "+"
        Calc = CDbl(a) + CDbl(b)
    Case "-"
        Calc = CDbl(a) - CDbl(b)
    Case "*"
        Calc = CDbl(a) * CDbl(b)
    Case "/" ' VBA calls 0/0 an overflow, so a zero is met first
        If b = 0 Then Calc = CVErr(xlErrDiv0) Else Calc = CDbl(a) / CDbl(b)
    Case "^"
        Calc = Power(CDbl(a), CDbl(b))
    Case "min"
        If b < a Then Calc = b Else Calc = a
    Case "max"
        If b > a Then Calc = b Else Calc = a
    Case "round"
        Calc = Rounded(CDbl(a), CLng(b))
    Case "<"
        Calc = Abs(CDbl(a < b))
    Case "<="
        Calc = Abs(CDbl(a <= b))
    Case ">"
        Calc = Abs(CDbl(a > b))
    Case ">="
        Calc = Abs(CDbl(a >= b))
    Case "="
        Calc = Abs(CDbl(a = b))
    Case "<>"
        Calc = Abs(CDbl(a <> b))
    Case "and"
        Calc = Abs(CDbl(a <> 0 And b <> 0))
    Case "or"
        Calc = Abs(CDbl(a <> 0 Or b <> 0))
    End Select
    Exit Function
Overflow:
    Calc = CVErr(xlErrNum)
End Function

Private Function Apply(ByVal operation As String, ByVal a As Variant) As Variant
    If IsError(a) Then
        Apply = a
        Exit Function
    End If
    On Error GoTo Impossible
    Select Case operation
    Case "-"
        Apply = -CDbl(a)
    Case "not"
        Apply = Abs(CDbl(a = 0))
    Case "abs"
        Apply = Abs(CDbl(a))
    Case "ceil"
        Apply = -Int(-CDbl(a))
    Case "exp"
        Apply = Exp(CDbl(a))
    Case "floor"
        Apply = Int(CDbl(a))
    Case "ln"
        Apply = Log(CDbl(a))
    Case "log10"
        Apply = DecimalLog(CDbl(a))
    Case "sqrt"
        Apply = Sqr(CDbl(a))
    End Select
    Exit Function
Impossible:
    Apply = CVErr(xlErrNum)
End Function

Private Function Power(ByVal a As Double, ByVal b As Double) As Variant
    ' As the native formulas have it: 0^0 and roots of negative numbers are impossible.
    If a = 0 And b < 0 Then
        Power = CVErr(xlErrDiv0)
    ElseIf a = 0 And b = 0 Then
        Power = CVErr(xlErrNum)
    ElseIf a < 0 And b <> Int(b) Then
        Power = CVErr(xlErrNum)
    Else
        Power = a ^ b
    End If
End Function

Private Function Rounded(ByVal a As Double, ByVal digits As Long) As Double
    ' Half away from zero, on the decimal that is shown: 1.005 to two digits is 1.01.
    Dim scaled As Double
    scaled = Abs(a) * 10# ^ digits
    If scaled < 1E+15 Then
        Rounded = Sgn(a) * Int(scaled * (1# + 4E-16) + 0.5) / 10# ^ digits
    Else
        Rounded = a
    End If
End Function

Private Function DecimalLog(ByVal a As Double) As Double
    ' Of a power of ten, the whole number that the quotient of logarithms misses.
    Dim nearest As Double
    DecimalLog = Log(a) / Log(10#)
    nearest = Int(DecimalLog + 0.5)
    If Abs(nearest) < 308 Then
        If 10# ^ nearest = a Then DecimalLog = nearest
    End If
End Function

Private Function Pick(ByVal test As Variant, ByVal yes As Variant, ByVal no As Variant) As Variant
    If IsError(test) Then
        Pick = test
    ElseIf test <> 0 Then
        Pick = yes
    Else
        Pick = no
    End If
End Function

Private Function FirstKnown(ByVal a As Variant, ByVal b As Variant) As Variant
    If IsError(a) Then FirstKnown = b Else FirstKnown = a
End Function

Private Function Total(ByRef numbers As Variant, ByVal factors As Variant) As Variant
    ' The sum over rows of the product of columns; what an addition loses is kept aside.
    Dim sum As Double, lost As Double, product As Double, longer As Double, r As Long, i As Long
    On Error GoTo Overflow
    For r = 1 To UBound(numbers, 2)
        product = 1
        For i = 0 To UBound(factors)
            product = product * numbers(factors(i), r)
        Next i
        longer = sum + product
        If Abs(sum) >= Abs(product) Then
            lost = lost + ((sum - longer) + product)
        Else
            lost = lost + ((product - longer) + sum)
        End If
        sum = longer
    Next r
    Total = sum + lost
    Exit Function
Overflow:
    Total = CVErr(xlErrNum)
End Function
