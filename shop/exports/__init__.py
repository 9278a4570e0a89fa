"""Reports that are made while nobody waits: exports in the background, saved reports, and schedules that send them.

Words: *export* (one file of one report, with its life), *saved report* (a report with its filters under a name), *schedule*
(when a saved report is made by itself, and where it goes). A process of its own makes the files (`making`, started by the
worker), in one consistent view of the database. The rights of whoever asked are looked at again when the file is made.
Announces nothing.
"""
