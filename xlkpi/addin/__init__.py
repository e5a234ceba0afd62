"""What Excel loads: the classic add-in, the server with its task pane, the file for xlwings Lite, LAMBDA names."""
