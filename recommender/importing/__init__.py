"""The shop's data in: files are read in batches, mapped, checked and kept, and what can't be kept is told apart.

`sources` has a function for each source; `pipeline` takes one file through.
"""
