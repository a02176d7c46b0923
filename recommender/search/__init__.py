"""Search over the shop's items: words (BM25), meaning (the encoder), and who asks, fused into one order.

It knows a catalogue, a model bundle and a profile; it opens no socket. What is indexed is read from the items table.
"""
