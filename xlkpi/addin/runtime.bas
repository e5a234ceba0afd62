Attribute VB_Name = "xlkpi_runtime"
Option Explicit
' What the functions and the ribbon of xlkpi are made of.

Private described As String
Private description As String
Private explained As Collection
Private trouble As String

Public Function IsWizardOpen() As Boolean
    ' While Insert Function shows its arguments, a function would run at every key; then the first button is disabled.
    On Error Resume Next
    IsWizardOpen = Not Application.CommandBars("Standard").Controls(1).Enabled
End Function

Public Function Real(ByVal found As Variant) As Variant
    ' What Python gives, with texts such as #N/A as the errors that they stand for.
    Dim r As Long, c As Long
    If Not IsArray(found) Then
        Real = RealCell(found)
        Exit Function
    End If
    For r = LBound(found, 1) To UBound(found, 1)
        For c = LBound(found, 2) To UBound(found, 2)
            found(r, c) = RealCell(found(r, c))
        Next c
    Next r
    Real = found
End Function

Private Function RealCell(ByVal found As Variant) As Variant
    RealCell = found
    If VarType(found) <> vbString Then Exit Function
    Select Case found
    ' [errors]
    End Select
End Function

Public Function Joined(ByVal first As Variant, ByVal others As Variant) As Variant
    ' The arguments that a function always has, and those that may be repeated.
    Dim all_() As Variant, i As Long, count As Long
    count = UBound(first) + 1
    If UBound(others) >= LBound(others) Then
        ReDim all_(0 To count + UBound(others) - LBound(others))
    ElseIf count > 0 Then
        ReDim all_(0 To count - 1)
    Else
        Joined = Array()
        Exit Function
    End If
    For i = 0 To count - 1
        If IsObject(first(i)) Then Set all_(i) = first(i) Else all_(i) = first(i)
    Next i
    For i = LBound(others) To UBound(others)
        If IsObject(others(i)) Then
            Set all_(count + i - LBound(others)) = others(i)
        Else
            all_(count + i - LBound(others)) = others(i)
        End If
    Next i
    Joined = all_
End Function

Public Function Unreached(ByVal why As String) As Variant
    ' The functions never raise, so what failed is the way to Python: as if there were no add-in.
    trouble = why
    Unreached = CVErr(xlErrName)
End Function

Public Function LastTrouble() As String
    ' Why Python could not be reached the last time; empty when it could.
    LastTrouble = trouble
End Function

Private Function Codes() As Variant
    Codes = Array(' [languages])
End Function

Public Function LanguageCode() As String
    LanguageCode = Codes()(LanguageAt())
End Function

Public Function LanguageAt() As Long
    ' The place of the language to speak among those of the texts: the one that the settings name, else Excel's own.
    Dim known As Variant, wanted As String, i As Long
    known = Codes()
    wanted = LCase(Left(CStr(GetConfig("XLKPI_LANGUAGE", "")), 2))
    If wanted = "" Then wanted = ExcelLanguage()
    For i = 0 To UBound(known)
        If known(i) = wanted Then LanguageAt = i
    Next i
End Function

Private Function ExcelLanguage() As String
    ' 2 is msoLanguageIDUI; the lower ten bits of a language are the same for all countries: 12 is French.
    Dim spoken As Object
    On Error Resume Next
    ExcelLanguage = "en"
    Set spoken = Application.LanguageSettings
    If (spoken.LanguageID(2) And 1023) = 12 Then ExcelLanguage = "fr"
End Function

Public Sub Describe(ByVal name As String, ParamArray texts() As Variant)
    described = name
    description = Unescaped(texts(LanguageAt()))
    Set explained = New Collection
End Sub

Public Sub Explain(ParamArray texts() As Variant)
    explained.Add Unescaped(texts(LanguageAt()))
End Sub

Public Sub Register(ByVal category As String)
    Dim help() As String, macro As String, i As Long
    On Error Resume Next ' a function without its help still works
    macro = "'" & ThisWorkbook.Name & "'!" & described
    If explained.Count = 0 Then
        Application.MacroOptions Macro:=macro, Description:=description, Category:=category
        Exit Sub
    End If
    ReDim help(1 To explained.Count)
    For i = 1 To explained.Count
        help(i) = explained(i)
    Next i
    Application.MacroOptions Macro:=macro, Description:=description, Category:=category, ArgumentDescriptions:=help
End Sub

Public Function Unescaped(ByVal text As String) As String
    ' A text whose letters beyond ASCII are spelled \uXXXX.
    Dim at As Long
    at = InStr(text, "\u")
    Do While at > 0
        Unescaped = Unescaped & Left(text, at - 1) & ChrW(CLng("&H" & Mid(text, at + 2, 4)))
        text = Mid(text, at + 6)
        at = InStr(text, "\u")
    Loop
    Unescaped = Unescaped & text
End Function

Public Sub Recalculate(ByVal book As Workbook)
    ' Works out the cells of a workbook that call our functions, whatever they showed when it was saved.
    Dim sheet As Worksheet, word As Variant
    On Error Resume Next
    For Each sheet In book.Worksheets
        For Each word In Array("KPI_", "SMART_", "AB_")
            If Not sheet.UsedRange.Find(What:=word, LookIn:=xlFormulas, LookAt:=xlPart) Is Nothing Then
                sheet.UsedRange.Dirty
                sheet.Calculate
                Exit For
            End If
        Next word
    Next sheet
End Sub
