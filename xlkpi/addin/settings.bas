Function GetConfig(configKey As String, Optional default As String = "", Optional source As String = "") As Variant
    ' Only the user's own settings: xlwings would let the workbook at hand, or a file beside it, name the program that
    ' runs, and workbooks come by mail.
    Dim found As String
    GetConfig = default
    If source <> "" And source <> "user" Then Exit Function
    If Not FileExists(GetConfigFilePath()) Then Exit Function
    If GetConfigFromFile(GetConfigFilePath(), configKey, found) Then GetConfig = ExpandEnvironmentStrings(found)
End Function
