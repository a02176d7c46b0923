"""The listwise ranker: one learned scoring of all of a shopper's candidates at once, for whole batches of shoppers.

It knows logs of behaviour and item facts as arrays. It knows no bundle, no database and no service: `training` fits
it, benchmarks measure it, and whatever serves it hands it a log and the moments to answer for.
"""
