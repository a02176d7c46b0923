"""Which model is in service: tried with some, put there, and taken back.

It knows rows and files of models, and trains nothing.
"""
