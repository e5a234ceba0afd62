Option Explicit

Private WithEvents host As Application

Private Sub Workbook_Open()
    Dim book As Workbook
    Set host = Application
    Application.OnTime Now, "'" & ThisWorkbook.Name & "'!xlkpi_help.DescribeAll" ' once Excel is ready for it
    For Each book In Application.Workbooks
        Recalculate book ' those that were open before the add-in
    Next book
End Sub

Private Sub host_WorkbookOpen(ByVal Wb As Workbook)
    If Not Wb Is ThisWorkbook Then Recalculate Wb
End Sub
