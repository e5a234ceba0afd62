"""Packages for audiences: a workbook, a PDF, a page and a mail, each limited to what its readers may see.

audiences  who they are, and what is due      limit      a scorecard limited to what one may see
digest     it in words                        page, mail, pdf   the files that say it
package    the files of one audience          run        all of them, noted in the manifest and sent
schedule   the line for cron and Windows      smtp       sending, with settings from the environment
"""
