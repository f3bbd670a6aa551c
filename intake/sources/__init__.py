"""What a source says of its children, beside what it said before: any source whose rows are read again and again.

A source is whatever speaks of many children at once and can be read again: a return, the tables of a case system. It
speaks for the days it covers, and for nobody else: what was recorded on the desk or over HTTP is never touched.
"""
